from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_layers import places, segmented
from numpy.typing import NDArray

from samiam.measurement import Measurements, measure
from samiam.measurement.layers.interfaces import correlation_length, roughness
from samiam.records import Micrograph


def measured(labels: NDArray[np.integer], micrograph: Micrograph) -> Measurements:
    return measure(segmented(labels, micrograph), micrograph)


def film(
    turn_deg: float, *, shape: tuple[int, int] = (240, 320), sides: tuple[float, float] = (0.05, 0.05)
) -> tuple[NDArray[np.int64], Micrograph]:
    """A film between two others, its normal turned from down towards the left."""
    x, y = places(shape, sides)
    angle = np.deg2rad(turn_deg)
    across = y * np.cos(angle) - x * np.sin(angle)
    labels = 1 + (across > -2).astype(int) + (across > 2)
    return labels, Micrograph(0.2 + 0.25 * (labels - 1), sides[0], pixel_aspect=sides[1] / sides[0])


@pytest.mark.parametrize(
    ("turn_deg", "sides"),
    [
        *((turn_deg, (0.05, 0.05)) for turn_deg in (0.0, 3.0, 60.0, 90.0, -20.0)),
        *((turn_deg, sides) for turn_deg in (30.0, 90.0) for sides in ((0.05, 0.1), (0.1, 0.05))),
    ],
)
def test_a_film_is_as_thick_whichever_way_it_lies(turn_deg: float, sides: tuple[float, float]) -> None:
    found = measured(*film(turn_deg, sides=sides)).layers
    assert found["thickness_is_lower_bound"].tolist() == [True, False, True]
    row = found.iloc[1]
    assert row["material"] == 2
    assert row["thickness_nm"] == pytest.approx(4.0, abs=min(sides))
    off = abs(row["tilt_deg"] + turn_deg) % 180
    assert min(off, 180 - off) < 0.5
    assert row["upper_roughness_rms_nm"] < 0.4 * max(sides)
    assert (row["upper_neighbour"], row["lower_neighbour"]) == ((1, 3) if abs(turn_deg) < 45 else (3, 1))


def test_lengths_are_in_pixels_where_their_size_is_unknown() -> None:
    labels, micrograph = film(0.0)
    found = measured(labels, Micrograph(micrograph.pixels))
    assert found.layers["thickness_px"].iloc[1] == pytest.approx(80)
    assert not [column for table in (found.regions, found.layers, found.lattices) for column in table if "nm" in column]


def test_a_bent_film_is_measured_along_its_normal() -> None:
    x, y = places((300, 400), (1, 1))
    radius = np.hypot(x, y + 600)
    labels = 1 + (radius > 580) + (radius > 620)
    row = measured(labels, Micrograph(0.3 * (labels - 1))).layers.iloc[1]
    assert row["thickness_px"] == pytest.approx(40, abs=0.5)
    assert row["upper_roughness_rms_px"] < 0.5


def test_parts_of_a_broken_film_are_one_layer() -> None:
    x, y = places((120, 320), (1, 1))
    across = y + 0.05 * x
    labels = np.where(across > 0, 2, 1)
    labels[(np.abs(across) < 10) & (x // 40 % 2 == 1)] = 3
    found = measured(labels, Micrograph(0.3 * (labels - 1))).layers
    row = found[found["material"] == 3].iloc[0]
    assert row["parts"] == 4
    assert row["coverage"] == pytest.approx(0.5, abs=0.05)
    assert row["thickness_px"] == pytest.approx(20, abs=1)


def test_layers_of_one_material_are_told_apart() -> None:
    labels = 1 + (np.indices((200, 200))[0] // 20) % 2
    found = measured(labels, Micrograph(labels / 4)).layers
    assert found["material"].tolist() == [1, 2] * 5
    assert found["thickness_px"].iloc[1:-1].tolist() == pytest.approx([20] * 8)
    assert found["thickness_is_lower_bound"].tolist() == [True, *[False] * 8, True]


def test_what_is_left_out_is_the_edge_of_the_image() -> None:
    labels, micrograph = film(0.0)
    shown = np.ones(labels.shape, bool)
    shown[:90] = False  # to within the film
    labels = np.where(shown, labels - 1, 0)
    found = measured(labels, Micrograph(micrograph.pixels, 0.05, shown=shown)).layers
    assert found["thickness_is_lower_bound"].all()
    assert pd.isna(found["upper_neighbour"].iloc[0])
    assert found["lower_neighbour"].dtype == "Int64"  # a table of them says 1, not 1.0


@pytest.mark.parametrize("sides", [(0.05, 0.05), (0.05, 0.1), (0.1, 0.05)])
@pytest.mark.parametrize("turn_deg", [0.0, 0.3, 1.0, -3.0, 12.0, -25.0, 90.3, 88.0, -78.0])
def test_a_layer_at_the_edge_is_a_wedge_up_to_it(turn_deg: float, sides: tuple[float, float]) -> None:
    """What lies between an interface and the edge of the image at an angle to it is as thick as geometry has it."""
    shape = round(24 / sides[1]), round(24 / sides[0])
    found = measured(*film(turn_deg, shape=shape, sides=sides)).layers
    off = np.deg2rad((turn_deg + 45) % 90 - 45)  # of the interface from the edge of the image
    for row in (found.iloc[0], found.iloc[-1]):
        assert row["thickness_is_lower_bound"]
        across = 12 / np.cos(off) - 2  # from the interface to the middle of the edge, which is beyond 12 nm
        over = row["measured_over_nm"]
        assert 20 < over <= 24 / np.cos(off) + min(sides)
        slanted = over * np.tan(np.abs(off))
        assert row["thickness_std_nm"] == pytest.approx(slanted / np.sqrt(12), rel=0.02, abs=0.5 * max(sides))
        assert row["thickness_nm"] == pytest.approx(
            across, abs=max(sides) + (24 / np.cos(off) - over) * np.tan(abs(off))
        )


def test_a_bar_across_the_interface_makes_a_layer_no_thinner() -> None:
    labels, micrograph = film(0.0)
    shown = np.ones(labels.shape, bool)
    shown[70:95, 100:220] = False  # the upper interface is at 80
    found = measured(np.where(shown, labels, 0), Micrograph(micrograph.pixels, 0.05, shown=shown)).layers
    assert found["thickness_nm"].tolist() == pytest.approx([4.0, 4.0, 4.0], abs=1e-3)
    assert found["thickness_std_nm"].tolist() == pytest.approx([0.0, 0.0, 0.0], abs=1e-3)
    assert found["measured_over_nm"].tolist() == pytest.approx([10.0, 10.0, 16.0])


@pytest.mark.parametrize("kind", ["nothing", "one material", "discs"])
def test_what_has_no_layers_has_none(kind: str) -> None:
    labels = np.full((120, 120), kind == "one material", int)
    if kind == "discs":
        x, y = (np.mod(place, 60) - 30 for place in places((120, 120), (1, 1)))
        labels = 1 + (np.hypot(x, y) < 20)
    found = measured(labels, Micrograph(np.full(labels.shape, 0.5)))
    assert len(found.layers) == 0
    assert found.picture().size[0] > 120


def rough_heights(n: int, rms: float, length: float) -> NDArray[np.float64]:
    """Heights with a correlation that falls to 1/e over a length."""
    wave = np.fft.rfftfreq(n)
    noise = np.fft.rfft(np.random.default_rng(0).normal(size=n))
    heights = np.fft.irfft(noise * np.exp(-((np.pi * wave * length) ** 2) / 2), n)  # correlation exp(−x²/length²)
    return rms * heights / heights.std()


def test_roughness_and_its_correlation() -> None:
    lines = np.arange(4096)
    heights = rough_heights(4096, 3.0, 25.0) + 0.2 * lines + 10
    assert roughness(lines * 1.0, heights, 1.0) == pytest.approx(3.0, rel=0.05)
    assert correlation_length(lines, heights, 1.0, 1.0) == pytest.approx(25.0, rel=0.1)
    kept = lines[(lines // 300) % 2 == 0]
    assert correlation_length(kept, heights[kept], 1.0, 1.0) == pytest.approx(25.0, rel=0.2)
    assert np.isnan(correlation_length(lines, 0.2 * lines, 1.0, 1.0))


def test_an_interface_is_as_rough_and_as_wide_as_it_was_made() -> None:
    """Flattened first, or roughness would be width."""
    shape, sides = (260, 1024), (0.02, 0.02)
    heights = 130 + rough_heights(1024, 4.0, 15.0) + 0.05 * np.arange(1024)
    y = np.indices(shape)[0]
    labels = 1 + (y > heights)
    blurred = 1 / (1 + np.exp(-1.702 * (y - heights) / 6))  # nearly an error function of 6 px
    noise = 0.02 * np.random.default_rng(1).normal(size=shape)
    found = measured(labels, Micrograph(np.clip(0.3 + 0.3 * blurred + noise, 0, 1), sides[0])).layers
    assert found["lower_roughness_rms_nm"].iloc[0] == pytest.approx(4 * 0.02, rel=0.1)
    assert found["lower_width_10_90_nm"].iloc[0] == pytest.approx(2.5631 * 6 * 0.02, rel=0.1)
    assert found["upper_width_10_90_nm"].iloc[1] == found["lower_width_10_90_nm"].iloc[0]
    assert np.isnan(found["lower_width_10_90_nm"].iloc[1])
