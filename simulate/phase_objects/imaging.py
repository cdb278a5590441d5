"""What a microscope makes of outlines: fringes of a phase object, or shadows where no lattice is resolved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from simulate.draws import log_uniform
from simulate.phase_objects.outlines import Outline
from simulate.phase_objects.ranges import ParticleRanges

Floats = NDArray[np.float64]
_WAVELENGTH_NM = 0.00197  # of electrons of 300 keV
_SUPPORT_NM = 0.05  # standard deviation of the blur that a carbon atom's potential and its motion are
_MARGIN_PX = 32  # beyond the image, so that what leaves the transform's edge does not come in at the other
# Phase per nanometre of gold: mean inner potential of 20–30 V, and its lattice's strongest component, well oriented.
_MEAN_PHASE, _LATTICE_PHASE = (0.05, 0.2), (0.02, 0.14)
_ABSORPTION = (0.01, 0.06)  # per nanometre, of the amplitude
_SUPPORT_PHASE = (0.015, 0.11)  # standard deviation over a pixel of 0.04 nm, of films of a few nanometres
_ABSORBED_BY_SUPPORT = (0.0, 0.08)  # of the amplitude, by films of a few nanometres
_P_NO_FRINGES = 0.2  # of particles off any axis


def phase_object(
    rng: np.random.Generator,
    outlines: list[Outline],
    shape_hw: tuple[int, int],
    pixel_size_nm: float,
    ranges: ParticleRanges,
    support: Floats,
) -> Floats:
    """Electrons per pixel behind a weakly absorbing object whose phase is the sum of particles and support.

    Args:
        rng: of all draws.
        outlines: of the particles, in pixels of the image.
        shape_hw: of the image.
        pixel_size_nm: of it.
        ranges: of optics and dose.
        support: (H, W), thickness of the support, about 1.
    """
    margin = np.array([_MARGIN_PX, _MARGIN_PX])
    height, width = np.add(shape_hw, 2 * _MARGIN_PX).tolist()
    white = rng.normal(size=(height, width))
    film = ndimage.gaussian_filter(white, _SUPPORT_NM / pixel_size_nm)
    thickness_of_film = np.pad(support, _MARGIN_PX, mode="edge")
    phase = film / film.std() * log_uniform(rng, _SUPPORT_PHASE) * np.sqrt(thickness_of_film)
    absorbed = rng.uniform(*_ABSORBED_BY_SUPPORT) * thickness_of_film
    absorption = rng.uniform(*_ABSORPTION)
    mean, strength = rng.uniform(*_MEAN_PHASE), log_uniform(rng, _LATTICE_PHASE)
    for outline in outlines:
        thickness = _shifted(outline, margin).thickness((height, width)) * outline.radius_px * pixel_size_nm
        fringes = _lattice(rng, (height, width), pixel_size_nm, ranges) * strength * rng.uniform(0.4, 1.0)
        phase += thickness * (mean + fringes)
        absorbed += absorption * thickness
    wave = np.exp(1j * phase - absorbed)
    image = np.abs(fft.ifft2(fft.fft2(wave) * _transfer(rng, (height, width), pixel_size_nm, ranges))) ** 2
    return _inner(image)


def _shifted(outline: Outline, by_xy: Floats | NDArray[np.int64]) -> Outline:
    x, y = np.add(outline.centre_xy, by_xy).tolist()
    values = {name: getattr(outline, name) for name in outline.__dataclass_fields__}
    return Outline(**{**values, "centre_xy": (x, y)})


def _inner(image: Floats) -> Floats:
    return image[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX]


def _lattice(rng: np.random.Generator, shape_hw: tuple[int, int], pixel_nm: float, ranges: ParticleRanges) -> Floats:
    """The waves of one to three sets of planes, the strongest of height 1; 0 of a particle off any axis."""
    total = np.zeros(shape_hw)
    if rng.random() < _P_NO_FRINGES:
        return total
    y, x = np.ogrid[: shape_hw[0], : shape_hw[1]]
    spacing, direction = rng.uniform(*ranges.spacing_nm), rng.uniform(0, np.pi)
    for number in range(int(rng.integers(1, 4))):
        height = 1.0 if number == 0 else rng.uniform(0.3, 1.0)
        turned = direction + number * rng.uniform(np.pi / 4, np.pi / 2)
        apart = spacing * (1.0 if number == 0 else rng.uniform(0.85, 1.1))
        per_px = 2 * np.pi * pixel_nm / apart
        total += height * np.cos(per_px * (x * np.cos(turned) + y * np.sin(turned)) + rng.uniform(0, 2 * np.pi))
    return total


def _transfer(
    rng: np.random.Generator, shape_hw: tuple[int, int], pixel_nm: float, ranges: ParticleRanges
) -> NDArray[np.complex128]:
    """Of the objective lens: defocus, spherical aberration, astigmatism, and the envelope of the focal spread."""
    ky, kx = fft.fftfreq(shape_hw[0], pixel_nm)[:, None], fft.fftfreq(shape_hw[1], pixel_nm)[None]
    k2 = kx**2 + ky**2
    defocus = log_uniform(rng, ranges.defocus_nm) * rng.choice([-1, 1])
    astigmatism, direction = rng.exponential(3.0), rng.uniform(0, np.pi)  # nm; a good alignment leaves a few
    focus = defocus + astigmatism * np.cos(2 * (np.arctan2(ky, kx) - direction))
    cs_nm = 1e6 * (rng.uniform(0, 0.02) if rng.random() < 0.5 else rng.uniform(*ranges.cs_mm))
    chi = np.pi * _WAVELENGTH_NM * focus * k2 + np.pi / 2 * cs_nm * _WAVELENGTH_NM**3 * k2**2
    spread = rng.uniform(*ranges.focal_spread_nm)
    return np.asarray(np.exp(-1j * chi - (np.pi * _WAVELENGTH_NM * spread * k2) ** 2 / 2))


def shadows(
    rng: np.random.Generator, outlines: list[Outline], shape_hw: tuple[int, int], ranges: ParticleRanges
) -> Floats:
    """Intensity behind particles that only absorb, each by its own orientation, with the bright rim of a defocus."""
    darkness = np.zeros(shape_hw)
    common = log_uniform(rng, (0.15, 1.5))
    for outline in outlines:
        own = common * log_uniform(rng, (0.5, 2.0))
        bent = 1 + 0.3 * rng.random() * smooth_noise(rng, shape_hw, outline.radius_px / 2)
        darkness += own * outline.thickness(shape_hw) * np.maximum(bent, 0.2)
    soft = ndimage.gaussian_filter(darkness, log_uniform(rng, (0.4, 2.0)))
    rim = log_uniform(rng, (0.05, 1.5)) * ndimage.gaussian_laplace(soft, log_uniform(rng, (1.0, 3.0)))
    image = np.exp(-soft) + rim + rng.uniform(0, 0.06) * smooth_noise(rng, shape_hw, log_uniform(rng, (0.5, 3.0)))
    if rng.random() < ranges.p_bright:
        image = 1.05 - np.minimum(image, 1.0)
    return np.asarray(np.maximum(image, 1e-3))


def smooth_noise(rng: np.random.Generator, shape_hw: tuple[int, int], size_px: float) -> Floats:
    """Normal noise of a size, of standard deviation 1."""
    noise = ndimage.gaussian_filter(rng.normal(size=shape_hw), size_px)
    return np.asarray(noise / max(float(noise.std()), 1e-9))


def recorded(rng: np.random.Generator, intensity: Floats, ranges: ParticleRanges) -> Floats:
    """Counts of a camera: contrast as low as in images, electrons by chance, spread over neighbouring pixels."""
    mean = float(intensity.mean())
    contrast = rng.uniform(*ranges.contrast)
    expected = np.maximum(mean + contrast * (intensity - mean), 0) / mean
    counts = rng.poisson(expected * log_uniform(rng, ranges.dose_e_per_pixel)).astype(np.float64)
    return np.asarray(ndimage.gaussian_filter(counts, rng.uniform(0.2, 1.0)))
