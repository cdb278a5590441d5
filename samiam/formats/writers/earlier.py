"""What earlier runs have written into a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from samiam.formats.writers.exports.kinds import EXPORT_FILES
from samiam.records import Micrograph
from samiam.records.showing import counted
from samiam.storage.files import sha256_of, was_interrupted
from samiam.storage.strict_json import parse_json

PROVENANCE = "provenance.json"
"""The file that is written last: a folder without it holds no result, or one that was interrupted."""
OF_THE_IMAGE = ("sha256", "frame", "channel", "dataset")
"""What of a provenance tells which image of which file it was."""
MEASURED = ("regions.csv", "layers.csv", "lattices.csv", "layers.png")
"""Results of segmenting that may be left out."""
_SOFTWARE = "samiam"  # what a provenance calls the version that wrote it
BY_HAND = "steps.csv"
"""What was done by hand in the viewer, a line for each step."""
AS_WRITTEN = "as_written"
"""What a provenance calls the SHA-256, by name, of files of the result that people correct."""
OVERVIEW = ("materials.csv", "regions.csv", "summary.html")
"""The files on all images of a folder, beside the folders of their results."""
FILES_OF_KIND: Mapping[str, Sequence[str]] = {
    "segment": (
        *("labels.tif", "grains.tif", "overlay.png", "materials.json", "grains.json", "masks.json"),
        *("materials.csv", "grains.csv", "decisions.csv", *MEASURED, BY_HAND, *EXPORT_FILES),
    ),
    "particles": ("labels.tif", "overlay.png", "particles.json", "particles.csv", "decisions.csv", *EXPORT_FILES),
    "particles-statistics": (
        *("particles.csv", "statistics.json", "statistics.csv", "by_size.csv"),
        *("sizes.png", "faults_by_size.png", "report.html"),
    ),
    "polar": (
        *("points.csv", "tracks.csv", "events.csv", "lifetimes.csv", "counts.csv", "label_studio.json"),
        *("counts.png", "kymograph.png", "report.html", "overlays"),
    ),
}
"""Files of results beside their provenance, by the kind that it calls them."""
_RESULTS = {PROVENANCE, *(name for names in FILES_OF_KIND.values() for name in names)}


def is_result(file: Path) -> bool:
    """Whether a run has written a file, and not somebody else beside its results."""
    is_of_image = file.name in _RESULTS and (file.parent / PROVENANCE).is_file()
    return is_of_image or (file.name in OVERVIEW and bool(results_below(file.parent, "segment")))


def results_below(folder: Path, kind: str) -> list[Path]:
    """The folders in a folder that hold results of a kind, as "segment", by name."""
    below = sorted(folder.iterdir()) if folder.is_dir() else []
    return [one for one in below if not one.name.startswith(".") and kind_of(one) == kind]


def kind_of(folder: Path) -> str | None:
    """Of which command a folder holds the results, as "segment"; None where it holds none."""
    noted = _noted_in(folder)
    return None if noted is None else str(noted.get("kind", "segment"))


def foreign_in(folder: Path, kind: str) -> str | None:
    """A file in a folder that results of a kind would replace, and that is of none; None where there is none.

    A damaged provenance is one of a result all the same; one that another program wrote is not.
    """
    noted = _noted_in(folder)
    if noted and _SOFTWARE not in noted:
        return PROVENANCE
    if (folder / PROVENANCE).exists() or was_interrupted(folder, PROVENANCE):
        return None
    return next((name for name in FILES_OF_KIND[kind] if (folder / name).exists()), None)


def input_of(folder: Path) -> Mapping[str, Any] | None:
    """What a folder's results are of: the `path` of a file, and `OF_THE_IMAGE`; None where there are none of a file."""
    found: Any = (_noted_in(folder) or {}).get("input")
    is_of_file = isinstance(found, dict) and all(isinstance(found.get(key), str) for key in ("path", "sha256"))
    return found if is_of_file and found.keys() >= set(OF_THE_IMAGE) else None


def hand_in(folder: Path) -> str | None:
    """Whose corrections and verdicts are in the results in a folder: "3 steps by Ann"; None where nobody's are."""
    try:
        noted: Any = (_noted_in(folder) or {})["by_hand"]
        steps, verdict = noted["steps"], noted["verdict"]
        people = dict.fromkeys(str(one["who"]) for one in [*steps, *([verdict] if verdict else [])])
    except (LookupError, TypeError):
        return None
    what = counted(len(steps), "step") if steps else "a verdict"
    return f"{what} by {', '.join(people) or 'nobody'}"


def changed_in(folder: Path) -> str | None:
    """A file of the results in a folder that is not as it was written; None where there is none, or nobody noted it."""
    noted: Any = (_noted_in(folder) or {}).get(AS_WRITTEN)
    for name, sha256 in noted.items() if isinstance(noted, dict) else ():
        if (folder / name).is_file() and sha256_of(folder / name) != sha256:
            return str(name)
    return None


class Verdict(NamedTuple):
    """What somebody thought of results.

    Attributes:
        accepted: whether they are right.
        who: that somebody's name.
    """

    accepted: bool
    who: str


def verdict_in(folder: Path) -> Verdict | None:
    """What somebody thought of the results in a folder; None where nobody said."""
    try:
        noted: Any = (_noted_in(folder) or {})["by_hand"]["verdict"]
        return Verdict(bool(noted["accepted"]), str(noted["who"]))
    except (LookupError, TypeError):
        return None


def other_image_in(folder: Path, facts: Mapping[str, Any]) -> str | None:
    """Of which other image a folder holds the results, in words; None where they are of this one, or there are none.

    Args:
        folder: that of results, which need not be there.
        facts: metadata of a micrograph; of one that came from no file nothing can be said.
    """
    theirs = other_input_in(folder, facts)
    if theirs is None:
        return None
    differing = _differing(theirs, facts)
    if "sha256" in differing:
        return str(theirs["path"])
    chosen = [f"{key} {theirs[key]}" if theirs[key] is not None else f"no {key}" for key in differing]
    return f"{theirs['path']} with {' and '.join(chosen)}"


def other_result_in(folder: Path, micrograph: Micrograph) -> str | None:
    """As `other_image_in`, but of images from no file too: these are known by their pixels, and are of no file.

    Args:
        folder: that of results, which need not be there.
        micrograph: an image, from a file or not; of another shape it is another one.
    """
    theirs: Any = (_noted_in(folder) or {}).get("input")
    if not isinstance(theirs, dict):
        return None
    facts = micrograph.metadata
    if facts.get("sha256") is None or theirs.get("sha256") is None:
        from_no_file = facts.get("sha256") is None and theirs.get("sha256") is None
        is_same = from_no_file and theirs.get("pixels_sha256") == micrograph.pixels_sha256
        return None if is_same else str(theirs.get("path") or theirs.get("name") or "one without a name")
    height, width = shape = theirs.get("shape_hw") or micrograph.shape_hw
    reshaped = f"{theirs.get('path')} with {width} × {height} px" if tuple(shape) != micrograph.shape_hw else None
    return other_image_in(folder, facts) or reshaped


def other_input_in(folder: Path, facts: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a folder's results are of, as `input_of`, where that is another image than this one; None elsewhere.

    Args:
        folder: that of results, which need not be there.
        facts: metadata of a micrograph; of one that came from no file nothing can be said.
    """
    theirs = None if facts.get("sha256") is None else input_of(folder)
    return theirs if theirs is not None and _differing(theirs, facts) else None


def _differing(theirs: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    return [key for key in OF_THE_IMAGE if theirs[key] != facts.get(key)]


def _noted_in(folder: Path) -> dict[str, Any] | None:
    """The provenance in a folder; None where there is none, or it is damaged."""
    try:
        noted: Any = parse_json((folder / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return noted if isinstance(noted, dict) else None
