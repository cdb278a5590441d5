"""What lies under the beam: a stack of layers, its interfaces and defects, its thickness. Lengths are in Å.

Positions in the specimen are (x, y): x lateral, y against the growth direction, so that an unrotated image with rows
downwards shows the substrate at the bottom. (0, 0) is the centre of the field of view.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from samiam.errors import InputError
from simulate.library.materials import Material, View, material


@dataclass(frozen=True)
class Interface:
    """The upper surface of a layer.

    Attributes:
        roughness_A: root mean square of its height. Crystals have steps of whole planes: less than about a third of
            a plane leaves them flat.
        terrace_A: lateral correlation length of the height, > 0.
        mixing_A: standard deviation of the profile by which the atoms of two crystals mix; 0 is chemically abrupt.

    Raises:
        InputError: if a number is out of range.
    """

    roughness_A: float = 0.0
    terrace_A: float = 80.0
    mixing_A: float = 0.0

    def __post_init__(self) -> None:
        is_possible = 0 <= self.roughness_A < math.inf and 0 <= self.mixing_A < math.inf
        if not (is_possible and 0 < self.terrace_A < math.inf):
            raise InputError(
                f"an interface of roughness {self.roughness_A} Å, terraces of {self.terrace_A} Å and mixing over "
                f"{self.mixing_A} Å is impossible; give 0 or more, and terraces above 0."
            )


@dataclass(frozen=True)
class Boundary:
    """A defect that splits a layer in two along the growth direction.

    Attributes:
        kind: "antiphase": the crystal continues half a cell higher; "grain": it continues turned and tilted.
        x_A: lateral position at the layer's lower surface.
        lean_deg: angle to the growth direction, within ±60.
        rotation_deg: how far the crystal beyond is turned in the image plane.
        tilt_mrad: by how much the columns beyond lean, towards x and y.

    Raises:
        InputError: if the kind is unknown or the boundary does not split a layer.
    """

    kind: Literal["antiphase", "grain"]
    x_A: float
    lean_deg: float = 0.0
    rotation_deg: float = 0.0
    tilt_mrad: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if self.kind not in ("antiphase", "grain"):
            raise InputError(f"unknown boundary {self.kind!r}; there are antiphase and grain.")
        if not abs(self.lean_deg) <= 60:
            raise InputError(f"a boundary that leans by {self.lean_deg}° does not split a layer; give −60 to 60.")
        if not all(map(math.isfinite, (self.x_A, self.rotation_deg, *self.tilt_mrad))):
            raise InputError(f"{self}: position, rotation and tilt must be finite numbers.")


@dataclass(frozen=True)
class Layer:
    """One layer of the stack.

    Attributes:
        material: a material, or its name in `simulate.library.materials.MATERIALS`.
        thickness_A: None for the lowest and the highest layer, which reach beyond the image. That of a crystal is
            rounded to whole cells.
        top: its upper surface.
        boundaries: defects through it; the crystals between them are told apart from left to right.
        coverage: share of the surface below that it covers; below 1 it lies there as islands.
        island_A: mean width of an island.
        relaxed: 0 for a crystal strained to the lateral period of the next crystal below, 1 for one with its own.

    Raises:
        InputError: if the material is unknown or a number is out of range.
    """

    material: str | Material
    thickness_A: float | None = None
    top: Interface = Interface()
    boundaries: tuple[Boundary, ...] = ()
    coverage: float = 1.0
    island_A: float = 100.0
    relaxed: float = 0.0

    def __post_init__(self) -> None:
        name = self.made_of.name
        if self.thickness_A is not None and not 0 < self.thickness_A < math.inf:
            raise InputError(f"{name}: a layer of {self.thickness_A} Å is impossible; give a positive thickness.")
        if not 0 < self.coverage <= 1 or not self.island_A > 0:
            raise InputError(
                f"{name}: a coverage of {self.coverage} by islands of {self.island_A} Å is impossible; give a "
                "share above 0 up to 1, and a positive width."
            )
        if not 0 <= self.relaxed <= 1:
            raise InputError(f"{name}: relaxed={self.relaxed}; give 0 (strained) to 1 (its own lattice).")
        if self.boundaries and self.made_of.host is None:
            raise InputError(f"{name} is not crystalline; it cannot have boundaries.")

    @property
    def made_of(self) -> Material:
        """What it is made of."""
        return material(self.material) if isinstance(self.material, str) else self.material


@dataclass(frozen=True)
class Specimen:
    """A cross-section of a stack.

    Attributes:
        layers: from the substrate up.
        first_interface_A: height of the lowest interface above the centre of the field of view.
        view: the zone axis.
        thickness_A: along the beam, at the centre.
        wedge: change of the thickness per length, towards x and y.
        bending_A: root mean square of slow further changes of the thickness.
        tilt_mrad: how far the zone axis is off the beam, towards x and y.
        strain: root mean square of a slowly varying strain.
        relaxation_A: how far planes next to a boundary or interface are displaced away from it.

    Raises:
        InputError: if the layers cannot be stacked or a number is out of range.
    """

    layers: tuple[Layer, ...]
    first_interface_A: float = 0.0
    view: View = "100"
    thickness_A: float = 250.0
    wedge: tuple[float, float] = (0.0, 0.0)
    bending_A: float = 0.0
    tilt_mrad: tuple[float, float] = (0.0, 0.0)
    strain: float = 0.0
    relaxation_A: float = 0.0

    def __post_init__(self) -> None:
        if len(self.layers) < 1:
            raise InputError("a specimen needs at least one layer.")
        for index, layer in enumerate(self.layers):
            _check_place(index, len(self.layers), layer)
            material = layer.made_of
            if material.host and self.view not in material.views:
                raise InputError(f"{material.name} has no view {self.view!r}; it has {', '.join(material.views)}.")
        if not any(layer.made_of.is_labelled for layer in self.layers):
            raise InputError("no layer of the specimen is labelled; add a material.")
        if not 0 < self.thickness_A < math.inf:
            raise InputError(f"a specimen of {self.thickness_A} Å is impossible; give a positive thickness.")
        amplitudes = {"bending_A": self.bending_A, "strain": self.strain, "relaxation_A": self.relaxation_A}
        for name, value in amplitudes.items():
            if not 0 <= value < math.inf:
                raise InputError(f"{name}={value} is no amplitude; give 0 or more.")
        if not all(map(math.isfinite, (self.first_interface_A, *self.wedge, *self.tilt_mrad))):
            raise InputError("first_interface_A, wedge and tilt_mrad must be finite numbers.")


def _check_place(index: int, n: int, layer: Layer) -> None:
    """Outer layers reach beyond the image, inner ones have a thickness; only inner ones may be islands."""
    is_outer = index in (0, n - 1)
    place = f"layer {index + 1} of {n} ({layer.made_of.name})"
    if is_outer and layer.thickness_A is not None:
        raise InputError(f"{place} must have no thickness: it reaches beyond the image.")
    if not is_outer and layer.thickness_A is None:
        raise InputError(f"{place} needs a thickness: only the outer ones reach beyond the image.")
    if is_outer and layer.coverage < 1:
        raise InputError(f"{place} is an outer one; islands lie between two layers.")
