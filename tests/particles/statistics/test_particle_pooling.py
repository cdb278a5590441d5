"""The statistics as a whole: what counts, what is said of it, and what is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_particles import made_particles, simulated_images
from numpy.typing import NDArray
from refusals import refusal

from samiam.errors import InputError
from samiam.particles import (
    Dropped,
    FaultDetection,
    Particles,
    ParticleStatistics,
    StatisticsOptions,
    particle_statistics,
)
from samiam.particles.statistics.faults import round_edges
from samiam.particles.statistics.pooling import pool

FEW = StatisticsOptions(resamples=100)
GRID = [(12.0 + 16 * column, 12.0 + 16 * row, 9.0 + column) for row in range(3) for column in range(4)]


def image(number: int, classes: tuple[str, ...] = (), **given: object) -> Particles:
    """Twelve discs and one that the edge cuts."""
    said = (*classes, "no fault") if classes else ()
    return made_particles([*GRID, (0, 60, 8)], (64, 80), classes=said, name=f"image {number}", **given)


SAID = ("stacking fault", "no fault", "no fringe", "unsure") * 2 + ("agglomeration", "empty", "no fault", "no fault")


@pytest.fixture(scope="module")
def six() -> ParticleStatistics:
    return particle_statistics(
        [image(number, SAID, dropped=[Dropped("too small", 3, 9, (0, 0, 1, 1))]) for number in range(6)], FEW
    )


def test_what_counts_and_what_does_not(six: ParticleStatistics) -> None:
    assert (len(six.particles), six.n) == (78, 60)
    assert [(one.reason, one.n, one.is_particle) for one in six.excluded] == [
        ("agglomeration", 6, True),
        ("empty", 6, True),
        ("touches the edge", 6, True),
        ("too small", 6, False),
    ]
    assert six.faults is not None
    assert six.faults.counts == {"no fault": 24, "stacking fault": 12, "no fringe": 12, "unsure": 12}
    assert (six.faults.n_told, six.faults.n_faulty) == (36, 12)
    assert six.faults.untold.value == pytest.approx(0.4, abs=0.02)
    assert sum(one.n for one in six.faults.by_size) == 60
    assert six.faults.corrected is None
    assert six.remarks == ()


def test_particles_of_a_size_that_the_edge_cuts_more_count_for_more(six: ParticleStatistics) -> None:
    order = np.argsort(six.diameters_nm)
    assert (np.diff(six.weights[order]) >= -1e-9).all()
    assert six.diameter.mean.value > six.diameters_nm.mean()


def test_it_shows_itself(six: ParticleStatistics) -> None:
    mean = six.diameter.mean
    assert repr(six) == (
        f"ParticleStatistics(60 of 78 particles in 6 images, mean diameter {mean.value:.3g} nm "
        f"[{mean.low:.3g}, {mean.high:.3g}], faulty {six.faults.share.text('.0%')})"  # type: ignore[union-attr]
    )
    assert six.picture().size == (1408, 462)
    assert six._repr_png_()[:4] == b"\x89PNG"
    table = six.table().set_index("quantity")
    assert table.loc["diameter_nm mean"].tolist() == [mean.value, mean.low, mean.high]
    assert table.loc["class no fringe", "value"] == 12
    assert six.by_size()["n"].sum() == 60


def test_saved(six: ParticleStatistics, tmp_path: Path) -> None:
    six.save(tmp_path / "all.json")
    noted = json.loads((tmp_path / "all.json").read_text(), parse_constant=pytest.fail)
    assert noted["summaries"][0]["mean"]["value"] == six.diameter.mean.value
    assert noted["faults"]["n_faulty"] == 12
    six.save(tmp_path / "all.csv")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "all.csv"), six.table())


def test_without_classes_there_are_no_faults() -> None:
    found = particle_statistics([image(0)], FEW)
    assert found.faults is None
    assert found.by_size().empty
    assert "faulty" not in repr(found)
    assert found.picture().width == 704
    assert found.remarks[0].startswith("With fewer than 5 images the intervals of sizes are over particles")


@pytest.mark.parametrize(("n_filled", "is_over_images"), [(1, False), (2, False), (4, False), (5, True)])
def test_images_without_a_counted_particle_are_no_units(n_filled: int, *, is_over_images: bool) -> None:
    """Neither bare noise nor what the edge cuts says how much images differ."""
    filled = [image(number, SAID) for number in range(n_filled)]
    bare = [made_particles([], name="bare"), made_particles([(0, 60, 8)], classes=("no fault",), name="cut")]
    found = particle_statistics([*filled, *bare], FEW)
    assert found.faults is not None
    assert found.is_over_images == found.faults.has_intervals_of_trend == is_over_images
    assert found.diameter.mean.high > found.diameter.mean.low or is_over_images  # the filled ones are alike
    assert math.isnan(found.faults.spearman.low) != is_over_images
    said = f"With fewer than 5 images with counted particles ({n_filled} of {n_filled + 2} have some) the intervals of"
    assert any(remark.startswith(said) for remark in found.remarks) != is_over_images


def test_images_without_a_told_particle_are_no_units_of_the_trend() -> None:
    unsure = ("unsure",) * len(SAID)
    found = particle_statistics([image(number, SAID if number < 4 else unsure) for number in range(6)], FEW)
    assert found.is_over_images
    assert found.faults is not None
    assert found.faults.n_images == 4
    assert math.isfinite(found.faults.spearman.value)
    assert math.isnan(found.faults.spearman.low)
    assert math.isnan(found.faults.slope_per_nm.low)
    assert any(
        remark.startswith("Of correlation and slope there are no intervals: in 4 of 6 images")
        for remark in found.remarks
    )


def test_particles_outside_of_the_bins_are_said() -> None:
    found = [image(number, SAID) for number in range(2)]
    for edges, said in (((0.2, 0.4), True), ((0.0, 50.0), False)):
        remarks = particle_statistics(found, StatisticsOptions(bin_edges_nm=edges, resamples=100)).remarks
        assert any(remark.startswith(f"Outside of the size bins, {edges[0]:g} to ") for remark in remarks) == said
    with pytest.raises(InputError, match="a bin has no width"):
        StatisticsOptions(bin_edges_nm=(1.0, 1.0, 3.0))
    with pytest.raises(InputError, match="2 at least"):
        StatisticsOptions(bin_edges_nm=(1.0,))


def test_one_image_needs_no_list_and_what_is_none_is_refused() -> None:
    assert repr(particle_statistics(image(0), FEW)) == repr(particle_statistics([image(0)], FEW))
    with pytest.raises(InputError, match="int: is no Particles"):
        particle_statistics([1], FEW)  # type: ignore[list-item]


def test_some_without_classes_are_said() -> None:
    found = particle_statistics([image(0), image(1, SAID)], FEW)
    assert found.faults is None
    assert "Faults are not counted: 1 image of 2 have no fault classes." in found.remarks


def test_no_particle_at_all() -> None:
    found = particle_statistics([made_particles([])], FEW)
    assert repr(found) == "ParticleStatistics(0 of 0 particles in 1 image, mean diameter –)"
    assert found.remarks == ("No whole particle was found.",)
    assert math.isnan(found.diameter.mean.value)
    assert found.picture().width > 0


def test_sources_of_pixel_sizes_that_differ_are_said() -> None:
    others = [image(1, pixel_size_from="fringes"), image(2)]
    found = particle_statistics([image(0), *others], FEW)
    expected = (
        "Pixel sizes are of different sources: from the file for 2 images, estimated from lattice fringes for 1 image."
    )
    assert found.remarks[0] == expected


def test_images_too_small_for_their_particles_are_said() -> None:
    found = particle_statistics([made_particles([(31, 31, 60), (9, 9, 5), (55, 55, 5), (9, 55, 5)], (64, 64))], FEW)
    assert any("nearly as large as the images" in remark for remark in found.remarks)


def test_an_image_counts_once() -> None:
    said = refusal(lambda: particle_statistics([image(0), image(1), image(0)]))
    assert said == "image 0 and image 0 are the same image; give it once."
    assert refusal(lambda: particle_statistics([])) == "there is no image to make statistics of; give one or more."


def test_images_of_one_name_are_told_apart() -> None:
    twins = [replace(one, micrograph=replace(one.micrograph, name="gold")) for one in (image(0), image(1), image(2))]
    assert particle_statistics(twins, FEW).images == ("gold", "gold (2)", "gold (3)")


def test_detection_is_that_of_the_results_unless_given() -> None:
    own, given = FaultDetection(50, 45, 50, 45), FaultDetection(50, 50, 50, 50)
    images = [image(number, SAID, detection=own) for number in range(2)]
    assert particle_statistics(images, FEW).detection == own
    found = particle_statistics(images, FEW, detection=given)
    assert found.detection == given
    assert found.faults is not None
    assert found.faults.corrected is not None
    assert found.faults.corrected.value == pytest.approx(found.faults.share.value)
    mixed = [images[0], image(1, SAID, detection=given)]
    assert particle_statistics(mixed, FEW).detection is None


def test_a_share_below_nothing_is_said() -> None:
    poor = FaultDetection(faulty=50, found=45, faultless=50, cleared=30)
    found = particle_statistics([image(number, SAID) for number in range(2)], FEW, detection=poor)
    assert found.faults is not None
    assert found.faults.corrected is not None
    assert found.faults.corrected.value == 0
    assert any("and was put to 0%: fewer are said to be faulty than" in remark for remark in found.remarks)


def test_images_that_differ_widen_the_intervals_and_say_so() -> None:
    def half(diameters: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(len(diameters), 0.5)

    rng = np.random.default_rng(2)
    found = pool(simulated_images(rng, n_images=8, per_image=30, window_nm=40, p_fault=half, differ=3.0), FEW)
    assert found.faults is not None
    assert found.faults.alike > 0.2
    assert any(remark.startswith("Faults are alike within images (correlation 0.") for remark in found.remarks)
    n = found.faults.n_told
    assert found.faults.share.high - found.faults.share.low > 2 * 2 * 1.96 * math.sqrt(0.25 / n)


@pytest.mark.parametrize(
    ("diameters", "edges"),
    [
        ([2.0, 2.0], (2.0, 2.05)),
        (np.linspace(0.21, 0.89, 50), (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)),
        ([*np.linspace(4, 5, 98), 1.0, 30.0], (1.0, 4.2, 4.4, 4.6, 4.8, 30.0)),
        ([], ()),
    ],
)
def test_round_edges(diameters: list[float], edges: tuple[float, ...]) -> None:
    assert round_edges(np.array(diameters, float)) == edges


@pytest.mark.parametrize("seed", range(20))
def test_round_edges_hold_every_particle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    diameters = rng.lognormal(rng.uniform(-3, 3), rng.uniform(0, 1), rng.integers(1, 200))
    edges = round_edges(diameters)
    assert edges[0] <= diameters.min() <= diameters.max() <= edges[-1]
    assert 1 <= len(edges) - 1 <= 10
    assert list(edges) == sorted(set(edges))


def test_given_edges_leave_the_others_in_no_bin() -> None:
    options = StatisticsOptions(bin_edges_nm=(1.0, 1.1), resamples=100)
    found = particle_statistics([image(number, SAID) for number in range(2)], options)
    assert found.faults is not None
    (only,) = found.faults.by_size
    inside = (found.diameters_nm >= 1.0) & (found.diameters_nm <= 1.1)
    assert only.n == inside.sum() < found.n
