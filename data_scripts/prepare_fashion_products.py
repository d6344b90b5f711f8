"""Prepares Fashion Product Images (Small): unpacks it, checks it, finds the regions.

    python data_scripts/prepare_fashion_products.py FOLDER --dry-run --on-bad skip
    python data_scripts/prepare_fashion_products.py FOLDER --accept-licence --on-bad skip [--from archive.zip]
    papermill notebooks/04_domain_transfer.ipynb out.ipynb -p target fashion_products -p target_dir FOLDER ...

FOLDER holds, in the end, styles.csv and images/ID.jpg.  They are at
https://www.kaggle.com/datasets/paramaggarwal/fashion-product-images-small behind a login; the
address is untested.  In 22 of the 44,446 rows a name has a comma and no quotes:
--on-bad skip counts them and leaves them out, and so it does with products without a picture."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vse_lessons.commands.prepare import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    return run_script("fashion_products", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
