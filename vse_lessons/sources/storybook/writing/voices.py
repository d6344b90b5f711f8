"""What people write about Storybook's pictures, by domain.

`write_photo_sentences` is the photographs' form, `write_fashion_sentences` DeepFashion's and
`write_gallery_sentences` that of museum labels; `write_sentences` chooses by the scene's own domain.
"""

from __future__ import annotations

from vse_lessons.sources.storybook.scene.meaning import Scene
from vse_lessons.sources.storybook.writing.fashion_voice import write_fashion_sentences
from vse_lessons.sources.storybook.writing.gallery_voice import write_gallery_sentences
from vse_lessons.sources.storybook.writing.photo_voice import write_photo_sentences

__all__ = ["write_fashion_sentences", "write_gallery_sentences", "write_photo_sentences", "write_sentences"]

_OF_DOMAIN = {
    "photo": write_photo_sentences,
    "fashion": write_fashion_sentences,
    "art": write_gallery_sentences,
}


def write_sentences(scene: Scene) -> tuple[str, ...]:
    """Write five sentences about a scene in the form of its domain.

    Args:
        scene: The scene.

    Returns:
        The sentences, the same for the same `scene.key`.
    """
    return _OF_DOMAIN[scene.domain](scene)
