# %% [markdown]
# # 06 · Annotation efficiency: eight models, nine settings, one scoreboard
#
# *Which of a paper's claims hold when somebody else runs them? (Huang, Kang, Liu, Chang and Hauptmann, ACM Multimedia 2019, sections 4.2 to 4.4 and 4.6.)*
#
# The A3VSE paper makes a comparative claim: recent models lose about half to four fifths of their recall when annotations are sparse, and A3VSE loses less.
# A comparison is only as good as the worst-treated model in it. Here every baseline of the paper has its own file, the same annotated
# pairs and the same evaluator, those that are trained share one loop, and two linear models that the paper does not show stand beside them. Then each claim
# is put to a rule that can say no.
#
# **What you will learn**
#
# 1. what tags, VSE++, DPC, DAN, SCAN, CCA and a linear model make of a picture and a sentence;
# 2. how cross attention is computed exactly without forming one attended vector;
# 3. to count ranks so that a tie never flatters a model, and to put an interval on a recall;
# 4. to read a learning curve over annotations: what a pair is worth, and for whom;
# 5. to turn a sentence of a paper into a contrast with an interval and a verdict.
#
# **Time and machine.** Under half a minute on a CPU: everything below is drawn from runs that are stored with the library. With `recompute=True` a
# reduced grid is run first, one process a run; that takes minutes. The whole study takes hours:
# `python -m vse_lessons.experiments.a3vse storybook --workers 2`.

# %% [markdown]
# ## Parameters
# Everything that can be chosen. papermill replaces these values: `papermill 06_annotation_efficiency.ipynb out.ipynb -p recompute True`.

# %% tags=["parameters"]
corpus: str = "storybook"  # which study the detailed tables show: storybook or flickr8k
corpus_dir: str = ""  # where Flickr8k lies on disk; needed only to recompute
preset: str = "lesson"  # of the runs, when they are recomputed: smoke, lesson or paper
seed: int = 0  # of the t-SNE maps, and the seed that is recomputed
device: str = "auto"  # the runs choose it themselves; kept so that lessons take the same
out_dir: str = ""  # for results.json, figures and recomputed runs; empty: under VSE_LESSONS_HOME
recompute: bool = False  # run a reduced grid and show it in place of the stored runs
workers: int = 2  # processes at a time when recomputing
word_vectors: str = ""  # a GloVe text file for the recomputed runs; empty: none
target_recall: float = 40.0  # the text-to-image R@10 (%) of "how many annotations are needed"

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from vse_lessons.blocks import similarity
from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import TABLE_1
from vse_lessons.evaluation import retrieval as evaluation
from vse_lessons.evaluation import significance as statistics
from vse_lessons.experiments import a3vse as study
from vse_lessons.experiments import claims as scoreboard
from vse_lessons.experiments.claims import Arm, Results
from vse_lessons.experiments.table import Table
from vse_lessons.lessons import plots, widgets
from vse_lessons.lessons.session import figure_folder, lesson_folder, write_results
from vse_lessons.models import dan, dpc, vsepp
from vse_lessons.models.baselines import tags
from vse_lessons.sources.catalogue import open_corpus

if corpus not in study.STUDIES:
    raise DataError(f"there is a study of {' and '.join(study.STUDIES)}, not of {corpus!r}")
parameters = {
    "corpus": corpus,
    "corpus_dir": corpus_dir,
    "split": study.REPORTED.get(corpus, "val"),
    "preset": preset,
    "seed": seed,
    "device": device,
    "recompute": recompute,
    "workers": workers,
    "word_vectors": word_vectors,
    "target_recall": target_recall,
}
plots.use_style()
folder = lesson_folder(out_dir, "06_annotation_efficiency")
figures = figure_folder(folder)
TITLES = {"storybook": "Storybook", "flickr8k": "Flickr8k", "flickr30k": "Flickr30K (published)"}


def show(figure, name, alt):
    """Keeps a figure beside the results and shows it, with words for those who cannot see it."""
    widgets.show_figure(figure, figures / f"06_{name}.png", alt)


# %% [markdown]
# ## The models
#
# | model | a picture is | a sentence is | they are compared by | it learns from |
# | --- | --- | --- | --- | --- |
# | tags ($s_g$) | scores of image-level concepts | concepts that its words name | $r = s_g^\top q$ | nothing |
# | CCA | the mean region | TF-IDF | cosine of canonical directions | annotated pairs, in closed form |
# | linear | the mean region | a bag of words | cosine; softmax over the batch | annotated pairs (and pseudo pairs) |
# | VSE++ | the mean region | the last state of a GRU | cosine; hardest negatives | annotated pairs |
# | DPC | the mean region through layers | a convolution over words | cosine; one class an image, then ranking | annotated pairs |
# | DAN | $K$ steps of attention over regions | $K$ steps of attention over words | the sum of the steps' products | annotated pairs |
# | SCAN | its regions | its words | cross attention; hardest negatives | annotated pairs |
# | A3VSE | $K$ heads over regions | $K$ heads over words | cosine; hardest negatives, six discriminators | annotated *and* pseudo pairs |
#
# VSE++ and DPC take a global image feature where they were published; the mean region stands in for it here. What else differs in the
# runs below: every model that ranks with hardest negatives first has some epochs of the mean of all; DAN's products are cosines; DPC ranks with the mean of all; epochs
# and learning rates are each model's own, chosen on validation images of Storybook in a handful of tries each; and on photographs A3VSE is its tuned configuration
# (lesson 03): linear paths, a softmax over all negatives, no discriminators. There A3VSE, VSE++ and SCAN start from GloVe vectors; CCA and the linear model have none.
#
# **Tags** need no annotation: the words of a sentence are looked up in WordNet (a small lexicon of its own on Storybook), the concepts they name are
# marked in $q$, and the score, with $s_g$ scaled to length 1, is
#
# $$ r = s_g^\top q \tag{1} $$
#
# **VSE++** ranks with the hardest negatives of the batch, the wrong sentence $\hat c$ and the wrong image $\hat\imath$ with the highest cosine $s$, by a margin $m$,
#
# $$ \ell = [m + s(i, \hat c) - s(i, c)]_+ + [m + s(\hat\imath, c) - s(i, c)]_+ \tag{2} $$
#
# **SCAN** keeps regions $v_i$ and words $e_j$ apart, all of unit length. With $s_{ij} = v_i^\top e_j$, a word attends to regions by
#
# $$ \bar s_{ij} = \frac{[s_{ij}]_+}{\sqrt{\sum_{j'} [s_{ij'}]_+^2}},\qquad \alpha_{ij} = \frac{\exp(\lambda_1\bar s_{ij})}{\sum_{i'}\exp(\lambda_1\bar s_{i'j})},\qquad
# a_j = \sum_i\alpha_{ij}v_i,\qquad S = \frac1n\sum_j\cos(e_j, a_j) \tag{3} $$
#
# with the mean over the $n$ words, or, as in the runs below, LogSumExp in its place, $\frac1{\lambda_2}\ln\sum_j\exp(\lambda_2\cos(e_j, a_j))$.
# The published code forms every $a_j$ for every pair of picture and sentence. It need not: with the Gram matrix $G$ of a picture's regions, $G_{ii'} = v_i^\top v_{i'}$,
#
# $$ e_j^\top a_j = \sum_i\alpha_{ij}s_{ij},\qquad \lVert a_j\rVert^2 = \alpha_j^\top G\,\alpha_j \tag{4} $$
#
# and a cosine does not care for the softmax's denominator either. The code that runs is this;
# `tests/benchmarks/bench_cross_attention.py` holds it against the published loop, in values and in time.

# %%
widgets.show_source(similarity._attend, similarity.cross_attention)

# %% [markdown]
# Each baseline is one file. What DAN does in a step, and what DPC does to a batch:

# %%
widgets.show_source(dan.MemoryAttention.forward, dpc.DPC.loss, vsepp.VSEPP.loss, tags.Concepts.of_sentence)

# %% [markdown]
# ## How a run is scored
# A sentence looks for its image. Its rank is counted, not sorted, and a tie counts against the model:
#
# $$ \mathrm{rank}(q) = 1 + \lvert\{\,\text{wrong answers that score at least as high as the right one}\,\}\rvert,\qquad
# \mathrm{R@}K = \frac{100}{\lvert Q\rvert}\sum_{q}\mathbb 1[\mathrm{rank}(q) \le K] \tag{5} $$
#
# So constant similarities give 0, not 100. For an image the right answer is the best of its own sentences. An interval *within* one run
# comes from resampling images with all their sentences (`statistics.bootstrap_interval`); an interval *over seeds*, as below, says how well the mean over
# choices of annotated images, and everything random in training, is known:
#
# $$ \bar x \pm t_{0.975,\,n-1}\,\frac{s}{\sqrt n} \tag{6} $$

# %%
widgets.show_source(
    evaluation._at_least, statistics.recall_at, statistics.mean_interval, scoreboard.Results.verdict
)

# %% [markdown]
# ## Predict, then run
# 1. Order the eight models by sentence → image R@1 with 10 % × 5. Where do you put the linear ones? Where the tags?
# 2. 50 % of the images with one sentence each, or 10 % with five? It is as much writing.
# 3. Which of these claims will not hold here: semantics help; attention helps; adversarial alignment helps?
#
# ## The runs
# A run is a cell of a grid: model, setting, ablation, seed. Each is a process of its own and a line of a table.

# %%
tables = {name: Table(study.STORED / f"study_{name}.jsonl").rows() for name in study.STUDIES}
if recompute:
    few = ("20%x5",) if preset == "smoke" else ("10%x5", "50%x1", "50%x5")
    every = ("CCA", "VSE++", "DAN", "DPC", "SCAN", "A3VSE")
    cells = list(study.grid(every, few, 1, corpus, preset=preset))
    cells += study.grid(("A3VSE", "linear"), few[:1], 1, corpus, ("no_semantics",), preset)
    cells += study.grid(("tags",), ("10%x5",), 1, corpus, study.ROWS["tags"], preset)
    own = Table(folder / f"study_{corpus}_{preset}_{seed}.jsonl")
    open_corpus(corpus, corpus_dir or None, preset)  # once, so that the runs do not all extract it
    failures = study.run_grid(
        [replace(cell, seed=seed) for cell in cells],
        own,
        workers=workers,
        corpus_dir=corpus_dir or None,
        word_vectors=word_vectors or None,
    )
    for failure in failures:
        print(failure)
    tables[corpus] = own.rows()
found = {name: Results(rows, name) for name, rows in tables.items()}
paper = scoreboard.published()
here = found[corpus]
for name, rows in tables.items():
    hours = sum(row["seconds"] for row in rows) / 3600
    seeds = sorted({row["seed"] for row in rows})
    print(
        f"{TITLES[name]}: {len(rows)} runs, seeds {seeds}, {hours:.1f} hours of one core each, preset {sorted({r['preset'] for r in rows})}, "
        f"split {sorted({r['split'] for r in rows})}, PyTorch {sorted({r['torch'] for r in rows})}"
    )

# %% [markdown]
# ## Figure 1: recall against annotation
# Every point is a setting of Table 1, or 100 % × 5; the horizontal axis is the share of all sentences that training may see. A line joins the settings with five
# sentences an image; the other settings are single points.

# %%
LINES = [
    ("A3VSE", "full"),
    ("SCAN", "full"),
    ("VSE++", "full"),
    ("DAN", "full"),
    ("DPC", "full"),
    ("CCA", "full"),
    ("linear", "no_semantics"),
    ("linear", "full"),
]


def label_of(model, ablation):
    """What a line is called."""
    if model == "linear":
        return "linear" if ablation == "no_semantics" else "linear, with semantics"
    return model


def annotation_curves(axes, results):
    """R@1 over the share of annotations, a line for each model (Figure 1)."""
    for place, (model, ablation) in enumerate(LINES):
        points = {}
        for setting in study.SETTINGS:
            values = list(results.values(Arm(model, setting, ablation)).values())
            if values:
                images, sentences = study.parse_setting(setting)
                points[setting] = (100 * images * sentences / 5, np.mean(values), values)
        fives = [points[s] for s in points if s.endswith("x5")]
        color, marker = plots.PALETTE[place], plots.MARKERS[place]
        if len(fives) > 1:
            axes.plot(
                [p[0] for p in fives],
                [p[1] for p in fives],
                color=color,
                marker=marker,
                label=label_of(model, ablation),
            )
        elif fives or points:
            first = fives[0] if fives else next(iter(points.values()))
            axes.plot(
                first[0],
                first[1],
                color=color,
                marker=marker,
                ls="",
                label=label_of(model, ablation),
            )
        others = [points[s] for s in points if not s.endswith("x5")]
        axes.plot(
            [p[0] for p in others],
            [p[1] for p in others],
            color=color,
            marker=marker,
            ls="",
            alpha=0.35,
            markersize=4,
        )
    for ablation, style in (("full", ":"), ("hyponyms", "--")):
        tag = list(results.values(Arm("tags", ablation=ablation)).values())
        if tag:
            axes.axhline(
                tag[0],
                color="gray",
                ls=style,
                lw=1.2,
                marker="",
                label="tags, no annotation" + (", hyponyms too" if ablation == "hyponyms" else ""),
            )
    axes.set_xscale("log")
    axes.set_xticks([2, 4, 10, 20, 50, 100], ["2", "4", "10", "20", "50", "100"])
    axes.minorticks_off()
    axes.set(title=TITLES[results.corpus], xlabel="annotations used (% of all sentences)", ylim=(0, None))


figure, panels = plt.subplots(1, 3, figsize=(13.5, 4.9), layout="constrained")
for axes, results in zip(panels, (*found.values(), paper)):
    annotation_curves(axes, results)
panels[0].set_ylabel("sentence → image R@1 (%)")
handles = {name: line for axes in panels for line, name in zip(*axes.get_legend_handles_labels())}
figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncol=5, fontsize=9)
show(
    figure,
    "curves",
    "Sentence to image R@1 over the share of annotations for every model: on Storybook, on Flickr8k, and as published for Flickr30K.",
)

# %% [markdown]
# *Figure 1. Sentence → image R@1 over the share of annotations: Storybook and Flickr8k as measured here, Flickr30K as the paper prints it (for orientation: it has
# 29,000 training images and a detector that was trained on Visual Genome, so levels cannot be compared). Lines: five sentences an image; pale marks: one or two;
# horizontal lines: tags without any annotation.*
#
# **How to read it.** Levels depend on corpus and features; compare slopes and order within a panel. A model that uses annotation well is high on the *left*. Where two
# lines cross, the better model depends on the budget. Ask of every line above the linear ones, with the table below: by more than the spread between seeds? On
# Flickr8k 500 training images are held out to choose the best epoch, so that its 100 % are 5,500 of 6,000 images, and the official dev images are reported.

# %%
rows = []
for setting in study.SETTINGS:
    cells = []
    for model, ablation in LINES:
        values = list(here.values(Arm(model, setting, ablation)).values())
        if len(values) > 1:
            mean, half = statistics.mean_interval(values)
            cells.append(f"{mean:.1f} ± {half:.1f} ({len(values)})")
        else:
            cells.append(f"{values[0]:.1f} (1)" if values else "–")
    if any(cell != "–" for cell in cells):
        rows.append((setting, *cells))
display(
    Markdown(
        f"**{TITLES[corpus]}**: sentence → image R@1 (%), mean ± half of the 95 % interval over seeds (number of seeds)"
    )
)
widgets.show_table(("setting", *(label_of(*line) for line in LINES)), rows)

# %% [markdown]
# ## Table 1: A3VSE and SCAN in nine settings


# %%
def recalls(results, arm):
    """The six mean recalls of an arm, or dashes."""
    values = [list(results.values(arm, side, cut).values()) for side, cut in scoreboard.METRICS]
    return [f"{np.mean(v):.1f}" if v else "–" for v in values]


CUTS = ("R@1", "R@5", "R@10")
SIX = tuple(f"{side} {cut}" for side in ("s→i", "i→s") for cut in CUTS)
for results in (here, paper):
    display(Markdown(f"**{TITLES[results.corpus]}**: A3VSE | SCAN"))
    display(
        widgets.show_table(
            ("setting", *(f"A3VSE {c}" for c in SIX), *(f"SCAN {c}" for c in SIX)),
            [
                (setting, *recalls(results, Arm("A3VSE", setting)), *recalls(results, Arm("SCAN", setting)))
                for setting in TABLE_1
            ],
        )
    )

# %% [markdown]
# ## Table 2: every model in a few settings

# %%
ROWS_2 = [
    ("A3VSE", "full"),
    ("SCAN", "full"),
    ("VSE++", "full"),
    ("DAN", "full"),
    ("DPC", "full"),
    ("CCA", "full"),
    ("linear", "no_semantics"),
    ("linear", "full"),
]
lines = [
    ("none", "tags", *recalls(here, Arm("tags")), *recalls(paper, Arm("tags"))[:3]),
    ("none", "tags, hyponyms too", *recalls(here, Arm("tags", ablation="hyponyms")), "–", "–", "–"),
]
for setting in ("10%x5", "50%x2", "100%x5"):
    for model, ablation in ROWS_2:
        mine = recalls(here, Arm(model, setting, ablation))
        if mine[0] != "–":
            lines.append(
                (
                    setting,
                    label_of(model, ablation),
                    *mine,
                    *recalls(paper, Arm(model, setting, ablation))[:3],
                )
            )
display(Markdown(f"**{TITLES[corpus]}**, and on the right what the paper prints for Flickr30K"))
widgets.show_table(("annotation", "model", *SIX, *(f"Flickr30K s→i {cut}" for cut in CUTS)), lines)

# %% [markdown]
# ## Table 5: what each part of A3VSE is worth, with 10 % × 5

# %%
NAMES = {
    "no_semantics": "no s",
    "global_tags": "swap s with s_g",
    "no_attention": "s, without attention",
    "no_adversarial": "s, without L_adv",
    "no_intra": "without l_intra",
    "no_cross": "without l_cross",
    "no_transitive": "without l_trans",
    "full": "full model",
}
lines, bars = [], {}
for ablation, name in NAMES.items():
    values = list(here.values(Arm("A3VSE", ablation=ablation)).values())
    if values:
        bars[name] = values
    contrast = here.measure(scoreboard.versus(Arm("A3VSE"), Arm("A3VSE", ablation=ablation))[0])
    worth = "" if contrast is None or ablation == "full" else f"{contrast.mean:+.1f}"
    if worth and len(contrast.values) > 1:
        worth += f" ± {contrast.half_width:.1f}"
    published = (
        ""
        if ablation == "full"
        else f"{scoreboard.plain(paper, scoreboard.Claim('', '', scoreboard.versus(Arm('A3VSE'), Arm('A3VSE', ablation=ablation))))}"
    )
    lines.append((name, len(values), *recalls(here, Arm("A3VSE", ablation=ablation)), worth, published))
display(
    Markdown(
        f"**{TITLES[corpus]}**: the last columns are the full model's R@1 minus the row's, seed by seed (± half of the 95 % interval), here and in the paper"
    )
)
display(widgets.show_table(("model", "seeds", *SIX, "full − row, here", "full − row, paper"), lines))
if bars:
    figure, axes = plt.subplots(figsize=(10.5, 3.6), layout="constrained")
    plots.bars_with_spread(
        axes,
        {name: runs for name, runs in bars.items()},
        "sentence → image R@1 (%)",
    )
    axes.set_title(f"{TITLES[corpus]}, 10 % × 5: bar = mean, whisker = one standard deviation, dots = seeds")
    show(
        figure,
        "ablation",
        "Bars of R@1 for each row of Table 5 with one standard deviation and a dot for each seed.",
    )

# %% [markdown]
# *Figure 2. The rows of Table 5.* **How to read it.** Bars overlap even where a contrast is clear, since a seed also chooses the annotated images, and all rows of a
# seed share them. Read the paired column of the table, not the distance between whiskers.
#
# ## Figure 3: the joint space

# %%
MAPS = [
    ("50%x5", "full", "50 % × 5"),
    ("10%x5", "full", "10 % × 5, regional semantics"),
    ("10%x5", "global_tags", "10 % × 5, global tags"),
]
stored = [
    (row["map"], title)
    for setting, ablation, title in MAPS
    for row in here.rows(Arm("A3VSE", setting, ablation)).values()
    if "map" in row
]
if stored:
    figure, panels = plt.subplots(
        1, len(stored), figsize=(4.5 * len(stored), 4.2), layout="constrained", squeeze=False
    )
    for axes, (points, title) in zip(panels[0], stored):
        groups = {side: torch.tensor(points[side], dtype=torch.float32) for side in ("image", "sentence")}
        plots.tsne(groups, seed, [("image", "sentence")], axes)
        axes.set_title(title)
    show(
        figure,
        "tsne",
        "t-SNE maps of test images (circles) and sentences (squares) of A3VSE in three trainings, each sentence joined to its image by a grey line.",
    )

# %% [markdown]
# *Figure 3, where maps are stored (Storybook, seed 0). Test images (circles) and one sentence of each (squares), joined by grey lines, from embeddings stored on 16 principal axes.* Short lines
# are good. Only neighbourhoods mean something in a t-SNE map.
#
# ## Vocabulary overlap (section 4.6)
# The paper explains the worth of regional semantics by their words: 13.1 % of the union of words is shared between sentences and regional semantics, 9.8 % between
# sentences and global tags.

# %%
lines = [("Flickr30K (published)", "13.1 %", "9.8 %", "yes")]
for name, results in found.items():
    for row in results.rows(Arm("tags")).values():
        both = row["overlap"]
        lines.append(
            (
                TITLES[name],
                f"{both['regions']} %",
                f"{both['tags']} %",
                "yes" if both["regions"] > both["tags"] else "no",
            )
        )
widgets.show_table(
    ("corpus", "sentences ∩ regional semantics", "sentences ∩ global tags", "regional closer?"),
    lines,
)

# %% [markdown]
# ## How many annotations does each model need?
# Read off the curves: the number of annotated pairs at which the mean R@10 reaches a target, by a straight line between settings over the logarithm of pairs.

# %%
lines = []
for model, ablation in LINES:
    (pairs,) = scoreboard.annotations_needed(here, (model,), target_recall, ablation=ablation).values()
    counts = [row["n_pairs"] for s in study.SETTINGS for row in here.rows(Arm(model, s, ablation)).values()]
    at_most = "at most " if pairs and pairs == min(counts) else ""
    lines.append(
        (
            label_of(model, ablation),
            f"{at_most}{pairs:,}" if pairs else "not reached in the settings that were run",
        )
    )
display(
    Markdown(f"**{TITLES[corpus]}**: annotated pairs for a sentence → image R@10 of {target_recall:.0f} %")
)
display(widgets.show_table(("model", "pairs"), lines))

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for place, (model, ablation) in enumerate(LINES):
    curve = []
    for recall in np.arange(10, 90, 2.5):
        (pairs,) = scoreboard.annotations_needed(here, (model,), recall, ablation=ablation).values()
        smallest = min(
            (row["n_pairs"] for s in study.SETTINGS for row in here.rows(Arm(model, s, ablation)).values()),
            default=0,
        )
        if pairs and pairs > smallest:
            curve.append((pairs, recall))
    if curve:
        axes.plot(
            *zip(*curve),
            color=plots.PALETTE[place],
            marker=plots.MARKERS[place],
            label=label_of(model, ablation),
            markevery=3,
        )
axes.set_xscale("log")
axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
axes.xaxis.set_major_formatter(FuncFormatter(lambda pairs, _: f"{pairs:,.0f}"))
axes.xaxis.set_minor_formatter(NullFormatter())
axes.axhline(target_recall, color="gray", lw=1, ls=":", marker="")
axes.set(xlabel="annotated pairs needed", ylabel="sentence → image R@10 (%)", title=TITLES[corpus])
axes.legend(fontsize=8)
show(
    figure,
    "needed",
    "For each model, the number of annotated pairs needed over the R@10 to be reached.",
)

# %% [markdown]
# *Figure 4. The recall that is asked for, over the pairs it takes.* **How to read it.** Follow the dotted line to the right: the first curve it meets is the model that needs
# the least writing. A horizontal distance of a factor two is half of the annotation cost.
#
# ## The scoreboard
# What the paper claims on Flickr30K, each claim as a contrast, with the paper's own figures for it, and what was measured here: mean ± half of the 95 % interval over seeds, in points of sentence → image
# recall. Several contrasts are shown as smallest to largest. **holds**: every contrast's whole interval is above 0. **does not hold**: the whole interval of at
# least one is below 0. *undecided*: anything else, also where one seed has no interval or some contrasts were not run: on Flickr8k most settings have one seed.
# The paper's SCAN averages over words; in the runs it is the variant with LogSumExp.

# %%
studies = list(found.values())
display(Markdown(scoreboard.scoreboard(studies)))

# %% [markdown]
# **What the paper does not ask.** A critic would: is there a simple model that does as well?

# %%
display(Markdown(scoreboard.scoreboard(studies, scoreboard.CRITICS)))

# %% [markdown]
# **How to read it.** A verdict is about this corpus, these features and these sizes; "holds" does not prove the paper right, "does not hold" does not prove it wrong. A small
# effect with few seeds is *undecided*, which is not a polite no. The last table is the one to look at before you choose a model.
#
# ## Exercises
# 1. Run with `recompute=True, preset="smoke"`. Why is no verdict to be had from it, and how many seeds of which cells would you need?
# 2. `SCANConfig` has four variants in `scan.VARIANTS`. Train `t2i_mean` and `i2t_mean` with 10 % × 5 and evaluate both and their
#    mean (`evaluation.evaluate_ensemble`). What is an ensemble worth against another thousand sentences?
# 3. Take two models of one seed and compare them with the paired test of `vse_lessons.evaluation.significance` on the same queries. Does it agree with the interval over seeds? What does each leave out?
# 4. Write SCAN's equation (3) as a loop over regions and words and check it against `similarity.cross_attention`.
# 5. Add a claim to `scoreboard.CLAIMS`: "with one sentence an image, more images help SCAN more than A3VSE". What does the rule say?
# 6. Give `linear` the word vectors that A3VSE gets on photographs. Is A3VSE still above it?
#
# ## Summary

# %%
verdicts = {
    claim.text: {name: results.verdict(claim) for name, results in found.items()}
    for claim in (*scoreboard.CLAIMS, *scoreboard.CRITICS)
}
for name in found:
    counted = [verdict[name] for verdict in verdicts.values()]
    print(
        f"{TITLES[name]}: "
        + ", ".join(
            f"{counted.count(v)} {v}"
            for v in (scoreboard.HOLDS, scoreboard.FAILS, scoreboard.UNDECIDED, scoreboard.NOT_RUN)
        )
    )
main = next(
    (
        row
        for row in tables[corpus]
        if (row["model"], row["ablation"]) == ("A3VSE", "full") and row["setting"].endswith("x5")
    ),
    None,
)
if main is None:
    raise DataError("there is no run of A3VSE with five sentences an image: see what failed above")
measured = {key: main[key] for key in ("n_images", "n_sentences", "t2i", "i2t", "rsum")}
results = write_results(
    folder,
    "06_annotation_efficiency",
    parameters,
    model="A3VSE",
    setting=main["setting"],
    run_seed=main["seed"],
    runs=len(tables[corpus]),
    verdicts=verdicts,
    **measured,
)
print(f"results.json is in {folder}; {results['seconds']:.0f} s, {results['peak_memory_mb']} MB at the peak")

# %% [markdown]
# - One evaluator and one rule for all models, and one loop for those that are trained; schedules are each model's own.
# - Ties, seeds and intervals decide as much about a table as the models in it.
# - What a pair of picture and sentence is worth depends on the model, the features and how many there are already.
# - Simple models are part of the result.
#
# ## References
# - P.-Y. Huang, G. Kang, W. Liu, X. Chang, A. G. Hauptmann. *Annotation Efficient Cross-Modal Retrieval with Adversarial Attentive Alignment.* ACM MM 2019.
# - F. Faghri, D. J. Fleet, J. R. Kiros, S. Fidler. *VSE++: Improving Visual-Semantic Embeddings with Hard Negatives.* BMVC 2018.
# - K.-H. Lee, X. Chen, G. Hua, H. Hu, X. He. *Stacked Cross Attention for Image-Text Matching.* ECCV 2018.
# - H. Nam, J.-W. Ha, J. Kim. *Dual Attention Networks for Multimodal Reasoning and Matching.* CVPR 2017.
# - Z. Zheng, L. Zheng, M. Garrett, Y. Yang, M. Xu, Y.-D. Shen. *Dual-Path Convolutional Image-Text Embeddings with Instance Loss.* ACM TOMM 2020.
# - K. Musgrave, S. Belongie, S.-N. Lim. *A Metric Learning Reality Check.* ECCV 2020.
# - C. Fellbaum. *WordNet: An Electronic Lexical Database.* Bradford Books 1998.
