from __future__ import annotations

import numpy as np
import pytest
from made_images import KINDS, LIMITS, Kind, as_jpeg, recorded, slow, two_lattices, with_data_bar, with_scale_bar

from samiam.artefacts.finding import find_artefacts


@pytest.mark.parametrize("at", ["bottom left", *slow("bottom right", "top left")])
@pytest.mark.parametrize("text", ["20 nm", ""])
@pytest.mark.parametrize("kind", [*KINDS, "jpeg"])
@pytest.mark.parametrize("is_white", [True, False])
def test_a_scale_bar_with_its_writing(kind: str, is_white: bool, text: str, at: str) -> None:
    image = two_lattices() if is_white else 1.2 - two_lattices()  # nobody draws a black bar on a black ground
    base: Kind = "uint8" if kind == "jpeg" else kind  # type: ignore[assignment]
    counts, truth = with_scale_bar(recorded(base, image), LIMITS[base][is_white], at=at, text=text)
    shown = find_artefacts(as_jpeg(counts) if kind == "jpeg" else counts).shown
    assert shown is not None
    assert not shown[truth].any()
    assert np.count_nonzero(~shown) < 0.08 * shown.size


@pytest.mark.parametrize("at", ["bottom", "top"])
@pytest.mark.parametrize("n_rows", [40, *slow(24, 58)])
@pytest.mark.parametrize("kind", [*KINDS, "jpeg"])
@pytest.mark.parametrize("is_white", [True, False])
def test_a_data_bar_that_no_file_tells_of(kind: str, is_white: bool, n_rows: int, at: str) -> None:
    base: Kind = "uint8" if kind == "jpeg" else kind  # type: ignore[assignment]
    ground, ink = sorted(LIMITS[base], reverse=is_white)
    counts = with_data_bar(recorded(base, two_lattices()), ground, ink, n_rows, at=at)
    found = find_artefacts(as_jpeg(counts) if kind == "jpeg" else counts)
    assert found.shown is not None
    shown = found.shown if at == "bottom" else found.shown[::-1]
    assert not shown[240:].any()
    assert shown[:236].all()
    assert found.words[0].startswith("a data bar of ")
    assert found.words[0].endswith(f" rows at the {at}")


def test_a_data_bar_that_the_file_tells_of() -> None:
    counts = recorded("uint16", two_lattices())  # no finder would see one in this
    found = find_artefacts(counts, data_bar_px=30)
    assert found.words == ("a data bar of 30 rows at the bottom",)
    assert found.shown is not None
    assert found.shown[:210].all()
    assert not found.shown[210:].any()


def test_a_bar_and_a_frame_and_hot_pixels() -> None:
    counts = recorded("uint16", two_lattices())
    counts[60:230:40, 70] = 65535
    counts, _ = with_scale_bar(counts, 65535, at="bottom right")
    counts = np.pad(counts, 7)
    found = find_artefacts(with_data_bar(counts, 0, 65535))
    assert [words.split(" of ")[0] for words in found.words] == [
        "a data bar",
        "a frame",
        "a scale bar in a box",
        "5 outlying pixels",
    ]
    assert found.shown is not None
    assert found.mended[found.shown].max() < 12000
