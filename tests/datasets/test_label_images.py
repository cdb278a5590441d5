"""Folders of micrographs and label images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from refusals import refusal

from samiam.datasets.label_images import find_label_images, has_label_images, read_label_image
from samiam.records import Scene

SHAPE = (24, 16)
NUMBERS = np.repeat(np.array([0, 2, 7], np.uint8), 8)[:, None] * np.ones((1, 16), np.uint8)


def write_image(root: Path, name: str = "a.png", seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, SHAPE).astype(np.uint8)
    path = root / "images" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels)
    else:
        Image.fromarray(pixels).save(path)
    return path


def write_labels(root: Path, numbers: NDArray[np.generic] = NUMBERS, name: str = "a.png") -> Path:
    path = root / "labels" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(numbers).save(path)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_image(tmp_path)
    write_labels(tmp_path)
    return tmp_path


def only(folder: Path) -> Scene:
    (found,) = find_label_images(folder)
    return read_label_image(found)


class TestScene:
    def test_numbers_become_1_to_M(self, root: Path) -> None:
        scene = only(root)
        assert scene.micrograph.name == "a"
        np.testing.assert_array_equal(scene.labels, np.select([NUMBERS == 2, NUMBERS == 7], [1, 2], 0))
        assert list(scene.materials) == ["label 2", "label 7"]
        assert (scene.difficulty, list(scene.weights)) == (2, [10, 10])
        assert scene.parameters == {"numbers": [2, 7]}

    def test_grains_are_connected_regions(self, root: Path) -> None:
        numbers = np.ones(SHAPE, np.uint8)
        numbers[:, 8] = 0
        write_labels(root, numbers)
        assert np.unique(only(root).grains).tolist() == [0, 1, 2]

    @pytest.mark.parametrize("kind", ["16 bits", "palette", "1 bit"])
    def test_kinds_of_png(self, root: Path, kind: str) -> None:
        wide = NUMBERS.astype(np.uint16) * 300
        palette = Image.frombytes("P", SHAPE[::-1], NUMBERS.tobytes())
        palette.putpalette([255, 0, 0, *[9] * 3, 0, 255, 0, *[0] * 12, 0, 0, 1])
        picture, numbers = {
            "16 bits": (Image.fromarray(wide), [600, 2100]),
            "palette": (palette, [2, 7]),
            "1 bit": (Image.fromarray(NUMBERS > 0), [1]),
        }[kind]
        picture.save(root / "labels" / "a.png")
        assert only(root).parameters["numbers"] == numbers

    def test_several_images_of_any_kind_in_order(self, root: Path) -> None:
        write_image(root, "c.tif")
        write_labels(root, name="c.png")
        write_image(root, "b.jpg")
        write_labels(root, name="b.png")
        (root / "images" / ".DS_Store").write_text("x")
        (root / "labels" / ".DS_Store").write_text("x")
        assert [read_label_image(found).micrograph.name for found in find_label_images(root)] == ["a", "b", "c"]


class TestNames:
    @pytest.mark.parametrize("text", ["value,name\n2,Ge\n", "2, Ge\n\n9,unused\n", "\ufeff2,Ge\n"])
    def test_names_in_a_table(self, root: Path, text: str) -> None:
        (root / "materials.csv").write_text(text, encoding="utf-8")
        assert list(only(root).materials) == ["Ge", "label 7"]

    @pytest.mark.parametrize("text", ["2,Ge\n2,Ge\n", "2, Ge \n7,SrTiO3  (film)\n", "02,Ge\n"])
    def test_one_meaning_in_several_spellings(self, root: Path, text: str) -> None:
        (root / "materials.csv").write_text(text)
        assert only(root).materials[0] == "Ge"

    @pytest.mark.parametrize(
        ("text", "part"),
        [
            ("number,name\nGe,2\n", "line 2 is not a number and a name"),
            ("2,Ge\n7\n", "line 2 is not a number and a name"),
            ("2,Ge\n7,  \n", "line 2 is not a number and a name"),
            ("2;Ge\n", "line 1 is not a number and a name"),
            ("2.0,Ge\n", "line 1 is not a number and a name"),
            ("-2,Ge\n", "line 1 is not a number and a name"),
            ("number,name\n" + "2" * 5000 + ",Ge\n", "line 2 is not a number and a name"),
            ("2,Ge\n2,C\n", "2 is both Ge and C"),
            ("2,Ge\n7,Ge\n", "two numbers are called Ge"),
            ("2,Ge\n7,Ge \n", "two numbers are called Ge"),
            ("2,Ge\n7,ge\n", "'Ge' beside 'ge'"),
            ("0,vacuum\n2,Ge\n", "line 1 names 0, which is what is not labelled"),
        ],
    )
    def test_names_that_cannot_be_used(self, root: Path, text: str, part: str) -> None:
        (root / "materials.csv").write_text(text)
        message = refusal(lambda: find_label_images(root))
        assert f"{root / 'materials.csv'}: " in message
        assert part in message

    @pytest.mark.parametrize(("numbers", "last"), [(np.uint8, 255), (np.uint16, 65535)])
    def test_what_is_often_ignored_wants_a_name(self, root: Path, numbers: type[np.generic], last: int) -> None:
        path = write_labels(root, np.where(NUMBERS == 7, last, NUMBERS.astype(int)).astype(numbers))
        assert f"{path}: {last} beside other numbers is often what is to be ignored" in refusal(lambda: only(root))
        (root / "materials.csv").write_text(f"{last},SrTiO3\n")
        assert list(only(root).materials) == ["label 2", "SrTiO3"]

    def test_a_single_255_is_a_material(self, root: Path) -> None:
        write_labels(root, (255 * (NUMBERS > 0)).astype(np.uint8))
        assert only(root).parameters["numbers"] == [255]


class TestRefusals:
    def refusal(self, folder: Path) -> str:
        return refusal(lambda: only(folder))

    def test_another_layout(self, tmp_path: Path) -> None:
        assert not has_label_images(tmp_path)
        assert f"{tmp_path}: has no folders images and labels" in self.refusal(tmp_path)

    def test_no_images(self, root: Path) -> None:
        (root / "images" / "a.png").unlink()
        assert f"{root / 'images'}: no image in it" in self.refusal(root)

    def test_an_image_without_labels(self, root: Path) -> None:
        path = write_image(root, "b.png")
        assert f"{path}: no label image for it; {root / 'labels' / 'b.png'} is missing" in self.refusal(root)

    def test_labels_without_an_image(self, root: Path) -> None:
        path = write_labels(root, name="b.png")
        assert f"{path}: a label image without an image" in self.refusal(root)

    def test_two_images_of_one_name(self, root: Path) -> None:
        write_image(root, "a.jpg")
        assert "has the same name" in self.refusal(root)

    def test_labels_that_are_no_png(self, root: Path) -> None:
        (root / "labels" / "a.txt").write_text("0 0.5 0.5 1 1")
        assert f"{root / 'labels' / 'a.txt'}: no PNG" in self.refusal(root)

    def test_another_size(self, root: Path) -> None:
        write_labels(root, np.ascontiguousarray(NUMBERS.T))
        assert "a.png: (16, 24) pixels, but the image has (24, 16)" in self.refusal(root)

    def test_nothing_labelled(self, root: Path) -> None:
        path = write_labels(root, np.zeros(SHAPE, np.uint8))
        assert f"{path}: no number above 0" in self.refusal(root)

    def test_colours(self, root: Path) -> None:
        path = write_labels(root, np.dstack([NUMBERS] * 3))
        assert f"{path}: a picture of kind RGB" in self.refusal(root)

    @pytest.mark.parametrize("cut", ["short", "text", "nothing"])
    def test_a_corrupt_png(self, root: Path, cut: str) -> None:
        path = root / "labels" / "a.png"
        content = path.read_bytes()
        path.write_bytes({"short": content[: len(content) // 2], "text": b"not a picture", "nothing": b""}[cut])
        assert f"{path}: not a readable PNG" in self.refusal(root)
