"""Results and annotations, compiled to a labelled data set in the paper's layout."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count, groupby
from pathlib import Path
from typing import Any

from samiam.datasets.annotator_folders import IMAGES, AnnotatorImage, find_annotator_images, read_annotator_image
from samiam.datasets.compiling.annotator_writing import write_labelled, write_manifest
from samiam.datasets.compiling.card import CARD, Counts, write_card
from samiam.datasets.compiling.labellings import Labelling, Verdicts, labellings_of
from samiam.datasets.compiling.named_labels import digest_of_labels, renamed
from samiam.datasets.compiling.splits import SPLITS_FILE, Place, specimen_of, split_of
from samiam.errors import InputError
from samiam.formats.writers.coco import CocoImage, write_coco_set
from samiam.formats.writers.earlier import OF_THE_IMAGE
from samiam.formats.writers.strict_json import write_json
from samiam.records import Scene
from samiam.records.showing import counted
from samiam.storage.files import replacing_together

ANNOTATIONS = "annotations.json"
"""The labels of an annotator as COCO."""


@dataclass(frozen=True)
class BuildOptions:
    """What is chosen of a data set.

    Attributes:
        annotator: see `labellings_of`.
        names: of materials, new ones by old ones.
        splits: of specimens, by their names; the others are to learn from, or stay where an earlier data set had them.
        specimen: what to look for in images' names, see `specimen_of`.
        licence: under which the data may be used.
        coco: whether the labels are written as COCO too.
        only_accepted: whether results are left out about which nobody said anything; rejected ones always are.
    """

    annotator: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, str] = field(default_factory=dict)
    specimen: re.Pattern[str] | None = None
    licence: str | None = None
    coco: bool = False
    only_accepted: bool = False


def build_dataset(sources: Sequence[str | Path], folder: str | Path, options: BuildOptions | None = None) -> Counts:
    """Compile a labelled data set, which `find_labelled` reads; results that somebody rejected are left out.

    An image that several annotators labelled has one name in all their folders; of images of one name all but the first
    have their folder's name before it, and a number behind it where that does not tell them apart either. What was
    written is read back and compared before the folder appears.

    Args:
        sources: folders, see `labellings_of`.
        folder: where to; it may not be there yet, or has to be empty.
        options: what is chosen.

    Returns:
        How much there is.

    Raises:
        InputError: if a source cannot be used, all results are left out, one annotator labelled an image twice and
            differently, or names or splits do not fit.
    """
    folder, chosen, paths = Path(folder), options or BuildOptions(), [Path(source) for source in sources]
    check_new(folder)
    for path in paths:
        if folder.resolve().is_relative_to(path.resolve()):
            raise InputError(f"{folder}: lies in {path}, of which it is made; choose a folder outside with -o.")
    verdicts = Verdicts(chosen.only_accepted)
    each = (labelling for path in paths for labelling in labellings_of(path, chosen.annotator, verdicts))
    return compile_labellings(each, folder, chosen, verdicts)


def check_new(folder: Path) -> None:
    """Refuse a folder that is there already and not empty.

    Raises:
        InputError: if it is.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there already; choose another folder with -o, or remove it.")


def compile_labellings(
    labellings: Iterable[Labelling], folder: Path, chosen: BuildOptions, verdicts: Verdicts | None = None
) -> Counts:
    """Compile what is given one after the other, whose files have to be there until the next one is asked for.

    Args:
        labellings: micrographs with labels.
        folder: where to, see `check_new`.
        chosen: what is chosen.
        verdicts: by which results were left out, once all are given.

    Returns:
        How much there is.

    Raises:
        InputError: see `build_dataset`.
    """
    with replacing_together(folder, CARD) as partial:
        compiled = Compiled(partial, chosen)
        for labelling in labellings:
            compiled.add(labelling)
        left_out = 0 if verdicts is None else verdicts.left_out
        if left_out and not compiled.origins:
            raise InputError(
                f"{folder}: all of {counted(left_out, 'result')} would be left out; accept some in samiam view."
            )
        if compiled.without_material and not compiled.origins:
            raise InputError(f"{folder}: in none of {counted(compiled.without_material, 'image')} is there a material.")
        places = compiled.finish()
        counts = _read_back(partial, compiled, places, coco=chosen.coco)
        counts.left_out, counts.without_material = left_out, compiled.without_material
        write_card(partial, folder.resolve().name, counts, compiled.origins, chosen.licence)
    return counts


class Compiled:
    """A data set that is being written.

    Attributes:
        origins: for each image where it and its labels come from.
        digests: of the labels, by annotator and image.
    """

    def __init__(self, folder: Path, chosen: BuildOptions) -> None:
        self.origins: dict[str, dict[str, Any]] = {}
        self.digests: dict[tuple[str, str], str] = {}
        self._empty: set[tuple[object, ...]] = set()
        self._folder, self._chosen = folder, chosen
        self._unused_names = set(chosen.names)
        self._names: dict[tuple[object, ...], str] = {}
        self._records: dict[str, list[dict[str, Any]]] = {}
        self._specimens: dict[str, str] = {}
        self._earlier: set[tuple[str, str]] = set()

    def add(self, labelling: Labelling) -> None:
        """Write one more, unless nothing is labelled, or the annotator's labels of the image are there already.

        Raises:
            InputError: if they are and differ, or the image or a name cannot be used.
        """
        if not labelling.scene.materials:
            self._empty.add(_identity(labelling))
            return
        self._unused_names.difference_update(labelling.scene.materials)
        scene, who = renamed(labelling.scene, self._chosen.names), labelling.annotator
        _check_folder_name(who)
        name, digest = self._name_of(labelling), digest_of_labels(scene)
        is_new = (who, name) not in self.digests
        if self.digests.setdefault((who, name), digest) != digest:
            raise InputError(
                f"{scene.micrograph.metadata['path']}: {who} labelled it twice, differently; leave one out, or give "
                "one of them another --annotator."
            )
        self._note(name, labelling)
        if is_new:
            named = replace(scene, parameters={**scene.parameters, "annotator": who})
            self._records.setdefault(who, []).append(write_labelled(self._folder / who, name, named))

    @property
    def without_material(self) -> int:
        """How many images were left out because nothing is labelled in them."""
        return len(self._empty - self._names.keys())

    def finish(self) -> dict[str, Place]:
        """Write manifests and splits; the place of each image.

        Raises:
            InputError: if no material had a name that was to be another, or see `split_of`.
        """
        if self._unused_names:
            raise InputError(f"--rename {min(self._unused_names)}: no material is called that; check the spelling.")
        earlier = [Place(self._specimens[name], split) for name, split in sorted(self._earlier)]
        splits = split_of(self._specimens.values(), self._chosen.splits, earlier)
        places = {name: Place(of, splits[of]) for name, of in sorted(self._specimens.items())}
        for who, records in self._records.items():
            write_manifest(self._folder / who, records)
        write_json(self._folder / SPLITS_FILE, {"images": {name: place._asdict() for name, place in places.items()}})
        return places

    def _name_of(self, labelling: Labelling) -> str:
        """What an image is called, the same whoever labelled it; behind a frame's name stands its number."""
        identity, path = _identity(labelling), labelling.path
        if identity not in self._names:
            number = labelling.scene.micrograph.metadata.get("frame")
            frame = "" if number is None else f"-{number}"
            stem = (path.stem.lstrip(".") or "image") + frame
            in_folder = f"{path.parent.name}-{stem}"
            names = chain((stem, in_folder), (f"{in_folder}-{number}" for number in count(2)))
            self._names[identity] = next(name for name in names if name not in self._names.values())
        return self._names[identity]

    def _note(self, name: str, labelling: Labelling) -> None:
        facts, path = labelling.scene.micrograph.metadata, labelling.path
        origin: dict[str, Any] = {
            "file": Path(facts["path"]).name,
            **{key: facts.get(key) for key in OF_THE_IMAGE},
            "labels": {},
        }
        self.origins.setdefault(name, origin)["labels"][labelling.annotator] = labelling.source
        place, pattern = labelling.place, self._chosen.specimen
        if place is not None:
            self._earlier.add((name, place.split))
        if place is not None and pattern is None:
            self._specimens[name] = place.specimen
        else:
            self._specimens.setdefault(name, specimen_of(path.stem, path.parent.name, pattern))


def _identity(labelling: Labelling) -> tuple[object, ...]:
    """What tells images apart."""
    return tuple(labelling.scene.micrograph.metadata.get(key) for key in OF_THE_IMAGE)


def _check_folder_name(annotator: str) -> None:
    is_plain = Path(annotator).name == annotator and annotator.isprintable() and not annotator.startswith(".")
    if not is_plain or annotator in ("__MACOSX", IMAGES):
        raise InputError(f"annotator {annotator!r}: cannot be the name of a folder; choose another name.")


def _read_back(folder: Path, compiled: Compiled, places: Mapping[str, Place], *, coco: bool) -> Counts:
    """Read what was written, compare it with what was meant, count it and write it as COCO."""
    counts = Counts()
    counts.place(places.values())
    for annotator, group in groupby(find_annotator_images(folder), key=lambda found: found.root.name):
        checked = _checked(annotator, group, compiled, counts)
        if coco:
            each = (_as_coco(found, scene, places[found.image.stem]) for found, scene in checked)
            write_coco_set(folder / annotator / ANNOTATIONS, each)
        else:
            deque(checked, maxlen=0)
    return counts


def _checked(
    annotator: str, group: Iterable[AnnotatorImage], compiled: Compiled, counts: Counts
) -> Iterator[tuple[AnnotatorImage, Scene]]:
    for found in group:
        scene = read_annotator_image(found)
        if digest_of_labels(scene) != compiled.digests[annotator, found.image.stem]:
            raise InputError(f"{found.image.name}: its labels are read as others than were written; rename materials.")
        counts.add(annotator, scene)
        yield found, scene


def _as_coco(found: AnnotatorImage, scene: Scene, place: Place) -> CocoImage:
    return CocoImage(f"{IMAGES}/{found.image.name}", scene.truth, scene.materials, place._asdict())
