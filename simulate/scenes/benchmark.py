"""The benchmark: 82 micrographs with exact truth, made on demand, and as many fresh ones as there are seeds.

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
PUBLISHED_SEED = 0
"""Of the benchmark whose scores are published."""
_APART = 1_000_000  # seeds of scenes of one benchmark and the next: none meets those of `realistic`


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


def benchmark(seed: int = PUBLISHED_SEED) -> tuple[Recipe, ...]:
    """The recipes of a benchmark: the families in turn, each as often as it has scenes.

    Args:
        seed: the published one, or 1 or more for scenes of the same families that nothing was chosen on.

    Raises:
        InputError: if the seed is negative.

    >>> benchmark()[0].name, benchmark(7)[0].name
    ('01-SrTiO3-Ge', 'seed7-01-SrTiO3-Ge')
    """
    if seed < 0:
        raise InputError(f"there is no benchmark of seed {seed}; give a whole number, 0 or more.")
    prefix = "" if seed == PUBLISHED_SEED else f"seed{seed}-"
    rounds = range(max(_PER_FAMILY.values()))
    turns = [family for turn in rounds for family, n in _PER_FAMILY.items() if turn < n]
    return tuple(
        Recipe(f"{prefix}{index:02d}-{family}", family, _APART * seed + index)
        for index, family in enumerate(turns, start=1)
    )


BENCHMARK: tuple[Recipe, ...] = benchmark()
"""The published scenes in order."""

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
"""Four published scenes of each difficulty class, the first of each; a fresh benchmark has others in these places."""


def recipe(which: int | str, seed: int = PUBLISHED_SEED) -> Recipe:
    """A recipe of a benchmark.

    Args:
        which: its number, from 1, its name, or the name of the published scene in its place.
        seed: of the benchmark.

    Raises:
        InputError: if there is none.
    """
    found = benchmark(seed)
    for index, (published, own) in enumerate(zip(BENCHMARK, found, strict=True), start=1):
        if which in (index, published.name, own.name):
            return own
    raise InputError(f"no scene {which!r} in the benchmark; there are {found[0].name} to {found[-1].name}.")


def benchmark_scene(which: int | str) -> Scene:
    """Make a scene of the published benchmark; the same bytes each time.

    Args:
        which: its number, from 1, or its name.

    Raises:
        InputError: if there is none.
    """
    return recipe(which).scene()
