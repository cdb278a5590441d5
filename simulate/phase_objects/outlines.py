"""Outlines of particles and how they lie: round, facetted or long, apart, touching or partly over each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_TRIES = 30  # places for a particle before it is left out
_FARTHEST = 1.4  # radii from the centre that the highest waves reach
_MOST_OVER = 0.8  # of the sum of radii: particles that meet by chance come no nearer


@dataclass(frozen=True)
class Outline:
    """A star-shaped outline: its radius is a few waves around the centre, cut by facets.

    Attributes:
        centre_xy: in pixels.
        radius_px: of the circle that it is a change of.
        waves: (K, 2), height and phase of waves 2 … K + 1 around it.
        facets: (F, 2), direction and distance, in radii, of straight edges; none where it is round.
        aspect: length over width.
        turn: direction of the length.
        roundness: of the thickness: 1/2 as of a sphere, small as of a plate.
    """

    centre_xy: tuple[float, float]
    radius_px: float
    waves: Floats
    facets: Floats
    aspect: float
    turn: float
    roundness: float

    def thickness(self, shape_hw: tuple[int, int]) -> Floats:
        """Thickness over each pixel, in radii, 0 outside."""
        reach = _FARTHEST * self.radius_px * np.sqrt(self.aspect)
        box = tuple(
            slice(max(0, int(at - reach)), max(0, min(side, int(at + reach) + 2)))
            for at, side in zip(self.centre_xy[::-1], shape_hw, strict=True)
        )
        whole = np.zeros(shape_hw)
        y, x = np.ogrid[box]
        dx, dy = x - self.centre_xy[0], y - self.centre_xy[1]
        along = (dx * np.cos(self.turn) + dy * np.sin(self.turn)) / np.sqrt(self.aspect)
        across = (dy * np.cos(self.turn) - dx * np.sin(self.turn)) * np.sqrt(self.aspect)
        distance = np.maximum(np.hypot(across, along), 1e-9)
        towards = (along + 1j * across) / distance
        edge, turned = np.ones(distance.shape), towards
        for height, phase in self.waves:
            turned = turned * towards
            edge += height * (turned * np.exp(1j * phase)).real
        depth = distance / (self.radius_px * edge)
        for direction, reach_of_facet in self.facets:
            projected = along * np.cos(direction) + across * np.sin(direction)
            np.maximum(depth, projected / (self.radius_px * reach_of_facet), out=depth)
        whole[box] = np.maximum(1 - depth**2, 0) ** self.roundness
        return whole


def draw_outline(rng: np.random.Generator, centre_xy: tuple[float, float], radius_px: float) -> Outline:
    """An outline of a kind: half are round with a few bumps, half facetted."""
    waves = np.stack([np.clip(rng.normal(0, 0.04, 4), -0.1, 0.1), rng.uniform(0, 2 * np.pi, 4)], axis=1)
    facets = np.zeros((0, 2))
    if rng.random() < 0.5:
        n = int(rng.integers(3, 9))
        directions = (np.arange(n) + rng.uniform(-0.2, 0.2, n)) * 2 * np.pi / n
        facets = np.stack([directions, rng.uniform(0.78, 1.0, n)], axis=1)
    aspect = 1.0 if rng.random() < 0.6 else float(rng.uniform(1, 2.2))
    return Outline(
        centre_xy, radius_px, waves, facets, aspect, float(rng.uniform(0, np.pi)), float(rng.uniform(0.15, 0.6))
    )


def draw_outlines(
    rng: np.random.Generator, shape_hw: tuple[int, int], radii_px: Floats, p_touching: float
) -> list[Outline]:
    """Outlines of these radii, as many of them as find a place; their centres may lie beyond the image."""
    found: list[Outline] = []
    for radius in radii_px.tolist():
        for _ in range(_TRIES):
            beside = found[-1] if found and rng.random() < p_touching else None
            centre = _place(rng, shape_hw, radius, beside)
            gaps = [np.hypot(*np.subtract(centre, other.centre_xy)) / (radius + other.radius_px) for other in found]
            if min(gaps, default=2.0) > (_MOST_OVER if beside is not None else 1.0):
                found.append(draw_outline(rng, centre, radius))
                break
    return found


def _place(
    rng: np.random.Generator, shape_hw: tuple[int, int], radius: float, beside: Outline | None
) -> tuple[float, float]:
    if beside is None:
        beyond = 0.4 * radius
        y, x = (rng.uniform(-beyond, side + beyond) for side in shape_hw)
        return float(x), float(y)
    direction, apart = rng.uniform(0, 2 * np.pi), rng.uniform(_MOST_OVER, 1.1) * (radius + beside.radius_px)
    return (
        float(beside.centre_xy[0] + apart * np.cos(direction)),
        float(beside.centre_xy[1] + apart * np.sin(direction)),
    )
