from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulate.phase_objects import ParticleRanges, drawn_particles
from simulate.phase_objects.imaging import phase_object
from simulate.phase_objects.outlines import Outline, draw_outlines

CIRCLE = Outline((60.0, 50.0), 20.0, np.zeros((0, 2)), np.zeros((0, 2)), 1.0, 0.0, 0.5)
ONE_LATTICE = ParticleRanges(p_empty=0, p_shadows=0, p_edge=0, spacing_nm=(0.24, 0.24), pixel_size_nm=(0.04, 0.04))


def test_a_sphere_by_hand() -> None:
    thickness = CIRCLE.thickness((100, 120))
    assert np.count_nonzero(thickness) == pytest.approx(np.pi * 20**2, rel=0.01)
    assert thickness[50, 60] == pytest.approx(1.0)
    assert thickness[50, 72] == pytest.approx(np.sqrt(1 - (12 / 20) ** 2))


def test_a_long_one_and_a_square() -> None:
    long = replace(CIRCLE, aspect=4.0, turn=np.pi / 2).thickness((100, 120)) > 0
    assert (np.ptp(np.flatnonzero(long.any(1))) + 1, np.ptp(np.flatnonzero(long.any(0))) + 1) == pytest.approx(
        (80, 20), abs=1
    )
    facets = np.array([[turn * np.pi / 2, 0.7] for turn in range(4)])
    square = replace(CIRCLE, facets=facets).thickness((100, 120)) > 0
    assert np.count_nonzero(square) == pytest.approx(28**2, rel=0.06)


def test_what_the_border_cuts_is_the_same_within() -> None:
    whole = CIRCLE.thickness((100, 120))
    part = replace(CIRCLE, centre_xy=(10.0, 5.0)).thickness((40, 40))
    assert np.allclose(part, whole[45:85, 50:90])
    assert not replace(CIRCLE, centre_xy=(-90.0, 5.0)).thickness((40, 40)).any()


def test_particles_keep_apart_or_touch() -> None:
    def gaps(p_touching: float) -> list[float]:
        outlines = draw_outlines(np.random.default_rng(0), (400, 400), np.full(12, 25.0), p_touching)
        centres = np.array([outline.centre_xy for outline in outlines])
        distances = np.linalg.norm(centres[:, None] - centres, axis=2) + 1e9 * np.eye(len(centres))
        return (distances.min(axis=1) / 50).tolist()

    assert min(gaps(0.0)) > 1.0
    assert 0.8 <= min(gaps(1.0)) < 1.0


def test_the_same_seed_the_same_bytes() -> None:
    first, again, other = (drawn_particles(seed, shape_hw=(96, 80)) for seed in (5, 5, 6))
    assert first.micrograph.pixels.tobytes() == again.micrograph.pixels.tobytes()
    assert first.masks.packed.tobytes() == again.masks.packed.tobytes()
    assert first.micrograph.pixels.tobytes() != other.micrograph.pixels.tobytes()
    assert first.micrograph.shape_hw == (96, 80)


def test_kinds() -> None:
    nothing = [drawn_particles(seed, shape_hw=(64, 64), ranges=ParticleRanges(p_empty=1)) for seed in range(3)]
    assert [len(scene.masks) for scene in nothing] == [0, 0, 0]
    shadows = drawn_particles(1, shape_hw=(128, 128), ranges=ParticleRanges(p_empty=0, p_shadows=1, p_bright=0))
    pixels, inside = shadows.micrograph.pixels, np.logical_or.reduce(shadows.masks[:])
    assert pixels[inside].mean() < pixels[~inside].mean() - 0.1
    assert (shadows.parameters["kind"], float(shadows.micrograph.pixel_size_nm or 0) > 0.1) == ("shadows", True)
    bright = drawn_particles(1, shape_hw=(128, 128), ranges=ParticleRanges(p_empty=0, p_shadows=1, p_bright=1))
    pixels, inside = bright.micrograph.pixels, np.logical_or.reduce(bright.masks[:])
    assert pixels[inside].mean() > pixels[~inside].mean() + 0.1


def test_fringes_are_where_the_particle_is_and_as_far_apart_as_its_planes() -> None:
    rng = np.random.default_rng(3)
    outline = replace(CIRCLE, centre_xy=(128.0, 128.0), radius_px=70.0)
    ranges = replace(ONE_LATTICE, defocus_nm=(6.0, 6.0), cs_mm=(0.0, 0.01), focal_spread_nm=(1.5, 1.5))
    image = phase_object(rng, [outline], (256, 256), 0.04, ranges, np.zeros((256, 256)))
    power = np.abs(np.fft.rfft2((image - image.mean()) * np.outer(np.hanning(256), np.hanning(256)))) ** 2
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None])
    power[frequency < 0.08] = 0
    assert 1 / frequency.ravel()[power.argmax()] == pytest.approx(6.0, rel=0.05)
    rough = np.abs(image - np.roll(image, 3, axis=1))
    inside = outline.thickness((256, 256)) > 0.5
    assert rough[inside].mean() > 5 * rough[~(outline.thickness((256, 256)) > 0)][:2000].mean()
