from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_stripes import labyrinth

from samiam.polar.inputs import as_in_paper, clipped, striped, working_shape
from samiam.polar.network import at_working_size, look_at, new_network, seen_by
from samiam.storage.weight_files import seeded

PIXELS, _ = labyrinth((60, 50), noise=1.0)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_scale_and_offset_do_not_matter(scale: float, offset: float) -> None:
    other = scale * PIXELS.astype(np.float64) + offset
    for seen in (striped, as_in_paper):
        assert np.abs(seen(other) - seen(PIXELS)).max() < 0.01 * max(1.0, abs(offset) / scale / 100)


def test_the_brightest_and_the_darkest_twentieth_are_clipped() -> None:
    ramp = np.arange(101.0)[None]
    expected = np.clip((ramp - 5) / 90, 0, 1)
    assert np.allclose(clipped(ramp), expected)
    assert (clipped(np.ones((3, 4))) == 0.5).all()


def test_our_network_sees_no_background() -> None:
    slope = np.linspace(0, 3, 50)[None]
    inner = slice(15, -15), slice(15, -15)
    assert np.corrcoef(striped(PIXELS + slope)[inner].ravel(), striped(PIXELS)[inner].ravel())[0, 1] > 0.95


def test_inversion_swaps_the_signs_that_are_seen() -> None:
    assert np.allclose(striped(1 - PIXELS), -striped(PIXELS), atol=1e-4)


def test_the_paper_looks_at_a_frame_as_it_is_and_we_at_a_period_of_12_px() -> None:
    ours, paper = new_network("ours").eval(), new_network("paper").eval()
    assert working_shape((100, 80), 24.0) == (50, 40)
    assert at_working_size(ours, PIXELS, 24.0).shape == (30, 25)
    assert at_working_size(paper, PIXELS, 24.0).shape == (60, 50)
    assert seen_by(paper, PIXELS).min() >= 0 > seen_by(ours, PIXELS).min()


@pytest.mark.parametrize(("variant", "shape", "period"), [("ours", (30, 25), 12.0), ("paper", (60, 50), 24.0)])
def test_maps_are_shares_of_their_pixels(variant: str, shape: tuple[int, int], period: float) -> None:
    network = seeded(0, lambda: new_network(variant)).eval()  # type: ignore[arg-type]
    maps = look_at(network, PIXELS, 24.0)
    assert maps.end.shape == maps.junction.shape == shape
    assert maps.period_px == period
    assert 0 < maps.end.min() <= maps.end.max() < 1
    assert not np.allclose(maps.end, maps.junction)
