"""No number of README and docs that comes from a report differs from what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts import docs_numbers

TABLE = pd.DataFrame(
    {
        "difficulty": [1, 1, 2, 2],
        "method": pd.Categorical(["a", "a + b"] * 2),
        "images": 4,
        "miou": [0.5, 0.75, 0.25, 0.125],
        "mfpr": [0.25, 0.0, 0.5, 0.5],
        "crop_accuracy": [float("nan"), 0.875] * 2,
    }
)


@pytest.mark.parametrize("page", list(docs_numbers.pages()), ids=lambda page: page.name)
def test_what_stands_is_what_was_measured(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert (
        text.count("<!-- numbers: ") == text.count("<!-- end of numbers -->") == len(docs_numbers.BLOCK.findall(text))
    )
    assert docs_numbers.written_anew(text) == text


def test_the_headline_is_among_them() -> None:
    assert docs_numbers.ROOT / "README.md" in docs_numbers.pages()


def test_methods_side_by_side() -> None:
    assert docs_numbers.methods(TABLE).splitlines() == [
        "| method | mIoU 1 / 2 | mFPR 1 / 2 | crops told apart 1 / 2 |",
        "|---|---|---|---|",
        "| `a` | 0.500 / **0.250** | 0.250 / **0.500** | |",
        "| `a + b` | **0.750** / 0.125 | **0.000** / **0.500** | **0.875** / **0.875** |",
    ]


def test_conditions_beside_the_first() -> None:
    other = TABLE.assign(condition="half_dose", miou=TABLE["miou"] + 0.015625)
    both = pd.concat([TABLE.assign(condition="as_taken"), other])
    assert docs_numbers.conditions(both).splitlines()[2:] == [
        "| as taken | 0.750 | 0.125 |",
        "| half dose | +1.6 | +1.6 |",
    ]


def test_what_is_kept_of_a_report(tmp_path: Path) -> None:
    report = tmp_path / "default" / "report"
    report.mkdir(parents=True)
    scores = {f"{score}{end}": 0.5 for score in ("miou", "mfpr") for end in ("", "_low", "_high")}
    pd.DataFrame([{"difficulty": name, "method": "m", "images": 2, **scores} for name in ("1", "all")]).to_csv(
        report / "scores.csv", index=False
    )
    images = {"difficulty": 1, "method": "m", "masks": [2, 4], "materials": 3, "n_materials": [3, 4]}
    pd.DataFrame({**images, "n_materials_given": False}).to_csv(report / "images.csv", index=False)
    (row,) = docs_numbers.summary_of(report).to_dict("records")
    assert row == {
        "difficulty": "1",
        "method": "m",
        "images": 2,
        **scores,
        "masks": 3,
        "materials": 3,
        "right": 0.5,
        "too few": 0,
        "too many": 0.5,
    }
