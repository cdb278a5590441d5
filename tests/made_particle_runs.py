"""`samiam particles` with a finder that takes no time, and images for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile
from made_particles import disc

import samiam.particles
from samiam.cli import main
from samiam.errors import InputError
from samiam.particles import Dropped, Particles
from samiam.records import Masks, Micrograph

SHAPE_HW = (64, 96)
OF_IMAGE = {"particles.csv", "overlay.png", "labels.tif", "particles.json", "decisions.csv", "provenance.json"}
OF_ALL = {
    *("particles.csv", "statistics.csv", "statistics.json", "by_size.csv", "sizes.png", "faults_by_size.png"),
    *("report.html", "provenance.json"),
}
Run = Callable[..., tuple[int, str, str]]


def bright(micrograph: Micrograph, *, material: str | None = None, **_: Any) -> Particles:
    """Three discs, whatever the image shows; nothing in a dark one, and refused without a pixel size."""
    if micrograph.pixel_size_nm is None:
        raise InputError(f"{micrograph.name}: the pixel size is unknown; give --pixel-size-nm.")
    discs = [] if micrograph.pixels.mean() < 0.4 else [disc(SHAPE_HW, (x, 30), 14) for x in (20, 48, 76)]
    said = ["no fault" if material is None else "stacking fault"] * len(discs)
    masks = Masks.from_arrays(discs, SHAPE_HW, predicted_iou=[0.9] * len(discs))
    dropped = [Dropped("too small", 1.0, 2.0, (0, 0, 3, 3))]
    remark = None if discs else "the image is dark"
    return Particles(micrograph, masks, np.zeros(len(discs), bool), "file", said, None, dropped, remark)


def write(path: Path, seed: int = 0, *, is_dark: bool = False, size_nm: float | None = 0.1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(20_000, 60_000, SHAPE_HW).astype(np.uint16)
    if is_dark:
        pixels = np.where(np.random.default_rng(seed).random(SHAPE_HW) < 0.2, pixels, 1000).astype(np.uint16)
    given = {} if size_nm is None else {"resolution": (1e7 / size_nm, 1e7 / size_nm), "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(path, pixels, **given)
    return path


def find_discs(monkeypatch: pytest.MonkeyPatch, find: Callable[..., Particles] = bright) -> None:
    """Have `find` in place of what ships."""
    monkeypatch.setattr(samiam.particles, "find_particles", find, raising=False)
    made = SimpleNamespace(name="discs", options={"n": 3})
    monkeypatch.setattr(samiam.particles, "build_finder", lambda: made, raising=False)
    teller = SimpleNamespace(name="coin", options={"sides": 2})
    monkeypatch.setattr(samiam.particles, "build_fault_classifier", lambda: teller, raising=False)


def running(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `samiam` with some words; its exit code and what it said, and said to be wrong."""

    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return run


def noted(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "provenance.json").read_text()))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
