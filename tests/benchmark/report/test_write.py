"""What a report says, read back from its files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest
from made_rows import alone, boosted
from PIL import Image

from samiam.benchmark.report import write as report_module
from samiam.benchmark.report.charts import write_charts
from samiam.benchmark.report.tables import per_image, stages, summarise
from samiam.benchmark.report.write import write_report
from samiam.benchmark.rows import Row
from samiam.records import Decision

STAGES = {"generation": (0.5, 800.0), "removal": (0.25, 900.0)}
ROWS = [
    alone(2, "c", 0.2, peak_mb=50.0, stages={"generation": (0.5, 800.0)}),
    boosted(2, "c", 0.3, peak_mb=60.0, stages=STAGES),
    alone(1, "a", 0.4, peak_mb=900.0),
    boosted(1, "a", 0.8, peak_mb=901.5, masks=2),
    alone(1, "b", 0.5, peak_mb=300.0, masks=21),
    boosted(1, "b", 0.7, peak_mb=800.0, masks=3, n_materials=4, n_materials_given=False),
]
LOG = [Decision(0, "kept", "majority_vote", 0.9, 0.5, material=1), Decision(1, "removed", "tiny_child", 0.01, 0.05)]


def made_picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4)).save(path)
    return path


@pytest.fixture(autouse=True)
def _no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes most of the time; one test has it done."""

    def one(folder: Path, table: pd.DataFrame) -> dict[str, Path]:
        return {} if table.empty else {"A caption.": made_picture(folder / "chart-made.png")}

    monkeypatch.setattr(report_module, "write_charts", one)


def write(folder: Path, rows: list[Row], **options: Any) -> tuple[str, str]:
    """What `write_report` returns, and the report that it wrote."""
    tables = write_report(folder, rows, options.pop("facts", {}), options.pop("pictures", {}), **options)
    return tables, (folder / "report.md").read_text(encoding="utf-8")


def parsed(report: str, title: str) -> pd.DataFrame:
    """The first Markdown table of a section."""
    section = report.partition(f"## {title}\n\n")[2].partition("\n## ")[0]
    lines = [line for line in section.partition("\n\n")[0].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return pd.DataFrame(cells[2:], columns=cells[0])


def sections(report: str) -> list[str]:
    return re.findall(r"^## (.+)$", report, re.MULTILINE)


def test_sections_in_order(tmp_path: Path) -> None:
    agreement = pd.DataFrame({"images": [2], "miou": [0.9321]})
    rows = [*ROWS, alone(1, "a", 0.3, condition="half dose"), boosted(1, "a", 0.4, condition="half dose")]
    _, report = write(
        tmp_path,
        rows,
        pictures={"a": made_picture(tmp_path / "a.png")},
        agreement=agreement,
        failures=[("d", "is empty")],
    )
    assert sections(report) == [
        *("What the columns say", "Whole masks", "Boundaries", "Gain over the generator alone (points)", "Cost"),
        *("Number of materials", "Agreement of the annotators", "Robustness", "Charts", "Worst images", "Failures"),
    ]
    assert parsed(report, "Agreement of the annotators").to_numpy().tolist() == [["2", "0.932"]]
    assert pd.read_csv(tmp_path / "agreement.csv")["miou"].tolist() == [0.9321]


def test_nothing_is_said_of_what_a_run_does_not_have(tmp_path: Path) -> None:
    _, report = write(tmp_path, [alone(1, "a", 0.5)])
    assert sections(report) == ["What the columns say", "Whole masks", "Boundaries", "Cost", "Charts"]
    assert not (tmp_path / "agreement.csv").exists()
    assert not (tmp_path / "robustness.csv").exists()


def test_facts_stand_first(tmp_path: Path) -> None:
    tables, report = write(tmp_path, ROWS, facts={"command": "python evaluate.py", "images": "3"})
    assert report.startswith(
        "# Benchmark\n\n- command: `python evaluate.py`\n- images: 3\n\n## What the columns say\n\n"
    )
    assert tables in report


def test_means_with_intervals_in_each_class_and_in_all(tmp_path: Path) -> None:
    tables, _ = write(tmp_path, ROWS)
    whole, edges = parsed(tables, "Whole masks"), parsed(tables, "Boundaries")
    assert whole[["difficulty", "method", "images"]].to_numpy().tolist() == [
        [difficulty, method, images]
        for difficulty, images in (("1", "2"), ("2", "1"), ("all", "3"))
        for method in ("sam", "sam + booster")
    ]
    assert whole["mIoU ↑"].tolist() == [
        *("0.450 (0.400 … 0.500)", "**0.750 (0.700 … 0.800)**", "0.200", "**0.300**"),
        *("0.367 (0.200 … 0.500)", "**0.600 (0.300 … 0.800)**"),
    ]
    assert whole["mFPR ↓"].tolist()[:2] == ["**0.420 (0.370 … 0.470)**", "0.720 (0.670 … 0.770)"]
    assert whole["masks"].tolist()[:2] == ["15.5", "2.5"]
    assert edges["boundary mIoU ↑"].tolist()[2:4] == ["0.160", "**0.260**"]


def test_what_the_page_says_is_in_the_files(tmp_path: Path) -> None:
    tables, _ = write(tmp_path, [*ROWS, boosted(1, "a", 0.1, "variant")])
    scores = pd.read_csv(tmp_path / "scores.csv")
    shown = parsed(tables, "Whole masks")
    assert [f"{value:.3f}" for value in scores["miou"]] == [
        cell.strip("*").partition(" ")[0] for cell in shown["mIoU ↑"]
    ]
    summary = pd.read_csv(tmp_path / "summary.csv")
    of_classes = scores[scores["difficulty"] != "all"]
    assert of_classes["mrecall"].tolist() == pytest.approx(summary["mrecall"].tolist())
    changes = pd.read_csv(tmp_path / "variants.csv")
    against = parsed(tables, "Against sam + booster (points)")
    assert [f"{value:+.1f}" for value in changes["miou"]] == [cell.partition(" ")[0] for cell in against["mIoU ↑"]]


def test_gain_by_hand(tmp_path: Path) -> None:
    tables, _ = write(tmp_path, ROWS)
    gain = parsed(tables, "Gain over the generator alone (points)")
    assert gain["difficulty"].tolist() == ["1", "2", "all"]
    assert set(gain["method"]) == {"booster − alone"}
    # 1: (0.8 + 0.7) / 2 - (0.4 + 0.5) / 2 = 0.30;  2: 0.3 - 0.2;  all: (0.4 + 0.2 + 0.1) / 3
    for name in ("mIoU ↑", "mFPR ↓", "boundary mIoU ↑", "boundary mFPR ↓"):
        assert gain[name].tolist() == ["+30.0 (+20.0 … +40.0)", "+10.0", "+23.3 (+10.0 … +40.0)"], name
    assert gain["mIoU published"].tolist() == ["+21.4", "+12.6", ""]
    assert "the sizes cannot be compared one to one." in tables
    assert "- difficulty 2, mIoU: +10.00 against +12.60: " in tables


def test_a_score_that_falls_has_a_negative_gain(tmp_path: Path) -> None:
    tables, _ = write(tmp_path, [alone(3, "a", 0.5), boosted(3, "a", 0.375)])
    assert parsed(tables, "Gain over the generator alone (points)")["mIoU ↑"].tolist() == ["-12.5"]


def test_each_booster_and_generator_has_its_gain(tmp_path: Path) -> None:
    rows = [alone(1, "a", 0.25), boosted(1, "a", 0.5, "zeta"), boosted(1, "a", 0.125, "alpha")]
    rows += [alone(1, "a", 0.5, generator="other"), boosted(1, "a", 1.0, "zeta", generator="other")]
    tables, _ = write(tmp_path, rows)
    gain = parsed(tables, "Gain over the generator alone (points)")
    assert gain[["generator", "method", "mIoU ↑"]].to_numpy().tolist() == [
        ["sam", "zeta − alone", "+25.0"],
        ["sam", "alpha − alone", "-12.5"],
        ["other", "zeta − alone", "+50.0"],
    ]
    against = parsed(tables, "Against sam + zeta (points)")
    assert against[["method", "mIoU ↑"]].to_numpy().tolist() == [["sam + alpha", "-37.5"], ["other + zeta", "+50.0"]]


def test_crop_accuracy(tmp_path: Path) -> None:
    tables, _ = write(tmp_path, [alone(1, "a", 0.5), boosted(1, "a", 0.5, crop_accuracy=0.625)])
    assert parsed(tables, "Whole masks")["crop accuracy ↑"].tolist() == ["", "0.625"]
    assert not any("crop" in name for name in parsed(tables, "Boundaries"))


def test_costs_and_stages_side_by_side(tmp_path: Path) -> None:
    table = parsed(write(tmp_path, ROWS)[1], "Cost")
    assert list(table) == ["method", "time (s)", "peak memory (MB)", "generation", "removal"]
    assert table.to_numpy().tolist() == [
        ["sam", "1.00", "900", "0.50 s, 800 MB", ""],
        ["sam + booster", "1.00", "902", "0.50 s, 800 MB", "0.25 s, 900 MB"],
    ]


def test_number_of_materials(tmp_path: Path) -> None:
    table = parsed(write(tmp_path, ROWS)[1], "Number of materials")
    assert table[["difficulty", "number", "right", "too many"]].to_numpy().tolist() == [
        ["1", "given", "", ""],
        ["1", "estimated", "0.000", "1.000"],
        ["2", "given", "", ""],
    ]
    assert "It was given for every image." in write(tmp_path, ROWS[:2])[1]


def test_conditions(tmp_path: Path) -> None:
    rows = [
        row(1, scene, miou - loss, condition=condition)
        for condition, loss in (("whole", 0.0), ("half", 0.125))
        for scene in "ab"
        for row, miou in ((alone, 0.5), (boosted, 0.75))
    ]
    tables, _ = write(tmp_path, rows)
    assert parsed(tables, "Whole masks")["condition"].tolist() == ["whole", "whole", "half", "half"]
    assert parsed(tables, "Gain over the generator alone (points)")["condition"].tolist() == ["whole", "half"]
    robust = parsed(tables, "Robustness")
    assert robust["mIoU change"].tolist() == ["", "-12.5", "", "-12.5"]
    assert robust["mIoU 95 %"].tolist() == ["", "-12.5 … -12.5", "", "-12.5 … -12.5"]
    assert "against *whole*" in tables
    assert pd.read_parquet(tmp_path / "robustness.parquet")["images"].tolist() == [2] * 4


def test_tables_come_back_from_files(tmp_path: Path) -> None:
    write(tmp_path / "new", ROWS)
    for name, table in (("summary", summarise(ROWS)), ("images", per_image(ROWS)), ("stages", stages(ROWS))):
        read = pd.read_csv(tmp_path / "new" / f"{name}.csv")
        pd.testing.assert_frame_equal(read.astype(table.dtypes), table, rtol=1e-5)
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "new" / f"{name}.parquet"), table)
    for name in ("gains", "scores"):
        read = pd.read_csv(tmp_path / "new" / f"{name}.csv")
        whole = pd.read_parquet(tmp_path / "new" / f"{name}.parquet").astype({"difficulty": str})
        pd.testing.assert_frame_equal(whole, read, check_dtype=False, rtol=1e-5)


def test_conditions_keep_their_order_in_files(tmp_path: Path) -> None:
    rows = [alone(1, "a", 0.3, condition=condition, seed=seed) for condition in ("whole", "half") for seed in (0, 1)]
    write(tmp_path, rows)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "images.parquet"), per_image(rows))
    assert pd.read_csv(tmp_path / "images.csv")["condition"].tolist() == ["whole", "whole", "half", "half"]


def test_logs_and_pictures_are_where_the_report_says(tmp_path: Path) -> None:
    scene = "expert 1/a (new)"
    picture = made_picture(tmp_path / "figures" / "a b.png")
    rows = [alone(1, scene, 0.5), boosted(1, scene, 0.75)]
    _, report = write(tmp_path / "report", rows, pictures={scene: picture}, logs={scene: LOG})
    places = re.findall(r"\]\(([^)#]+)\)", report)
    files = [(tmp_path / "report" / unquote(place)).resolve() for place in places]
    assert {*files} == {picture, tmp_path / "report" / "figures" / "chart-made.png"}
    log = tmp_path / "report" / "logs" / f"{scene}.csv"
    assert f"All decisions: `logs/{scene}.csv`" in report
    assert pd.read_csv(log)["rule"].tolist() == ["majority_vote", "tiny_child"]


def test_a_picture_is_shown_once_with_what_it_shows(tmp_path: Path) -> None:
    rows = [row(1, scene, 0.5) for scene in "abcdefg" for row in (alone, boosted)]
    pictures = {scene: made_picture(tmp_path / "figures" / f"{scene}.png") for scene in "abcdefg"}
    drawn = {"a": made_picture(tmp_path / "figures" / "a-variants.png")}
    _, report = write(tmp_path, rows, pictures=pictures, variants=drawn)
    assert sections(report)[-3:] == ["Where methods differ most", "Worst images", "Other images"]
    for scene in "abcdefg":
        assert report.count(f"](figures/{scene}.png)\n\n*{scene}*, difficulty 1. From left to right") == 1
    assert report.count("](figures/a-variants.png)\n\n*a*: the micrograph, its truth, and the regions of each") == 1


def test_failures(tmp_path: Path) -> None:
    failures = [("d", "d.tif: <b>no</b> *label*"), ("e", "e.tif: damaged")]
    tables, report = write(tmp_path, ROWS, failures=failures)
    assert "- failed: 2 of 5 images, see Failures\n" in report
    for text in (tables, report):
        assert "## Failures\n\n2 of 5 images failed:\n\n- d: `d.tif: <b>no</b> *label*`\n- e: `e.tif: damaged`" in text
    assert "&lt;b&gt;no" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_scene_may_fail_under_one_condition(tmp_path: Path) -> None:
    rows = [alone(1, "a", 0.5, condition="whole"), alone(1, "a", 0.5, condition="half"), alone(1, "b", 0.5)]
    tables, _ = write(tmp_path, rows, failures=[("b under half", "is black")])
    assert "1 of 4 images failed:\n\n- b under half: `is black`" in tables


def test_everything_failed(tmp_path: Path) -> None:
    tables, report = write(tmp_path, [], failures=[("d", "is empty")])
    assert tables == "## Failures\n\n1 of 1 images failed:\n\n- d: `is empty`"
    assert sections(report) == ["Failures"]


def test_html_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "write_charts", write_charts)
    _, report = write(tmp_path, ROWS, pictures={"a": made_picture(tmp_path / "a.png")}, logs={"a": LOG})
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"<h2 id=[^>]+>(.+)</h2>", page) == sections(report)
    assert page.count("<table>") == len(re.findall(r"^\|[-:|]+\|$", report, re.MULTILINE))
    assert page.count('src="data:image/') == page.count("src=") == len(re.findall(r"!\[[^]]*\]\((.+)\)", report))
    assert (tmp_path / "figures" / "chart-miou.png").is_file()


@pytest.mark.parametrize("by_image", [False, True])
def test_image_by_image_where_asked_for(tmp_path: Path, by_image: bool) -> None:
    tables, report = write(tmp_path, ROWS, by_image=by_image)
    assert ("Image by image" in sections(report)) == ("## Image by image" in tables) == by_image
    assert (tmp_path / "by_image.csv").exists() == (tmp_path / "by_image.parquet").exists() == by_image
    if by_image:
        cells = parsed(report, "Image by image")
        assert cells["image"].tolist() == ["c", "a", "b", "mean of several"]
        assert cells["sam + booster"].tolist() == ["0.500 (10)", "0.500 (2)", "0.500 (3)", "0.500 (33%)"]
