"""What people write about Storybook's pictures, by domain.

`five_sentences` is the photographs' form, `fashion_sentences` DeepFashion's and
`gallery_sentences` that of museum labels; `sentences` chooses by the scene's own domain.
"""

from __future__ import annotations

from vse_lessons.sources.storybook.scene.meaning import Scene
from vse_lessons.sources.storybook.writing.fashion_voice import fashion_sentences
from vse_lessons.sources.storybook.writing.gallery_voice import gallery_sentences
from vse_lessons.sources.storybook.writing.photo_voice import five_sentences

__all__ = ["fashion_sentences", "five_sentences", "gallery_sentences", "sentences"]

_OF_DOMAIN = {"photo": five_sentences, "fashion": fashion_sentences, "art": gallery_sentences}


def sentences(scene: Scene) -> tuple[str, ...]:
    """Five sentences of a scene in the form of its domain."""
    return _OF_DOMAIN[scene.domain](scene)
