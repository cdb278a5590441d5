from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from samiam.benchmark.figures import methods_picture, scene_picture
from samiam.colours import PALETTE
from samiam.records import Decision, Masks, Micrograph, Scene, Segmentation

H, W = 64, 128
PANEL_PX, TITLE_PX, RIM_PX = 512, 36, 4


def made_labels() -> NDArray[np.uint32]:
    """Material 1 on the left, 2 on the right, a gap between them."""
    labels = np.zeros((H, W), np.uint32)
    labels[:, :60], labels[:, 68:] = 1, 2
    return labels


def made_scene(labels: NDArray[np.uint32]) -> Scene:
    n = int(labels.max())
    micrograph = Micrograph(np.full((H, W), 0.5, np.float32), name="made")
    return Scene(micrograph, labels, [f"material {index}" for index in range(n)], 1, [1.0] * n, labels)


def made_segmentation(labels: NDArray[np.uint32], masks: Masks) -> Segmentation:
    log = [Decision(index, "removed", "none", 0.0, 0.0) for index in range(len(masks))]
    return Segmentation(labels, log, int(labels.max()), True, masks)


def panels(picture: Image.Image, rows: int = 1) -> list[NDArray[np.uint8]]:
    """The pictures in it without titles, rims and legend, at the size of the scene."""
    height = PANEL_PX * H // W
    full = height + TITLE_PX + 2 * RIM_PX
    pixels = np.asarray(picture)
    assert pixels.shape == (rows * full + TITLE_PX, 4 * (PANEL_PX + 2 * RIM_PX), 3), "a line of legend"
    lines = np.split(pixels[: rows * full], rows)
    split = [panel for line in lines for panel in np.split(line, 4, axis=1)]
    return [panel[TITLE_PX : TITLE_PX + height, RIM_PX:-RIM_PX][2::4, 2::4] for panel in split]


def colours(panel: NDArray[np.uint8], x: int) -> list[int]:
    return panel[H // 2, x].tolist()


def tint(label: int) -> list[int]:
    """Half grey with 45 % of the material's colour over it."""
    return [round(0.55 * 127.5 + 0.45 * channel) for channel in PALETTE[label - 1]]


def test_four_panels() -> None:
    labels = made_labels()
    masks = Masks.from_arrays([labels == 1, labels == 2, labels > 0])
    swapped = np.where(labels > 0, 3 - labels, 0).astype(np.uint32)
    picture = scene_picture(made_scene(labels), masks, made_segmentation(swapped, masks), ", mIoU 1.000")
    micrograph, truth, generated, boosted = panels(picture)
    assert np.ptp(micrograph) == 0
    for panel in (truth, boosted):  # materials wear the colour of their truth, whatever their number
        for x, label in ((30, 1), (98, 2)):
            assert colours(panel, x) == pytest.approx(tint(label), abs=1)
        assert colours(panel, 64) == colours(micrograph, 64)
    # The largest mask has the first colour, and lies below the two others.
    assert colours(generated, 64) == colours(micrograph, 64)
    assert colours(generated, 30) == pytest.approx(tint(2), abs=1)
    assert colours(generated, 98) == pytest.approx(tint(3), abs=1)


def test_small_masks_lie_over_large_ones() -> None:
    small = np.zeros((H, W), bool)
    small[16:48, 20:40] = True
    for order in ([small, np.ones((H, W), bool)], [np.ones((H, W), bool), small]):
        masks, labels = Masks.from_arrays(order), made_labels()
        picture = scene_picture(made_scene(labels), masks, made_segmentation(labels, masks), "")
        generated = panels(picture)[2]
        assert colours(generated, 30) == pytest.approx(tint(2), abs=1)
        assert colours(generated, 98) == pytest.approx(tint(1), abs=1)


def test_a_material_too_many_has_a_colour_of_its_own() -> None:
    labels = made_labels()
    found = labels.copy()
    found[:, 60:68] = 3
    masks = Masks.from_labels(found)
    boosted = panels(scene_picture(made_scene(labels), masks, made_segmentation(found, masks), ""))[3]
    assert [colours(boosted, x) for x in (30, 98)] == [pytest.approx(tint(label), abs=1) for label in (1, 2)]
    assert len({tuple(colours(boosted, x)) for x in (30, 64, 98)}) == 3


def test_no_masks_and_no_materials() -> None:
    nothing = made_segmentation(np.zeros((H, W), np.uint32), Masks.empty((H, W)))
    picture = scene_picture(made_scene(made_labels()), nothing.generated, nothing, "")
    micrograph, truth, generated, boosted = panels(picture)
    assert colours(truth, 30) != colours(micrograph, 30)
    for panel in (generated, boosted):
        np.testing.assert_array_equal(panel, micrograph)


def test_masks_but_no_materials() -> None:
    labels = made_labels()
    masks = Masks.from_labels(labels)
    nothing = made_segmentation(np.zeros_like(labels), masks)
    micrograph, _, generated, boosted = panels(scene_picture(made_scene(labels), masks, nothing, ""))
    assert colours(generated, 30) != colours(micrograph, 30)
    np.testing.assert_array_equal(boosted, micrograph)


def test_a_scene_without_materials() -> None:
    labels = made_labels()
    masks = Masks.from_labels(labels)
    scene = made_scene(np.zeros_like(labels))
    micrograph, truth, _, boosted = panels(scene_picture(scene, masks, made_segmentation(labels, masks), ""))
    np.testing.assert_array_equal(truth, micrograph)
    assert colours(boosted, 30) != colours(boosted, 98)


def test_every_method_beside_the_truth_and_a_legend_of_it() -> None:
    labels = made_labels()
    masks = Masks.from_labels(labels)
    whole = np.ones_like(labels)
    found = {"first": labels, "swapped": np.where(labels > 0, 3 - labels, 0).astype(np.uint32), "whole": whole}
    picture = methods_picture(made_scene(labels), {name: made_segmentation(of, masks) for name, of in found.items()})
    _, truth, *drawn = panels(picture, rows=2)
    np.testing.assert_array_equal(drawn[0], truth)
    np.testing.assert_array_equal(drawn[1], truth)
    assert colours(drawn[2], 64) != colours(truth, 64)
    assert not (drawn[3:] - np.uint8(255)).any(), "no more methods"
    legend = np.asarray(picture)[-TITLE_PX:]
    for colour in PALETTE[:2]:
        assert (legend == colour).all(axis=2).sum() > 300
