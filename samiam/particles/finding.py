"""Micrograph → particles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.formats.readers.memory import ImageLike, Sides, as_micrograph
from samiam.networks.inputs import resampled
from samiam.particles.faults.classifier import FaultClassifier
from samiam.particles.faults.classifying import classify_faults, told_of_found
from samiam.particles.finder.finder import build_finder
from samiam.particles.finder.inputs import FRINGES_NM, working_shape
from samiam.particles.finder.protocol import Found, ParticleFinder
from samiam.particles.fringes import Fringes, find_fringes
from samiam.particles.polarity import is_scanned, look
from samiam.particles.reflections import reflections_of
from samiam.particles.result import NOTHING, Particles
from samiam.particles.scale import contradiction, doubts, with_scale
from samiam.records import Masks, Micrograph
from samiam.records.cutout import Cutout
from samiam.settings import check_flag

_AT_THE_EDGE_PX = 2  # as near to the edge a particle may be cut by it: outlines are no better


def find_particles(
    micrograph: ImageLike,
    *,
    pixel_size_nm: Sides | None = None,
    material: str | None = None,
    faults: bool = True,
    invert: bool | None = None,
    finder: ParticleFinder | None = None,
    classifier: FaultClassifier | None = None,
) -> Particles:
    """The nanoparticles of a micrograph, each with its mask and what its fringes say of its stacking.

    Args:
        micrograph: HRTEM of particles on a thin support, as `samiam.segment` takes it; at low magnification, where no
            lattice shows, particles are found by their contrast alone. Dark field is looked at inverted, see `invert`.
        pixel_size_nm: width of a pixel, or width and height, if the file does not say it or is wrong.
        material: of the particles, such as "Au". Where the pixel size is unknown it is taken from the fringes of this
            material if they say it surely; where it is known, the two are compared.
        faults: whether to tell of each particle what it shows, see `samiam.particles.classify_faults`; one that
            looks like bare support is "unsure".
        invert: whether to look at the image inverted, bright for dark. Where None, one is looked at so if its bright
            particles are then found more surely, or a lattice shows and its file says dark field; `remark` says it.
        finder: what finds them; the network that ships where None, see `samiam.particles.build_finder`.
        classifier: what tells faults; the one that ships where None, see `samiam.particles.build_fault_classifier`.

    Raises:
        InputError: if the pixel size is unknown and fringes do not say it surely, or it is none that a pixel can have,
            the material is not known, an argument is neither true nor false, or weights are missing or damaged.

    Example:
        >>> micrograph = Micrograph(np.full((64, 64), 0.5), pixel_size_nm=0.04, name="empty")
        >>> find_particles(micrograph), find_particles(micrograph).remark
        (Particles(empty, 0 particles), 'no particle is found')
    """
    check_flag("faults", faults)
    if invert is not None:
        check_flag("invert", invert)
    if material is not None:
        reflections_of(material)
    micrograph, says_size = with_scale(as_micrograph(micrograph), pixel_size_nm, material)
    cutout = Cutout.of(micrograph, evened=False)
    part, detector = cutout.micrograph, micrograph.metadata.get("detector")
    looked = look(
        build_finder() if finder is None else finder, part.pixels, _size_of(part), detector=detector, invert=invert
    )
    found = _within(looked.found, cutout)
    touches_edge = touching(found.masks, micrograph.shown)
    seen = replace(micrograph, pixels=1 - micrograph.pixels) if looked.is_inverted else micrograph
    particles = Particles(seen, found.masks, touches_edge, says_size, dropped=found.dropped)
    if faults:
        particles = told_of_found(classify_faults(particles, classifier=classifier))
    said = [looked.remark, _of_stem(part, detector), _remark(part, material, particles)]
    return replace(
        particles, micrograph=micrograph, is_inverted=looked.is_inverted, remark="; ".join(filter(None, said)) or None
    )


def _size_of(micrograph: Micrograph) -> float:
    """Its pixel size, which is known by now."""
    return float(micrograph.pixel_size_nm or np.nan)


def _of_stem(part: Micrograph, detector: str | None) -> str | None:
    """What there is to say of an image of STEM in which a lattice shows."""
    if not is_scanned(detector) or _size_of(part) > FRINGES_NM:
        return None
    return f"taken with STEM ({detector}), but outlines and classes are learnt from HRTEM: compare them with the image"


def _within(found: Found, cutout: Cutout) -> Found:
    """What is found in the cutout, in the whole image; nothing is found where nothing is shown."""
    masks = cutout.put_back_masks(found.masks)
    boxes = cutout.put_back_boxes(np.array([one.box_xywh for one in found.dropped], np.int64))
    dropped = [replace(one, box_xywh=tuple(box)) for one, box in zip(found.dropped, boxes.tolist(), strict=True)]
    return Found(masks.select(np.flatnonzero(masks.areas)), dropped)


def touching(masks: Masks, shown: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Whether the edge of the image, or of what is shown of it, may cut each particle.

    Args:
        masks: N particles.
        shown: bool (H, W), what is shown of the image; all of it where None.
    """
    near = np.ones(masks.shape_hw, np.bool_) if shown is None else shown.copy()
    near = ~ndimage.binary_erosion(near, iterations=_AT_THE_EDGE_PX)  # beyond the border nothing is shown
    return np.asarray(masks.within(near).areas > 0)


def _remark(part: Micrograph, material: str | None, found: Particles) -> str | None:
    """What there is to say of the result, in words."""
    size_nm = _size_of(part)
    fringes, words = Fringes.none(), []
    if size_nm <= FRINGES_NM:
        seen = resampled(part.pixels, working_shape(part.shape_hw, size_nm))
        fringes = find_fringes(seen).on_pixels_of(seen.shape[1] / part.shape_hw[1])
    else:
        words.append(f"pixels of {size_nm:.3g} nm show no lattice: particles are found by their contrast alone")
    # A size that is wrong by a factor leaves nothing of a lattice on the pixels that it asks for.
    fringes = fringes if len(fringes.frequencies) else find_fringes(part.pixels)
    doubt = (doubts if size_nm <= FRINGES_NM else contradiction)(fringes, size_nm, material)
    words += [doubt] if doubt else []
    if not len(found.masks):
        unsure = [one.value for one in found.dropped if one.rule == "low score"]
        words.append(NOTHING + (f"; the surest candidate has a score of {max(unsure):.2f}" if unsure else ""))
    return "; ".join(words) or None
