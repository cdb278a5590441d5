"""How large the pixels of an image of particles are: given, in the file, or by its lattice fringes; never guessed."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real

from samiam.errors import InputError, printable
from samiam.formats.readers.read import given_size
from samiam.particles.fringes import Fringes, find_fringes, probability_of, runs_through, scale_of, strange_spacing_nm
from samiam.particles.reflections import reflections_of
from samiam.particles.result import PixelSizeSource
from samiam.records import Micrograph
from samiam.records.arrays import both_sides
from samiam.records.cutout import Cutout

_SURE = 0.8  # least confidence of a pixel size that fringes say: 112 of 126 simulated pictures say it so, 111 rightly
_IMPOSSIBLE = 0.01  # probability below which a pixel size and a material do not go together
_FEWEST_PLANES = 3  # that have to say so: one or two may be of something else
_REMEDY = "give pixel_size_nm (--pixel-size-nm)"


def with_scale(
    micrograph: Micrograph,
    pixel_size_nm: float | tuple[float, float] | None,
    material: str | None,
    *,
    remedy: str = _REMEDY,
) -> tuple[Micrograph, PixelSizeSource]:
    """A micrograph with the size of its pixels, and who says it.

    Args:
        micrograph: the image.
        pixel_size_nm: as the user gives it, the width alone or both sides; goes before what the file says.
        material: whose fringes say it where nobody else does.
        remedy: what to do where nobody says it.

    Raises:
        InputError: if nobody says it, the fringes do not say it surely enough, no pixel can have what the user says, or
            the material is not known.
    """
    reflections = None if material is None else reflections_of(material)
    if pixel_size_nm is not None:
        width, height = both_sides(pixel_size_nm)
        given_size(pixel_size_nm)
        aspect = micrograph.pixel_aspect if isinstance(pixel_size_nm, Real) else height / width
        return replace(micrograph, pixel_size_nm=width, pixel_aspect=aspect), "given"
    if micrograph.pixel_size_nm is not None:
        return micrograph, "file"
    named = printable(str(micrograph.metadata.get("path", micrograph.name)))
    unknown = f"{named}: how large a pixel is stands neither in the file"
    if reflections is None:
        raise InputError(f"{unknown} nor elsewhere; {remedy}, or the material, whose fringes may tell.")
    part = Cutout.of(micrograph, evened=False)
    found = scale_of(find_fringes(part.micrograph.pixels), reflections)
    if found is None:
        raise InputError(f"{unknown} nor in fringes, of which there are none; {remedy}.")
    if found.confidence < _SURE:
        planes = "one set of fringes" if found.n_planes == 1 else f"{found.n_planes} sets of fringes"
        raise InputError(
            f"{unknown} nor surely enough in {planes}: of {material} they would be at {found.pixel_size_nm:.3g} nm/px, "
            f"but that is right with a probability of {found.confidence:.2f} only; {remedy}."
        )
    width_nm = found.pixel_size_nm * part.micrograph.shape_hw[1] / part.box_hw[1]
    return replace(micrograph, pixel_size_nm=width_nm), "fringes"


def doubts(fringes: Fringes, pixel_size_nm: float, material: str | None) -> str | None:
    """What the fringes of an image say against its pixel size, or against its being one of particles.

    Args:
        fringes: of the image.
        pixel_size_nm: of it.
        material: of the particles, where it is known.

    Returns:
        A sentence, or None where nothing is.
    """
    if runs_through(fringes):
        return (
            "one lattice runs through the whole image, as in a crystal or in atomic columns under STEM: "
            "there is no support beside particles; `samiam segment` tells materials apart"
        )
    strange = strange_spacing_nm(fringes, pixel_size_nm)
    if strange is not None:
        apart = f"fringes are {strange:.3g} nm apart at {pixel_size_nm:.3g} nm/px"
        return f"{apart}, as hardly any lattice's: is that the pixel size?"
    return contradiction(fringes, pixel_size_nm, material)


def contradiction(fringes: Fringes, pixel_size_nm: float, material: str | None) -> str | None:
    """What the fringes of an image say against its pixel size if they are of a material, None where nothing is."""
    if material is None or len(fringes.frequencies) < _FEWEST_PLANES:
        return None
    reflections = reflections_of(material)
    found = scale_of(fringes, reflections)
    if found is None or found.confidence < _SURE or probability_of(fringes, reflections, pixel_size_nm) > _IMPOSSIBLE:
        return None
    return (
        f"the fringes are those of {material} at {found.pixel_size_nm:.3g} nm/px, not at {pixel_size_nm:.3g}: "
        "is that the pixel size, and the material?"
    )
