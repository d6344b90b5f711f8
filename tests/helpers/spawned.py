"""What a process that was started by `spawn` does: the way of Windows and macOS, which copies nothing."""

from pathlib import Path

from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.storybook.detector import StorybookDetector
from vse_lessons.sources.storybook.world import picture_scenes, sample_scenes


def extract_a_little(folder):
    """Find the regions of some drawn pictures with two workers and return how many there are."""
    pictures = picture_scenes(sample_scenes("photo", "smoke")[:12])
    store = extract_regions(pictures, StorybookDetector(), Path(folder), workers=2, progress=False)
    return len(store.features)


def study_a_little():
    """Run a cell of a study and return its recalls."""
    from vse_lessons.experiments.a3vse import ANNOTATION, AnnotationCell
    from vse_lessons.experiments.grid import Inputs

    row, _ = ANNOTATION.row(AnnotationCell("CCA", share=0.2, preset="smoke"), Inputs())
    return row["metrics"]
