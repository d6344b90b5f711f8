"""EsteArtworks (Carraggi et al. 2018)."""

from __future__ import annotations

from vse_lessons.sources.acquire.release import File, Release
from vse_lessons.sources.readers.captions_json import NAMES

ESTEARTWORKS = Release(
    title="EsteArtworks: 553 artworks, 1,278 sentences",
    licence="what its authors wrote when they gave it to you",
    files=(File("esteartworks.zip", holds=NAMES),),
    by_hand="Ask its authors for it; put what they send into FOLDER, or name the archive with --from.",
    published={"all": (553, 1278)},
    published_by="the poster, Carraggi et al. 2018",
)
