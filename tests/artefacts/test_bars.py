from __future__ import annotations

import numpy as np
import pytest
from made_images import (
    KINDS,
    LIMITS,
    Kind,
    as_jpeg,
    lettered,
    recorded,
    slow,
    two_lattices,
    with_boxed_bar,
    with_data_bar,
    with_plate,
    with_scale_bar,
)

from samiam.artefacts.data_bar import find_data_bar
from samiam.artefacts.finding import find_artefacts
from samiam.errors import InputError
from samiam.records import Micrograph


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


@pytest.mark.parametrize("at", ["bottom", "top"])
@pytest.mark.parametrize("rim_px", [(1, 0, 1), (1, 2, 1), *slow((1, 1, 1), (0, 2, 3), (2, 3, 3), (3, 0, 0))])
@pytest.mark.parametrize("quality", [None, *slow(95, 85)])
@pytest.mark.parametrize("levels", [(255, 0), (243, 0), *slow((0, 255))])
def test_a_data_bar_in_a_box_with_specimen_around(
    levels: tuple[int, int], quality: int | None, rim_px: tuple[int, int, int], at: str
) -> None:
    behind, left, right = rim_px
    counts = recorded("uint8", two_lattices((320, 420)))
    counts = with_boxed_bar(counts, *levels, behind=behind, left=left, right=right)
    counts = counts if quality is None else as_jpeg(counts, quality)
    found = find_artefacts(counts if at == "bottom" else counts[::-1])
    assert found.shown is not None
    shown = found.shown if at == "bottom" else found.shown[::-1]
    first = 320 - 40 - behind
    assert not shown[first + (quality is not None) :].any()
    assert shown[: first - (8 if quality else 0)].all()
    assert len(found.words) == 1


def test_a_line_in_a_vacuum_is_no_box() -> None:
    image = recorded("uint8", two_lattices())
    image[180:] = 0
    image[np.random.default_rng(0).integers(182, 236, 60), np.arange(10, 310, 5)] = 255
    image[200:236, 100:130] = 90
    assert find_data_bar(image) is None
    image[-2] = 40
    assert find_data_bar(image) is None


@pytest.mark.parametrize("data_bar_px", [0, 40])
def test_nothing_but_a_data_bar(data_bar_px: int) -> None:
    counts = with_data_bar(np.full((240, 320), 7, np.uint8), 0, 255)
    with pytest.raises(InputError, match=r"^is blank but for a data bar of 40 rows at the bottom: every pixel .* 7,"):
        find_artefacts(counts, data_bar_px=data_bar_px)
    with pytest.raises(InputError, match=r"^scan: is blank"):
        Micrograph.from_array(counts, name="scan")


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


@pytest.mark.parametrize("at", ["bottom", "top"])
@pytest.mark.parametrize("font", ["pil 10", "pil 12", "pil 16", "cv 0.4", "cv 0.5"])
@pytest.mark.parametrize("quality", [None, 90, *slow(60, 30)])
@pytest.mark.parametrize("is_white", [True, False])
def test_a_data_bar_with_thin_letters(is_white: bool, quality: int | None, font: str, at: str) -> None:
    bar = lettered((40, 320), font, "Sample A / 2021-03-04")
    bar = bar if is_white else 255 - bar
    image = recorded("uint8", two_lattices())
    counts = np.concatenate([image, bar] if at == "bottom" else [bar, image])
    found = find_artefacts(counts if quality is None else as_jpeg(counts, quality))
    assert found.shown is not None
    shown = found.shown if at == "bottom" else found.shown[::-1]
    assert not shown[240:].any()
    assert shown[:232].all()


@pytest.mark.parametrize("level", [30, 120, 255])
@pytest.mark.parametrize("quality", [None, 90, *slow(60)])
def test_a_data_bar_beside_vacuum(level: int, quality: int | None) -> None:
    image = recorded("uint8", two_lattices())
    image[190:] = level
    counts = np.concatenate([image, lettered((40, 320), "pil 16", "HV 200 kV  HAADF")])
    found = find_artefacts(counts if quality is None else as_jpeg(counts, quality))
    assert found.words == ("a data bar of 40 rows at the bottom",)


def test_the_tips_of_a_surface_are_no_letters() -> None:
    image = recorded("uint8", two_lattices(), noise=0)
    image[:50] = 0
    image[46:50, 20:300:12] = 255
    assert find_artefacts(image).words == ()


@pytest.mark.parametrize("at", ["bottom left", "top right", *slow("bottom right", "top left")])
@pytest.mark.parametrize("text", ["5 nm", ""])
@pytest.mark.parametrize("quality", [None, *slow(90, 60)])
@pytest.mark.parametrize("levels", [(0, 255), (255, 0), (0, 200)])
def test_the_plate_under_a_scale_bar(levels: tuple[int, int], quality: int | None, text: str, at: str) -> None:
    counts, truth = with_plate(recorded("uint8", two_lattices()), *levels, at=at, text=text)
    found = find_artefacts(counts if quality is None else as_jpeg(counts, quality))
    assert found.shown is not None
    assert not found.shown[truth].any()
    assert np.count_nonzero(~found.shown) < 1.4 * np.count_nonzero(truth)


@pytest.mark.parametrize("outline_px", [1, 2])
@pytest.mark.parametrize("offset_px", [0, 2])
@pytest.mark.parametrize("is_white", [True, False])
def test_the_outline_or_the_shadow_of_a_scale_bar(is_white: bool, offset_px: int, outline_px: int) -> None:
    counts = recorded("uint8", two_lattices())
    around = outline_px if not offset_px else 0
    drawn = np.s_[206 - around : 214 + around + offset_px, 20 - around : 120 + around + offset_px]
    counts[206 - around + offset_px : 214 + around + offset_px, 20 - around + offset_px : drawn[1].stop] = (
        0 if is_white else 255
    )
    counts[206:214, 20:120] = 255 if is_white else 0
    found = find_artefacts(counts)
    assert found.shown is not None
    assert not found.shown[drawn].any()
    assert np.count_nonzero(~found.shown) < 3000


def test_two_scale_bars_are_the_specimen() -> None:
    counts = recorded("uint8", two_lattices())
    counts[206:214, 20:120] = counts[20:28, 200:300] = 255
    assert find_artefacts(counts).words == ()


def test_a_flat_rectangle_without_a_bar_is_the_specimen() -> None:
    counts = recorded("uint8", two_lattices())
    counts[180:225, 30:150] = 0
    counts[195:210, 60:75] = 255
    assert find_artefacts(counts).words == ()
