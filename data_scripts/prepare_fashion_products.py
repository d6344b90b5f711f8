"""Prepares Fashion Product Images (Small): unpacks it, checks it, finds the regions.

    python data_scripts/prepare_fashion_products.py FOLDER --dry-run --on-bad skip
    python data_scripts/prepare_fashion_products.py FOLDER --accept-licence --on-bad skip [--from archive.zip]
    papermill notebooks/04_domain_transfer.ipynb out.ipynb -p target fashion_products -p target_dir FOLDER ...

FOLDER holds, in the end, styles.csv and images/ID.jpg.  They are at
https://www.kaggle.com/datasets/paramaggarwal/fashion-product-images-small behind a login, which was never
reached from where this script was written.  In 22 of the 44,446 rows a name has a comma and no quotes:
--on-bad skip counts them and leaves them out, and so it does with products without a picture."""

import sys

from vse_lessons.sources.release import File, Release, run

RELEASE = Release(
    corpus="fashion_products",
    title="Fashion Product Images: 44,446 products, a name each",
    licence="that of its page at Kaggle, to be read there; the photographs are a shop's",
    files=(File("archive.zip", gives=("styles.csv",)),),
    by_hand="Fetch archive.zip with your account at Kaggle, put it into FOLDER or name it with --from.",
    published={"all": (44_446, 44_446)},
    published_by="the rows of styles.csv, with the 22 that are left out",
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))
