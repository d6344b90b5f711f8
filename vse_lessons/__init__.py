"""vse_lessons: visual-semantic embeddings, from published papers, in files short enough to read."""

__version__ = "0.1.0"
