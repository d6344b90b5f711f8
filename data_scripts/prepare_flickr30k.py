"""Prepares Flickr30K (Young et al. 2014): unpacks it, fetches Karpathy's split, checks it, finds its regions.

    python data_scripts/prepare_flickr30k.py FOLDER --dry-run
    python data_scripts/prepare_flickr30k.py FOLDER --accept-licence --download --from flickr30k-images.tar.gz
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus flickr30k -p corpus_dir FOLDER

FOLDER holds, in the end, flickr30k-images/ (or images/) and Karpathy's dataset_flickr30k.json; or
results_20130124.token (or results.csv) with train.txt, val.txt and test.txt.  The photographs, 31,783 with
158,915 sentences, come after a form has been filled in: https://forms.illinois.edu/sec/229675.  This address
and that of Karpathy's lists are untested; the latter was reported gone in September 2023.  What the lists
leave out is unused."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vse_lessons.commands.prepare import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    return run_script("flickr30k", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
