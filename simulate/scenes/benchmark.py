"""The benchmark: 82 micrographs with exact truth, made on demand.

Which family and seed make a scene is fixed here; how difficult it is, is measured (`simulate.scenes.difficulty`).
`simulate.scenes.dataset` writes them as a labelled data set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from samiam.errors import InputError
from samiam.records import Scene
from simulate.scenes.acquisition import Acquisition
from simulate.scenes.exposure import Exposure, expose
from simulate.scenes.families import draw
from simulate.specimen.layers import Specimen

_PER_FAMILY = {  # 82 in all; chosen by hand
    "SrTiO3-Ge": 16,
    "LaMnO3-film": 12,
    "La-SrTiO3": 12,
    "LaMnO3-buried": 12,
    "LaFeO3-film": 10,
    "WO3-film": 10,
    "LSFO-film": 10,
}


@dataclass(frozen=True)
class Recipe:
    """What makes a scene.

    Attributes:
        name: of the scene and of its files.
        family: a name in `simulate.scenes.families.FAMILIES`.
        seed: of specimen, microscope and noise.
        side_px: side of the frame, for a part of the field of view in place of all of it; None for all.
    """

    name: str
    family: str
    seed: int
    side_px: int | None = None

    def drawn(self) -> tuple[Specimen, Acquisition]:
        """The specimen and how it is imaged."""
        specimen, acquisition = draw(self.family, self.seed)
        if self.side_px is None:
            return specimen, acquisition
        return specimen, replace(acquisition, scan=replace(acquisition.scan, shape_hw=(self.side_px, self.side_px)))

    def expose(self) -> Exposure:
        """The micrograph and its truth."""
        exposure = expose(*self.drawn(), seed=self.seed)
        exposure.parameters["family"] = self.family
        return exposure

    def scene(self) -> Scene:
        """The scene, as it comes back from a file."""
        return self.expose().scene(self.name)


def _recipes() -> tuple[Recipe, ...]:
    """The families in turn, each as often as it has scenes."""
    rounds = range(max(_PER_FAMILY.values()))
    turns = [family for turn in rounds for family, n in _PER_FAMILY.items() if turn < n]
    return tuple(Recipe(f"{index:02d}-{family}", family, index) for index, family in enumerate(turns, start=1))


BENCHMARK: tuple[Recipe, ...] = _recipes()
"""The scenes in order."""

QUICK: tuple[str, ...] = (
    "03-La-SrTiO3",
    "13-WO3-film",
    "16-LaMnO3-film",
    "19-LaFeO3-film",
    "01-SrTiO3-Ge",
    "02-LaMnO3-film",
    "05-LaFeO3-film",
    "06-WO3-film",
    "04-LaMnO3-buried",
    "07-LSFO-film",
    "08-SrTiO3-Ge",
    "10-La-SrTiO3",
)
"""Four scenes of each difficulty class, the first of each."""


def recipe(which: int | str) -> Recipe:
    """A recipe of the benchmark by its number, from 1, or its name.

    Raises:
        InputError: if there is none.
    """
    for index, found in enumerate(BENCHMARK, start=1):
        if which in (index, found.name):
            return found
    raise InputError(f"no scene {which!r} in the benchmark; there are {BENCHMARK[0].name} to {BENCHMARK[-1].name}.")


def benchmark_scene(which: int | str) -> Scene:
    """Make a scene of the benchmark; the same bytes each time.

    Args:
        which: its number, from 1, or its name.

    Raises:
        InputError: if there is none.
    """
    return recipe(which).scene()
