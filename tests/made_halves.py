"""Labelled images of two textures that differ in brightness, small enough to learn from in a moment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from samiam.datasets.painted import scene_of
from samiam.records import Micrograph, Scene

NAMES = ("Ge", "SrTiO3")


def halves(seed: int = 0, side: int = 72, names: tuple[str, ...] = NAMES) -> Scene:
    """Two materials side by side, the first on the left; only the first where there is one name."""
    rng = np.random.default_rng(seed)
    labels = np.ones((side, side), np.uint32)
    if len(names) > 1:
        labels[:, side // 2 :] = 2
    waves = np.sin(np.indices((side, side)).sum(axis=0) * np.where(labels == 1, 0.7, 1.4))
    pixels = 0.25 + 0.3 * (labels - 1) + 0.1 * waves + rng.normal(0, 0.03, labels.shape)
    micrograph = Micrograph(np.clip(pixels, 0, 1).astype(np.float32), 0.02, f"halves-{seed}")
    return scene_of(micrograph, labels, list(names), {})


def write_dataset(root: Path, splits: Mapping[str, str], names: tuple[str, ...] = NAMES, side: int = 72) -> Path:
    """A data set of images by their names, each a specimen of its own, with the split that each is in."""
    for seed, name in enumerate(splits):
        scene, folder = halves(seed, side, names), root / "Ann" / "labels_merged" / name
        folder.mkdir(parents=True)
        (root / "Ann" / "dataset").mkdir(exist_ok=True)
        Image.fromarray(np.rint(scene.micrograph.pixels * 65535).astype(np.uint16)).save(
            root / "Ann" / "dataset" / f"{name}.png"
        )
        for number, material in enumerate(names, start=1):
            mask = np.where(scene.labels == number, 255, 0).astype(np.uint8)
            Image.fromarray(mask).save(folder / f"{material}-merged-{number}.png")
    places = {name: {"specimen": name, "split": split} for name, split in splits.items()}
    (root / "splits.json").write_text(json.dumps({"images": places}), encoding="utf-8")
    return root
