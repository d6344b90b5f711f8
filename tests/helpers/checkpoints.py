"""Small random checkpoints in transformers' own format, saved to disk: no network is asked."""

import json

import pytest
import torch

transformers = pytest.importorskip("transformers")


LABELS = ["N/A", "dog", "cat", "tree", "N/A", "house"]


def detr(folder, seed=0):
    """A DETR of random weights."""
    torch.manual_seed(seed)
    backbone = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", out_features=["stage2"]
    )
    config = transformers.DetrConfig(
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone=None,
        backbone_config=backbone,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        num_queries=20,
        id2label=dict(enumerate(LABELS)),
        label2id={},
    )
    model = transformers.DetrForObjectDetection(config).eval()
    with torch.no_grad():  # random boxes and classes that differ from query to query
        model.model.query_position_embeddings.weight.normal_(0, 3)
        for layer in (*model.bbox_predictor.layers, model.class_labels_classifier):
            layer.weight.normal_(0, 0.7)
    model.save_pretrained(folder)
    transformers.DetrImageProcessorPil(size={"shortest_edge": 64, "longest_edge": 128}).save_pretrained(
        folder
    )
    return folder


def yolos(folder):
    """A YOLOS of random weights."""
    torch.manual_seed(0)
    config = transformers.YolosConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=[64, 64],
        patch_size=16,
        num_detection_tokens=12,
        id2label=dict(enumerate("abc")),
        label2id={},
    )
    transformers.YolosForObjectDetection(config).eval().save_pretrained(folder)
    transformers.YolosImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


def clip_tokenizer(folder):
    """Letters only: every word is spelt."""
    folder.mkdir(parents=True)
    letters = [*"abcdefghijklmnopqrstuvwxyz"]
    tokens = [
        *letters,
        *(f"{letter}</w>" for letter in letters),
        "<|startoftext|>",
        "<|endoftext|>",
    ]
    (folder / "vocab.json").write_text(json.dumps({token: n for n, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return transformers.CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=16
    )


TOWERS = {
    "text_config": {
        "vocab_size": 54,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "max_position_embeddings": 16,
        "bos_token_id": 52,
        "eos_token_id": 53,
        "pad_token_id": 53,
    },
    "vision_config": {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 64,
        "patch_size": 16,
    },
    "projection_dim": 16,
}


def owl(folder, kind="OwlViT"):
    """An open-vocabulary detector of random weights."""
    torch.manual_seed(0)
    tokenizer = clip_tokenizer(folder.with_name(folder.name + "-words"))
    config = getattr(transformers, f"{kind}Config")(**TOWERS)
    model = getattr(transformers, f"{kind}ForObjectDetection")(config).eval()
    with torch.no_grad():  # confidences of random weights are all but 1
        model.class_head.logit_scale.weight.zero_()
        model.class_head.logit_scale.bias.zero_()
    model.save_pretrained(folder)
    pixels = getattr(transformers, f"{kind}ImageProcessorPil")(size={"height": 64, "width": 64})
    getattr(transformers, f"{kind}Processor")(pixels, tokenizer).save_pretrained(folder)
    return folder


def clip(folder):
    """A CLIP of random weights."""
    torch.manual_seed(0)
    tokenizer = clip_tokenizer(folder.with_name(folder.name + "-words"))
    transformers.CLIPModel(transformers.CLIPConfig(**TOWERS)).eval().save_pretrained(folder)
    pixels = transformers.CLIPImageProcessorPil(
        size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}
    )
    transformers.CLIPProcessor(pixels, tokenizer).save_pretrained(folder)
    return folder


def siglip(folder):
    """A SigLIP of random weights."""
    torch.manual_seed(0)
    towers = {key: dict(TOWERS[key]) for key in ("text_config", "vision_config")}
    tokenizer = clip_tokenizer(folder.with_name(folder.name + "-words"))
    tokenizer.model_input_names = ["input_ids"]  # SigLIP masks nothing
    model = transformers.SiglipModel(transformers.SiglipConfig(**towers))
    model.eval().save_pretrained(folder)
    pixels = transformers.SiglipImageProcessorPil(size={"height": 64, "width": 64})
    transformers.SiglipProcessor(pixels, tokenizer).save_pretrained(folder)
    return folder
