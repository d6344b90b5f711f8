"""Evaluates any `Embedder`: ranks, figures, intervals, search, pages, domains and generated captions."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.evaluation.among import Spread, recalls_among, subset_recalls
    from vse_lessons.evaluation.contrasts import Contrast, Measured, Share, contrast_by_seed
    from vse_lessons.evaluation.domains import alignment, encode, measure_alignment, proxy_a_distance, some_of
    from vse_lessons.evaluation.ensembles import evaluate_ensemble, mean_similarity, rank_ensemble
    from vse_lessons.evaluation.generation import (
        evaluate_generation,
        own_picture_rank,
        score_captions,
        share_of_things_named,
        write_captions,
    )
    from vse_lessons.evaluation.maps import compress_groups, compress_pages, compress_pairs
    from vse_lessons.evaluation.metrics import (
        CUTS,
        RECALLS,
        SIDES,
        Evaluation,
        annotations_needed,
        evaluate_ranks,
        evaluate_similarity,
        flatten,
        mean_evaluation,
        recall_at,
        rsum,
        summarize,
    )
    from vse_lessons.evaluation.pages import (
        AVERAGES,
        PageScores,
        average_precision,
        blind_scores,
        chance_precision,
        evaluate_pages,
        measure_pages,
        page_criterion,
        page_precisions,
        score_pages,
        version_areas,
    )
    from vse_lessons.evaluation.ranking import Ranks, rank_similarity, ranks
    from vse_lessons.evaluation.retrieval import (
        Criterion,
        Embedded,
        best_of,
        embed,
        evaluate,
        evaluate_embedded,
        evaluate_embedded_folds,
        evaluate_folds,
        evaluating,
        rank_embedded,
        similarities,
    )
    from vse_lessons.evaluation.search import Hit, SearchIndex, compact, search, shortlist_ranks
    from vse_lessons.evaluation.significance import (
        Comparison,
        bootstrap_interval,
        compare,
        mean_interval,
        sign_flip_test,
        spread,
    )

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ranking": ("Ranks", "rank_similarity", "ranks"),
        "metrics": (
            "CUTS",
            "RECALLS",
            "SIDES",
            "Evaluation",
            "annotations_needed",
            "evaluate_ranks",
            "evaluate_similarity",
            "flatten",
            "mean_evaluation",
            "recall_at",
            "rsum",
            "summarize",
        ),
        "significance": (
            "Comparison",
            "bootstrap_interval",
            "compare",
            "mean_interval",
            "sign_flip_test",
            "spread",
        ),
        "retrieval": (
            "Criterion",
            "Embedded",
            "best_of",
            "embed",
            "evaluate",
            "evaluate_embedded",
            "evaluate_embedded_folds",
            "evaluate_folds",
            "evaluating",
            "rank_embedded",
            "similarities",
        ),
        "ensembles": ("evaluate_ensemble", "mean_similarity", "rank_ensemble"),
        "contrasts": ("Contrast", "Measured", "Share", "contrast_by_seed"),
        "search": ("Hit", "SearchIndex", "compact", "search", "shortlist_ranks"),
        "pages": (
            "AVERAGES",
            "PageScores",
            "average_precision",
            "blind_scores",
            "chance_precision",
            "evaluate_pages",
            "measure_pages",
            "page_criterion",
            "page_precisions",
            "score_pages",
            "version_areas",
        ),
        "among": ("Spread", "recalls_among", "subset_recalls"),
        "domains": ("alignment", "encode", "measure_alignment", "proxy_a_distance", "some_of"),
        "generation": (
            "evaluate_generation",
            "own_picture_rank",
            "score_captions",
            "share_of_things_named",
            "write_captions",
        ),
        "maps": ("compress_groups", "compress_pages", "compress_pairs"),
    },
)
