"""A scene as it would be had its micrograph been taken otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.benchmark.resampling import resampled
from samiam.benchmark.sources import Source
from samiam.errors import InputError
from samiam.records import Micrograph, Scene
from samiam.settings import from_options


@dataclass(frozen=True)
class Condition:
    """How a micrograph is taken, against how it was.

    Dose and drift need a specimen that can be exposed again; the others can be had of any labelled micrograph.

    Attributes:
        dose: factor on the electrons of each Å², 0.001 to 1000.
        drift: how much further the specimen drifts while the frame is taken, as a share of the frame's height, 0 to
            0.1.
        turn_deg: by how much the view is turned anticlockwise, −360 to 360.
        magnification: factor on it, 0.1 to 10.
        noise: standard deviation of normal noise added to each pixel, in units of the whole contrast, 0 to 1.
        inverted: whether bright and dark change places, as between dark and bright field.

    Raises:
        InputError: if a value is out of range.
    """

    dose: float = 1.0
    drift: float = 0.0
    turn_deg: float = 0.0
    magnification: float = 1.0
    noise: float = 0.0
    inverted: bool = False

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name}={getattr(self, name)}: give a number from {low:g} to {high:g}.")

    @property
    def of_exposure(self) -> dict[str, float]:
        """What of it takes an exposure, by name."""
        return {name: getattr(self, name) for name in _OF_EXPOSURE if getattr(self, name) != getattr(Condition, name)}


_OF_EXPOSURE = ("dose", "drift")
_RANGES = {
    "dose": (1e-3, 1e3),
    "drift": (0.0, 0.1),
    "turn_deg": (-360.0, 360.0),
    "magnification": (0.1, 10.0),
    "noise": (0.0, 1.0),
}


def build_conditions(settings: Mapping[str, Any]) -> dict[str, Condition]:
    """Conditions from plain settings, by what the tables call them.

    Args:
        settings: for each name the attributes of `Condition` that differ, none for the micrographs as they are.

    Raises:
        InputError: if a setting is unknown, of another type or out of range; the message names the condition.
    """
    if not isinstance(settings, Mapping):
        raise InputError(f"conditions={settings!r}: give by name what each changes, as {{turned: {{turn_deg: 90}}}}.")
    return {str(name): _condition(str(name), changes) for name, changes in settings.items()}


def _condition(name: str, changes: object) -> Condition:
    if not isinstance(changes, Mapping):
        raise InputError(f"conditions.{name}={changes!r}: give what it changes, as {{turn_deg: 90}}, or {{}}.")
    try:
        return from_options(Condition, "a condition", changes)
    except InputError as error:
        raise InputError(f"conditions.{name}: {error}") from error


def under_conditions(
    sources: Sequence[Source], conditions: Mapping[str, Condition], expose: Callable[..., Scene] | None = None
) -> list[Source]:
    """Each source under each condition, one scene after the other.

    Args:
        sources: the scenes as they are.
        conditions: by name; none leave the sources as they are.
        expose: makes the scene of a source's name; it takes `dose` and `drift` as keywords. None where what the
            sources show cannot be exposed again.

    Raises:
        InputError: if a condition needs an exposure that cannot be had.
    """
    for name, condition in conditions.items():
        if expose is None and condition.of_exposure:
            raise InputError(
                f"conditions.{name}: {' and '.join(condition.of_exposure)} need a specimen to expose again; choose "
                "benchmark=quick or benchmark=full, or remove the condition."
            )
    if not conditions:
        return list(sources)
    return [
        replace(source, make=partial(_made, _exposure(source, condition, expose), condition), condition=name)
        for source in sources
        for name, condition in conditions.items()
    ]


def _exposure(source: Source, condition: Condition, expose: Callable[..., Scene] | None) -> Callable[[], Scene]:
    return source.make if expose is None else partial(expose, source.name, **condition.of_exposure)


def _made(make: Callable[[], Scene], condition: Condition) -> Scene:
    return under(make(), condition)


def under(scene: Scene, condition: Condition) -> Scene:
    """Turn a scene, magnify it, add noise to it and invert it, in this order; dose and drift are the exposure's.

    Quarter turns and inversion are exact. Otherwise the image is resampled by cubic splines and the labels go to the
    nearest pixel. Nothing is made up at the edges: a turned view is the largest upright rectangle within the image, a
    magnified one is cropped to the size it had, a reduced one is smaller.

    Args:
        scene: a labelled micrograph.
        condition: what changes.

    Returns:
        The scene, its name, difficulty and weights unchanged. A material of which no pixel is left is gone, and those
        above it move down a label. `parameters["condition"]` records the condition.

    Raises:
        InputError: if no labelled pixel is left.
    """
    if condition == Condition():
        return scene
    before = scene.micrograph
    move = partial(resampled, turn_deg=condition.turn_deg, magnification=condition.magnification)
    pixels = _recorded(move(before.pixels, is_label=False), condition, before.name)
    size_nm = None if before.pixel_size_nm is None else before.pixel_size_nm / condition.magnification
    labels = move(scene.labels, is_label=True)
    kept = np.unique(labels[labels > 0])
    if len(kept) == 0:
        raise InputError(
            f"{before.name}: nothing labelled is left at turn_deg={condition.turn_deg:g} and "
            f"magnification={condition.magnification:g}; turn less, or bring the magnification nearer to 1."
        )
    return Scene(
        Micrograph(pixels, size_nm, before.name, before.metadata),
        np.searchsorted(kept, labels, side="right").astype(np.uint32),
        [scene.materials[label - 1] for label in kept],
        scene.difficulty,
        [scene.weights[label - 1] for label in kept],
        move(scene.grains, is_label=True),
        {**scene.parameters, "condition": asdict(condition)},
    )


def _recorded(pixels: NDArray[np.float32], condition: Condition, name: str) -> NDArray[np.float32]:
    """With noise, the same each time for a micrograph of this name, and inverted."""
    if condition.noise > 0:
        added = np.random.default_rng(list(name.encode())).standard_normal(pixels.shape, np.float32)
        pixels = np.clip(pixels + np.float32(condition.noise) * added, 0, 1)
    return 1 - pixels if condition.inverted else pixels
