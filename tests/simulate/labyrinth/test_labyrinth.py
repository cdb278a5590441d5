"""Labyrinths: their equations against linear theory, their topology, what is drawn and seen, and that it stays so."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import euler_number

from samiam.skeletons import skeleton_of, skeleton_points
from simulate.labyrinth import LabyrinthConditions, Physics, VideoSettings, draw_frame, draw_video
from simulate.labyrinth.equations import drawn_equation
from simulate.labyrinth.evolution import GRID_PERIOD_PX, mean_period_px
from simulate.labyrinth.fields import Labyrinth
from simulate.labyrinth.pictures import Specimen, Window, drawn_view

PHYSICS: tuple[Physics, ...] = ("swift_hohenberg", "ginzburg_landau")
QUIET = LabyrinthConditions(
    period_px=(12, 12), wall=(1, 1), contrast_ratio=(1, 1), gradient=(0, 0), blotches=(0, 0), jitter_px=(0, 0),
    row_brightness=(0, 0), noise=(0, 0), drift=(0.1, 0.1), kick=(0.6, 0.6),
)  # fmt: skip
SMALL = VideoSettings(frames=3, size_px=128, conditions=QUIET)


@pytest.mark.parametrize("physics", PHYSICS)
def test_small_waves_grow_as_the_equation_says(physics: Physics) -> None:
    """σ(k) u is all that matters while u is small: a wave of the period of stripes grows, a much shorter one dies."""
    n, period = 120, int(GRID_PERIOD_PX)
    equation = drawn_equation(physics, np.random.default_rng(0), n)
    x = np.arange(n) / period * 2 * np.pi
    for wave, grows in ((np.cos(x), True), (np.cos(3 * x), False)):
        field = np.tile(1e-4 * wave, (n, 1)).astype(np.float32)
        assert (np.abs(equation.after(field, 20)).max() > 1e-4) == grows


@pytest.mark.parametrize("physics", PHYSICS)
def test_steps_half_as_long_lead_to_the_same_labyrinth(physics: Physics) -> None:
    labyrinth = Labyrinth(physics, np.random.default_rng(3), 64)
    labyrinth.relax(60)
    equation = drawn_equation(physics, np.random.default_rng(3), 64)
    whole = equation.after(labyrinth.field, 4)
    halves = replace(equation, step=equation.step / 2).after(labyrinth.field, 8)
    assert (whole - halves).std() < 0.02 * whole.std()


def test_ginzburg_landau_keeps_how_much_is_bright() -> None:
    labyrinth = Labyrinth("ginzburg_landau", np.random.default_rng(1), 128)
    before = labyrinth.field.mean()
    labyrinth.relax(50)
    assert labyrinth.field.mean() == pytest.approx(before, abs=1e-4)


def test_the_period_of_a_sine_is_its_period() -> None:
    rows = np.sin(np.arange(96) * 2 * np.pi / 12)
    assert mean_period_px(np.tile(rows, (96, 1)).astype(np.float32)) == pytest.approx(12, rel=1e-3)


def test_a_window_sees_a_periodic_field_between_its_pixels() -> None:
    """A sine, beyond the border of the grid too, where it is known."""
    n, period = 60, 12.0
    y, x = np.mgrid[:n, :n]
    field = (np.sin(2 * np.pi * y / period) + np.cos(2 * np.pi * x / period)).astype(np.float32)
    rows, columns = 50.3 + 0.4 * np.arange(70), -7.7 + 0.4 * np.arange(90)
    exact = np.sin(2 * np.pi * rows / period)[:, None] + np.cos(2 * np.pi * columns / period)[None]
    np.testing.assert_allclose(Window(n, (50.3, -7.7), 0.4, (70, 90)).of(field), exact, atol=0.02)


@pytest.mark.parametrize(
    ("physics", "sign"),
    [
        *(("swift_hohenberg", "bright"), ("ginzburg_landau", "dark")),
        *(pytest.param(*rest, marks=pytest.mark.slow) for rest in ((PHYSICS[0], "dark"), (PHYSICS[1], "bright"))),
    ],
)
def test_ends_less_arms_are_components_less_holes_in_every_frame(physics: Physics, sign: str) -> None:
    """Of the stripes of either sign, with pieces that the border cuts, and of what lies between them the other way.

    Dark stripes are what is not bright: components that touch at corners are one of the bright ones, and then none of
    the dark ones.
    """
    settings = VideoSettings(frames=4, size_px=160, physics=physics, sign=sign, conditions=QUIET)  # type: ignore[arg-type]
    for scene in draw_video(settings):
        skeleton = skeleton_of(scene.stripes, scene.period_px)
        outside = np.pad(~scene.stripes, 1, constant_values=True)
        holes = ndimage.label(outside)[1] - 1
        components = ndimage.label(scene.stripes, np.ones((3, 3)))[1]
        assert skeleton.euler_number == components - holes == euler_number(scene.stripes, connectivity=2)
        assert len(scene.points) == len(skeleton.points(scene.period_px)) > 10


@pytest.mark.parametrize("physics", PHYSICS)
def test_ends_and_junctions_of_a_frame(physics: Physics) -> None:
    scene = draw_frame(300, shape_hw=(200, 240), physics=physics, conditions=QUIET)
    assert scene.micrograph.shape_hw == scene.stripes.shape == (200, 240)
    assert 10 < len(scene.points.of_kind("end")) < 200
    np.testing.assert_array_equal(scene.points.positions_px, skeleton_points(scene.stripes, 12.0).positions_px)
    assert scene.points.positions_px.min() >= 12.0
    # Stripes are where it is bright.
    pixels = scene.micrograph.pixels
    assert np.mean((pixels > np.median(pixels)) == scene.stripes) > 0.95


def test_the_period_asked_for_is_that_of_the_picture() -> None:
    scene = draw_frame(5, shape_hw=(240, 240), conditions=QUIET)
    pixels = scene.micrograph.pixels
    assert mean_period_px(pixels - pixels.mean()) == pytest.approx(12, rel=0.06)


def test_dark_stripes_are_the_rest() -> None:
    """The same picture, another question."""
    bright, dark = (draw_frame(7, shape_hw=(96, 96), sign=sign) for sign in ("bright", "dark"))
    np.testing.assert_array_equal(bright.micrograph.pixels, dark.micrograph.pixels)
    np.testing.assert_array_equal(bright.stripes, ~dark.stripes)


def test_the_same_seed_draws_the_same_bytes_in_any_order() -> None:
    first = draw_frame(41, shape_hw=(96, 96)).micrograph.pixels.tobytes()
    others = {draw_frame(seed, shape_hw=(96, 96)).micrograph.pixels.tobytes() for seed in (33, 2000)}
    assert draw_frame(41, shape_hw=(96, 96)).micrograph.pixels.tobytes() == first
    assert len(others | {first}) == 3


def test_noise_is_that_of_a_period_of_27_pixels() -> None:
    """In σ of the stripes; coarser pixels see more electrons."""
    chosen = {"contrast_ratio": (1, 1), "gradient": (0, 0), "blotches": (0, 0), "jitter_px": (0, 0)}
    for period, expected in ((27, 2.0), (13.5, 1.0)):
        clean, noisy = (
            draw_frame(
                9,
                shape_hw=(128, 128),
                conditions=LabyrinthConditions(
                    **chosen, wall=(1, 1), row_brightness=(0, 0), period_px=(period, period), noise=(level, level)
                ),
            )
            for level in (0.0, 2.0)
        )
        pixels, scale = noisy.micrograph.pixels, 2 * (2 + 3.5 * expected)
        change = scale * (pixels - 0.5) - 4 * (clean.micrograph.pixels - 0.5)
        assert change.std() == pytest.approx(expected, rel=0.05)


def test_contrast_changes_over_eight_periods_and_blotches_over_three() -> None:
    """Their autocorrelation, on a grid with room for hundreds of each, is 1/e there."""
    rng = np.random.default_rng(0)
    conditions = LabyrinthConditions(contrast_ratio=(8, 8), blotches=(0.6, 0.6))
    specimen = Specimen(drawn_view(conditions, rng), rng, 1500)
    for slow, periods in ((np.log(specimen.contrast), 8), (specimen.blotches, 3)):
        varying = slow - slow.mean()
        lag = round(periods * GRID_PERIOD_PX)
        shifted = [np.roll(varying, lag, axis) for axis in (0, 1)]
        assert np.mean(shifted * varying) / varying.var() == pytest.approx(np.exp(-1), abs=0.12)


def test_a_video_drifts_as_it_says_and_changes_by_and_by() -> None:
    """Shifted back by the offset each frame is nearly the first; not quite, since the probe moves stripes."""
    scenes = list(draw_video(SMALL))
    assert [scene.frame for scene in scenes] == [0, 1, 2]
    assert len({scene.video for scene in scenes}) == 1
    first = scenes[0].micrograph.pixels
    for scene in scenes[1:]:
        offset = scene.parameters["offset_px"]
        back = ndimage.shift(scene.micrograph.pixels, np.negative(offset))[16:-16, 16:-16]
        moved = scene.micrograph.pixels[16:-16, 16:-16]
        own = first[16:-16, 16:-16]
        correlation = np.corrcoef(back.ravel(), own.ravel())[0, 1]
        assert 0.8 < correlation < 0.9999
        assert correlation > np.corrcoef(moved.ravel(), own.ravel())[0, 1]


def test_a_video_can_be_begun_anywhere() -> None:
    video = draw_video(SMALL)
    last = list(video)[-1]
    again = next(islice(video.frames_from(2), 1))
    np.testing.assert_array_equal(last.micrograph.pixels, again.micrograph.pixels)
    assert again.frame == 2


@pytest.mark.slow
def test_the_probe_rearranges_stripes() -> None:
    """Some ends come and go from frame to frame, most stay: what is linked and counted afterwards."""
    video = draw_video(VideoSettings(frames=12, size_px=400, conditions=QUIET))
    counts = [len(scene.points.of_kind("end")) for scene in video]
    changes = np.abs(np.diff(counts))
    assert (changes > 0).mean() > 0.3
    assert changes.max() < 0.3 * np.mean(counts)
