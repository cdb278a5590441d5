"""What a specimen leaves to chance, drawn; and what is where in the result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from simulate.specimen.layers import Boundary, Layer, Specimen
from simulate.specimen.stack.cells import PlaneCell, cells_of
from simulate.specimen.stack.surfaces import Profile, draw_surface
from simulate.specimen.stack.waves import Waves

# Chosen by hand, but where there is a reason.
_SLOW_A = (150.0, 500.0)  # wavelengths of strain and bending
_WAVY_A = (40.0, 160.0)  # of the waviness of boundaries
_WAVY_RMS_A = 2.5
_RELIEF_A = (15.0, 200.0)  # wavelengths of relief and dechannelling: four cells of a perovskite to the scale of bending
_DECHANNELLING_SPREAD = 0.35  # of its mean, which leaves it between 0 and twice that nearly everywhere
_DEPTHS = 9  # at which leaning interfaces are looked at
_SMALLEST_THICKNESS_A = 10.0  # two or three cells of a crystal
_ROUNDING = 1.001  # the most that a displacement worked out in single precision can be over its bound, and more
_STRAIN_STEPS = 2  # of the fixed-point iteration that undoes the strain; each leaves that share of the last's error

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Domain:
    """A crystal within a layer: the layer's lattice, moved.

    Attributes:
        shift_A: (x, h).
        rotation_deg: in the image plane from x towards h, about `pivot_A`.
        pivot_A: (x, h).
        tilt_mrad: of its columns against the beam, towards x and y.
    """

    shift_A: tuple[float, float]
    rotation_deg: float
    pivot_A: tuple[float, float]
    tilt_mrad: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Stack:
    """The realised specimen; `build_stack` makes it.

    Attributes:
        specimen: what it was made of.
        cells: projected cell of each layer, None where not crystalline.
        x_origin_A: lateral lattice origin of each layer.
        bases_A: reference height of each layer: its nominal lower surface, for the lowest layer its upper one.
        tops: upper surface of all layers but the highest.
        domains: crystals of each layer, from left to right: one more than it has boundaries.
        waviness: deviation of boundaries from straight lines.
        displacement: strain field (x, y).
        bending: of the thickness.
        relief: of the thickness, over shorter distances.
        dechannelling: how the loss of channelled signal varies, about 1.
    """

    specimen: Specimen
    cells: tuple[PlaneCell | None, ...]
    x_origin_A: tuple[float, ...]
    bases_A: tuple[float, ...]
    tops: tuple[Profile, ...]
    domains: tuple[tuple[Domain, ...], ...]
    waviness: Waves
    displacement: Waves
    bending: Waves
    relief: Waves
    dechannelling: Waves

    def layer_at(self, x_A: Floats, h_A: Floats) -> NDArray[np.int64]:
        """Index of the layer at unstrained positions: that of their heights, but where a surface is near."""
        layer, highest = self._layers_between(h_A, 0.0)
        near = layer < highest
        if near.any():
            layer[near] = self._layer_near(x_A[near], h_A[near])
        return layer

    def layer_seen_at(self, x_A: Floats, y_A: Floats) -> NDArray[np.int64]:
        """Index of the layer at strained positions."""
        layer, highest = self.layers_seen_between(y_A)
        near = layer < highest
        if near.any():
            layer[near] = self._layer_near(*self.unstrained(x_A[near], y_A[near]))
        return layer

    def layers_seen_between(self, y_A: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The lowest and the highest index that a layer can have at strained positions, whatever their x."""
        return self._layers_between(-y_A, _ROUNDING * self.displacement.largest)

    def _layers_between(self, h_A: Floats, moved_A: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The lowest and the highest index of a layer at heights from which strain moves by so much at most."""
        # A layer's surface as the lowest and the highest of all x have it. It is nowhere below that of the layer below.
        lowest_A, highest_A = (
            np.maximum.accumulate([end(top.heights_A) for top in self.tops] or [np.inf]) for end in (np.min, np.max)
        )
        from_A, to_A = h_A - moved_A, h_A + moved_A
        return np.searchsorted(highest_A, from_A, side="right"), np.searchsorted(lowest_A, to_A, side="right")

    def _layer_near(self, x_A: Floats, h_A: Floats) -> NDArray[np.int64]:
        """Index of the layer at unstrained positions (N,), by the surfaces at each of them."""
        layer = np.zeros(len(x_A), np.int64)
        surface_A = np.full(len(x_A), -np.inf)
        for index, top in enumerate(self.tops, start=1):
            surface_A = np.maximum(surface_A, top.at(x_A))
            layer[h_A >= surface_A] = index
        return layer

    def surface_at(self, layer: int, x_A: Floats) -> Floats:
        """Height of a layer's upper surface, which where it is missing is that of the layer below."""
        return np.asarray(np.max([top.at(x_A) for top in self.tops[: layer + 1]], axis=0))

    def domain_at(self, layer: int, x_A: Floats, h_A: Floats) -> NDArray[np.int64]:
        """Index of the crystal within a layer: the number of boundaries to the left."""
        domain = np.zeros(np.shape(x_A), np.int64)
        for boundary in self.specimen.layers[layer].boundaries:
            domain += self.beyond_A(layer, boundary, x_A, h_A) > 0
        return domain

    def depth_share(self, layer: int, domain: int | None, x_A: Floats, h_A: Floats) -> Floats:
        """Share of the depth in which a place belongs to a layer, or to a crystal in it: interfaces may lean."""
        lean_A = self.specimen.lamella.lean_A
        depths = (np.arange(_DEPTHS) + 0.5) / _DEPTHS - 0.5 if any(lean_A) else np.zeros(1)
        share = np.zeros(np.shape(x_A))
        for depth in depths:
            at_A = x_A - depth * lean_A[0], h_A - depth * lean_A[1]
            is_own = self.layer_at(*at_A) == layer
            if domain is not None:
                is_own[is_own] = self.domain_at(layer, at_A[0][is_own], at_A[1][is_own]) == domain
            share += is_own
        return np.asarray(share / len(depths))

    def depth_share_at(self, layer: int, x_A: Floats, y_A: Floats) -> Floats:
        """Share of the depth in which a strained position belongs to a layer."""
        if not any(self.specimen.lamella.lean_A):
            return np.asarray(self.layer_seen_at(x_A, y_A) == layer, np.float64)
        return self.depth_share(layer, None, *self.unstrained(x_A, y_A))

    def lost_channelling_at(self, x_A: Floats, y_A: Floats) -> Floats:
        """Share of their channelled signal that columns lose."""
        mean = self.specimen.lamella.dechannelling
        return np.asarray(np.clip(mean * (1 + self.dechannelling.at(x_A, y_A)[0]), 0, min(2 * mean, 1)))

    def beyond_A(self, layer: int, boundary: Boundary, x_A: Floats, h_A: Floats) -> Floats:
        """Lateral distance from a boundary, positive beyond it."""
        above_A = h_A - self.bases_A[layer]
        # Waves run along h; at another x, far away, each boundary finds a course of its own.
        bent_A = self.waviness.at(np.full_like(h_A, 1000.0 * layer + boundary.x_A), h_A)[0]
        return np.asarray(x_A - boundary.x_A - np.tan(np.deg2rad(boundary.lean_deg)) * above_A - bent_A)

    def thickness_at(self, x_A: Floats, y_A: Floats) -> Floats:
        """Thickness along the beam."""
        specimen = self.specimen
        even_A = specimen.thickness_A + specimen.wedge[0] * x_A + specimen.wedge[1] * y_A
        uneven_A = even_A + self.bending.at(x_A, y_A)[0] + self.relief.at(x_A, y_A)[0]
        return np.asarray(np.maximum(self._thinned(uneven_A, x_A, y_A), _SMALLEST_THICKNESS_A))

    def _thinned(self, thickness_A: Floats, x_A: Floats, y_A: Floats) -> Floats:
        """Less near an edge to vacuum."""
        specimen = self.specimen
        if specimen.lamella.thinning_A == 0 or not self.tops or not specimen.layers[-1].made_of.is_vacuum:
            return thickness_A
        depth_A = np.maximum(self.surface_at(len(self.tops) - 1, x_A) + y_A, 0)
        return np.asarray(thickness_A * -np.expm1(-depth_A / specimen.lamella.thinning_A))

    def strained(self, x_A: Floats, h_A: Floats) -> tuple[Floats, Floats]:
        """(x, y) to which the strain moves (x, h)."""
        move_x, move_y = self.displacement.at(x_A, -h_A)
        return x_A + move_x, -h_A + move_y

    def unstrained(self, x_A: Floats, y_A: Floats) -> tuple[Floats, Floats]:
        """(x, h) before the strain moved it to (x, y)."""
        from_x, from_y = x_A, y_A
        if self.displacement.largest > 0:
            for _ in range(_STRAIN_STEPS):
                move_x, move_y = self.displacement.at(from_x, from_y)
                from_x, from_y = x_A - move_x, y_A - move_y
        return from_x, -from_y


def build_stack(rng: np.random.Generator, specimen: Specimen, reach_A: float) -> Stack:
    """Draw what a specimen leaves to chance.

    Args:
        rng: source of steps, islands, registry, bending and strain.
        specimen: what to build.
        reach_A: how far from the centre anything is seen.

    Raises:
        InputError: if mixing is asked for between crystals that do not share sites.
    """
    cells = cells_of(specimen)
    _check_mixing(specimen.layers, cells)
    x_origin_A = _lateral_origins_A(rng, cells)
    heights_A = _heights_A(specimen, cells)
    bases_A = (heights_A[0], *heights_A)[: len(cells)]
    layers = specimen.layers
    tops = tuple(
        draw_surface(rng, layer, cell, x_A, height_A, reach_A)
        for layer, cell, x_A, height_A in zip(layers[:-1], cells, x_origin_A, heights_A, strict=False)
    )
    displacement = Waves.displacement(rng, specimen.strain, _SLOW_A)
    bending = Waves.scalar(rng, specimen.bending_A, _SLOW_A)
    waviness = Waves.scalar(rng, _WAVY_RMS_A, _WAVY_A)
    domains = tuple(
        _domains(rng, specimen, layer, cell, base_A) for layer, cell, base_A in zip(layers, cells, bases_A, strict=True)
    )
    of_lamella = rng.spawn(1)[0]  # takes nothing from the stream of what comes after
    relief = Waves.self_affine(of_lamella, specimen.lamella.relief_A, _RELIEF_A)
    dechannelling = Waves.self_affine(of_lamella, _DECHANNELLING_SPREAD, _RELIEF_A)
    return Stack(
        specimen, cells, x_origin_A, bases_A, tops, domains, waviness, displacement, bending, relief, dechannelling
    )


def _check_mixing(layers: tuple[Layer, ...], cells: tuple[PlaneCell | None, ...]) -> None:
    for (lower, upper), (below, above) in zip(pairwise(layers), pairwise(cells), strict=True):
        if lower.top.mixing_A > 0 and not (below and above and set(below.sites) & set(above.sites)):
            raise InputError(
                f"{lower.made_of.name} and {upper.made_of.name} have no sites in common; "
                "set mixing_A=0 at their interface."
            )


def _lateral_origins_A(rng: np.random.Generator, cells: tuple[PlaneCell | None, ...]) -> tuple[float, ...]:
    """Crystals of one lateral period stand in register, the others anywhere."""
    origin_A = float(rng.uniform(0, 10))
    origins_A: list[float] = []
    below_A: float | None = None
    for cell in cells:
        if cell is not None:
            if below_A is not None and not math.isclose(cell.a_A, below_A, rel_tol=1e-6):
                origin_A = float(rng.uniform(0, cell.a_A))
            below_A = cell.a_A
        origins_A.append(origin_A)
    return tuple(origins_A)


def _heights_A(specimen: Specimen, cells: tuple[PlaneCell | None, ...]) -> list[float]:
    """Mean height of each interface; crystals are whole cells thick."""
    heights_A = [specimen.first_interface_A]
    for layer, cell in zip(specimen.layers[1:-1], cells[1:-1], strict=True):
        assert layer.thickness_A is not None
        whole_A = max(1, round(layer.thickness_A / cell.c_A)) * cell.c_A if cell else layer.thickness_A
        heights_A.append(heights_A[-1] + whole_A)
    return heights_A


def _domains(
    rng: np.random.Generator, specimen: Specimen, layer: Layer, cell: PlaneCell | None, base_A: float
) -> tuple[Domain, ...]:
    """The layer's own lattice, then one more crystal beyond each boundary."""
    found = [Domain((0.0, 0.0), 0.0, (0.0, base_A), specimen.tilt_mrad)]
    for boundary in sorted(layer.boundaries, key=lambda one: one.x_A):
        assert cell is not None
        before = found[-1]
        if boundary.kind == "antiphase":
            shift_A = (before.shift_A[0], (before.shift_A[1] + cell.c_A / 2) % cell.c_A)
            found.append(Domain(shift_A, before.rotation_deg, before.pivot_A, before.tilt_mrad))
        else:
            shift_A = (float(rng.uniform(0, cell.a_A)), float(rng.uniform(0, cell.c_A)))
            tilt = (specimen.tilt_mrad[0] + boundary.tilt_mrad[0], specimen.tilt_mrad[1] + boundary.tilt_mrad[1])
            found.append(Domain(shift_A, boundary.rotation_deg, (boundary.x_A, base_A), tilt))
    return tuple(found)
