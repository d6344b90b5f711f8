"""What all readers of published corpora share: files, checks, and the `Listing` that they make."""

from vse_lessons.sources.readers.listing.files import FOLDERS, PICTURES, find_first, read_text, text_lines
from vse_lessons.sources.readers.listing.gathering import SPLITS, Gathering, Problems, draw_splits
from vse_lessons.sources.readers.listing.listing import Listing
from vse_lessons.sources.readers.listing.matching import match_images

__all__ = [
    "FOLDERS",
    "PICTURES",
    "SPLITS",
    "Gathering",
    "Listing",
    "Problems",
    "draw_splits",
    "find_first",
    "match_images",
    "read_text",
    "text_lines",
]
