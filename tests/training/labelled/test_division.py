"""Which labelled images are learnt from and which decide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_halves import halves, write_dataset

from samiam.datasets import Place
from samiam.errors import InputError
from samiam.records import Scene
from samiam.training.labelled.division import Division, divide
from samiam.training.labelled.images import read_division
from samiam.training.labelled.parts import held_out_third, magnified, mirrored_to, part_of
from samiam.training.labelled.world import World

SIDE = 72


def division(specimens: str, splits: str = "", share: float = 0.25) -> tuple[Division, list[str]]:
    """Images of specimens of one letter each, in splits by their first letters; and the names of those that decide."""
    scenes = [halves(seed) for seed in range(len(specimens))]
    of = {"t": "train", "v": "val", "e": "test"}
    places = [Place(a, of[b]) for a, b in zip(specimens, splits or "t" * len(specimens), strict=True)]
    found = divide(scenes, places, [scene.micrograph.name for scene in scenes], share=share)
    return found, [scene.micrograph.name.removeprefix("halves-") for scene in found.val]


def test_the_splits_of_the_data_set_count() -> None:
    found, val = division("aabc", "ttve")
    assert (len(found.train), val, len(found.test)) == (2, ["2"], 1)
    assert found.judges == "1 image of split val"


def test_specimens_are_held_out_whole() -> None:
    found, val = division("aabbccdd")
    assert val == ["4", "5"]
    assert len(found.train) == 6
    assert found.judges == "2 images held out (1 of 4 specimens)"


@pytest.mark.parametrize(("n", "held"), [(2, 1), (3, 1), (10, 2), (12, 3)])
def test_how_many_are_held_out(n: int, held: int) -> None:
    found, _ = division("abcdefghijkl"[:n])
    assert (len(found.val), len(found.train)) == (held, n - held)


def test_images_of_the_only_specimen() -> None:
    found, val = division("aaa")
    assert val == ["1"]
    assert found.judges == "1 image held out (1 of 3 images)"


def test_annotators_of_one_image_are_not_parted() -> None:
    scenes = [halves(seed) for seed in range(4)]
    found = divide(scenes, [Place("a", "train")] * 4, ["one", "one", "two", "two"], share=0.25)
    assert {len(found.train), len(found.val)} == {2}
    assert found.val in (scenes[:2], scenes[2:])


def test_a_third_of_the_only_image() -> None:
    found, _ = division("a")
    assert found.of_one_image
    (rest,), (third,) = found.train, found.val
    assert rest.labels.size == 2 * third.labels.size
    assert len(rest.materials) == len(third.materials) == 2
    np.testing.assert_array_equal(np.concatenate([third.labels, rest.labels]), halves().labels)


def test_an_image_that_cannot_be_cut() -> None:
    labels = np.ones((SIDE, SIDE), np.uint32)
    labels[:6, :6] = 2
    scene = halves()
    corner = Scene(scene.micrograph, labels, ["Ge", "SrTiO3"], 2, [10, 10], labels)
    with pytest.raises(InputError, match="label another image"):
        held_out_third(corner)


def test_nothing_to_learn_from() -> None:
    with pytest.raises(InputError, match="no image is in the split train"):
        division("ab", "ve")


class TestReading:
    def test_a_data_set(self, tmp_path: Path) -> None:
        found = read_division(write_dataset(tmp_path, {"a": "train", "b": "val", "c": "test"}), share=0.25)
        assert [len(part) for part in (found.train, found.val, found.test)] == [1, 1, 1]
        assert not found.train[0].grains.any()  # connected regions are not grains

    @pytest.mark.parametrize("names", [("Ge",)])
    def test_one_material(self, tmp_path: Path, names: tuple[str, ...]) -> None:
        with pytest.raises(InputError, match=r"no image shows more than one material \(Ge\)"):
            read_division(write_dataset(tmp_path, {"a": "train", "b": "train"}, names), share=0.25)

    def test_no_data_set(self, tmp_path: Path) -> None:
        for folder, said in ((tmp_path / "none", "no such folder"), (tmp_path, "no layout of labelled micrographs")):
            with pytest.raises(InputError, match=said):
                read_division(folder, share=0.25)

    def test_no_image(self, tmp_path: Path) -> None:
        (tmp_path / "Ann" / "dataset").mkdir(parents=True)
        (tmp_path / "Ann" / "labels_merged").mkdir()
        with pytest.raises(InputError, match="no image in it"):
            read_division(tmp_path, share=0.25)


class TestParts:
    def test_labels_are_numbered_anew(self) -> None:
        right = part_of(halves(), (slice(0, 20), slice(40, 72)))
        assert right.materials == ["SrTiO3"]
        assert (right.labels == 1).all()

    def test_magnified(self) -> None:
        twice = magnified(halves(), 2.0)
        assert twice.micrograph.shape_hw == (2 * SIDE, 2 * SIDE)
        np.testing.assert_array_equal(twice.labels, np.kron(halves().labels, np.ones((2, 2), np.uint32)))

    def test_mirrored(self) -> None:
        assert mirrored_to(halves(), 100).labels.shape == (100, 100)
        assert mirrored_to(halves(), 64).labels.shape == (SIDE, SIDE)

    def test_a_world_shows_both(self) -> None:
        old = halves(9, 64, ("Si",))
        drawn = [World([halves()], lambda _: old, 0.5, 64)(seed) for seed in range(60)]
        share = np.mean([scene is old for scene in drawn])
        assert 0.3 < share < 0.7
        assert {scene.micrograph.shape_hw for scene in drawn} == {(64, 64)}
        assert all(len(scene.materials) == 2 for scene in drawn if scene is not old)
