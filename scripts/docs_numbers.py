"""The tables of README and docs that come from `evaluate.py experiment=all` and `scripts/compact_benchmark.py`.

`python scripts/docs_numbers.py outputs/evaluate/all` keeps what they need of each report in docs/results/numbers and
writes the tables anew; without a folder they are written from what is kept. A table stands between
`<!-- numbers: EXPERIMENT LAYOUT -->` and `<!-- end of numbers -->`; a test compares all of them with what is kept.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from samiam.storage.files import replacing

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs" / "results" / "numbers"
BLOCK = re.compile(r"(<!-- numbers: (\w+) (\w+) -->\n).*?(<!-- end of numbers -->)", re.DOTALL)
_KEYS = ("condition", "difficulty", "method")
_SCORES = [f"{score}{end}" for score in ("miou", "mfpr") for end in ("", "_low", "_high")]
_MEANS = ("crop_accuracy", "masks", "materials")
_SHARES = ("right", "too few", "too many")


def keep(reports: Path) -> None:
    """Keep a table for each report in the folder of `experiment=all`; what has no report stays as it was."""
    for scores in sorted(reports.glob("*/report/scores.csv")):
        if scores.parents[1].is_symlink():  # the latest of them
            continue
        with replacing(KEPT / f"{scores.parents[1].name}.csv") as partial:
            summary_of(scores.parent).to_csv(partial, index=False, float_format="%.6g")
    judged = reports / "report" / "claims.csv"
    if judged.is_file():
        with replacing(KEPT / "claims.csv") as partial:
            judged_in(judged).to_csv(partial, index=False)


def judged_in(claims: Path) -> pd.DataFrame:
    """The paper's claims with their verdicts; commands without the words that are of one machine."""
    found = pd.read_csv(claims, keep_default_na=False)[["claim", "place", "verdict", "here", "command"]]
    return found.assign(command=found["command"].str.replace(r" (workers|logger|cache)=\S+", "", regex=True))


def summary_of(report: Path) -> pd.DataFrame:
    """Scores with their intervals, means, and how often an estimated number was right, by class and method."""
    scores, images = (pd.read_csv(report / f"{name}.csv") for name in ("scores", "images"))
    scores, images = scores[scores["difficulty"] != "all"], images.astype({"difficulty": str})
    keys = [key for key in _KEYS if key in scores]
    surplus = (images["n_materials"] - images["materials"]).where(images["n_materials_given"].eq(False))
    shares = dict(zip(_SHARES, (surplus == 0, surplus < 0, surplus > 0), strict=True))
    found = images.assign(**{name: share.astype(float).where(surplus.notna()) for name, share in shares.items()})
    means = found.groupby(keys, sort=False)[[name for name in (*_MEANS, *_SHARES) if name in found]].mean()
    return scores[[*keys, "images", *_SCORES]].merge(means.reset_index(), on=keys, how="left")


def written_anew(text: str) -> str:
    """A page with all of its tables written from what is kept."""
    return BLOCK.sub(lambda block: f"{block[1]}{LAYOUTS[block[3]](_read(block[2]))}\n{block[4]}", text)


def _read(name: str) -> pd.DataFrame:
    """What is kept of an experiment, its methods in their order."""
    table = pd.read_csv(KEPT / f"{name}.csv")
    if "method" not in table:
        return table.fillna("")
    return table.assign(method=pd.Categorical(table["method"], list(dict.fromkeys(table["method"]))))


def headline(table: pd.DataFrame) -> str:
    """The generator alone, with the booster, and with the number of materials estimated, class by class."""
    lines = [_line(["difficulty", "images", "", "mIoU", "mFPR", "regions", "materials"]), _rule(7)]
    for difficulty, rows in table.groupby("difficulty", sort=False):
        alone, boosted, estimated = rows.to_dict("records")
        scores = [f"{alone[score]:.3f}" for score in ("miou", "mfpr")]
        counts = [f"{alone[count]:.1f}" for count in ("masks", "materials")]
        lines.append(_line([str(difficulty), str(alone["images"]), "`compact` alone", *scores, *counts]))
        scores = [
            f"**{boosted[score]:.3f}** ({boosted[f'{score}_low']:.3f} … {boosted[f'{score}_high']:.3f})"
            for score in ("miou", "mfpr")
        ]
        lines.append(_line(["", "", "and booster", *scores, f"{boosted['masks']:.1f}", ""]))
        scores = [f"{estimated[score]:.3f}" for score in ("miou", "mfpr")]
        lines.append(_line(["", "", "the number of materials estimated", *scores, f"{estimated['masks']:.1f}", ""]))
    return "\n".join(lines)


def numbers(table: pd.DataFrame) -> str:
    """How often the estimated number of materials is right, too small and too large, and what that costs."""
    given, estimated = (table[table["method"] == f"compact + {name}"] for name in ("booster", "estimated"))
    lines = [_line(["difficulty", *_SHARES, "mIoU given", "mIoU estimated", "mFPR estimated"]), _rule(7)]
    for told, guessed in zip(given.to_dict("records"), estimated.to_dict("records"), strict=True):
        shares = [f"{guessed[share]:.2f}" for share in _SHARES]
        scores = [f"{score:.3f}" for score in (told["miou"], guessed["miou"], guessed["mfpr"])]
        lines.append(_line([str(told["difficulty"]), *shares, *scores]))
    return "\n".join(lines)


def methods(table: pd.DataFrame) -> str:
    """A line for each method: its scores in the classes, the best of each bold."""
    shown = {"mIoU": ("miou", max), "mFPR": ("mfpr", min)}
    optional = {"crops told apart": ("crop_accuracy", max), "number right": ("right", max)}
    shown |= {title: one for title, one in optional.items() if one[0] in table and table[one[0]].notna().any()}
    classes = " / ".join(map(str, dict.fromkeys(table["difficulty"])))
    columns = [_column(table, name, best) for name, best in shown.values()]
    names = [f"`{method}`" for method in table["method"].cat.categories]
    lines = [_line(["method", *(f"{title} {classes}" for title in shown)]), _rule(1 + len(shown))]
    return "\n".join([*lines, *(_line(cells) for cells in zip(names, *columns, strict=True))])


def _column(table: pd.DataFrame, name: str, best: Callable[[Sequence[float]], float]) -> list[str]:
    """Of each method the values of the classes, "0.95 / 0.94 / 0.86"; empty where a method has none."""
    wide = table.pivot(index="method", columns="difficulty", values=name).round(3)
    top = {difficulty: best(values.dropna().tolist()) for difficulty, values in wide.items() if values.notna().any()}
    return [
        " / ".join(
            f"**{value:.3f}**" if value == top[difficulty] else f"{value:.3f}"
            for difficulty, value in row.items()
            if pd.notna(value)
        )
        for _, row in wide.iterrows()
    ]


def conditions(table: pd.DataFrame) -> str:
    """A line for each condition: mIoU of the booster in the classes, and of all but the first the change in points."""
    boosted = table[table["method"].str.contains(" + ", regex=False)]
    wide = boosted.pivot(index="condition", columns="difficulty", values="miou")
    wide = wide.loc[list(dict.fromkeys(boosted["condition"]))].rename(index=lambda name: name.replace("_", " "))
    first = wide.iloc[0]
    lines = [_line(["condition", *(f"difficulty {name}" for name in wide)]), _rule(1 + len(wide.columns))]
    lines.append(_line([str(first.name), *(f"{value:.3f}" for value in first)]))
    changes = 100 * (wide.iloc[1:] - first)
    return "\n".join(lines + [_line([str(name), *map(_change, row)]) for name, row in changes.iterrows()])


def recalls(table: pd.DataFrame) -> str:
    """A line for each class: the masks, the share of materials that they find, and what clicks find."""
    shown = {"recall 50 / 75 / 90": ["recall_50", "recall_75", "recall_90"], "clicks 1 / 3": ["clicks_1", "clicks_3"]}
    lines = [_line(["difficulty", "masks", *shown]), _rule(2 + len(shown))]
    for row in table.to_dict("records"):
        cells = [" / ".join(f"{row[name]:.3f}" for name in names) for names in shown.values()]
        lines.append(_line([str(row["difficulty"]), f"{row['masks']:.1f}", *cells]))
    return "\n".join(lines)


def claims(table: pd.DataFrame) -> str:
    """A line for each claim of the paper: the verdict, what was measured and by which command."""
    lines = [_line(["claim", "where", "verdict", "measured here", "command"]), _rule(5)]
    return "\n".join(
        lines
        + [
            _line([row["claim"], row["place"], f"**{row['verdict']}**", row["here"], f"`{row['command']}`"])
            for row in table.to_dict("records")
        ]
    )


def _change(points: float) -> str:
    said = f"{points:+.1f}".replace("-", "−")
    return "0.0" if said in ("+0.0", "−0.0") else said


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def _rule(n_columns: int) -> str:
    return "|" + "---|" * n_columns


LAYOUTS = {layout.__name__: layout for layout in (headline, numbers, methods, conditions, recalls, claims)}


def pages() -> Iterator[Path]:
    """README and docs that have such tables."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        if BLOCK.search(page.read_text(encoding="utf-8")):
            yield page


def main() -> None:
    """Keep summaries, where a folder is given, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", type=Path, nargs="?", help="the folder of `evaluate.py experiment=all`")
    reports = parser.parse_args().reports
    if reports is not None:
        keep(reports)
    for page in pages():
        page.write_text(written_anew(page.read_text(encoding="utf-8")), encoding="utf-8")
        print(page.relative_to(ROOT))


if __name__ == "__main__":
    main()
