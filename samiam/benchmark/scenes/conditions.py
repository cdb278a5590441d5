"""A scene as it would be had its micrograph been taken otherwise."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samiam.benchmark.scenes.resampling import resampled
from samiam.benchmark.scenes.sources import Source
from samiam.benchmark.settings import Condition
from samiam.errors import InputError
from samiam.records import Micrograph, Scene

_LEAST_SHARE = 0.005
"""Of a frame, from which on a material that its edge cuts is one to be found: the compact generator's smallest mask."""


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
    """A scene under what a condition changes, in the order of its attributes; dose and drift are the exposure's.

    Quarter turns and inversion are exact. Otherwise the image is resampled by cubic splines and the labels go to the
    nearest pixel. Nothing is made up at the edges: a turned view is the largest upright rectangle within the image, a
    magnified one is cropped to the size it had, a reduced one is smaller.

    Args:
        scene: a labelled micrograph.
        condition: what changes.

    Returns:
        The scene, its name, difficulty and weights unchanged. A material of which no pixel is left is gone, and those
        above it move down a label. So is one that the frame's edge leaves as a sliver, less than half a percent of the
        frame where it was more; its pixels are not labelled. `parameters["condition"]` records the condition.

    Raises:
        InputError: if no labelled pixel is left, or pixels are not square and the image is to be turned.
    """
    if condition == Condition():
        return scene
    before = scene.micrograph
    if before.pixel_aspect != 1 and condition.turn_deg % 180:
        raise InputError(
            f"{before.name}: pixels of {before.scale} are not square, so that turn_deg={condition.turn_deg:g} would "
            "shear it; resample it to square pixels."
        )
    move = partial(
        resampled, turn_deg=condition.turn_deg, magnification=condition.magnification, sampling=condition.sampling
    )
    pixels = _recorded(move(before.pixels, is_label=False), condition, before.name)
    shown = None if before.shown is None else move(before.shown.astype(np.uint32), is_label=True) > 0
    scale = condition.magnification * condition.sampling
    size_nm = None if before.pixel_size_nm is None else before.pixel_size_nm / scale
    moved = move(scene.labels, is_label=True)
    labels = _without_slivers(moved, scene.labels)
    kept = np.unique(labels[labels > 0])
    if len(kept) == 0:
        raise InputError(
            f"{before.name}: nothing labelled is left at turn_deg={condition.turn_deg:g} and "
            f"magnification={condition.magnification:g}; turn less, or bring the magnification nearer to 1."
        )
    return Scene(
        Micrograph(pixels, size_nm, before.name, before.metadata, shown, before.pixel_aspect),
        np.searchsorted(kept, labels, side="right").astype(np.uint32),
        [scene.materials[label - 1] for label in kept],
        scene.difficulty,
        [scene.weights[label - 1] for label in kept],
        np.where(labels == moved, move(scene.grains, is_label=True), np.uint32(0)),
        {**scene.parameters, "condition": asdict(condition)},
    )


def _without_slivers(labels: NDArray[np.uint32], before: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Labels without what was a material of the frame before and of which the frame's edge has left next to nothing."""
    shares, shares_before = (
        np.bincount(each.ravel(), minlength=int(before.max()) + 1) / each.size for each in (labels, before)
    )
    is_sliver = (shares < _LEAST_SHARE) & (shares_before >= _LEAST_SHARE)
    return np.where(is_sliver[labels], np.uint32(0), labels)


def _recorded(pixels: NDArray[np.float32], condition: Condition, name: str) -> NDArray[np.float32]:
    """Unevenly lit, with noise (the same each time for a micrograph of this name), inverted and stored with losses."""
    if condition.gradient > 1:
        pixels = pixels * _ramp(pixels.shape, 1 / condition.gradient)
    if condition.noise > 0:
        added = np.random.default_rng(list(name.encode())).standard_normal(pixels.shape, np.float32)
        pixels = np.clip(pixels + np.float32(condition.noise) * added, 0, 1)
    pixels = 1 - pixels if condition.inverted else pixels
    return pixels if condition.jpeg is None else _compressed(pixels, condition.jpeg)


def _ramp(shape: tuple[int, ...], darkest: float) -> NDArray[np.float32]:
    """From `darkest` at the upper left corner to 1 at the lower right, even along the diagonal."""
    down, right = (np.linspace(0, 0.5, length, dtype=np.float32) for length in shape)
    return np.asarray(darkest + (1 - darkest) * (down[:, None] + right), np.float32)


def _compressed(pixels: NDArray[np.float32], quality: int) -> NDArray[np.float32]:
    file = io.BytesIO()
    Image.fromarray(np.rint(255 * pixels).astype(np.uint8)).save(file, "JPEG", quality=quality)
    with Image.open(file) as stored:
        return np.asarray(stored, np.float32) / np.float32(255)
