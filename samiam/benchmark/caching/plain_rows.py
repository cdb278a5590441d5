"""Rows of a comparison that are kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from samiam.benchmark.caching.cache import Kind


@dataclass(frozen=True)
class PlainRow:
    """A row whose fields JSON holds."""

    def to_json(self) -> dict[str, Any]:
        """The row as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The row of what `to_json` gave."""
        return cls(**values)


AnyRow = TypeVar("AnyRow", bound=PlainRow)


def kind_of_rows(name: str, of: type[AnyRow]) -> Kind[Sequence[AnyRow]]:
    """Rows of one class as results that a cache keeps in folders of a name."""

    def write(folder: Path, rows: Sequence[AnyRow]) -> None:
        (folder / "rows.json").write_text(json.dumps([row.to_json() for row in rows]), encoding="utf-8")

    def read(folder: Path) -> Sequence[AnyRow]:
        return [of.from_json(values) for values in json.loads((folder / "rows.json").read_text(encoding="utf-8"))]

    return Kind(name, write, read)
