"""PNGs that Label Studio exported, a file for each region, with all that is known of it in the file's name."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from samiam.datasets.label_studio.annotations import Annotation, annotator_name
from samiam.datasets.painted import PngRegion

# The fourth part is the name of the brush in the labelling interface, `tag` in Label Studio's template.
_NAME = re.compile(r"task-(\d+)-annotation-(\d+)-by-([^-]*)-[^-]+-(.+)-(\d+)\.png", re.DOTALL | re.IGNORECASE)


def is_region_png(path: Path) -> bool:
    """Whether a file is named as Label Studio names the PNG of a region."""
    return _NAME.fullmatch(path.name) is not None


def png_annotations(folder: Path) -> list[Annotation]:
    """The annotations that the PNGs in a folder make up, by task and number; labels in the order of the last number."""
    regions = []
    for path in folder.iterdir():
        if match := _NAME.fullmatch(path.name):
            task, annotation, who, label, number = match.groups()
            regions.append((int(task), int(annotation), annotator_name(who), int(number), label, path))
    return [
        Annotation(
            task=str(task),
            number=str(annotation),
            annotator=who,
            regions=[PngRegion(label, path) for *_, label, path in group],
            source=f"{folder}: task {task}, annotation {annotation}",
        )
        for (task, annotation, who), group in groupby(sorted(regions), key=lambda region: region[:3])
    ]
