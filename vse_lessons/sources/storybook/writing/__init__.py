"""Storybook's sentences, written about scenes."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.sources.storybook.writing.pages import ArtPage, write_art_page, write_unlabelled_text
    from vse_lessons.sources.storybook.writing.voices import (
        write_fashion_sentences,
        write_gallery_sentences,
        write_photo_sentences,
        write_sentences,
    )
    from vse_lessons.sources.storybook.writing.writer import Writer

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "pages": (
            "ArtPage",
            "write_art_page",
            "write_unlabelled_text",
        ),
        "voices": (
            "write_fashion_sentences",
            "write_gallery_sentences",
            "write_photo_sentences",
            "write_sentences",
        ),
        "writer": ("Writer",),
    },
)
