"""What lies under the beam: a stack of layers, its interfaces and defects, its thickness. Lengths are in Å.

Positions in the specimen are (x, y): x lateral, y against the growth direction, so that an unrotated image with rows
downwards shows the substrate at the bottom. (0, 0) is the centre of the field of view.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import NotNegative, Positive, Share, settings
from simulate.library.materials import Material, View, material
from simulate.specimen.lamella import Lamella


@settings
class Interface:
    """The upper surface of a layer.

    Attributes:
        roughness_A: root mean square of its height. Crystals have steps of whole planes: less than about a third of
            a plane leaves them flat.
        terrace_A: lateral correlation length of the height.
        mixing_A: standard deviation of the profile by which the atoms of two crystals mix; 0 is chemically abrupt.
    """

    roughness_A: NotNegative = 0.0
    terrace_A: Positive = 80.0
    mixing_A: NotNegative = 0.0


@settings
class Boundary:
    """A defect that splits a layer in two along the growth direction.

    Attributes:
        kind: "antiphase": the crystal continues half a cell higher; "grain": it continues turned and tilted.
        x_A: lateral position at the layer's lower surface.
        lean_deg: angle to the growth direction; one that leans further does not split a layer.
        rotation_deg: how far the crystal beyond is turned in the image plane.
        tilt_mrad: by how much the columns beyond lean, towards x and y.
    """

    kind: Literal["antiphase", "grain"]
    x_A: float
    lean_deg: Annotated[float, Field(ge=-60, le=60)] = 0.0
    rotation_deg: float = 0.0
    tilt_mrad: tuple[float, float] = (0.0, 0.0)


@settings
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
        facet_deg: angle between the sides of islands and the surface below.
        relaxed: 0 for a crystal strained to the lateral period of the next crystal below, 1 for one with its own.

    Raises:
        InputError: if the material is unknown, or has boundaries and is not crystalline.
    """

    material: str | Material
    thickness_A: Positive | None = None
    top: Interface = Interface()
    boundaries: tuple[Boundary, ...] = ()
    coverage: Annotated[float, Field(gt=0, le=1)] = 1.0
    island_A: Positive = 100.0
    facet_deg: Annotated[float, Field(gt=0, le=90)] = 90.0
    relaxed: Share = 0.0

    def __post_init__(self) -> None:
        try:
            made_of = self.made_of
        except InputError as error:
            raise InputError(f"material: {error}") from None
        if self.boundaries and made_of.host is None:
            raise InputError(f"boundaries: {made_of.name} is not crystalline; it cannot have any.")

    @property
    def made_of(self) -> Material:
        """What it is made of."""
        return material(self.material) if isinstance(self.material, str) else self.material


@settings
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
        lamella: how it differs from an even slab of these layers.

    Raises:
        InputError: if the layers cannot be stacked or seen so.
    """

    layers: Annotated[tuple[Layer, ...], Field(min_length=1)]
    first_interface_A: float = 0.0
    view: View = "100"
    thickness_A: Positive = 250.0
    wedge: tuple[float, float] = (0.0, 0.0)
    bending_A: NotNegative = 0.0
    tilt_mrad: tuple[float, float] = (0.0, 0.0)
    strain: NotNegative = 0.0
    relaxation_A: NotNegative = 0.0
    lamella: Lamella = Lamella()

    def __post_init__(self) -> None:
        for index, layer in enumerate(self.layers):
            _check_place(index, len(self.layers), layer)
            material = layer.made_of
            if material.host and self.view not in material.views:
                raise InputError(f"view={self.view!r}: {material.name} has {', '.join(material.views)}.")
        if not any(layer.made_of.is_labelled for layer in self.layers):
            raise InputError("layers: none of them is labelled; add a material.")


def _check_place(index: int, n: int, layer: Layer) -> None:
    """Outer layers reach beyond the image, inner ones have a thickness; only inner ones may be islands."""
    is_outer = index in (0, n - 1)
    place = f"layers: number {index + 1} of {n} ({layer.made_of.name})"
    if is_outer and layer.thickness_A is not None:
        raise InputError(f"{place} must have no thickness: it reaches beyond the image.")
    if not is_outer and layer.thickness_A is None:
        raise InputError(f"{place} needs a thickness: only the outer ones reach beyond the image.")
    if is_outer and layer.coverage < 1:
        raise InputError(f"{place} is an outer one; islands lie between two layers.")
