"""JSON that every reader takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from samiam.storage.files import replacing


def write_json(path: str | Path, content: object) -> Path:
    """Write strict JSON, atomically: no NaN, which most readers refuse; null stands for it.

    Args:
        path: the file.
        content: mappings, sequences, numbers (NumPy's too) and text; anything else is written as `str` gives it.

    Returns:
        The file written.
    """
    with replacing(path) as partial:
        partial.write_text(json.dumps(plain(content), indent=1, ensure_ascii=False), encoding="utf-8")
    return Path(path)


def plain(value: object) -> object:
    """The value in the types that JSON has."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
