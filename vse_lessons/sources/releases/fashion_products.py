"""Fashion Product Images (Small), of Kaggle."""

from __future__ import annotations

from vse_lessons.sources.acquire.release import File, Release

FASHION_PRODUCTS = Release(
    title="Fashion Product Images: 44,446 products, a name each",
    licence="that of its page at Kaggle, to be read there; the photographs are a shop's",
    files=(File("archive.zip", holds=("styles.csv",)),),
    by_hand="Fetch archive.zip with your account at Kaggle, put it into FOLDER or name it with --from.",
    published={"all": (44_446, 44_446)},
    published_by="the rows of styles.csv, with the 22 that are left out",
)
