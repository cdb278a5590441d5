from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import io

from samiam.colours import PALETTE, TINTS, Tint, colour_of, colour_overlay
from samiam.errors import InputError
from samiam.formats import write_overlay
from samiam.formats.writers.captions import _note, scale_bar
from samiam.formats.writers.numbering import label_places
from samiam.formats.writers.overlay import _entries
from samiam.records import Masks, Micrograph, Segmentation


def segmentation_of(labels: NDArray[np.integer]) -> Segmentation:
    return Segmentation(labels.astype(np.uint32), [], int(labels.max()), True, Masks.empty(labels.shape))


def halves(height: int, width: int) -> NDArray[np.uint32]:
    labels = np.ones((height, width), np.uint32)
    labels[:, width // 2 :] = 2
    return labels


@pytest.mark.parametrize(
    ("width_px", "pixel_size_nm", "length_px", "text"),
    [
        (512, 0.02, 100, "2 nm"),
        (1000, 1.0, 200, "200 nm"),
        (1000, 0.005, 200, "1 nm"),
        (1000, 0.0005, 200, "100 pm"),
        (1000, 5.0, 200, "1 µm"),
        (1000, 5e3, 200, "1 mm"),
        (1000, None, 200, "200 px"),
        (16, None, 5, "5 px"),
        (100, None, 20, "20 px"),
    ],
)
def test_scale_bar(width_px: int, pixel_size_nm: float | None, length_px: float, text: str) -> None:
    bar = scale_bar(width_px, pixel_size_nm)
    assert bar.length_px == pytest.approx(length_px)
    assert bar.text == text


@given(st.floats(-4, 4).map(lambda exponent: 10**exponent))
def test_scale_bar_is_round_and_about_a_fifth(size: float) -> None:
    bar = scale_bar(777, size)
    number, unit = bar.text.split()
    assert 0.12 < bar.length_px / 777 < 0.33
    assert f"{float(number):e}"[:1] in "125"
    assert float(number) * {"pm": 1e-3, "nm": 1, "µm": 1e3, "mm": 1e6}[unit] == pytest.approx(bar.length_px * size)


@pytest.mark.parametrize("grey", [0.0, 1.0])
def test_the_bar_in_the_picture_is_as_long_as_it_says(tmp_path: Path, grey: float) -> None:
    micrograph = Micrograph(np.full((512, 512), grey, np.float32), 0.02)
    path = write_overlay(tmp_path / "a.png", micrograph, segmentation_of(np.zeros((512, 512), int)))
    picture = io.imread(path)
    assert picture.shape[1:] == (512, 3)
    assert picture.dtype == np.uint8
    white = (picture[:512] == 255).all(axis=2)
    bar_rows = [row for row in white if 100 in _runs(row)]
    assert len(bar_rows) == 3, "2 nm at 0.02 nm per pixel are 100 pixels, white on any ground within a black rim"


@pytest.mark.parametrize(("side_px", "font_px", "rim_px"), [(512, 14, 1), (672, 19, 1), (1024, 29, 2)])
def test_the_rim_of_the_bar_is_a_tenth_of_the_letters(tmp_path: Path, side_px: int, font_px: int, rim_px: int) -> None:
    white, nothing = (
        Micrograph(np.ones((side_px, side_px), np.float32)),
        segmentation_of(np.zeros((side_px, side_px), int)),
    )
    picture = io.imread(write_overlay(tmp_path / "a.png", white, nothing))
    left_of_the_bar = picture[side_px - font_px - 1, :font_px]
    assert _runs((left_of_the_bar == 0).all(axis=1)) == [rim_px]


def test_the_bar_below_a_small_picture(tmp_path: Path) -> None:
    micrograph = Micrograph(np.ones((40, 400), np.float32), 0.02)
    path = write_overlay(tmp_path / "a.png", micrograph, segmentation_of(np.zeros((40, 400), int)))
    below = io.imread(path)[40:]
    black = (below == 0).all(axis=2)
    bar_rows = [row for row in black if 100 in _runs(row)]
    assert len(bar_rows) == 5
    assert len({int(np.flatnonzero(row)[0]) for row in bar_rows}) == 1


def _runs(inside: NDArray[np.bool_]) -> list[int]:
    """Lengths of the runs of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(int)))
    return (edges[1::2] - edges[::2]).tolist()


def test_tints() -> None:
    labels = halves(40, 60)
    labels[:10] = 0
    pixels = np.full((40, 60), 0.5, np.float32)
    tinted = colour_overlay(pixels, labels)
    assert tinted.shape == (40, 60, 3)
    assert tinted.dtype == np.uint8
    assert (tinted[:9] == 128).all(), "what is not segmented stays grey"
    for row_column, label in (((30, 5), 1), ((30, 50), 2)):
        expected = 0.55 * 127.5 + 0.45 * np.array(PALETTE[label - 1])
        np.testing.assert_allclose(tinted[row_column], expected, atol=1)
    np.testing.assert_allclose(tinted[30, 29], 0.05 * 127.5 + 0.95 * np.array(PALETTE[0]), atol=1)


def test_shapes_must_agree() -> None:
    with pytest.raises(InputError, match="do not fit"):
        colour_overlay(np.zeros((20, 20), np.float32), np.zeros((20, 21), int))


def test_colours_are_distinct_and_then_repeat() -> None:
    assert [colour_of(label) for label in range(1, 9)] == list(PALETTE)
    assert len({colour_of(label) for label in range(1, 25)}) == 24
    assert colour_of(25) == colour_of(1)
    distances = [np.abs(np.subtract(a, b)).sum() for i, a in enumerate(PALETTE) for b in PALETTE[:i]]
    assert min(distances) > 60


@pytest.mark.parametrize("shape", [(16, 16), (60, 100), (16, 700), (700, 16), (1200, 1300)])
@pytest.mark.parametrize("n_materials", [0, 1, 2])
@pytest.mark.parametrize("size", [None, 0.01])
def test_every_size_of_picture(tmp_path: Path, shape: tuple[int, int], n_materials: int, size: float | None) -> None:
    labels = np.minimum(halves(*shape), n_materials)
    pixels = np.linspace(0, 1, shape[0] * shape[1], dtype=np.float32).reshape(shape)
    path = write_overlay(tmp_path / "a.png", Micrograph(pixels, size), segmentation_of(labels))
    picture = io.imread(path)
    factor = picture.shape[1] // shape[1] if max(shape) < 384 else 1
    assert max(shape) * factor >= 384
    assert picture.shape[0] > shape[0] * factor, "the legend is below"
    below = picture[shape[0] * factor :]
    assert below.shape[0] < shape[0] * factor or min(shape) < 100, "the legend is not larger than the image"
    assert (below == 255).mean() > 0.3
    for label in range(1, n_materials + 1):
        assert (below == PALETTE[label - 1]).all(axis=2).any(), "each material has a swatch"


def test_the_legend_shows_names(tmp_path: Path) -> None:
    """The strip is that of the numbered materials but for the words; a long name is not cut."""
    labels, micrograph = halves(400, 400), Micrograph(np.zeros((400, 400), np.float32))

    def legend(*names: str | None) -> NDArray[np.uint8]:
        segmentation = replace(segmentation_of(labels), names=names)
        return np.asarray(io.imread(write_overlay(tmp_path / "a.png", micrograph, segmentation)))[400:]

    numbered, named = legend(None, None), legend("SrTiO3", None)
    assert numbered.shape == named.shape
    np.testing.assert_array_equal(legend("material 1", "material 2"), numbered)
    assert (named != numbered).any()
    wide = legend("a material with a name of sixty letters, more than would fit", None)
    assert wide.shape[1] > 400
    assert (wide[:, -10:] == 255).all()


def test_what_is_not_segmented_has_a_hollow_swatch(tmp_path: Path) -> None:
    """The strip is longer by one row where something is not segmented; nothing else is drawn in colour."""
    labels, micrograph = halves(512, 512), Micrograph(np.zeros((512, 512), np.float32))

    def legend(labels: NDArray[np.uint32]) -> NDArray[np.uint8]:
        return np.asarray(io.imread(write_overlay(tmp_path / "a.png", micrograph, segmentation_of(labels))))[512:]

    whole = legend(labels)
    labels[:16] = 0
    holed = legend(labels)
    is_colour = np.ptp(holed.astype(int), axis=2) > 60
    assert len(holed) >= len(whole)
    assert (holed != 255).any(axis=2).sum() > (whole != 255).any(axis=2).sum() + 100, "an entry more"
    assert len({tuple(colour) for colour in holed[is_colour].tolist()}) == 2, "the swatches of two materials"


def test_many_materials_wrap(tmp_path: Path) -> None:
    labels = np.repeat(np.arange(1, 21), 20)[None].repeat(400, axis=0)
    micrograph = Micrograph(np.zeros(labels.shape, np.float32))
    picture = io.imread(write_overlay(tmp_path / "a.png", micrograph, segmentation_of(labels)))
    assert picture.shape[1] == 400
    for label in range(1, 21):
        assert (picture[400:] == colour_of(label)).all(axis=2).any()


def test_what_is_not_shown_is_hatched_and_named(tmp_path: Path) -> None:
    shown = np.ones((400, 400), np.bool_)
    shown[:60] = False
    labels = np.where(shown, halves(400, 400), 0)
    words = {"left_out": "a frame of 59 px at the top; " + "and so on " * 9}
    micrograph = Micrograph(np.zeros((400, 400), np.float32), 0.02, metadata=words, shown=shown)
    picture = io.imread(write_overlay(tmp_path / "a.png", micrograph, segmentation_of(labels)))
    levels = np.unique(picture[:60, :400].reshape(-1, 3), axis=0)
    np.testing.assert_array_equal(levels, [[60] * 3, [225] * 3])
    without = io.imread(write_overlay(tmp_path / "b.png", Micrograph(micrograph.pixels, 0.02), segmentation_of(labels)))
    assert len(picture) > len(without) + 20
    assert picture.shape[1] == without.shape[1]


def test_words_stand_in_the_middle_of_their_row() -> None:
    rows = [np.asarray(_note(words, 400, 14)).min(axis=(1, 2)) < 128 for words in ("HEX", "HEX " * 20)]
    (first, last), lines = np.flatnonzero(rows[0])[[0, -1]], np.flatnonzero(np.diff(rows[1].astype(int)) == 1)
    assert (first + last) / 2 == pytest.approx(20 / 2, abs=1)  # 1.4 times the letters
    assert np.diff(lines).tolist() == [20]


def test_a_remark_stands_below_the_legend(tmp_path: Path) -> None:
    micrograph, nothing = Micrograph(np.zeros((400, 400), np.float32)), segmentation_of(np.zeros((400, 400)))
    without = io.imread(write_overlay(tmp_path / "a.png", micrograph, nothing))
    with_remark = io.imread(write_overlay(tmp_path / "b.png", micrograph, replace(nothing, remark="nothing but noise")))
    assert len(with_remark) > len(without) + 10
    np.testing.assert_array_equal(with_remark[: len(without)], without)
    assert (with_remark[len(without) :] < 128).any()


def test_lines_leave_the_lattice_as_it_is() -> None:
    labels, pixels = halves(64, 80), np.full((64, 80), 0.5, np.float32)
    labels[:20] = 0
    outlined = colour_overlay(pixels, labels, tint=TINTS["outline"])
    line = (outlined != 128).any(axis=2)
    assert not line[:20].any(), "what is not segmented stays grey"
    assert line[20:, 38:42].all()
    assert not line[23:, :37].any()
    for column, label in ((39, 1), (40, 2)):
        expected = 0.05 * 127.5 + 0.95 * np.array(PALETTE[label - 1])
        np.testing.assert_allclose(outlined[40, column], expected, atol=1)


def test_a_fill_has_no_lines_and_the_opacity_that_it_is_given() -> None:
    pixels = np.full((64, 80), 0.5, np.float32)
    filled = colour_overlay(pixels, halves(64, 80), tint=Tint(0.2, 0.2))
    assert len(np.unique(filled.reshape(-1, 3), axis=0)) == 2
    np.testing.assert_allclose(filled[5, 39], 0.8 * 127.5 + 0.2 * np.array(PALETTE[0]), atol=1)


class TestNumbers:
    def test_each_label_has_its_number_within_itself(self) -> None:
        labels = np.zeros((100, 200), np.uint32)
        labels[10:90, 10:90], labels[30:60, 30:60], labels[10:90, 120:190] = 1, 2, 3
        places = label_places(labels)
        assert [number for number, _ in places] == ["1", "2", "3"]
        for number, (x, y) in places:
            assert labels[int(y), int(x)] == int(number)

    @pytest.mark.parametrize("factor", [1, 11])
    def test_parts_have_it_if_there_is_room(self, factor: int) -> None:
        small = np.zeros((100, 100), np.uint32)
        small[:, :30], small[:, 60:90], small[50, 95] = 1, 1, 1
        places = label_places(small.repeat(factor, 0).repeat(factor, 1))
        columns = sorted(x / factor for _, (x, _) in places)
        assert len(places) == 2
        assert columns == pytest.approx([15, 75], abs=1.5)
        assert [number for number, _ in label_places((np.arange(100) == 5).astype(np.uint32)[None])] == ["1"]

    def test_too_many_have_none(self) -> None:
        assert label_places(np.arange(1, 201, dtype=np.uint32).reshape(10, 20)) == []
        assert label_places(np.zeros((9, 9), np.uint32)) == []

    def test_the_legend_tells_the_number_where_the_name_does_not(self) -> None:
        named = Segmentation(halves(40, 60), [], 2, True, Masks.empty((40, 60)), names=["Ge", None])
        assert [text.split("  ")[0] for text, _ in _entries(named)] == ["1: Ge", "material 2"]
