"""Draw the figure of the README: `python scripts/readme_figure.py` writes docs/example.jpg."""

from __future__ import annotations

from pathlib import Path

from samiam import SemanticBooster, build_generator
from samiam.benchmark import Method, compare
from samiam.benchmark.figures import scene_picture
from samiam.registry import DEFAULT_GENERATOR
from simulate.scenes.benchmark import benchmark_scene


def main() -> None:
    """SrTiO3 on Ge under Pt/C: a dark gap, a rough surface and antiphase boundaries."""
    scene = benchmark_scene("08-SrTiO3-Ge")
    found = compare(scene, [Method("booster", SemanticBooster(), build_generator(DEFAULT_GENERATOR))])
    path = Path(__file__).parent.parent / "docs" / "example.jpg"
    scene_picture(scene, found.masks, found.segmentations[0], "").save(path)
    print(path)


if __name__ == "__main__":
    main()
