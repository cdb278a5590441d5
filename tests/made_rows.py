"""Rows of a comparison whose scores are known."""

from __future__ import annotations

from typing import Any

from samiam.benchmark.rows import Row
from samiam.metrics import Scores

NAMES = list(Scores.__dataclass_fields__)


def made_row(difficulty: int, scene: str, booster: str | None, miou: float, **options: Any) -> Row:
    """Scores that differ from each other: the k-th of the first eight is `miou` less k hundredths."""
    values = {name: miou - index / 100 for index, name in enumerate(NAMES[:8])}
    values |= {name: options.pop(name) for name in NAMES[:8] if name in options}
    others = {"matched_iou": 0.5, "f1": 0.25, "panoptic_quality": 0.125, "objective_1": 1.5}
    counts = {"masks": options.pop("masks", 10), "materials": options.pop("materials", 3)}
    generator = options.pop("generator", "sam")
    given = {"seconds": 1.0, "peak_mb": 100.0, **options}
    return Row(scene, difficulty, generator, booster, Scores(**values, **others, **counts), **given)


def alone(difficulty: int, scene: str, miou: float, **options: Any) -> Row:
    return made_row(difficulty, scene, None, miou, **options)


def boosted(difficulty: int, scene: str, miou: float, booster: str = "booster", **options: Any) -> Row:
    given: dict[str, Any] = {"n_materials": 3, "n_materials_given": True, **options}
    return made_row(difficulty, scene, booster, miou, **given)


def baseline(difficulty: int, scene: str, miou: float, name: str = "kmeans", **options: Any) -> Row:
    given: dict[str, Any] = {"n_materials": 3, "n_materials_given": True, **options}
    return made_row(difficulty, scene, None, miou, generator=name, **given)
