"""Pictures and captions of the user's own."""

from __future__ import annotations

from vse_lessons.sources.acquire.release import File, Release
from vse_lessons.sources.readers.text_files import TEXTS

OWN = Release(
    title="Your own pictures and captions",
    licence="yours, or that of whoever took the pictures and wrote the captions",
    files=(File("captions.zip", holds=("*.csv", "*.tsv", *TEXTS, "**/*.txt")),),
    by_hand="Put pictures and captions into FOLDER, or pack them and name the archive with --from.",
)
