"""What an earlier run has done already, and what it found."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from samiam.formats.writers.earlier import PROVENANCE
from samiam.formats.writers.provenance import version_of
from samiam.formats.writers.strict_json import plain
from samiam.storage.files import sha256_of
from samiam.storage.strict_json import parse_json


def is_as_before(path: Path, place: Path, how: Mapping[str, Any], hash_of: Callable[[Path], str] = sha256_of) -> bool:
    """Whether a folder holds, whole, what would be written into it: of this file, by this version, in the same way.

    Args:
        path: the file.
        place: the folder, which need not be there.
        how: what the provenance says of the way under the same names: settings, and what they made, with the SHA-256
            of weights.
        hash_of: gives the SHA-256 of the file, of which a stack has many images.
    """
    try:
        noted: Any = parse_json((place / PROVENANCE).read_text(encoding="utf-8"))
        is_same = noted["samiam"] == version_of("samiam") and all(noted[name] == plain(how[name]) for name in how)
        is_same &= "by_hand" not in noted  # or it was, before somebody corrected it
        is_whole = is_same and all((place / file).is_file() for file in noted["files"])
        return is_whole and bool(noted["input"]["sha256"] == hash_of(path))
    except (OSError, ValueError, LookupError, TypeError):
        return False


def why_nothing(places: Sequence[Path]) -> str | None:
    """What is said of segmentations without materials; of those of which nothing is, what removed their masks.

    Args:
        places: folders of results.

    Returns:
        None where there is a material in any of them.
    """
    each = [parse_json((place / PROVENANCE).read_text(encoding="utf-8")) for place in places]
    if any(noted["regions_found"] for noted in each):
        return None
    said = list(dict.fromkeys(noted["remark"] for noted in each if noted["remark"] is not None))
    unexplained = [place for place, noted in zip(places, each, strict=True) if noted["remark"] is None]
    return "; ".join([*said, _what_removed(sum(map(_rules, unexplained), Counter[str]()))] if unexplained else said)


def _rules(place: Path) -> Counter[str]:
    """How often masks were removed by each rule."""
    with (place / "decisions.csv").open(newline="", encoding="utf-8") as file:
        return Counter(decision["rule"] for decision in csv.DictReader(file))


def _what_removed(rules: Counter[str]) -> str:
    """That these rules removed all masks, or that there were none."""
    if not rules:
        return "the generator proposed no region; lower its pred_iou_thresh (--generator-option), or try another"
    removed = ", ".join(f"{times} as {rule}" for rule, times in rules.most_common())
    return f"all {rules.total()} regions that the generator proposed were removed, {removed}; see decisions.csv"
