"""The images of a labelled data set, read once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samiam.datasets import Place, find_labelled, read_splits
from samiam.datasets.compiling.splits import specimen_of
from samiam.errors import InputError
from samiam.records import Scene
from samiam.training.labelled.division import Division, divide
from samiam.training.labelled.parts import without_grains


def read_division(folder: str | Path, *, share: float) -> Division:
    """The labelled images of a folder, divided by specimen.

    Args:
        folder: a data set that `samiam dataset build` made, or labelled micrographs of any layout; where nothing says
            of which specimen an image is, its name does.
        share: of the specimens that is held out where the data set has no split val.

    Raises:
        InputError: if there are none, a file cannot be used, or no image shows two materials.
    """
    folder = Path(folder)
    places = read_splits(folder) if folder.is_dir() else {}
    found = find_labelled(folder)
    if not found:
        raise InputError(f"{folder}: holds no labelled image; label one first, or give another folder.")
    if unplaced := [one.image for one in found if places and one.image not in places]:
        raise InputError(f"{folder}: {unplaced[0]} is in no split, though others are; build the data set again.")
    named = [places.get(one.image) or Place(specimen_of(one.image, folder.name), "train") for one in found]
    scenes = [without_grains(one.read()) for one in found]
    check_tellable(folder, scenes)
    return divide(scenes, named, [one.image for one in found], share=share)


def check_tellable(folder: Path, scenes: Sequence[Scene]) -> None:
    """Refuse images of which none shows two materials.

    Raises:
        InputError: if that is so.
    """
    if max(len(scene.materials) for scene in scenes) < 2:
        names = ", ".join(sorted({name for scene in scenes for name in scene.materials}))
        raise InputError(
            f"{folder}: no image shows more than one material ({names}), so there is nothing to tell apart; label the "
            "others too."
        )


def pixel_sizes(scenes: Sequence[Scene]) -> dict[str, float | int | None]:
    """How large pixels are, for the card of what knows textures at one magnification.

    Returns:
        `smallest_nm` and `largest_nm`, the widths of pixels, None where no image says; `unknown`, how many do not.
    """
    known = [size for scene in scenes if (size := scene.micrograph.pixel_size_nm) is not None]
    return {
        "smallest_nm": min(known, default=None),
        "largest_nm": max(known, default=None),
        "unknown": len(scenes) - len(known),
    }
