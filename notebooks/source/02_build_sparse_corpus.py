# %% [markdown]
# # 02 · Sparse parallel corpora
#
# *What it means that sentences are scarce, and what that costs before any model is trained (Huang, Kang, Liu, Chang and Hauptmann, ACM Multimedia
# 2019, sections 3.1, 4.1 and 4.6).*
#
# Flickr30K has five sentences for each of 29,000 training images. Somebody had to write all 145,000. A new corpus, in another language or of other pictures,
# starts with none, and whoever pays for it must decide: how many pictures to describe, and how often each? This lesson builds corpora for
# every such decision, from one shuffle, and measures what each of them is worth.
#
# **What you will learn**
#
# 1. what a sparse parallel corpus is, and how to build one that others can repeat and compare with;
# 2. why smaller settings must be subsets of larger ones;
# 3. what few sentences do to a vocabulary, and to the words that a query may use;
# 4. how far the words of people, of regions and of image tags lie apart;
# 5. how to check a table: where the counts of a paper disagree, and how to say which one you follow.
#
# **Time and machine.** Under half a minute on two CPU cores with the built-in corpus. No GPU and no network are needed. [Lesson 01](01_extract_features.ipynb)
# explains regions and regional semantics.

# %% [markdown]
# ## Parameters
# Everything that can be chosen. papermill replaces these values: `papermill 02_build_sparse_corpus.ipynb out.ipynb -p annotated_images 0.2`.

# %% tags=["parameters"]
corpus: str = "storybook"  # storybook, flickr8k, flickr30k or precomputed
corpus_dir: str = ""  # where a corpus that is not built in lies on disk
preset: str = "lesson"  # smoke (seconds), lesson (a minute) or paper (as large as Flickr30K)
seed: int = 0  # which images, and which of their sentences, are annotated
device: str = "auto"  # nothing here needs a GPU; kept so that all lessons take the same parameters
out_dir: str = ""  # for results.json and figures; empty: under VSE_LESSONS_HOME
annotated_images: float = 0.1  # share of the training images that people have described
sentences_per_image: int = 5  # sentences of each of those

# %%
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from vse_lessons.data import sparse
from vse_lessons.data.sparse import TABLE_1, TABLE_3, sparsify
from vse_lessons.data.text import Vocabulary, tokenize, vocabulary_overlap
from vse_lessons.evaluation.retrieval import evaluate
from vse_lessons.lessons import Lesson, plots, widgets
from vse_lessons.models.baselines.cca import CCA, CCAConfig
from vse_lessons.sources import semantics
from vse_lessons.sources.catalogue import open_corpus
from vse_lessons.sources.detectors.imagenet import imagenet_words

parameters = {
    "corpus": corpus,
    "corpus_dir": corpus_dir,
    "split": "val",
    "preset": preset,
    "seed": seed,
    "device": device,
    "annotated_images": annotated_images,
    "sentences_per_image": sentences_per_image,
}
lesson = Lesson("02_build_sparse_corpus", parameters, out_dir)

# %% [markdown]
# ## Theory: a sparse parallel corpus
# Some images are described, most are not (section 3.1):
#
# $$\mathcal D^l = \{(v_i, t_i)\}_{i=1}^{N_l}, \qquad \mathcal D^u = \{v^u_j\}_{j=1}^{N_u}, \qquad
# \mathcal D = \mathcal D^l \cup \mathcal D^u, \qquad N_l \ll N_u \tag{1}$$
#
# A **setting** has two numbers: a share $x$ of the $N$ training images, and $k$ sentences for each of them. That makes
#
# $$N_l = \lfloor x N \rfloor \ \text{annotated images}, \qquad k\,N_l\ \text{annotated pairs}, \qquad
# \frac{k\,N_l}{5 N} \approx \frac{k\,x}{5}\ \text{of all annotations} \tag{2}$$
#
# Two settings with the same $kx$ cost the same and differ in what the money buys: many pictures, or many ways to say the same.
#
# The settings should be **nested**: if $x < x'$, the images annotated at $x$ are among those annotated at $x'$, and likewise for sentences. Then a
# larger setting only adds. A difference between two settings is never the luck of another draw. One shuffle from a seed does it: keep the first
# so many. Validation and test images always keep all their sentences.

# %%
widgets.show_source(sparsify)

# %%
opened = open_corpus(corpus, corpus_dir, preset)
data, store = opened.corpus, opened.corpus.regions
training_images, val = data.images("train"), data.images("val")
chosen = sparsify(data, annotated_images, sentences_per_image, seed)
val_sentences = [data.sentences[s] for i in val for s in data.sentences_of[i]]
print(
    f"{data.name}: {len(training_images):,} training images, {len(val):,} validation images with "
    f"{len(val_sentences):,} sentences"
)
print(
    f"{annotated_images:.0%} x {sentences_per_image}: {len(chosen.annotated):,} annotated images with "
    f"{len(chosen.pairs):,} sentences, {len(chosen.unannotated):,} un-annotated images"
)
print("the first sentences that training may read:")
for sentence in chosen.training_sentences[:3]:
    print("  ", sentence)

# %% [markdown]
# ## The nine settings
# Table 1 of the paper has nine settings of Flickr30K. Below they are built for the corpus of this run, beside the paper's own counts.
#
# **Predict, then run.** Which two or three of the nine cost the same number of sentences?

# %%
built = {name: sparsify(data, s.share, s.sentences, seed) for name, s in TABLE_1.items()}
every = sum(len(data.sentences_of[i]) for i in training_images)
widgets.show_table(
    [
        "setting",
        "share of images",
        "sentences each",
        f"images in {data.name}",
        "pairs",
        "of all annotations",
        "Flickr30K pairs: published",
        "Flickr30K pairs: followed",
    ],
    [
        (
            name,
            f"{s.share:.0%}",
            s.sentences,
            len(built[name].annotated),
            len(built[name].pairs),
            f"{100 * len(built[name].pairs) / every:.1f} %",
            s.published_pairs,
            f"{s.pairs:,}" + (" (differs)" if s.pairs != s.published_pairs else ""),
        )
        for name, s in TABLE_1.items()
    ],
)

# %% [markdown]
# MS-COCO has nine of its own (Table 3), counted for 113,287 training images:

# %%
widgets.show_table(
    ["setting", "share of images", "sentences each", "MS-COCO pairs: published", "MS-COCO pairs: followed"],
    [
        (
            name,
            f"{s.share:.0%}",
            s.sentences,
            s.published_pairs,
            f"{s.pairs:,}" + (" (differs)" if s.pairs != s.published_pairs else ""),
        )
        for name, s in TABLE_3.items()
    ],
)

# %% [markdown]
# Tables are made by people. Four counts of this paper cannot all be right, because they disagree with each other. The library says which
# figure it follows, and why, at the top of `vse_lessons/data/sparse.py`:

# %%
Markdown(sparse.__doc__.split("\n", 2)[2])

# %% [markdown]
# ## Nested, by eye
# One square is one training image, always at the same place.

# %%
levels = (0.1, 0.2, 0.5)
sets = [set(sparsify(data, share, 1, seed).annotated.tolist()) for share in levels]
assert sets[0] < sets[1] < sets[2], "the settings are not nested"
assert (
    set(built["10%x1"].pairs.tolist())
    < set(built["10%x2"].pairs.tolist())
    < set(built["20%x5"].pairs.tolist())
)
width = int(np.ceil(np.sqrt(len(training_images) * 1.1)))
height = -(-len(training_images) // width)
figure, axes = plt.subplots(1, 3, figsize=(10.4, 3.9), layout="constrained")
shades = ["#E6E6E6", plots.PALETTE[0], plots.PALETTE[4], plots.PALETTE[5]]
for panel, (axis, share) in enumerate(zip(axes, levels)):
    grid = np.full(width * height, -1)
    grid[: len(training_images)] = 0
    for level in range(panel, -1, -1):
        grid[: len(training_images)][np.isin(training_images, list(sets[level]))] = level + 1
    colors = np.array([plt.matplotlib.colors.to_rgb(c) for c in [*shades, "white"]])
    axis.imshow(colors[grid.reshape(height, width)], interpolation="nearest")
    axis.set(
        xticks=[],
        yticks=[],
        title=f"{share:.0%}: {len(sets[panel]):,} of {len(training_images):,} images",
    )
    axis.grid(False)
names = ["un-annotated", "annotated at 10 %", "added at 20 %", "added at 50 %"]
figure.legend(
    [plt.Rectangle((0, 0), 1, 1, color=c) for c in shades],
    names,
    ncols=4,
    loc="outside lower center",
    fontsize=10,
)
lesson.show(
    figure,
    "nested",
    "Three grids of training images; squares annotated at 10 % stay annotated at 20 % and 50 %.",
)

# %% [markdown]
# *Figure 1. The annotated images of three settings. No square ever loses its colour from left to right.*
#
# **How to read it.** Follow one dark blue square through the three panels. The squares are scattered evenly, for the shuffle knows nothing of the pictures.
# That is a choice, too: in exercise 4 you choose the images to annotate yourself.

# %% [markdown]
# ## What sparsity does to words
# A model can only learn words that it reads. The vocabulary $\mathcal W$ is built from the annotated sentences alone, and a word seen fewer than 4
# times is dropped (section 4.3): its row in the embedding matrix would hold noise. Whatever a query says beyond $\mathcal W$ becomes one and the same *unknown
# word*. Over the tokens $w$ of the validation sentences, the **unknown rate** is
#
# $$u(\mathcal W) = \frac{|\{w : w \notin \mathcal W\}|}{|\{w\}|} \tag{3}$$
#
# Some failures in the paper come from exactly this ("amplifier", "harp", section 4.7).
#
# **Predict, then run.** 50 % x 1 and 10 % x 5 cost the same. Which one gives the larger vocabulary?

# %%
widgets.show_source(Vocabulary.build)

# %%
tokens = [tokenize(sentence) for sentence in val_sentences]
full = sparsify(data, 1.0, 5, seed)
costs = []
for name, training in {**built, "100%x5": full}.items():
    known = set(Vocabulary.build(training.training_sentences).words)
    unknown = sum(word not in known for words in tokens for word in words) / sum(map(len, tokens))
    touched = sum(any(word not in known for word in words) for words in tokens) / len(tokens)
    share, each = (TABLE_1[name].share, TABLE_1[name].sentences) if name in TABLE_1 else (1.0, 5)
    costs.append(
        {
            "setting": name,
            "share": share,
            "sentences": each,
            "images": len(training.annotated),
            "pairs": len(training.pairs),
            "vocabulary": len(known),
            "unknown": unknown,
            "touched": touched,
        }
    )
costs.sort(key=lambda row: (row["pairs"], row["images"]))
widgets.show_table(
    [
        "setting",
        "images",
        "pairs",
        "words seen 4 times or more",
        "unknown words in validation sentences",
        "sentences with an unknown word",
    ],
    [
        (
            r["setting"],
            r["images"],
            r["pairs"],
            r["vocabulary"],
            f"{100 * r['unknown']:.1f} %",
            f"{100 * r['touched']:.0f} %",
        )
        for r in costs
    ],
)


# %%
costs_frame = pd.DataFrame(costs)
costs_frame["sentences an image"] = costs_frame["sentences"].astype(str)
costs_frame["unknown (%)"] = 100 * costs_frame["unknown"]


def over_pairs(frame, y, axes, **labels):
    """A line for each number of sentences an image, over the number of pairs."""
    axes = plots.curves(
        frame,
        "pairs",
        y,
        "sentences an image",
        order=["1", "2", "5"],
        over_seeds=False,
        log_x=True,
        axes=axes,
        xlabel="annotated pairs (log scale)",
        ylim=(0, None),
        **labels,
    )
    axes.get_legend().set_title("sentences an image")


figure, (left, right) = plots.panels(2, width=5, height=3.8)
over_pairs(costs_frame, "vocabulary", left, ylabel="words seen 4 times or more")
over_pairs(costs_frame, "unknown (%)", right, ylabel="unknown words in validation (%)")
lesson.show(
    figure,
    "vocabulary",
    "The vocabulary grows, and the rate of unknown words falls, with the number of annotated pairs.",
)

# %% [markdown]
# *Figure 2. Left: the vocabulary that annotation buys. Right: the share of words in validation sentences that the model has never learnt.*
#
# **How to read it.** Points one above the other cost the same. Where the lines lie together, only the number of sentences matters to the vocabulary; where
# the line for one sentence an image is better, new pictures bring new words. The paper finds pictures more valuable than paraphrases (section 4.4).
# The curve flattens, but it does not reach zero: language has a long tail.

# %% [markdown]
# ## Zipf's tail
# Sort the words by how often they occur. In natural language the frequency falls roughly like one over the rank, so that most words are rare, however
# much one reads (Zipf 1935). A detector has a list of words, and the list ends.

# %%
speaks = store.classes is not None and bool(store.class_names)  # arrays without a detector have no words
imagenet = speaks and store.class_names == imagenet_words().names
everything = [data.sentences[s] for i in training_images for s in data.sentences_of[i]]
texts = {"sentences": everything}
if speaks:
    plain = (
        semantics.people_words(chosen.training_sentences, imagenet_words().chains)
        if imagenet
        else store.class_names
    )
    texts["regional semantics"] = semantics.regional_semantics(store, training_images, plain, repeats=True)
if store.tags is not None:
    texts["global tags"] = semantics.global_tags(store, training_images)
counts = {name: Counter(w for line in lines for w in tokenize(line)) for name, lines in texts.items()}
frequencies = pd.concat(
    pd.DataFrame(
        {
            "text": f"{name}: {len(found):,} words",
            "rank": range(1, len(found) + 1),
            "occurrences": sorted(found.values(), reverse=True),
        }
    )
    for name, found in counts.items()
)
head = max(counts["sentences"].values())
figure, (axis,) = plots.panels(1, width=6.6, height=4.1)
plots.curves(frequencies, "rank", "occurrences", "text", dashes="text", over_seeds=False, axes=axis)
tail = len(counts["sentences"])
axis.plot([1, tail], [head, head / tail], color="gray", ls=":", lw=1.2)
axis.text(1.3, head, "one over the rank", fontsize=9, color="#555555")
plots.reference(axis, 4)
axis.text(1, 4.3, "words below this line are dropped", fontsize=9, color="#555555")
plots.label(
    axis,
    xscale="log",
    yscale="log",
    xlabel="rank of the word",
    ylabel="occurrences in the training part",
    ylim=(0.8, 2 * head),
)
lesson.show(
    figure,
    "zipf",
    "Word frequency over rank on logarithmic axes: sentences have a long tail, detector words stop abruptly.",
)
rare = sum(times < 4 for times in counts["sentences"].values())
print(
    f"{rare:,} of {len(counts['sentences']):,} words in {len(everything):,} sentences occur fewer than 4 times"
)

# %% [markdown]
# *Figure 3. Word frequency over rank in the whole training part, had it all been annotated.*
#
# **How to read it.** A straight line with slope $-1$ is Zipf's law. The detector's curves bend down and stop: its vocabulary is closed. What lies right of the
# crossing with the horizontal line is lost to every model of this course, at any number of epochs.

# %% [markdown]
# ## Three vocabularies
# Un-annotated images have no sentences, but they have regional semantics (lesson 01) and *global tags*: concepts scored for the whole image, kept above a
# threshold of 0.3 (section 4.6). How much do they speak the language of people? With the sets of words $\mathcal A$ and $\mathcal B$ of two texts,
#
# $$\mathrm{IoU}(\mathcal A, \mathcal B) = \frac{|\mathcal A \cap \mathcal B|}{|\mathcal A \cup \mathcal B|} \tag{4}$$
#
# The paper measures 13.1 % between sentences and regional semantics and 9.8 % between sentences and global tags, on Flickr30K (section 4.6).

# %%
if speaks:
    written = chosen.training_sentences
    sources = {"regional semantics": semantics.regional_semantics(store, chosen.unannotated, plain)}
    if store.tags is not None:
        sources["global tags"] = semantics.global_tags(store, chosen.unannotated)
    if imagenet:
        sources["regional semantics, ImageNet's names"] = semantics.regional_semantics(
            store, chosen.unannotated
        )
    frequent = set(Vocabulary.build(written).words)
    rows = []
    for name, lines in sources.items():
        said = {word for line in lines for word in tokenize(line)}
        shares = {
            "all": vocabulary_overlap(everything, lines),
            "annotated": vocabulary_overlap(written, lines),
            "kept": len(said & frequent) / len(said | frequent),
        }
        lesson.measured[f"overlap_{name.replace(' ', '_')}"] = {
            key: round(share, 4) for key, share in shares.items()
        }
        rows.append(
            (
                f"sentences and {name}",
                len(said),
                *(f"{100 * share:.1f} %" for share in shares.values()),
                {"regional semantics": "13.1 %", "global tags": "9.8 %"}.get(name, ""),
            )
        )
    display(
        widgets.show_table(
            [
                f"{data.name}, {annotated_images:.0%} x {sentences_per_image}",
                "words of the detector",
                "IoU with all training sentences",
                "with annotated ones",
                "with annotated words seen 4 times or more",
                "paper, Flickr30K",
            ],
            rows,
        )
    )
else:
    print(f"{data.name} holds features without class names, so there are no regional semantics to compare")

# %% [markdown]
# **How to read it.** The same two texts give different numbers: the longer one text grows, the more words it alone has, and the smaller the IoU. So an overlap means something
# only with the amount of text beside it. Which words are it, then? Here are the most frequent ones on each side only.

# %%
if speaks:
    common = {
        name: Counter(w for line in lines for w in tokenize(line))
        for name, lines in {"sentences": written, **sources}.items()
    }
    detector_words = set().union(*(common[name] for name in sources))
    columns = {"people only": [w for w, _ in common["sentences"].most_common() if w not in detector_words]}
    for name in sources:
        columns[f"{name} only"] = [w for w, _ in common[name].most_common() if w not in common["sentences"]]
    columns["in all"] = [
        w for w, _ in common["sentences"].most_common() if all(w in common[n] for n in sources)
    ]
    display(widgets.show_table(columns, zip(*([*words, *[""] * 14][:14] for words in columns.values()))))

# %% [markdown]
# People join, place and count: function words, verbs, relations, settings. They use synonyms, because five people never agree on a name. The detector has
# nouns and colours, the same one every time. A model that is to learn from both must notice that a word of the one stands for several of the other.

# %% [markdown]
# ## What sparsity costs
# A first price, before any paper's method: linear CCA between the mean region of an image and the TF-IDF vector of a sentence. It has a closed form, so each
# setting takes a moment. It is a **baseline**. It learns from annotated pairs alone and knows nothing of $\mathcal D^u$. We look for the image that
# belongs to a sentence, among all validation images, and count how often it is among the first $K$:
#
# $$\mathrm{R@}K = \frac{100}{|\mathcal Q|}\,\bigl|\{q \in \mathcal Q : \mathrm{rank}_q \le K\}\bigr| \tag{5}$$
#
# **Predict, then run.** Sentences cost the same whichever image they describe. With the same budget, would you rather have 50 % x 1 or 10 % x 5?

# %%
rows = {row["setting"]: row for row in costs}
affordable = 12_500  # pairs; beyond them CCA's matrices take minutes
settings = {
    name: training
    for name, training in {**built, "100%x5": full}.items()
    if len(training.pairs) <= affordable
}
for name, training in settings.items():
    score = evaluate(CCA.build(CCAConfig(), training), data, "val")
    rows[name] |= {"t2i_R10": score.t2i["R@10"], "i2t_R10": score.i2t["R@10"]}
priced = [row for row in costs if "t2i_R10" in row]
chance = 100 * 10 / len(val)
widgets.show_table(
    ["linear CCA on " + data.name, "images", "pairs", "sentence → image R@10", "image → sentence R@10"],
    [(r["setting"], r["images"], r["pairs"], f"{r['t2i_R10']:.1f}", f"{r['i2t_R10']:.1f}") for r in priced],
)

# %%
# Table 1 of Huang et al. 2019: text-to-image R@10 on Flickr30K, in the order of TABLE_1
published = {
    "A3VSE": (58.5, 66.9, 71.0, 68.1, 72.3, 73.6, 75.9, 80.3, 83.3),
    "SCAN": (11.7, 46.5, 59.3, 45.5, 64.6, 68.3, 66.3, 71.4, 77.2),
}
printed = pd.DataFrame(
    [
        {"model": model, "pairs": s.pairs, "R@10": value, "sentences an image": str(s.sentences)}
        for model, values in published.items()
        for s, value in zip(TABLE_1.values(), values)
    ]
)
measured_here = pd.DataFrame(priced)
measured_here["sentences an image"] = measured_here["sentences"].astype(str)
figure, axes = plots.panels(3, width=4, height=3.9)
over_pairs(measured_here, "t2i_R10", axes[0], title=f"measured: linear CCA, {data.name}")
plots.reference(axes[0], chance, "chance")
for axis, model in zip(axes[1:], published):
    over_pairs(
        printed[printed["model"] == model], "R@10", axis, title=f"published: {model}, Flickr30K", ylabel=""
    )
    axis.set_ylim(0, 90)
axes[0].set_ylabel("sentence → image R@10 (%)")
for axis in axes[1:]:
    axis.get_legend().remove()
lesson.show(
    figure,
    "cost",
    "Three panels of recall over annotated pairs: linear CCA measured here, A3VSE and SCAN as published.",
)
lesson.measured["cca"] = [
    {key: row[key] for key in ("setting", "pairs", "t2i_R10", "i2t_R10")} for row in priced
]

# %% [markdown]
# *Figure 4. The price of sparsity. Left: what linear CCA makes of each setting here. Middle and right: what the paper reports for A3VSE and SCAN on Flickr30K;
# colours and markers as on the left. The left panel has other images, another gallery and another model: compare shapes with it, not heights.*
#
# **How to read it.** Compare points one above the other: same number of sentences, more images. Then compare the two published curves: the fewer the
# pairs, the larger the distance between A3VSE, which also learns from un-annotated images, and SCAN, which cannot. That distance is what lesson 03 is about.

# %%
pairs_at = {row["setting"]: row for row in priced}
for one, other in (("50%x1", "10%x5"), ("20%x1", "10%x2"), ("50%x2", "20%x5")):
    if not {one, other} <= set(pairs_at):
        continue
    a, b = pairs_at[one], pairs_at[other]
    print(
        f"{a['pairs']:,} pairs as {one} against {b['pairs']:,} as {other}: sentence → image R@10 "
        f"{a['t2i_R10']:.1f} against {b['t2i_R10']:.1f}, vocabulary {a['vocabulary']:,} against {b['vocabulary']:,}"
    )

# %% [markdown]
# ## Try it yourself
# Choose a setting and see what a model would read. (In a notebook without a kernel only the figures above can be seen.)


# %%
def reading(number):
    """Some of the sentences of a setting, and what the vocabulary leaves of a validation sentence."""
    name = list(built)[number]
    known = set(Vocabulary.build(built[name].training_sentences).words)
    figure, axis = plt.subplots(figsize=(9, 3.4))
    axis.axis("off")
    lines = [
        f"{name}: {len(built[name].pairs):,} sentences, {len(known):,} words",
        "",
        "training reads:",
    ]
    lines += [f"   {sentence}" for sentence in built[name].training_sentences[:4]]
    lines += ["", "a query of the validation split, and what the model sees of it:"]
    for words in tokens[:4]:
        lines.append(
            "   " + " ".join(word if word in known else "▮" for word in words) + f"     ({' '.join(words)})"
        )
    axis.text(0, 1, "\n".join(lines), va="top", fontsize=9)
    return figure


widgets.chooser(reading, list(built), "setting")

# %%
results = lesson.write(
    model=None,
    n_images=len(val),
    n_sentences=len(val_sentences),
    n_annotated_images=len(chosen.annotated),
    n_pairs=len(chosen.pairs),
    settings=[
        {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
        for row in costs
    ],
)
Markdown(
    f"Measured on **{data.name}**, preset `{preset}`, seed {seed}. This run took {results['seconds']:.0f} s and "
    f"{results['peak_memory_mb']:,} MB. All figures are in `results.json`."
)

# %% [markdown]
# ## Exercises
# 1. **Another draw** (easy). Repeat Figure 4 (left) with five seeds and show mean and interval (`plots.bars`). Is the advantage of 50 % x 1 over 10 % x 5
#    larger than the spread? What would the comparison look like if the settings were drawn independently?
# 2. **The cut** (easy). Build the vocabulary with `min_count` of 1, 2, 4 and 8 at 10 % x 5. What happens to the unknown rate, and to CCA
#    (`CCAConfig(min_count=...)`)?
# 3. **Fair overlap** (medium). Equation (4) depends on the amount of text. Cut the sentences and the regional semantics to the same number of tokens and plot the IoU
#    over that number. Does the order of regional semantics and global tags survive?
# 4. **Choose what to annotate** (medium). Instead of at random, choose the 10 % of images whose regional semantics cover most words, greedily. Compare vocabulary,
#    unknown rate and CCA with the random 10 %.
# 5. **Weak pairs for nothing** (hard). Give CCA the regional semantics of $\mathcal D^u$ as if they were sentences. Weight them from 0 to 1 and plot R@10. You have just
#    built a linear ancestor of A3VSE's $\beta$.
# 6. **Read a table** (easy). From Table 1 alone: what is one more sentence for an image that has one already worth, and one sentence for a new image? State the
#    comparison that you make.
#
# ## Summary
# - A setting is a share of images and a number of sentences each. One seeded shuffle makes all settings nested, hence comparable.
# - Few sentences mean a small vocabulary; unknown words stay in every query, whatever the model.
# - Detectors and people share few words. Regional semantics are closer to people than global tags are, in the paper; you have measured both here.
# - The same number of sentences can buy different things. In the paper more images are worth more than more paraphrases; a linear model on Storybook
#   sees less of a difference, as you have measured.
# - Check counts. Where a paper disagrees with itself, follow one figure and say so.
#
# Next, [lesson 03](03_train_a3vse.ipynb) trains on both parts of the corpus.
#
# ## References
# - P.-Y. Huang, G. Kang, W. Liu, X. Chang, A. G. Hauptmann. *Annotation efficient cross-modal retrieval with adversarial attentive alignment.* ACM Multimedia 2019.
# - P. Young, A. Lai, M. Hodosh, J. Hockenmaier. *From image descriptions to visual denotations.* TACL 2, 2014 (Flickr30K).
# - K.-H. Lee, X. Chen, G. Hua, H. Hu, X. He. *Stacked cross attention for image-text matching.* ECCV 2018 (SCAN).
# - H. Hotelling. *Relations between two sets of variates.* Biometrika 28, 1936 (canonical correlation analysis).
# - G. K. Zipf. *The psycho-biology of language.* Houghton Mifflin, 1935.
