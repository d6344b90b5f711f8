"""A corpus in a format of a test's own: all that a new one needs is such a file, and a line in `SOURCES`.

words.txt        NAME.png<TAB>split<TAB>sentence
NAME.png         the pictures, beside it"""

from pathlib import Path

from vse_lessons.sources.acquire.release import File, Release
from vse_lessons.sources.readers.listing import Gathering, Listing, Problems, find_first, text_lines


def read(folder: Path, *, name: str, pictures: bool = True, on_bad: str = "error") -> Listing:
    table = find_first(folder, ("words.txt",), "table of words")
    gathering = Gathering(Problems(on_bad))
    for line, text in text_lines(table):
        where = f"{table}, line {line}"
        image, split, sentence = text.split("\t")
        number = gathering.picture(where, image, folder, split, must_exist=pictures)
        if number is not None:
            gathering.sentence(where, number, sentence)
    return gathering.listing(name, table)


TOY = Release(
    title="Toy pictures",
    licence="for tests",
    files=(File("toy.zip", holds=("words.txt",)),),
    by_hand="Draw them.",
    published={"train": (2, 2)},
    published_by="this test",
)
