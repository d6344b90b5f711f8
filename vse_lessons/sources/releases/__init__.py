"""The releases of published corpora, a file each."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.sources.releases.artpedia import ARTPEDIA
    from vse_lessons.sources.releases.coco import BOTTOM_UP, COCO
    from vse_lessons.sources.releases.deepfashion import DEEPFASHION
    from vse_lessons.sources.releases.esteartworks import ESTEARTWORKS
    from vse_lessons.sources.releases.fashion_products import FASHION_PRODUCTS
    from vse_lessons.sources.releases.flickr import FLICKR8K, FLICKR30K
    from vse_lessons.sources.releases.own import OWN
    from vse_lessons.sources.releases.precomputed import PRECOMPUTED

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "artpedia": ("ARTPEDIA",),
        "coco": (
            "BOTTOM_UP",
            "COCO",
        ),
        "deepfashion": ("DEEPFASHION",),
        "esteartworks": ("ESTEARTWORKS",),
        "fashion_products": ("FASHION_PRODUCTS",),
        "flickr": (
            "FLICKR30K",
            "FLICKR8K",
        ),
        "own": ("OWN",),
        "precomputed": ("PRECOMPUTED",),
    },
)
