"""The scoreboard of domain transfer, its tables and its curves, from stored runs.

python -m vse_lessons.experiments.vsa_report        prints them for the README"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vse_lessons.evaluation.significance import mean_interval, spread
from vse_lessons.experiments.claims import Arm, Claim, Contrast, Measured, Results, scoreboard
from vse_lessons.experiments.table import Table
from vse_lessons.experiments.vsa import FACTORS, TABLE, TARGETS

CUTS = ("R@1", "R@5", "R@10")
HEADER = (
    "",
    *(f"image → sentence {cut}" for cut in CUTS),
    *(f"sentence → image {cut}" for cut in CUTS),
    "sum",
    "closed (%)",
    "MMD² pictures",
    "MMD² sentences",
    "A-distance pictures",
    "A-distance sentences",
)
PLACES = {"storybook-art": "art", "storybook-fashion": "fashion", "fashion_products": "products"}
ORDER = (
    "source",
    "statistics",
    "VSA-AE",
    "VSA-E-MMD",
    "VSA-AE-MMD",
    "VSA-AE-ADV",
    "CORAL",
    "CCA",
    "linear",
    "supervised",
)


# --- what the poster printed --------------------------------------------------------------------------

# R@1, R@5, R@10 of caption retrieval (image to text), then of image retrieval; by source and target
POSTER = {
    ("Flickr30K", "DeepFashion"): {
        "VSA-AE": "1.1 3.3 5.2 1.1 4.8 8.0",
        "VSA-E-MMD": "2.0 5.3 6.6 1.0 4.0 6.6",
        "VSA-AE-MMD": "13.5 23.3 30.3 10.6 27.2 38.2",
    },
    ("COCO", "DeepFashion"): {
        "VSA-AE": "0.4 1.5 2.7 0.3 2.6 5.3",
        "VSA-E-MMD": "4.6 5.7 6.3 0.3 2.1 3.6",
        "VSA-AE-MMD": "18.9 25.3 30.9 11.4 28.3 38.0",
    },
    ("Flickr30K", "EsteArtworks"): {
        "VSA-AE": "10.0 23.6 39.1 4.2 11.4 19.3",
        "VSA-E-MMD": "8.2 28.2 37.3 6.8 15.5 24.2",
        "VSA-AE-MMD": "10.9 22.7 34.5 8.0 17.8 25.0",
    },
    ("COCO", "EsteArtworks"): {
        "VSA-AE": "9.1 18.2 23.6 3.0 14.0 17.0",
        "VSA-E-MMD": "6.4 21.8 30.0 6.8 14.4 22.0",
        "VSA-AE-MMD": "10.9 30.0 42.7 7.6 17.0 29.2",
    },
}


def published(source: str = "Flickr30K") -> Results:
    """The poster's rows of one source: its fashion and art targets stand at the places of ours."""
    places = {
        "DeepFashion": ("storybook-fashion", "fashion_products"),
        "EsteArtworks": ("storybook-art",),
    }
    rows = []
    for (origin, target), models in POSTER.items():
        for model, text in models.items() if origin == source else ():
            numbers = [float(number) for number in text.split()]
            rows += [
                {
                    "corpus": "poster",
                    "model": model,
                    "setting": place,
                    "ablation": "tuned",
                    "seed": 0,
                    "i2t": dict(zip(CUTS, numbers[:3])),
                    "t2i": dict(zip(CUTS, numbers[3:])),
                    "sum": {"rsum": sum(numbers)},
                    "rsum": sum(numbers),
                }
                for place in places[target]
            ]
    return Results(rows, "poster")


# --- the claims -----------------------------------------------------------------------------------


def arm(model: str, target: str, ablation: str = "tuned") -> Arm:
    """The runs of a row on a target."""
    return Arm(model, target, ablation)


def above(first: str, second: str, target: str, ablation: str = "tuned") -> Contrast:
    """The sum of recalls of one row less that of another."""
    return Contrast((arm(first, target, ablation),), (arm(second, target, ablation),), "rsum", "sum")


ASKED = (  # a row, the row that it should be above, where that is said
    ("VSA-AE-MMD", "VSA-AE", "asked of the poster's table"),
    ("VSA-AE-MMD", "VSA-E-MMD", "asked of the poster's table"),
    ("VSA-AE-MMD", "source", "not on the poster"),
    ("VSA-AE-MMD", "statistics", "not on the poster"),
    ("statistics", "source", "not on the poster"),
    ("VSA-AE-MMD", "VSA-AE-ADV", "not on the poster"),
    ("VSA-AE-MMD", "CORAL", "not on the poster"),
    ("VSA-AE-MMD", "CCA", "not on the poster"),
    ("VSA-AE-MMD", "linear", "not on the poster"),
)
NAMES = {
    "source": "source only",
    "statistics": "source only, each domain standardised by itself",
    "VSA-AE-ADV": "VSA-AE-ADV, discriminators in place of MMD",
    "CORAL": "CORAL of source only",
    "CCA": "linear CCA of the source",
    "linear": "two linear maps of the source",
}


def claims(found: Results, target: str, ablation: str = "tuned") -> list[Claim]:
    """What the poster orders, and what it does not ask; rows that were never planned are left out."""
    return [
        Claim(
            f"{NAMES.get(first, first)} is above {NAMES.get(second, second)}",
            where,
            (above(first, second, target, ablation),),
        )
        for first, second, where in ASKED
        if ablation == "tuned" or found.rows(arm(second, target, ablation))
    ]


def closed(found: Results, model: str, target: str) -> Measured | None:
    """The share (%) of the distance from source only to the supervised ceiling that a row closes, in rsum, by
    seed; None where a run is missing."""
    values = [found.values(arm(name, target), "sum", "rsum") for name in (model, "source", "supervised")]
    seeds = sorted(set.intersection(*map(set, values)))
    shares = tuple(100 * (values[0][s] - values[1][s]) / (values[2][s] - values[1][s]) for s in seeds)
    return Measured(shares, *mean_interval(shares)) if shares else None


def causes(found: Results, targets: Sequence[str]) -> str:
    """A scoreboard of what each part does by itself: the target's words, against `statistics`; the others
    against `statistics` that knows these words too, as all rows that adapt do.  Seeds that both have."""
    parts = (
        ("Knowing the target's words helps", ("statistics", "words"), "tuned"),
        ("MMD of pictures alone helps", ("VSA-E-MMD", "images"), "words"),
        ("MMD of sentences alone helps", ("VSA-E-MMD", "sentences"), "words"),
        ("The auto-encoders without alignment help", ("VSA-AE", "tuned"), "words"),
        ("All of VSA-AE-MMD helps", ("VSA-AE-MMD", "tuned"), "words"),
    )
    asked = []
    for target in targets:
        for text, (model, ablation), without in parts:
            pair = arm(model, target, ablation), arm("statistics", target, without)
            contrast = Contrast(pair[:1], pair[1:], "rsum", "sum")
            asked.append(Claim(f"{text}, {PLACES[target]}", "not on the poster", (contrast,)))
    return scoreboard([found], asked)


def stored(corpus: str = "storybook") -> Results:
    """The runs that come with the library."""
    rows = Table(TABLE).rows()
    return Results([{**row, "sum": {"rsum": row["rsum"]}} for row in rows], corpus)


def report(found: Results, target: str, ablation: str = "tuned") -> str:
    """The scoreboard of a target."""
    return scoreboard([found], claims(found, target, ablation), published())


# --- tables and curves ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lines:
    """The rows of a table as text, and how many seeds the fewest of them have."""

    lines: list[tuple[str, ...]]
    seeds: int


def table_rows(found: Results, target: str, ablation: str = "tuned") -> Lines:
    """The table of a target: recalls in both directions, their sum, the share of the distance from source
    only to the supervised ceiling that is closed, and how far apart both domains' embeddings lie."""
    lines, seeds = [], []
    for name in ORDER:
        rows = list(found.rows(arm(name, target, ablation)).values())
        if not rows:
            continue
        seeds.append(len(rows))
        recalls = [spread([row[side][cut] for row in rows]) for side in ("i2t", "t2i") for cut in CUTS]
        share = closed(found, name, target) if ablation == "tuned" else None
        between = (
            [
                spread([row["alignment"][side][key] for row in rows], digits)
                for key, digits in (("mmd2", 3), ("a_distance", 2))
                for side in ("images", "sentences")
            ]
            if "alignment" in rows[0]
            else ["–"] * 4
        )
        shown = "–" if share is None or name in ("source", "supervised") else spread(share.values, 0)
        lines.append((name, *recalls, spread([row["rsum"] for row in rows]), shown, *between))
    return Lines(lines, min(seeds, default=0))


@dataclass(frozen=True)
class Curves:
    """A row of the table at growing weights of MMD."""

    factors: list[float]
    rows: list[list[dict]]  # of each factor, its runs

    def spread(self, key: str) -> tuple[list[float], list[float]]:
        """Means and half-widths of `rsum`, or of the pictures' `a_distance`, for an error bar."""
        values = [
            [row["rsum"] if key == "rsum" else row["alignment"]["images"][key] for row in rows]
            for rows in self.rows
        ]
        widths = [mean_interval(v)[1] if len(v) > 1 else 0.0 for v in values]
        return [float(np.mean(v)) for v in values], widths


def weight_curves(found: Results, model: str, target: str = "storybook-art") -> Curves:
    """The runs of a row at each factor of the MMD weights that was run; factor 1 is the tuned row; the seeds
    that all have."""
    arms = {f: arm(model, target, "tuned" if f == 1 else f"mmd*{f:g}") for f in FACTORS}
    rows = {f: found.rows(a) for f, a in arms.items()}
    common = set.intersection(*(set(r) for r in rows.values() if r)) if any(rows.values()) else set()
    there = {f: [r[seed] for seed in sorted(common)] if r else [] for f, r in rows.items()}
    kept = [f for f in FACTORS if there[f]]
    return Curves(kept, [there[f] for f in kept])


def markdown(found: Results, target: str, ablation: str = "tuned", columns: int = 9) -> str:
    """The table as Markdown, its first columns."""
    lines = [HEADER[:columns], ("---",) * columns]
    lines += [line[:columns] for line in table_rows(found, target, ablation).lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def everything() -> str:
    """All scoreboards and tables, for the README."""
    parts = []
    for corpus, target, ablation in (
        *(("storybook", t, "tuned") for t in TARGETS[:2]),
        ("flickr8k", "fashion_products", "tuned"),
    ):
        found = stored(corpus)
        parts.append(f"{corpus} → {target}, {ablation}")
        parts += [markdown(found, target, ablation), report(found, target, ablation)]
    parts += [causes(stored("storybook"), TARGETS[:2]), causes(stored("flickr8k"), TARGETS[2:])]
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(everything())
