"""Charts hold what the tables hold: bars and points are read back from the figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from made_rows import alone, baseline, boosted
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from samiam.benchmark.report import charts
from samiam.benchmark.report.charts import write_charts
from samiam.benchmark.report.tables import everything
from samiam.benchmark.rows import Row
from samiam.colours import PALETTE

PAIR = [
    *(alone(1, "a", 0.5, mfpr=0.25), boosted(1, "a", 0.75, mfpr=0.125)),
    *(alone(1, "b", 0.25, mfpr=0.25), boosted(1, "b", 1.0, mfpr=0.0)),
    *(alone(3, "c", 0.125, mfpr=0.5, boundary_mfpr=0.75), boosted(3, "c", 0.0, mfpr=0.0)),
]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """The figures that `write_charts` makes, by name; they are not written, which takes longest."""
    figures: dict[str, Figure] = {}
    make = charts._drawn

    def kept(table: object) -> Iterator[tuple[str, str, Figure]]:
        for name, caption, figure in make(table):  # type: ignore[arg-type]
            figures[name] = figure
            yield name, caption, figure

    monkeypatch.setattr(charts, "_drawn", kept)
    monkeypatch.setattr(charts, "write_figure", lambda path, _: path)
    return figures


def bars(axes: Axes) -> list[Rectangle]:
    """By place from the left."""
    found = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return sorted(found, key=lambda bar: bar.get_x())


def rgb(colour: object) -> tuple[int, ...]:
    return tuple(round(255 * channel) for channel in mpl.colors.to_rgb(colour))  # type: ignore[arg-type]


def names(rows: list[Row]) -> set[str]:
    return {name for name, _, _ in charts._drawn(everything(rows))}


def test_what_a_run_has_data_for() -> None:
    always = {"miou", "mfpr"}
    assert names(PAIR) == always
    assert names([*PAIR, alone(1, "a", 0.5, generator="b")]) == always | {"methods", "methods-boundaries"}
    two = [*PAIR, alone(1, "a", 0.5, generator="b"), boosted(1, "a", 0.5, generator="b")]
    several = {"methods", "methods-boundaries", "changes"}
    assert names(two) == always | several | {"generators"}
    assert names([*PAIR, boosted(1, "a", 0.5, "variant")]) == always | several
    assert names([*PAIR, baseline(1, "a", 0.5)]) == always | several
    assert names([*PAIR, alone(1, "a", 0.5, condition="half dose")]) == always | {"conditions"}
    assert names([*PAIR, alone(1, "d", 0.5, labelling_s=3.0)]) == always | {"labelling"}
    assert names([alone(1, "a", 0.5)]) == always
    assert names([]) == set()


def test_bars_are_the_means(drawn: dict[str, Figure], tmp_path: Path) -> None:
    write_charts(tmp_path, everything(PAIR))
    whole, edges = drawn["miou"].axes
    assert [bar.get_height() for bar in bars(whole)] == pytest.approx([0.375, 0.875, 0.125, 0.0])
    assert [bar.get_height() for bar in bars(edges)] == pytest.approx([0.335, 0.835, 0.085, -0.04])
    assert [label.get_text() for label in whole.get_xticklabels()] == ["1\nn = 2", "3\nn = 1"]
    assert [rgb(bar.get_facecolor()) for bar in bars(whole)] == [*PALETTE[:2], *PALETTE[:2]]
    assert [text.get_text() for text in drawn["miou"].legends[0].get_texts()] == ["sam", "sam + booster"]
    assert whole.get_ylim() == edges.get_ylim() == (0, 1)


def test_no_bar_is_cut_off(drawn: dict[str, Figure], tmp_path: Path) -> None:
    """The boundaries' are the higher ones here, and each generator's higher than that of the one before."""
    more = [alone(3, "c", 0.5, mfpr=0.95, generator="b"), boosted(3, "c", 0.5, generator="b")]
    rows = [alone(3, "c", 0.125, mfpr=0.5, boundary_mfpr=0.75), boosted(3, "c", 0.0, mfpr=0.25, boundary_mfpr=0.0)]
    write_charts(tmp_path, everything([*rows, *more]))
    for name, highest in (("mfpr", 0.75), ("generators", 0.95)):
        axes = drawn[name].axes[-1]
        assert bars(axes)[0].get_height() == highest
        assert axes.get_ylim()[0] == 0
        assert axes.get_ylim()[1] > highest


def test_error_bars_are_intervals_and_one_image_has_none(drawn: dict[str, Figure], tmp_path: Path) -> None:
    write_charts(tmp_path, everything(PAIR))
    whole = drawn["miou"].axes[0]
    (first, *_) = (container for container in whole.containers if hasattr(container, "has_yerr"))
    segments = first.lines[2][0].get_segments()
    np.testing.assert_allclose(segments[0][:, 1], [0.25, 0.5])  # of two images: from the one to the other
    assert segments[1].size == 0


def test_a_method_has_one_colour(drawn: dict[str, Figure], tmp_path: Path) -> None:
    rows = [*PAIR, boosted(1, "a", 0.5, "variant"), alone(1, "a", 0.5, condition="half dose")]
    rows += [alone(1, "a", 0.5, generator="b"), boosted(1, "a", 0.5, generator="b")]
    write_charts(tmp_path, everything(rows))
    colours = dict(zip(dict.fromkeys(row.method for row in rows), PALETTE, strict=False))
    for name in ("miou", "generators", "conditions"):
        for axes in drawn[name].axes:
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
                artist = handle[0]
                colour = artist.get_facecolor() if isinstance(artist, Rectangle) else artist.get_color()
                assert rgb(colour) == colours[label], (name, label)


def test_all_methods_by_name(drawn: dict[str, Figure], tmp_path: Path) -> None:
    rows = [*PAIR, boosted(1, "a", 0.625, "variant"), baseline(1, "a", 0.125)]
    write_charts(tmp_path, everything(rows))
    axes = drawn["methods"].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["sam alone", "booster", "variant", "kmeans"]
    points = [container.lines[0].get_xydata()[0].tolist() for container in axes.containers]
    assert points == [[0.375, 0], [0.875, 1], [0.625, 2], [0.125, 3]]
    assert axes.get_title() == "difficulty 1"
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the generator alone at the top
    assert [axes.get_title() for axes in drawn["methods"].axes[:3]] == ["difficulty 1", "difficulty 3", "all images"]


def test_differences_to_the_first(drawn: dict[str, Figure], tmp_path: Path) -> None:
    rows = [*PAIR, boosted(1, "a", 0.625, "variant"), baseline(1, "a", 0.125), baseline(3, "c", 0.5)]
    write_charts(tmp_path, everything(rows))
    axes = drawn["changes"].axes
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["variant", "kmeans"]
    in_first, in_third, in_all = (
        [container.lines[0].get_xdata()[0] for container in panel.containers] for panel in axes[:3]
    )
    assert in_first == pytest.approx([-12.5, -62.5])
    assert in_third == pytest.approx([float("nan"), 50], nan_ok=True)
    assert in_all == pytest.approx([-12.5, -6.25])
    assert axes[0].get_xlabel() == "mIoU (points)"


def test_labelling_times(drawn: dict[str, Figure], tmp_path: Path) -> None:
    """Every method has a row of the scene; its time counts once."""
    times = {("a", 1): 20.0, ("b", 1): 40.0, ("c", 3): 300.0}
    rows = [row(d, s, 0.5, labelling_s=t) for (s, d), t in times.items() for row in (alone, boosted)]
    write_charts(tmp_path, everything(rows))
    (axes,) = drawn["labelling"].axes
    dots = [line.get_ydata().tolist() for line in axes.lines if line.get_marker() == "o"]
    assert dots == [[20.0, 40.0], [300.0]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1\nn = 2", "3\nn = 1"]


def test_conditions_in_the_order_of_the_run(drawn: dict[str, Figure], tmp_path: Path) -> None:
    rows = [
        row
        for condition, loss in (("whole", 0.0), ("half", 0.125), ("a tenth", 0.25))
        for row in (alone(1, "a", 0.5 - loss, condition=condition), boosted(1, "a", 0.75 - loss, condition=condition))
    ]
    write_charts(tmp_path, everything(rows))
    axes = drawn["conditions"].axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["whole", "half", "a tenth"]
    lines = [container.lines[0].get_ydata().tolist() for container in axes.containers]
    assert lines == [[0.5, 0.375, 0.25], [0.75, 0.625, 0.5]]


@pytest.mark.slow  # what every run has is written below, too
def test_every_chart_can_be_written(tmp_path: Path) -> None:
    rows = [*PAIR, boosted(1, "a", 0.5, "variant"), alone(1, "a", 0.5, condition="half dose", labelling_s=3.0)]
    rows += [alone(1, "a", 0.5, generator="b", labelling_s=4.0), boosted(1, "a", 0.5, generator="b")]
    written = write_charts(tmp_path, everything(rows))
    assert {path.stem.removeprefix("chart-") for path in written.values()} == {
        *("miou", "mfpr", "methods", "methods-boundaries", "changes", "generators", "conditions", "labelling"),
    }
    for path in written.values():
        with Image.open(path) as picture:
            assert picture.format == "PNG"


def test_the_same_bytes_whatever_the_user_s_settings(tmp_path: Path) -> None:
    first = write_charts(tmp_path / "first", everything(PAIR))
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "pink", "savefig.dpi": 30}):
        second = write_charts(tmp_path / "second", everything(PAIR))
        assert mpl.rcParams["font.size"] == 30
    assert list(first) == list(second)
    for one, other in zip(first.values(), second.values(), strict=True):
        assert one.read_bytes() == other.read_bytes()
        with Image.open(one) as picture:
            assert picture.format == "PNG"
            assert "Software" not in picture.info
