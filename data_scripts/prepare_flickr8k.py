"""Prepares Flickr8k (Hodosh et al. 2013): unpacks or fetches it, checks it, finds its regions.

    python data_scripts/prepare_flickr8k.py FOLDER --dry-run
    python data_scripts/prepare_flickr8k.py FOLDER --accept-licence [--download] [--from ARCHIVE ...]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus flickr8k -p corpus_dir FOLDER

FOLDER holds, in the end, Flicker8k_Dataset/ (or Images/) and Flickr8k.token.txt (or captions.txt) with the
split lists Flickr_8k.trainImages.txt and so on; or, with --optional, Karpathy's dataset_flickr8k.json, the
same split.  The University of Illinois, which published it, does not give it out any more; the address
is of a copy that many courses use.  The addresses are untested; that of the lists was reported gone in
September 2023.  The archives have 8,091 or 8,092 photographs; 8,000
are in the split."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vse_lessons.commands.prepare import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    return run_script("flickr8k", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
