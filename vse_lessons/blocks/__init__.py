"""Parts that several papers share: encoders, attention, similarities, losses, decoders and generators."""

from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.blocks.adversarial import Discriminator as Discriminator
    from vse_lessons.blocks.adversarial import Discriminators as Discriminators
    from vse_lessons.blocks.adversarial import domain_accuracy as domain_accuracy
    from vse_lessons.blocks.adversarial import domain_objective as domain_objective
    from vse_lessons.blocks.adversarial import reversal_strength as reversal_strength
    from vse_lessons.blocks.adversarial import reverse_gradient as reverse_gradient
    from vse_lessons.blocks.attention import MeanPooling as MeanPooling
    from vse_lessons.blocks.attention import MultiHeadPooling as MultiHeadPooling
    from vse_lessons.blocks.attention import masked_mean as masked_mean
    from vse_lessons.blocks.caption_metrics import Cider as Cider
    from vse_lessons.blocks.caption_metrics import Reward as Reward
    from vse_lessons.blocks.caption_metrics import bleu as bleu
    from vse_lessons.blocks.caption_metrics import ngrams as ngrams
    from vse_lessons.blocks.decoders import DecoderInput as DecoderInput
    from vse_lessons.blocks.decoders import SentenceDecoder as SentenceDecoder
    from vse_lessons.blocks.decoders import beam_search as beam_search
    from vse_lessons.blocks.decoders import draw_word as draw_word
    from vse_lessons.blocks.decoders import log_probabilities as log_probabilities
    from vse_lessons.blocks.decoders import sentence_error as sentence_error
    from vse_lessons.blocks.decoders import teach as teach
    from vse_lessons.blocks.decoders import write as write
    from vse_lessons.blocks.encoders import RegionEncoder as RegionEncoder
    from vse_lessons.blocks.encoders import SentenceEncoder as SentenceEncoder
    from vse_lessons.blocks.encoders import Standardize as Standardize
    from vse_lessons.blocks.encoders import bag_of_words as bag_of_words
    from vse_lessons.blocks.encoders import copy_vectors as copy_vectors
    from vse_lessons.blocks.encoders import drop_mean as drop_mean
    from vse_lessons.blocks.encoders import drop_words as drop_words
    from vse_lessons.blocks.encoders import dropout_mask as dropout_mask
    from vse_lessons.blocks.encoders import last_state as last_state
    from vse_lessons.blocks.encoders import sample_regions as sample_regions
    from vse_lessons.blocks.generators import ConditioningAugmentation as ConditioningAugmentation
    from vse_lessons.blocks.generators import Generator as Generator
    from vse_lessons.blocks.generators import PictureDiscriminator as PictureDiscriminator
    from vse_lessons.blocks.generators import discriminator_error as discriminator_error
    from vse_lessons.blocks.generators import discriminator_step as discriminator_step
    from vse_lessons.blocks.generators import generator_error as generator_error
    from vse_lessons.blocks.generators import kl_to_normal as kl_to_normal
    from vse_lessons.blocks.generators import layout_rank as layout_rank
    from vse_lessons.blocks.losses import contrastive_loss as contrastive_loss
    from vse_lessons.blocks.losses import hinges as hinges
    from vse_lessons.blocks.losses import triplet_loss as triplet_loss
    from vse_lessons.blocks.mmd import check_samples as check_samples
    from vse_lessons.blocks.mmd import median_squared_distance as median_squared_distance
    from vse_lessons.blocks.mmd import mmd2 as mmd2
    from vse_lessons.blocks.mmd import squared_distances as squared_distances
    from vse_lessons.blocks.mmd import two_sample_test as two_sample_test
    from vse_lessons.blocks.similarity import CrossAttention as CrossAttention
    from vse_lessons.blocks.similarity import Embeddings as Embeddings
    from vse_lessons.blocks.similarity import Entities as Entities
    from vse_lessons.blocks.similarity import as_vectors as as_vectors
    from vse_lessons.blocks.similarity import concatenate as concatenate
    from vse_lessons.blocks.similarity import cosine as cosine
    from vse_lessons.blocks.similarity import cross_attention as cross_attention
    from vse_lessons.blocks.similarity import normalize as normalize
    from vse_lessons.blocks.similarity import order_similarity as order_similarity
    from vse_lessons.blocks.similarity import paired_cross_attention as paired_cross_attention

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "adversarial": (
            "Discriminator",
            "Discriminators",
            "domain_accuracy",
            "domain_objective",
            "reversal_strength",
            "reverse_gradient",
        ),
        "attention": (
            "MeanPooling",
            "MultiHeadPooling",
            "masked_mean",
        ),
        "caption_metrics": (
            "Cider",
            "Reward",
            "bleu",
            "ngrams",
        ),
        "decoders": (
            "DecoderInput",
            "SentenceDecoder",
            "beam_search",
            "draw_word",
            "log_probabilities",
            "sentence_error",
            "teach",
            "write",
        ),
        "encoders": (
            "RegionEncoder",
            "SentenceEncoder",
            "Standardize",
            "bag_of_words",
            "copy_vectors",
            "drop_mean",
            "drop_words",
            "dropout_mask",
            "last_state",
            "sample_regions",
        ),
        "generators": (
            "ConditioningAugmentation",
            "Generator",
            "PictureDiscriminator",
            "discriminator_error",
            "discriminator_step",
            "generator_error",
            "kl_to_normal",
            "layout_rank",
        ),
        "losses": (
            "contrastive_loss",
            "hinges",
            "triplet_loss",
        ),
        "mmd": (
            "check_samples",
            "median_squared_distance",
            "mmd2",
            "squared_distances",
            "two_sample_test",
        ),
        "similarity": (
            "CrossAttention",
            "Embeddings",
            "Entities",
            "as_vectors",
            "concatenate",
            "cosine",
            "cross_attention",
            "normalize",
            "order_similarity",
            "paired_cross_attention",
        ),
    },
)
