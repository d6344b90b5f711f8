"""Folders as corpora are published."""

import json
from pathlib import Path

from PIL import Image

CAPTIONS = '''image,caption
b.jpg,A dog , running .
a.jpg,"Two men , one says ""hi"""
b.jpg,A "good" dog
c.jpg,A cat
'''


def flickr_folder(folder, captions=CAPTIONS, caption_file="captions.txt", pictures="Images", **lists):
    """Flickr8k as it is published: captions, pictures and lists of the splits."""
    (folder / pictures).mkdir(parents=True)
    for i, name in enumerate("abcde"):
        Image.new("RGB", (8, 6), (40 * i, 0, 0)).save(folder / pictures / f"{name}.jpg")
    if captions is not None:
        content = captions if isinstance(captions, bytes) else captions.encode()
        (folder / caption_file).write_bytes(content)
    for name, content in (lists or {"train": "b.jpg\na.jpg\n", "val": "c\nd\n"}).items():
        (folder / f"{name}.txt").write_text(content)
    return folder


RECORD = {
    "title": "A <b>Boat</b>",
    "img_url": "https://x.org/c/8c/A_Boat%2C_at_sea.JPG",
    "year": 1712,
    "visual_sentences": ["A red boat\n sails ."],
    "contextual_sentences": ["It was sold.", "Lost."],
    "split": "train",
}


def artpedia_folder(folder, records=None, pictures=("2.jpg", "7.png")):
    """Artpedia as it is published: records and pictures."""
    folder.mkdir(exist_ok=True)
    second = {
        **RECORD,
        "split": "validation",
        "contextual_sentences": [],
        "img_url": "https://x.org/z.png",
    }
    records = {"2": RECORD, "7": second} if records is None else records
    (folder / "artpedia.json").write_text(json.dumps(records), "utf-8")
    (folder / "images").mkdir(exist_ok=True)
    for name in pictures:
        Image.new("RGB", (4, 4)).save(folder / "images" / name)
    return folder


def picture(path: Path, color="red") -> None:
    """A picture of one color."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (30, 40), color).save(path)


def captions_folder(
    folder: Path, content, name="captions.json", pictures=("a.jpg", "b.jpg", "sub/c.jpg")
) -> Path:
    """A file of captions in JSON, and its pictures."""
    (folder / name).write_text(json.dumps(content), "utf-8")
    for one in pictures:
        picture(folder / "images" / one)
    return folder
