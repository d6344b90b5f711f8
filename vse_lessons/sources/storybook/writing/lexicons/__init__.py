"""The words of Storybook's writers."""

__all__ = [
    "gallery",
    "general",
    "pages",
    "places",
    "tags",
    "verbs",
]
