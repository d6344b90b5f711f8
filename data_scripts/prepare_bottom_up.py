"""Prepares MS-COCO with the regions of bottom-up attention (Anderson et al. 2018): no photograph is needed.

    python data_scripts/prepare_bottom_up.py FOLDER --dry-run
    python data_scripts/prepare_bottom_up.py FOLDER --accept-licence [--download] [--from ARCHIVE ...]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus coco -p corpus_dir FOLDER

FOLDER holds, in the end, the sentences of prepare_coco.py and features/ with the TSV files and the names of
classes and attributes.  The files are those of LXMERT (Tan and Bansal 2019), 36 boxes an image with
predictions.  The authors' own trainval_36.zip (26,349,147,849 bytes) and trainval.zip (23 GB, 10 to 100
boxes) have the other order of fields and no predictions, and are read as well (--from); their address,
https://imagecaption.blob.core.windows.net/imagecaption/, was reported dead.

For another corpus put the TSV files of its images, and the names, into its features/ and run its own script.
The addresses are untested."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vse_lessons.commands.prepare import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    return run_script("coco", __doc__, arguments, release="bottom_up")


if __name__ == "__main__":
    sys.exit(main())
