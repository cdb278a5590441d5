"""What one annotator painted on one micrograph in Label Studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samiam.datasets.painted import Region


@dataclass(frozen=True, eq=False)
class Annotation:
    """A finished annotation; which image it is of, the task knows.

    Attributes:
        task: the task's number.
        number: its own.
        annotator: who made it, see `annotator_name`.
        regions: what was painted, at least one.
        source: where it is from, for messages.
        labelling_s: how long it took in s, None where that is not known.
    """

    task: str
    number: str
    annotator: str
    regions: Sequence[Region]
    source: str
    labelling_s: float | None = None


def annotator_name(completed_by: object) -> str:
    """The address or number of an annotator, with no other characters than Label Studio leaves in names of files.

    Args:
        completed_by: number, address, or a mapping with `email` and `id`; `unknown` stands for anything without.
    """
    who = completed_by
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    text = "" if who is None else str(who)
    return "".join(character for character in text if character.isalnum() or character in "@.") or "unknown"
