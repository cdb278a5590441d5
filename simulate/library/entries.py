"""Entries of the library: files of multislice results, found and read by name.

An entry is one projected cell at a series of thicknesses, or one film. Images are shares of the beam's electrons;
lengths are in Å.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from samiam.errors import InputError
from simulate.library.crystals import FILMS

FOLDER = Path(__file__).with_name("data")


@dataclass(frozen=True, eq=False)
class Entry:
    """One file of the library.

    Attributes:
        name: as `entry_name` makes it.
        header: specimen, zone, growth, cell, columns, film, settings, versions.
        arrays: `thickness_A` (T,); for crystals `images_<E>kV` (detectors, T, y, x); for films `fraction_<E>kV`
            (detectors, T), `profile_<E>kV` (T, radii) and `profile_radii_A`.
    """

    name: str
    header: Mapping[str, Any]
    arrays: Mapping[str, NDArray[np.float32]]

    @property
    def is_film(self) -> bool:
        """Whether it is amorphous or nanocrystalline."""
        return "film" in self.header

    def detector_index(self, energy_kV: float, detector: str) -> int:
        """Row of a detector in the arrays.

        Raises:
            InputError: if voltage or detector were not simulated.
        """
        settings = self.header["settings"]
        detectors = [name for name, _, _ in settings["detectors_mrad"]]
        if energy_kV not in settings["energies_kV"] or detector not in detectors:
            voltages = ", ".join(f"{energy:g}" for energy in settings["energies_kV"])
            raise InputError(
                f"{self.name}: no {detector} image at {energy_kV:g} kV in the library; it has {', '.join(detectors)} "
                f"at {voltages} kV."
            )
        return detectors.index(detector)


def user_folder() -> Path:
    """Where entries of one's own are: `SAMIAM_LIBRARY`, or the platform's folder for data."""
    return Path(os.environ.get("SAMIAM_LIBRARY") or Path(platformdirs.user_data_dir("samiam")) / "library")


def entry_name(specimen: str, zone: tuple[int, ...] = (), growth: tuple[int, ...] = ()) -> str:
    """`SrTiO3_100_001` for a crystal, `amorphous_C` for a film."""
    stem = Path(specimen).stem if specimen.lower().endswith(".cif") else specimen.replace(" ", "_")
    return stem if specimen in FILMS else f"{stem}_{''.join(map(str, zone))}_{''.join(map(str, growth))}"


def entry_paths(folder: Path | None = None) -> dict[str, Path]:
    """The file of every entry by name.

    Args:
        folder: where they are; by default `SAMIAM_LIBRARY` where that is set, then what ships with the package, then
            `user_folder`: where several have a name, the first counts.
    """
    chosen = (user_folder(),) if os.environ.get("SAMIAM_LIBRARY") else ()
    folders = (folder,) if folder else (*chosen, FOLDER, user_folder())
    return {path.stem: path for place in reversed(folders) for path in sorted(place.glob("*.npz"))}


def read_entry(name: str, folder: Path | None = None) -> Entry:
    """Read an entry of the library.

    Args:
        name: as `entry_name` makes it.
        folder: where it is; looked up in all folders of `entry_paths` where not given.

    Raises:
        InputError: if there is none of that name, or it cannot be read.
    """
    paths = entry_paths(folder)
    if name not in paths:
        known = ", ".join(sorted(paths)) or "nothing"
        raise InputError(f"{name} is not in the library, which has {known}; `python -m simulate library` adds it.")
    try:
        with open(paths[name], "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files if key != "header"}
            return Entry(name, json.loads(str(file["header"])), arrays)
    except Exception as error:  # a damaged archive can raise nearly anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{paths[name]}: no entry of the library ({reason:.200}); delete it, or make it again."
        ) from error


@lru_cache(maxsize=64)
def check_convergence(name: str, convergence_mrad: float) -> None:
    """Refuse a probe other than the one that an entry was simulated with.

    Raises:
        InputError: if the entry is missing or its convergence semi-angle is another.
    """
    simulated = read_entry(name).header["settings"]["convergence_mrad"]
    if simulated != convergence_mrad:
        raise InputError(
            f"{name} was simulated for a convergence of {simulated:g} mrad, not {convergence_mrad:g}; use that, or "
            f"fill SAMIAM_LIBRARY by `python -m simulate library --set convergence_mrad={convergence_mrad:g}`."
        )
