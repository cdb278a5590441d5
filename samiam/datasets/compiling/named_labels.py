"""Labels by the names of their materials, whatever their numbers are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samiam.datasets.material_names import check_apart
from samiam.records import Scene


def united(numbers: NDArray[np.uint32], names: Mapping[int, str]) -> tuple[NDArray[np.uint32], list[str]]:
    """One label for each name.

    Args:
        numbers: (H, W), 0 where nothing is labelled.
        names: of all other numbers there are; several may have one name.

    Returns:
        Labels (H, W), 1 … M, and M names, in the order of their smallest numbers.

    Example:
        >>> united(np.array([[0, 2, 7, 9]], np.uint32), {2: "Ge", 7: "SrTiO3", 9: "Ge"})
        (array([[0, 1, 2, 1]], dtype=uint32), ['Ge', 'SrTiO3'])
    """
    used = np.unique(numbers[numbers > 0]).tolist()
    materials = list(dict.fromkeys(names[number] for number in used))
    label_of = np.zeros(max(used, default=0) + 1, np.uint32)
    label_of[used] = [materials.index(names[number]) + 1 for number in used]
    return label_of[numbers], materials


def renamed(scene: Scene, names: Mapping[str, str]) -> Scene:
    """A scene whose materials have other names; those that get one name become one, and weigh what the first did.

    Args:
        scene: the labels.
        names: new ones by old ones.

    Raises:
        InputError: if two are the same but for case then.
    """
    called = [names.get(material, material) for material in scene.materials]
    if called == list(scene.materials):
        return scene
    labels, materials = united(scene.labels, dict(enumerate(called, start=1)))
    check_apart(materials, scene.micrograph.name)
    weights = [scene.weights[called.index(material)] for material in materials]
    return replace(scene, labels=labels, materials=materials, weights=weights)


def digest_of_labels(scene: Scene) -> str:
    """The same for scenes whose materials have the same names and lie at the same pixels, in whatever order."""
    order = sorted(range(len(scene.materials)), key=lambda index: scene.materials[index])
    number_of = np.zeros(len(order) + 1, np.uint32)
    number_of[np.array(order) + 1] = np.arange(1, len(order) + 1)
    named = repr((scene.labels.shape, [scene.materials[index] for index in order]))
    return hashlib.sha256(named.encode() + number_of[scene.labels].tobytes()).hexdigest()
