"""Labelled micrographs from folders laid out as the paper's data set, and as `simulate` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from refusals import refusal
from scipy import ndimage

from samiam.datasets.annotator_folders import annotated_scenes, find_annotator_images, read_annotator_image
from samiam.errors import InputError
from samiam.records import Scene
from samiam.storage.files import sha256_of

SPURGEON = "CHESS_Labeling_Round_1/12-15-23_Spurgeon_CHESS_Labeling_Round_1"
DOTY = "CHESS_Labeling_Round_1/12-17-23_Doty_CHESS_Labeling_Round_1"
SHAPE = (24, 32)
Mask = NDArray[np.bool_]


def box(top: int, bottom: int, left: int, right: int) -> Mask:
    mask = np.zeros(SHAPE, bool)
    mask[top:bottom, left:right] = True
    return mask


GE, STO, CAP = box(0, 8, 0, 32), box(8, 16, 0, 32), box(16, 24, 0, 32)
LABELS = {"Ge-merged-1": GE, "SrTiO3-merged-2": STO, "PtC-merged-3": CAP}


def image(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, SHAPE).astype(np.uint8)


def write_mask(path: Path, mask: NDArray[np.generic]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask).save(path)


def write_image(root: Path, name: str, labels: Mapping[str, Mask], suffix: str = ".png", seed: int = 0) -> None:
    (root / "dataset").mkdir(parents=True, exist_ok=True)
    if suffix == ".tiff":
        tifffile.imwrite(root / "dataset" / f"{name}{suffix}", image(seed))
    else:
        Image.fromarray(image(seed)).save(root / "dataset" / f"{name}{suffix}")
    for label, mask in labels.items():
        write_mask(root / "labels_merged" / name / f"{label}.png", (255 * mask).astype(np.uint8))


def notes(path: Path, rows: list[tuple[object, ...]]) -> None:
    lines = ["n,file,difficulty,seconds", *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def only(folder: Path) -> Scene:
    (scene,) = annotated_scenes(folder)
    return scene


class TestOneAnnotator:
    def test_labels_weights_grains(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", LABELS)
        scene = only(tmp_path)
        assert scene.micrograph.name == "a"
        assert list(scene.materials) == ["Ge", "SrTiO3", "PtC"]
        np.testing.assert_array_equal(scene.labels, GE + 2 * STO + 3 * CAP)
        np.testing.assert_array_equal(scene.grains, scene.labels)
        assert list(scene.weights) == [10, 10, 10]
        assert scene.micrograph.pixel_size_nm is None
        low, high = np.percentile(image(), (0.1, 99.9))
        np.testing.assert_allclose(scene.micrograph.pixels, np.clip((image() - low) / (high - low), 0, 1), atol=1e-6)

    def test_label_studio_names(self, tmp_path: Path) -> None:
        names = {f"task-12-annotation-20-by-2-tag-{tag}": mask for tag, mask in (("La-SrTiO3-10", GE), ("Ge-9", STO))}
        write_image(tmp_path, "a", names)
        scene = only(tmp_path)
        assert list(scene.materials) == ["Ge", "La-SrTiO3"]  # 9 before 10
        np.testing.assert_array_equal(scene.labels, STO + 2 * GE)

    def test_names_with_points_and_numbers(self, tmp_path: Path) -> None:
        write_image(tmp_path, "x.1", {"La0.8Sr0.2FeO3-merged-2": GE, "LSFO-2-merged-1": STO})
        scene = only(tmp_path)
        assert list(scene.materials) == ["LSFO-2", "La0.8Sr0.2FeO3"]
        assert scene.micrograph.name == "x.1"

    def test_files_of_one_label_are_united(self, tmp_path: Path) -> None:
        halves = {"task-1-annotation-1-by-1-tag-Ge-0": box(0, 8, 0, 12), "task-1-annotation-1-by-1-tag-Ge-1": CAP}
        write_image(tmp_path, "a", {**halves, "task-1-annotation-1-by-1-tag-SrTiO3-2": STO})
        scene = only(tmp_path)
        assert list(scene.materials) == ["Ge", "SrTiO3"]
        np.testing.assert_array_equal(scene.labels == 1, box(0, 8, 0, 12) | CAP)
        assert np.unique(scene.grains[scene.labels == 1]).tolist() == [1, 2]
        assert scene.grains.max() == 3

    def test_regions_that_touch_at_a_corner_are_one(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", {"Ge-merged-1": box(0, 4, 0, 4) | box(4, 8, 4, 8), "PtC-merged-2": CAP})
        assert only(tmp_path).grains.max() == 2

    def test_the_smaller_label_lies_over_the_larger(self, tmp_path: Path) -> None:
        island = box(4, 12, 4, 8)
        write_image(tmp_path, "a", {"WO3-merged-1": island, "Ge-merged-2": GE, "SrTiO3-merged-3": STO})
        scene = only(tmp_path)
        np.testing.assert_array_equal(scene.labels == 1, island)
        np.testing.assert_array_equal(scene.labels == 2, GE & ~island)
        assert scene.parameters["overlapping_px"] == island.sum()

    @pytest.mark.parametrize("kind", ["0/1", "0/200", "RGB", "RGBA", "palette", "1 bit", "16 bits"])
    def test_any_png_is_binarised(self, tmp_path: Path, kind: str) -> None:
        write_image(tmp_path, "a", {"Ge-merged-1": GE, "SrTiO3-merged-2": STO})
        path = tmp_path / "labels_merged" / "a" / "Ge-merged-1.png"
        grey = Image.fromarray((GE * 200).astype(np.uint8))
        blue = np.zeros((*SHAPE, 3), np.uint8)
        blue[GE] = (0, 0, 9)
        pictures = {
            "0/1": Image.fromarray(GE.astype(np.uint8)),
            "0/200": grey,
            "RGB": Image.fromarray(blue),
            "RGBA": Image.fromarray(np.dstack([blue, np.full(SHAPE, 255, np.uint8)])),
            "palette": Image.fromarray(blue).quantize(4),
            "1 bit": Image.fromarray(GE),
            "16 bits": Image.fromarray(GE.astype(np.uint16)),
        }
        pictures[kind].save(path)
        np.testing.assert_array_equal(only(tmp_path).labels == 1, GE)

    def test_spaces_around_a_label_do_not_count(self, tmp_path: Path) -> None:
        halves = {"Ge -merged-1": box(0, 8, 0, 12), "Ge-merged-2": box(0, 8, 12, 32)}
        write_image(tmp_path, "a", {**halves, "SrTiO3-merged-3": STO})
        scene = only(tmp_path)
        assert list(scene.materials) == ["Ge", "SrTiO3"]
        np.testing.assert_array_equal(scene.labels == 1, GE)

    def test_labels_that_differ_in_case_are_refused(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", {"Ge-merged-1": GE, "ge-merged-2": STO})
        assert "'Ge' beside 'ge'; give one material one name" in refusal(lambda: only(tmp_path))

    def test_label_folders_may_be_named_after_the_file(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", LABELS, ".jpg")
        (tmp_path / "labels_merged" / "a").rename(tmp_path / "labels_merged" / "a.jpg")
        assert only(tmp_path).micrograph.name == "a"

    def test_what_systems_leave_about_is_overlooked(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", LABELS)
        for place in ("dataset", "labels_merged", "labels_merged/a"):
            (tmp_path / place / ".DS_Store").write_text("x")
        (tmp_path / "dataset" / "Thumbs.db").write_text("x")
        assert only(tmp_path).micrograph.name == "a"


class TestNotes:
    @pytest.mark.parametrize(("level", "difficulty"), [(1, 1), (2, 1), (3, 2), (4, 3), (5, 3), ("3.0", 2)])
    def test_classes(self, tmp_path: Path, level: object, difficulty: int) -> None:
        write_image(tmp_path, "a", LABELS)
        notes(tmp_path / "notes.csv", [(1, "a.png", level, 320)])
        scene = only(tmp_path)
        assert scene.difficulty == difficulty
        assert scene.parameters["level"] == int(float(str(level)))

    def test_without_notes(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", LABELS)
        scene = only(tmp_path)
        assert scene.difficulty == 2
        assert scene.parameters == {"annotator": tmp_path.name, "level": None, "labelling_s": None}

    @pytest.mark.parametrize(
        ("cell", "seconds"),
        [("320", 320.0), (" 61.5 ", 61.5), ("", None), ("5 min", None), ("-1", None), ("nan", None)],
    )
    def test_how_long_the_labelling_took(self, tmp_path: Path, cell: str, seconds: float | None) -> None:
        write_image(tmp_path, "a", LABELS)
        notes(tmp_path / "notes.csv", [(1, "a.png", 3, cell)])
        assert only(tmp_path).parameters["labelling_s"] == seconds

    def test_notes_without_seconds(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", LABELS)
        (tmp_path / "notes.csv").write_text("1,a.png,3\n")
        assert only(tmp_path).parameters["labelling_s"] is None

    def test_a_line_that_is_too_short(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", LABELS)
        (tmp_path / "notes.csv").write_text("n,file\n1,a.png\n")
        assert "line 2 has no difficulty from 1 to 5" in refusal(lambda: only(tmp_path))

    def test_half_a_second(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", LABELS)
        (tmp_path / "notes.csv").write_text("1,a.png,3,0.5\n")
        assert only(tmp_path).parameters["labelling_s"] == 0.5

    def test_the_nearest_count(self, tmp_path: Path) -> None:
        for root in (SPURGEON, DOTY):
            write_image(tmp_path / root, "a", LABELS)
        notes(tmp_path / "notes.csv", [(1, "a.png", 5, 1)])
        notes(tmp_path / SPURGEON / "notes.csv", [(1, "a.png", 1, 1)])
        assert [scene.difficulty for scene in annotated_scenes(tmp_path)] == [1, 3]

    def test_one_note_twice(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", LABELS)
        (tmp_path / "notes.csv").write_text("1,a.png,4,20\n2, a.PNG,4.0,20\n")
        assert only(tmp_path).difficulty == 3

    def test_a_point_within_a_name_begins_no_suffix(self, tmp_path: Path) -> None:
        for name in ("STO_0", "STO_0.5nm"):
            write_image(tmp_path, name, LABELS)
        (tmp_path / "notes.csv").write_text("1,STO_0.5nm,5\n2,STO_0,1\n")
        assert {s.micrograph.name: s.difficulty for s in annotated_scenes(tmp_path)} == {"STO_0": 1, "STO_0.5nm": 3}

    def test_without_a_heading_and_with_blank_lines(self, tmp_path: Path) -> None:
        write_image(tmp_path, "a", LABELS)
        (tmp_path / "notes.csv").write_text("1,a.png,4,20\n\n,,,\n")
        assert only(tmp_path).difficulty == 3

    @pytest.mark.parametrize(
        ("text", "part"),
        [
            ("1,b.png,4,20\n", "no difficulty for it"),
            ("n,file,difficulty\n1,a.png,6\n", "line 2 has no difficulty from 1 to 5"),
            ("n,file,difficulty\n1,a.png,\n", "line 2 has no difficulty"),
            ("n,file,difficulty\n1,a.png\n", "line 2 has no difficulty"),
            ("n,file,difficulty\n1,a.png,2.5\n", "line 2 has no difficulty"),
            ("1,a.png,2,60\n2,a.png,3,60\n", "a is noted twice, differently"),
            ("1,a.png,2,60\n2,a.tif,2,61\n", "a is noted twice, differently"),
        ],
    )
    def test_notes_that_cannot_be_used(self, tmp_path: Path, text: str, part: str) -> None:
        write_image(tmp_path, "a", LABELS)
        (tmp_path / "notes.csv").write_text(text)
        with pytest.raises(InputError, match=part):
            find_annotator_images(tmp_path)


class TestTwoAnnotators:
    def test_names_and_order(self, tmp_path: Path) -> None:
        write_image(tmp_path / SPURGEON, "a", LABELS, ".jpg")
        write_image(tmp_path / DOTY, "a", LABELS, ".jpg")
        write_image(tmp_path / DOTY, "b", LABELS, ".tiff")
        names = [scene.micrograph.name for scene in annotated_scenes(tmp_path)]
        spurgeon, doty = Path(SPURGEON).name, Path(DOTY).name
        assert names == [f"{spurgeon}-a", f"{doty}-a", f"{doty}-b"]
        assert only(tmp_path / SPURGEON).micrograph.name == "a"
        assert only(tmp_path / SPURGEON).parameters["annotator"] == spurgeon

    def test_folders_of_one_name_are_told_apart(self, tmp_path: Path) -> None:
        for root in ("round-1/expert", "round-2/expert", "other"):
            write_image(tmp_path / root, "a", LABELS)
        assert [found.name for found in find_annotator_images(tmp_path)] == [
            "other-a",
            "round-1-expert-a",
            "round-2-expert-a",
        ]

    def test_only_folders_with_both_count(self, tmp_path: Path) -> None:
        write_image(tmp_path / "deep" / "down", "a", LABELS)
        (tmp_path / "other" / "dataset").mkdir(parents=True)
        assert [found.image.name for found in find_annotator_images(tmp_path)] == ["a.png"]


class TestRefusals:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        write_image(tmp_path, "a", LABELS)
        return tmp_path

    def refusal(self, folder: Path) -> str:
        return refusal(lambda: list(annotated_scenes(folder)))

    def test_no_folder(self, tmp_path: Path) -> None:
        assert "nowhere: no such folder" in self.refusal(tmp_path / "nowhere")

    def test_nothing_in_it(self, tmp_path: Path) -> None:
        assert "no folder in it has both dataset and labels_merged" in self.refusal(tmp_path)

    def test_no_image(self, root: Path) -> None:
        (root / "dataset" / "a.png").unlink()
        assert f"{root / 'dataset'}: no image in it" in self.refusal(root)

    def test_an_image_without_labels(self, root: Path) -> None:
        Image.fromarray(image()).save(root / "dataset" / "b.jpg")
        assert f"{root / 'dataset' / 'b.jpg'}: no labels for it" in self.refusal(root)

    def test_labels_without_an_image(self, root: Path) -> None:
        write_mask(root / "labels_merged" / "b" / "Ge-merged-1.png", GE)
        assert f"{root / 'labels_merged' / 'b'}: labels without an image" in self.refusal(root)

    def test_two_images_of_one_name(self, root: Path) -> None:
        Image.fromarray(image()).save(root / "dataset" / "a.jpg")
        assert "has the same name" in self.refusal(root)

    def test_an_empty_label_folder(self, root: Path) -> None:
        for path in (root / "labels_merged" / "a").iterdir():
            path.unlink()
        assert "no labels in it" in self.refusal(root)

    def test_another_shape(self, root: Path) -> None:
        write_mask(root / "labels_merged" / "a" / "Ge-merged-1.png", np.ones((24, 31), bool))
        assert "Ge-merged-1.png: (24, 31) pixels, but the image has (24, 32)" in self.refusal(root)

    def test_an_empty_label(self, root: Path) -> None:
        write_mask(root / "labels_merged" / "a" / "Ge-merged-1.png", np.zeros(SHAPE, np.uint8))
        assert "label Ge is empty" in self.refusal(root)

    def test_a_hidden_label(self, root: Path) -> None:
        write_mask(root / "labels_merged" / "a" / "C-merged-4.png", box(0, 4, 0, 32) | box(4, 8, 0, 32))
        assert "lies wholly within others" in self.refusal(root)

    @pytest.mark.parametrize("name", ["Ge.png", "Ge-1.png", "Ge-merged-1.jpg", "-merged-1.png", "Ge-merged-x.png"])
    def test_an_unexpected_name(self, root: Path, name: str) -> None:
        (root / "labels_merged" / "a" / name).write_bytes(b"x")
        assert f"{name}: not named as a label" in self.refusal(root)

    @pytest.mark.parametrize("cut", ["short", "text", "nothing"])
    def test_a_corrupt_png(self, root: Path, cut: str) -> None:
        path = root / "labels_merged" / "a" / "Ge-merged-1.png"
        content = path.read_bytes()
        path.write_bytes({"short": content[: len(content) // 2], "text": b"not a picture", "nothing": b""}[cut])
        assert "Ge-merged-1.png: not a readable PNG" in self.refusal(root)

    def test_a_corrupt_image(self, root: Path) -> None:
        (root / "dataset" / "a.png").write_bytes(b"\x89PNG and no more")
        assert "a.png: cannot be read" in self.refusal(root)


class TestManifest:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A folder as `simulate` writes it, with grains that are not the connected regions."""
        write_image(tmp_path, "a", LABELS, ".tiff")
        grains = np.where(box(0, 24, 0, 16), 1, 300).astype(np.uint16)
        write_mask(tmp_path / "grains" / "a.png", grains)
        self.write_manifest(tmp_path)
        return tmp_path

    def write_manifest(self, root: Path, **changes: object) -> None:
        files = [path for path in sorted(root.rglob("*")) if path.is_file() and path.suffix in (".png", ".tiff")]
        record = {
            "name": "a",
            "difficulty": 3,
            "materials": ["Ge", "SrTiO3", "PtC"],
            "weights": [10.0, 1.0, 10.0],
            "pixel_size_nm": 0.0231,
            "parameters": {"seed": 7},
            "files": {path.relative_to(root).as_posix(): sha256_of(path) for path in files},
            **changes,
        }
        (root / "manifest.json").write_text(json.dumps({"scenes": [record]}))

    def test_what_it_says_counts(self, root: Path) -> None:
        scene = only(root)
        assert (scene.difficulty, list(scene.weights)) == (3, [10.0, 1.0, 10.0])
        assert scene.micrograph.pixel_size_nm == 0.0231
        assert scene.parameters == {"seed": 7}
        assert np.unique(scene.grains).tolist() == [1, 300]

    def test_notes_are_not_needed(self, root: Path) -> None:
        notes(root / "notes.csv", [(1, "b", 1, 1)])
        assert only(root).difficulty == 3

    @pytest.mark.parametrize("path", ["dataset/a.tiff", "grains/a.png", "labels_merged/a/PtC-merged-3.png"])
    def test_a_changed_file(self, root: Path, path: str) -> None:
        content = bytearray((root / path).read_bytes())
        content[-1] ^= 1
        (root / path).write_bytes(content)
        with pytest.raises(InputError, match="changed since it was written"):
            only(root)

    @pytest.mark.parametrize("path", ["grains/a.png", "labels_merged/a/PtC-merged-3.png"])
    def test_a_missing_file(self, root: Path, path: str) -> None:
        (root / path).unlink()
        with pytest.raises(InputError, match="missing, but the manifest lists it"):
            only(root)

    def test_a_missing_image(self, root: Path) -> None:
        (root / "dataset" / "a.tiff").rename(root / "dataset" / "b.tiff")
        (root / "labels_merged" / "a").rename(root / "labels_merged" / "b")
        with pytest.raises(InputError, match=r"b\.tiff: not in"):
            find_annotator_images(root)
        write_image(root, "a", LABELS, ".tiff")
        (root / "dataset" / "a.tiff").unlink()
        (root / "dataset" / "b.tiff").unlink()
        Image.fromarray(image()).save(root / "dataset" / "c.png")
        with pytest.raises(InputError, match="no labels for it"):
            find_annotator_images(root)

    def test_an_image_that_only_the_manifest_has(self, root: Path) -> None:
        content = json.loads((root / "manifest.json").read_text())
        content["scenes"].append({**content["scenes"][0], "name": "gone"})
        (root / "manifest.json").write_text(json.dumps(content))
        with pytest.raises(InputError, match="gone, which the manifest lists, is missing"):
            find_annotator_images(root)

    def test_an_unlisted_label(self, root: Path) -> None:
        write_mask(root / "labels_merged" / "a" / "C-merged-4.png", box(0, 4, 0, 4))
        with pytest.raises(InputError, match=r"C-merged-4\.png: the manifest does not list it"):
            only(root)

    def test_other_materials(self, root: Path) -> None:
        self.write_manifest(root, materials=["Ge", "PtC", "SrTiO3"])
        with pytest.raises(InputError, match="but the manifest has"):
            only(root)

    @pytest.mark.parametrize(
        "text", ["", "[]", "{}", '{"scenes": 3}', '{"scenes": [{"name": "a"}]}', '{"scenes": [1]}']
    )
    def test_a_damaged_manifest(self, root: Path, text: str) -> None:
        (root / "manifest.json").write_text(text)
        with pytest.raises(InputError, match=r"manifest\.json: damaged or of another kind"):
            find_annotator_images(root)


def test_pixels_as_they_are_stored(tmp_path: Path) -> None:
    """Over the largest value of the type, whatever the darkest and the brightest are."""
    write_image(tmp_path, "a", LABELS)
    counts = np.linspace(40, 90, image().size).reshape(SHAPE).astype(np.uint8)
    Image.fromarray(counts).save(tmp_path / "dataset" / "a.png")
    (found,) = find_annotator_images(tmp_path)
    stored = read_annotator_image(found, pixels="stored").micrograph
    np.testing.assert_allclose(stored.pixels, counts / 255, atol=1e-6)
    assert stored.metadata["clip_values"] == [0.0, 255.0]
    assert np.ptp(read_annotator_image(found).micrograph.pixels) == 1, "stretched where nothing is said"


def test_numbers_without_a_largest_are_not_taken_as_stored(tmp_path: Path) -> None:
    write_image(tmp_path, "a", LABELS, ".tiff")
    tifffile.imwrite(tmp_path / "dataset" / "a.tiff", image().astype(np.float32))
    (found,) = find_annotator_images(tmp_path)
    with pytest.raises(InputError, match=r"float32 has no largest value; set benchmark\.pixels=stretched"):
        read_annotator_image(found, pixels="stored")


def test_nothing_is_read_before_it_is_needed(tmp_path: Path) -> None:
    write_image(tmp_path, "a", LABELS)
    write_image(tmp_path, "b", LABELS)
    (tmp_path / "dataset" / "b.png").write_bytes(b"no picture")
    first, second = find_annotator_images(tmp_path)
    assert read_annotator_image(first).micrograph.name == "a"
    with pytest.raises(InputError, match="is neither a PNG nor a JPEG"):
        read_annotator_image(second)


def test_grains_of_islands_against_an_independent_count(tmp_path: Path) -> None:
    blobs = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=SHAPE), 1.5) > 0.03
    write_image(tmp_path, "a", {"Ge-merged-1": blobs, "C-merged-2": ~blobs})
    scene = only(tmp_path)
    expected = sum(ndimage.label(mask, np.ones((3, 3)))[1] for mask in (blobs, ~blobs))
    assert scene.grains.max() == expected
    assert (np.bincount(scene.grains.ravel())[1:] > 0).all()
