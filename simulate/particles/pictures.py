"""Pictures of exit waves: optics and a camera are drawn anew for each."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.records import Masks, Micrograph
from samiam.records.particle_scene import Particle, ParticleScene
from simulate.imaging.hrtem import counted, expected_spectrum, image_of, intensity_spectrum
from simulate.imaging.hrtem.spectra import Complexes, Floats
from simulate.imaging.stem.detector import EXPOSED_PERCENTILES
from simulate.particles.conditions import Exposure, ParticleConditions, draw_exposure
from simulate.particles.visibility import fault_d_prime, fringe_d_prime
from simulate.particles.waves import MARGIN_A, ExitWave, WaveParticle

_D_PRIME_PIXEL_A = 0.2  # twice as fine as the wave's, so that nothing of the intensity is lost
_LEAST_VISIBLE_PX = 20  # of a particle's mask: less is no particle to look for
_AROUND_A = 5.0  # of a particle, in which its fault is looked for


def picture(
    wave: ExitWave,
    conditions: ParticleConditions | None = None,
    seed: int = 0,
    *,
    shape_hw: tuple[int, int] | None = None,
    pixel_size_nm: float | None = None,
    d_prime: bool = True,
) -> ParticleScene:
    """A micrograph of a specimen, with its truth.

    Args:
        wave: of the specimen.
        conditions: from which optics and camera are drawn.
        seed: of all draws; the same seed gives the same bytes.
        shape_hw: height and width in pixels, at a random place of the specimen; as much as there is where None.
        pixel_size_nm: of the picture; drawn from the conditions where None. It becomes the nearest of which a whole
            number fits into the wave, within 0.2 %.
        d_prime: whether to measure how far faults and fringes stand out of the noise, which takes as long again.

    Raises:
        InputError: if the picture is larger than the specimen.
    """
    rng = np.random.default_rng(seed)
    exposure = draw_exposure(conditions or ParticleConditions(), wave.energy_kV, rng)
    wanted_nm = exposure.pixel_size_nm if pixel_size_nm is None else pixel_size_nm
    n_px = round(wave.extent_A / (10 * wanted_nm)) if wanted_nm > 0 else 0
    if n_px < 8:
        raise InputError(f"pixel_size_nm={pixel_size_nm}: give a size above 0, of which many fit into the specimen.")
    pixel_A = wave.extent_A / n_px
    rows, columns = _window(wave, pixel_A, n_px, shape_hw, rng)
    spectrum = _expected(wave.waves, wave, exposure, n_px)
    expected = image_of(spectrum, n_px)[rows, columns] * _illumination(exposure, (rows, columns))
    counts = counted(rng, expected, pixel_A, exposure.camera)
    outlines = [p.outline.sampled(*(_centres(span, pixel_A) for span in (rows, columns))) for p in wave.particles]
    seen = [index for index, mask in enumerate(outlines) if mask.sum() >= _LEAST_VISIBLE_PX]
    measured = dict.fromkeys(seen, (np.nan, np.nan))
    if d_prime:
        shown_A = np.array([(span.start * pixel_A, span.stop * pixel_A) for span in (rows, columns)])
        measured = _measured(wave, spectrum, exposure, n_px, seen, shown_A)
    low, high = (float(count) for count in np.percentile(counts, EXPOSED_PERCENTILES))
    pixels = np.clip((counts - low) / max(high - low, 1e-6), 0, 1)
    micrograph = Micrograph(pixels, pixel_A / 10, f"{wave.specimen}_{seed}")
    particles = [_told(wave.particles[index], *measured[index]) for index in seen]
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    masks = Masks.from_arrays((outlines[index] for index in seen), shape)
    parameters = {
        **{name: value for name, value in asdict(exposure).items() if name != "pixel_size_nm"},
        "pixel_size_nm": pixel_A / 10,
        "top_left_px": [rows.start, columns.start],
        "seed": seed,
        "split": wave.split,
        "particles": [_facts(wave.particles[index]) for index in seen],
    }
    return ParticleScene(micrograph, masks, particles, wave.specimen, parameters)


def _window(
    wave: ExitWave, pixel_A: float, n_px: int, shape_hw: tuple[int, int] | None, rng: np.random.Generator
) -> tuple[slice, slice]:
    """Rows and columns of the picture in the wave, without the margin."""
    margin = int(np.ceil(MARGIN_A / pixel_A))
    room = n_px - 2 * margin
    height, width = shape_hw or (room, room)
    if not (0 < height <= room and 0 < width <= room):
        raise InputError(
            f"shape_hw={shape_hw}: {wave.specimen} shows {room} × {room} pixels of {pixel_A / 10:.4g} nm; "
            "give fewer, or smaller ones."
        )
    top, left = (margin + int(rng.integers(0, room - side + 1)) for side in (height, width))
    return slice(top, top + height), slice(left, left + width)


def _expected(waves: NDArray[np.complex64], wave: ExitWave, exposure: Exposure, n_px: int) -> Complexes:
    """The noise-free picture, as a spectrum."""
    spectrum = intensity_spectrum(waves, wave.extent_A, exposure.lens, n_px)
    return expected_spectrum(spectrum, wave.extent_A, wave.extent_A / n_px, exposure.camera)


def _illumination(exposure: Exposure, window: tuple[slice, slice]) -> Floats:
    """Around 1, from one side of the picture to the other."""
    y, x = (np.linspace(-0.5, 0.5, span.stop - span.start, dtype=np.float32) for span in window)
    angle = np.deg2rad(exposure.uneven_deg)
    return np.asarray(1 + exposure.unevenness * (np.cos(angle) * x + np.sin(angle) * y[:, None]), np.float32)


def _centres(span: slice, pixel_A: float) -> NDArray[np.float64]:
    return (np.arange(span.start, span.stop) + 0.5) * pixel_A


def _measured(
    wave: ExitWave,
    spectrum: Complexes,
    exposure: Exposure,
    n_px: int,
    seen: list[int],
    shown_A: NDArray[np.float64],
) -> dict[int, tuple[float, float]]:
    """d′ of the fault and of the fringes in what is shown of each particle, between `shown_A` in y and x."""
    n_fine = round(wave.extent_A / _D_PRIME_PIXEL_A)
    fine_A = wave.extent_A / n_fine
    whole = image_of(spectrum, n_fine)
    is_faulted = any(wave.particles[index].stacking != "none" for index in seen)
    without = image_of(_expected(wave.fault_free, wave, exposure, n_px), n_fine) if is_faulted else whole
    dose = exposure.camera.dose_e_per_A2
    found = {}
    for index in seen:
        particle = wave.particles[index]
        window, mask = _around(particle, fine_A, n_fine, shown_A)
        fault = 0.0
        if particle.stacking != "none":
            fault = fault_d_prime(whole[window], without[window], mask, fine_A, dose)
        diameter_A = 10 * particle.diameter_nm
        fringes = fringe_d_prime(whole[window], mask, particle.reflections_per_A, diameter_A, fine_A, dose)
        found[index] = fault, fringes
    return found


def _around(
    particle: WaveParticle, pixel_A: float, n_px: int, shown_A: NDArray[np.float64]
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Where a particle lies in the fine picture, with a margin, and where in that it is shown."""
    reach = int(np.ceil(_AROUND_A / pixel_A))
    spans = []
    for first, side in zip(particle.outline.top_left_px, particle.outline.mask.shape, strict=True):
        spans.append(slice(max(0, first - reach), min(n_px, first + side + reach)))
    y, x = (_centres(span, pixel_A) for span in spans)
    is_shown = [(places > low) & (places < high) for places, (low, high) in zip((y, x), shown_A, strict=True)]
    return (spans[0], spans[1]), particle.outline.sampled(y, x) & is_shown[0][:, None] & is_shown[1]


def _told(particle: WaveParticle, fault: float, fringes: float) -> Particle:
    return Particle(particle.material, particle.stacking, fault, fringes, particle.tilt_deg)


def _facts(particle: WaveParticle) -> dict[str, object]:
    """What the record has no place for."""
    return {
        "shape": particle.shape,
        "view": particle.view,
        "diameter_nm": particle.diameter_nm,
        "reflections_per_A": particle.reflections_per_A.tolist(),
    }
