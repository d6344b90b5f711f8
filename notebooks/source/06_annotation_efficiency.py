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
# `vse-lessons study a3vse`.

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

import numpy as np
import pandas as pd
import seaborn as sns
import torch
from IPython.display import Markdown, display

from vse_lessons import SOURCES, DataError, Lesson, stored
from vse_lessons.blocks import similarity
from vse_lessons.data.sparse import setting_name
from vse_lessons.evaluation import mean_interval, ranking, recall_at
from vse_lessons.experiments import a3vse as study
from vse_lessons.experiments import claims
from vse_lessons.experiments.grid import Inputs, run_grid
from vse_lessons.experiments.table import Table, flatten
from vse_lessons.lessons import plots, widgets
from vse_lessons.models.baselines import dan, dpc, tags, vsepp

if corpus not in study.STUDIES:
    raise DataError(f"there is a study of {' and '.join(study.STUDIES)}, not of {corpus!r}")
parameters = {
    "corpus": corpus,
    "corpus_dir": corpus_dir,
    "split": "test" if SOURCES[corpus].built_in else "val",
    "preset": preset,
    "seed": seed,
    "device": device,
    "recompute": recompute,
    "workers": workers,
    "word_vectors": word_vectors,
    "target_recall": target_recall,
}
lesson = Lesson("06_annotation_efficiency", parameters, out_dir)
TITLES = {"storybook": "Storybook", "flickr8k": "Flickr8k", "flickr30k": "Flickr30K (published)"}

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
# comes from resampling images with all their sentences (`bootstrap_interval`); an interval *over seeds*, as below, says how well the mean over
# choices of annotated images, and everything random in training, is known:
#
# $$ \bar x \pm t_{0.975,\,n-1}\,\frac{s}{\sqrt n} \tag{6} $$

# %%
widgets.show_source(ranking._at_least, recall_at, mean_interval, claims.Results.verdict)

# %% [markdown]
# ## Predict, then run
# 1. Order the eight models by sentence → image R@1 with 10 % × 5. Where do you put the linear ones? Where the tags?
# 2. 50 % of the images with one sentence each, or 10 % with five? It is as much writing.
# 3. Which of these claims will not hold here: semantics help; attention helps; adversarial alignment helps?
#
# ## The runs
# A run is a cell of a grid: model, setting, ablation, seed. Each is a process of its own and a line of a table.

# %%
found = {name: stored("a3vse", name) for name in study.STUDIES}
if recompute:
    few = [(0.2, 5)] if preset == "smoke" else [(0.1, 5), (0.5, 1), (0.5, 5)]
    cells = [cell for cell in study.cells(few) if cell.model != "linear"]
    cells += [study.at(few[0], model, "no_semantics") for model in ("A3VSE", "linear")]
    cells += study.untrained()
    own = Table(lesson.folder / f"a3vse_{corpus}_{preset}_{seed}.jsonl")
    failures = run_grid(
        study.ANNOTATION,
        [replace(cell, seed=seed, corpus=corpus, preset=preset) for cell in cells],
        own,
        Inputs(corpus_dir or None, None, word_vectors or None),
        workers=workers,
    )
    for failure in failures:
        print(failure)
    found[corpus] = stored("a3vse", corpus, preset, own)
paper = study.paper()
here = found[corpus]
for name, results in found.items():
    hours = sum(row["seconds"] for row in results.all) / 3600
    seeds = sorted({row["cell"]["seed"] for row in results.all})
    print(
        f"{TITLES[name]}: {len(results.all)} runs, seeds {seeds}, {hours:.1f} hours of one core each, preset {results.preset}, "
        f"split {sorted({r['split'] for r in results.all})}, PyTorch {sorted({r['versions']['torch'] for r in results.all})}"
    )

# %% [markdown]
# ## Figure 1: recall against annotation
# Every point is a setting of Table 1, or 100 % × 5; the horizontal axis is the share of all sentences that training may see. A line joins the settings with five
# sentences an image; the other settings are single points.

# %%
LINES = [(model, "no_semantics" if model == "linear" else "full") for model in study.of_grid()]
LINES.append(("linear", "full"))


def label_of(model, variant):
    """What a line is called."""
    if model == "linear":
        return "linear" if variant == "no_semantics" else "linear, with semantics"
    return model


def runs_of(results):
    """The runs of the models in `LINES`, one a row, with the share of all sentences that they learnt from."""
    frame = results.frame()
    lines = pd.Series(list(zip(frame["model"], frame["variant"])), frame.index)
    frame = frame[lines.isin(LINES)].copy()
    frame["line"] = [label_of(*line) for line in zip(frame["model"], frame["variant"])]
    frame["annotations"] = 100 * frame["share"] * frame["sentences"] / 5
    return frame.assign(title=TITLES[results.corpus])


names = [label_of(*line) for line in LINES]
runs = pd.concat([runs_of(results) for results in (*found.values(), paper)], ignore_index=True)
five = runs[runs["sentences"] == 5]
figure = plots.curve_panels(
    five,
    "annotations",
    "t2i R@1",
    "line",
    "title",
    order=names,
    log_x=True,
    xlabel="annotations used (% of all sentences)",
    ylabel="sentence → image R@1 (%)",
    ylim=(0, None),
)
others = (
    runs[runs["sentences"] < 5].groupby(["title", "line", "annotations"], as_index=False)["t2i R@1"].mean()
)
for axis, results in zip(figure.axes, (*found.values(), paper)):
    sns.scatterplot(
        others[others["title"] == TITLES[results.corpus]],
        x="annotations",
        y="t2i R@1",
        hue="line",
        hue_order=names,
        palette=list(plots.PALETTE[: len(names)]) if len(names) <= len(plots.PALETTE) else None,
        alpha=0.4,
        s=18,
        linewidth=0,
        legend=False,
        ax=axis,
    )
    first = axis is figure.axes[0]
    axis.set(
        xlabel="annotations used (% of all sentences)", ylabel="sentence → image R@1 (%)" if first else ""
    )
    for variant, style in (("full", ":"), ("hyponyms", "--")):
        values = list(results.values(replace(study.TAGS, variant=variant)).values())
        if values:
            name = "tags, no annotation" if variant == "full" else "tags, hyponyms too"
            plots.reference(axis, values[0], name, style=style, left=variant == "hyponyms")
lesson.show(
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
for setting in (*study.SETTINGS, study.COMPLETE):
    cells = [study.at(setting, *line) for line in LINES]
    if any(here.rows(cell) for cell in cells):
        shown = (f"{here.spread(c)} ({len(here.rows(c))})" if here.rows(c) else "–" for c in cells)
        rows.append((setting_name(*setting), *shown))
display(
    Markdown(
        f"**{TITLES[corpus]}**: sentence → image R@1 (%), mean ± half of the 95 % interval over seeds (number of seeds)"
    )
)
widgets.show_table(("setting", *names), rows)

# %% [markdown]
# ## Table 1: A3VSE and SCAN in nine settings


# %%
def recalls(results, cell):
    """The six mean recalls of a cell, or dashes."""
    rows = [flatten(row["metrics"]) for row in results.rows(cell).values()]
    values = [[row[metric] for row in rows if metric in row] for metric in claims.RECALLS]
    return [f"{np.mean(v):.1f}" if v else "–" for v in values]


CUTS = ("R@1", "R@5", "R@10")
SIX = tuple(f"{side} {cut}" for side in ("s→i", "i→s") for cut in CUTS)
for results in (here, paper):
    display(Markdown(f"**{TITLES[results.corpus]}**: A3VSE | SCAN"))
    display(
        widgets.show_table(
            ("setting", *(f"A3VSE {c}" for c in SIX), *(f"SCAN {c}" for c in SIX)),
            [
                (
                    setting_name(*setting),
                    *recalls(results, study.at(setting)),
                    *recalls(results, study.at(setting, "SCAN")),
                )
                for setting in study.SETTINGS
            ],
        )
    )

# %% [markdown]
# ## Table 2: every model in a few settings

# %%
hyponyms = replace(study.TAGS, variant="hyponyms")
lines = [
    ("none", "tags", *recalls(here, study.TAGS), *recalls(paper, study.TAGS)[:3]),
    ("none", "tags, hyponyms too", *recalls(here, hyponyms), "–", "–", "–"),
]
for setting in ((0.1, 5), (0.5, 2), study.COMPLETE):
    for line in LINES:
        mine, there = (recalls(results, study.at(setting, *line)) for results in (here, paper))
        if mine[0] != "–":
            lines.append((setting_name(*setting), label_of(*line), *mine, *there[:3]))
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
lines = []
for variant, name in NAMES.items():
    cell = replace(study.A3VSE, variant=variant)
    worth = there = ""
    if variant != "full":
        contrasts = claims.versus(study.A3VSE, cell)
        measured = here.measure(contrasts[0])
        worth = "" if measured is None else f"{measured.mean:+.1f}"
        if worth and len(measured.values) > 1:
            worth += f" ± {measured.half_width:.1f}"
        there = claims.print_means(paper, claims.Claim("", "", contrasts))
    lines.append((name, len(here.rows(cell)), *recalls(here, cell), worth, there))
display(
    Markdown(
        f"**{TITLES[corpus]}**: the last columns are the full model's R@1 minus the row's, seed by seed (± half of the 95 % interval), here and in the paper"
    )
)
display(widgets.show_table(("model", "seeds", *SIX, "full − row, here", "full − row, paper"), lines))
parts = here.frame(model="A3VSE", share=0.1, sentences=5)
if len(parts):
    parts = parts[parts["variant"].isin(list(NAMES))].assign(name=lambda frame: frame["variant"].map(NAMES))
    figure = plots.bars(
        parts,
        "t2i R@1",
        "name",
        order=list(NAMES.values()),
        xlabel="sentence → image R@1 (%)",
        title=f"{TITLES[corpus]}, 10 % × 5: means, 95 % intervals, seeds as dots",
    ).figure
    lesson.show(
        figure,
        "ablation",
        "Bars of R@1 for each row of Table 5 with 95 % intervals and a dot for each seed.",
    )

# %% [markdown]
# *Figure 2. The rows of Table 5.* **How to read it.** Bars overlap even where a contrast is clear, since a seed also chooses the annotated images, and all rows of a
# seed share them. Read the paired column of the table, not the distance between whiskers.
#
# ## Figure 3: the joint space

# %%
maps = []
for cell, title in zip(
    study.MAPPED, ("50 % × 5", "10 % × 5, regional semantics", "10 % × 5, global tags"), strict=True
):
    for row in list(here.rows(cell).values())[:1]:
        arrays = here.arrays(row)
        if "map/image" in arrays:
            maps.append((arrays, title))
if maps:
    figure, axes = plots.panels(len(maps), width=4.4, height=4.2)
    for axis, (arrays, title) in zip(axes, maps):
        groups = {side: torch.from_numpy(np.float32(arrays[f"map/{side}"])) for side in ("image", "sentence")}
        plots.tsne(groups, seed, [("image", "sentence")], axis, title=title)
    lesson.show(
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
    for row in results.rows(study.TAGS).values():
        both = row["metrics"]["overlap"]
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
lines, needed, own_runs = [], [], runs_of(here)
for line in LINES:
    smallest = own_runs.loc[own_runs["line"] == label_of(*line), "n_pairs"].min()
    pairs = study.pairs_needed(here, line[0], target_recall, variant=line[1])
    at_most = "at most " if pairs and pairs == smallest else ""
    lines.append(
        (label_of(*line), f"{at_most}{pairs:,}" if pairs else "not reached in the settings that were run")
    )
    for recall in np.arange(10, 90, 2.5):
        pairs = study.pairs_needed(here, line[0], recall, variant=line[1])
        if pairs and pairs > smallest:
            needed.append({"line": label_of(*line), "pairs": pairs, "recall": recall})
display(
    Markdown(f"**{TITLES[corpus]}**: annotated pairs for a sentence → image R@10 of {target_recall:.0f} %")
)
display(widgets.show_table(("model", "pairs"), lines))

figure, (axis,) = plots.panels(1, width=7, height=4)
if needed:
    plots.curves(
        pd.DataFrame(needed),
        "pairs",
        "recall",
        "line",
        order=names,
        over_seeds=False,
        log_x=True,
        axes=axis,
        xlabel="annotated pairs needed",
        ylabel="sentence → image R@10 (%)",
        title=TITLES[corpus],
    )
plots.reference(axis, target_recall, "target")
lesson.show(
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
display(Markdown(claims.claims_table(studies, study.CLAIMS, paper)))

# %% [markdown]
# **What the paper does not ask.** A critic would: is there a simple model that does as well?

# %%
display(Markdown(claims.claims_table(studies, study.CRITICS, paper)))

# %% [markdown]
# **How to read it.** A verdict is about this corpus, these features and these sizes; "holds" does not prove the paper right, "does not hold" does not prove it wrong. A small
# effect with few seeds is *undecided*, which is not a polite no. The last table is the one to look at before you choose a model.
#
# ## Exercises
# 1. Run with `recompute=True, preset="smoke"`. Why is no verdict to be had from it, and how many seeds of which cells would you need?
# 2. `SCANConfig` has four variants in `scan.VARIANTS`. Train `t2i_mean` and `i2t_mean` with 10 % × 5 and evaluate both and their
#    mean (`vse_lessons.evaluation.evaluate_ensemble`). What is an ensemble worth against another thousand sentences?
# 3. Take two models of one seed and compare them with the paired test of `vse_lessons.evaluation.significance` on the same queries. Does it agree with the interval over seeds? What does each leave out?
# 4. Write SCAN's equation (3) as a loop over regions and words and check it against `similarity.cross_attention`.
# 5. Add a claim to `study.CLAIMS`: "with one sentence an image, more images help SCAN more than A3VSE". What does the rule say?
# 6. Give `linear` the word vectors that A3VSE gets on photographs. Is A3VSE still above it?
#
# ## Summary

# %%
verdicts = {
    claim.text: {name: results.verdict(claim) for name, results in found.items()}
    for claim in (*study.CLAIMS, *study.CRITICS)
}
for name in found:
    counted = [verdict[name] for verdict in verdicts.values()]
    print(
        f"{TITLES[name]}: "
        + ", ".join(
            f"{counted.count(v)} {v}" for v in (claims.HOLDS, claims.FAILS, claims.UNDECIDED, claims.NOT_RUN)
        )
    )
main = next(
    (
        row
        for row in here.all
        if (row["cell"]["model"], row["cell"]["variant"], row["cell"]["sentences"]) == ("A3VSE", "full", 5)
    ),
    None,
)
if main is None:
    raise DataError("there is no run of A3VSE with five sentences an image: see what failed above")
measured = {key: main["metrics"][key] for key in ("n_images", "n_sentences", "t2i", "i2t", "rsum")}
results = lesson.write(
    model="A3VSE",
    setting=setting_name(main["cell"]["share"], main["cell"]["sentences"]),
    run_seed=main["cell"]["seed"],
    runs=len(here.all),
    verdicts=verdicts,
    **measured,
)
print(
    f"results.json is in {lesson.folder}; {results['seconds']:.0f} s, {results['peak_memory_mb']} MB at the peak"
)

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
