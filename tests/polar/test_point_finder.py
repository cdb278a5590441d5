from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from samiam.errors import InputError
from samiam.networks.unet import PaddedNetwork
from samiam.polar import PointFinderOptions, build_point_finder
from samiam.polar.finder import NetworkFinder, points_among
from samiam.polar.network import HeatMaps, facts_of, new_network, read_network
from samiam.polar.peaks import peaks_of
from samiam.polar.settings import PointCalibration
from samiam.records.polar_scene import Kind
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import add_to_card, seeded, write_weights


class Spots(PaddedNetwork):
    """Says that stripes end where a frame is bright, and that they meet where it is dark."""

    def __init__(self) -> None:
        super().__init__({"end": 1, "junction": 1}, stride=2)
        self.steep = torch.nn.Parameter(torch.tensor(6.0))

    def maps(self, images: Tensor) -> Tensor:
        mean = functional.avg_pool2d(images, 11, stride=1, padding=5)  # the tops of the spots are clipped
        return torch.cat([mean - 0.3, -mean - 0.3], dim=1) * self.steep


def spots(shape_hw: tuple[int, int], bright: list[tuple[float, float]], dark: list[tuple[float, float]]) -> np.ndarray:
    """Grey with bright and dark Gaussians at rows and columns; the weaker the later."""
    y, x = np.indices(shape_hw)
    pixels = np.full(shape_hw, 0.5)
    for sign, places in ((0.4, bright), (-0.4, dark)):
        for nth, (row, column) in enumerate(places):
            pixels += sign * (1 - 0.05 * nth) * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 18)
    return pixels.astype(np.float32)


def near(found: np.ndarray, expected: list[tuple[float, float]]) -> float:
    """The farthest that any expected place is from what is found."""
    return float(max(np.hypot(*(found - place).T).min() for place in np.array(expected)))


ENDS, JUNCTIONS = [(20.3, 30.6), (60.0, 22.5)], [(40.5, 60.25)]


def test_peaks_are_found_between_pixels_the_highest_first() -> None:
    y, x = np.indices((50, 60))
    heat = sum(high * np.exp(-((y - r) ** 2 + (x - c) ** 2) / 8) for high, r, c in [(0.6, 12.3, 20.7), (0.9, 30.5, 40)])
    places, heights = peaks_of(np.asarray(heat, np.float32), 0.3, 12.0)
    assert np.abs(places - [[30.5, 40], [12.3, 20.7]]).max() < 0.1
    assert heights == pytest.approx([0.72, 0.48], abs=0.03)  # a Gaussian of σ 2 px, blurred by one of 1 px: 4/5
    assert len(peaks_of(np.asarray(heat, np.float32), 0.6, 12.0)[0]) == 1
    assert len(peaks_of(np.zeros((20, 20), np.float32), 0.3, 12.0)[0]) == 0


def test_two_peaks_nearer_than_a_quarter_of_a_period_are_one() -> None:
    y, x = np.indices((40, 80))
    for apart, n in ((6, 2), (3, 1)):
        heat = sum(np.exp(-((y - 20) ** 2 + (x - c) ** 2) / 2) for c in (40, 40 + apart))
        assert len(peaks_of(np.clip(heat, 0, 1).astype(np.float32), 0.3, 16.0)[0]) == n


@pytest.mark.parametrize("period_px", [6.0, 12.0, 24.0])
def test_points_lie_on_the_pixels_of_the_frame_whatever_its_period(period_px: float) -> None:
    pixels = spots((80, 90), ENDS, JUNCTIONS)
    scale = period_px / 12
    grown = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    found = NetworkFinder(Spots().eval(), PointCalibration(least_end=0.5, least_junction=0.5)).find(grown, period_px)
    for kind, expected in (("end", ENDS), ("junction", JUNCTIONS)):
        places = (found.of_kind(kind).positions_px + 0.5) / scale - 0.5  # type: ignore[arg-type]
        assert near(places, expected) < 0.7
    assert (np.diff(found.scores) <= 0).all()


def test_the_thresholds_decide_of_each_kind() -> None:
    pixels = spots((80, 90), ENDS, JUNCTIONS)
    few = NetworkFinder(Spots().eval(), PointCalibration(least_end=0.5, least_junction=0.999)).find(pixels, 12.0)
    assert len(few.of_kind("end")) >= 2
    assert len(few.of_kind("junction")) == 0


class Stripes(PaddedNetwork):
    """Says that there is a stripe where a frame is bright, and anywhere that it may end or meet others."""

    def __init__(self) -> None:
        super().__init__({"end": 1, "junction": 1, "stripe": 1}, stride=2)
        self.steep = torch.nn.Parameter(torch.tensor(8.0))

    def maps(self, images: Tensor) -> Tensor:
        unsure = torch.full_like(images, -0.6)
        return torch.cat([unsure, unsure, self.steep * images], dim=1)


@pytest.mark.parametrize("kind", ["end", "junction"])
@pytest.mark.parametrize("period_px", [9.0, 12.0, 24.0])
def test_stripes_that_a_network_sees_end_and_meet_where_they_do(period_px: float, kind: Kind) -> None:
    """One more stripe on the right: a bright one ends, or a dark one does."""
    y, x = np.indices((180, 200)) - np.array([90, 100])[:, None, None]
    sign = 1 if kind == "end" else -1
    dislocated = 0.5 + 0.4 * sign * np.cos(2 * np.pi * y / period_px + np.arctan2(y, x))
    found = NetworkFinder(Stripes().eval(), PointCalibration(0.3, 0.3, "stripes")).find(
        dislocated.astype(np.float32), period_px
    )
    middle = found.select(np.hypot(*(found.positions_px - [90, 100]).T) < 2 * period_px)
    assert len(middle) == 1
    assert len(middle.of_kind(kind)) == 1
    assert np.abs(middle.positions_px - [90, 100]).max() < period_px


def test_a_network_without_a_map_of_stripes_has_peaks_only() -> None:
    finder = NetworkFinder(Spots().eval(), PointCalibration(places="stripes"))
    with pytest.raises(InputError, match="no map of stripes; give 'peaks'"):
        finder.find(spots((80, 90), ENDS, JUNCTIONS), 12.0)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "polar.safetensors"
    write_weights(path, seeded(0, lambda: new_network("ours")).state_dict(), facts_of("ours"), {})
    add_to_card(path, calibration={**asdict(PointCalibration(least_end=0.3, least_junction=0.6)), "frames": 3})
    return path


def test_weights_of_one_s_own(weights: Path) -> None:
    made = build_point_finder(PointFinderOptions(weights=weights, least_junction=0.7))
    assert made.options == {
        "least_end": 0.3,
        "least_junction": 0.7,
        "places": "peaks",
        "weights_sha256": sha256_of(weights),
    }
    assert repr(made).startswith("NetworkFinder(weights ")
    pixels = spots((80, 90), ENDS, JUNCTIONS)
    plain = NetworkFinder(read_network(weights), PointCalibration(least_end=0.3, least_junction=0.3)).find(pixels, 12.0)
    fused = build_point_finder(PointFinderOptions(weights=weights, least_junction=0.3)).find(pixels, 12.0)
    assert len(plain) == len(fused) > 0
    assert np.abs(plain.scores - fused.scores).max() < 1e-3


def test_weights_that_do_not_fit_are_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not of variant=paper of it"):
        read_network(weights, variant="paper")
    other = tmp_path / "other.safetensors"
    write_weights(other, new_network("ours").state_dict(), {**facts_of("ours"), "network": "particles"}, {})
    with pytest.raises(InputError, match="weights of 'particles' ours, not of the network that finds ends and junct"):
        read_network(other)
    add_to_card(weights, calibration=None)
    with pytest.raises(InputError, match=r"does not say which peaks are points; train .* experiment=polar`"):
        build_point_finder(PointFinderOptions(weights=weights))
    with pytest.raises(InputError, match="no such file"):
        build_point_finder(PointFinderOptions(weights=tmp_path / "missing.safetensors"))


def test_an_end_that_is_sure_and_far_from_all_traced_stripes_is_one_too() -> None:
    """A stripe too faint to be traced: only the map of ends says where it ends."""
    y, x = np.indices((96, 96))
    stripe = np.where(np.abs(y - 20) < 3, 0.9, 0.1).astype(np.float32)
    end = 0.8 * np.exp(-((y - 70) ** 2 + (x - 40) ** 2) / 8).astype(np.float32)
    maps = HeatMaps(end, np.zeros_like(end), 12.0, stripe)
    inner = points_among(maps, PointCalibration(0.2, 0.2, "stripes"))
    assert near(inner.positions_px, [(70.0, 40.0)]) < 0.5
    assert not inner.is_junction.any()
    close = HeatMaps(
        np.roll(end, -48, axis=0), np.zeros_like(end), 12.0, np.where(x < 41, stripe, 0.1).astype(np.float32)
    )
    assert len(points_among(close, PointCalibration(0.2, 0.2, "stripes"))) == 1  # the traced end, and no other
