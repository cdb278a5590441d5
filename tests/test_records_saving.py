"""Saved records come back bit for bit, and damaged files are refused."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_records import COLUMNS, SHAPE_HW, assert_same, made_masks, made_micrograph, made_scene, made_segmentation

from samiam.errors import InputError
from samiam.records import Masks, Micrograph, Scene, Segmentation

RECORDS: dict[type, Callable[[], Any]] = {
    Masks: made_masks,
    Micrograph: made_micrograph,
    Scene: made_scene,
    Segmentation: made_segmentation,
}
each_record = pytest.mark.parametrize("kind", RECORDS)


@each_record
@pytest.mark.parametrize("file_name", ["a.npz", "SrTiO3_0.5nm", "new folder/b.npz"])
def test_what_is_saved_comes_back(kind: Any, file_name: str, tmp_path: Path) -> None:
    record = RECORDS[kind]()
    record.save(tmp_path / file_name)
    assert_same(kind.load(tmp_path / file_name), record)
    assert {path.suffix for path in (tmp_path / file_name).parent.iterdir()} == {".npz"}


def test_no_masks_are_saved_too(tmp_path: Path) -> None:
    Masks.empty(SHAPE_HW).save(tmp_path / "none.npz")
    assert_same(Masks.load(tmp_path / "none.npz"), Masks.empty(SHAPE_HW))


def test_grains_come_back(tmp_path: Path) -> None:
    labels = made_segmentation().labels
    below = (labels == 1) & (np.arange(SHAPE_HW[0])[:, None] > 5)
    divided = made_segmentation(grains=np.where(below, 3, labels))
    divided.save(tmp_path / "a.npz")
    assert_same(Segmentation.load(tmp_path / "a.npz"), divided)


def test_a_segmentation_saved_before_materials_had_names_is_read(tmp_path: Path) -> None:
    path, expected = tmp_path / "old.npz", made_segmentation(names=())
    expected.save(path)
    with np.load(path) as archive:
        fields = dict(archive)
    header = json.loads(str(fields["header"]))
    assert header.pop("names") == header.pop("name_confidence") == [None, None]
    np.savez(path, **{**fields, "header": np.array(json.dumps(header))})
    assert_same(Segmentation.load(path), expected)


def test_names_that_differ_behind_a_dot_are_two_files(tmp_path: Path) -> None:
    made_masks(2).save(tmp_path / "STO_0.5nm")
    made_masks(3).save(tmp_path / "STO_0.7nm")
    assert len(Masks.load(tmp_path / "STO_0.5nm.npz")) == 2


@each_record
def test_a_missing_file_is_named(kind: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.npz: cannot be read"):
        kind.load(tmp_path / "nowhere.npz")


@each_record
def test_a_record_of_another_kind_is_refused(kind: Any, tmp_path: Path) -> None:
    other = Micrograph if kind is Masks else Masks
    RECORDS[other]().save(tmp_path / "other.npz")
    with pytest.raises(InputError, match=rf"holds {other.__name__}, not a saved {kind.__name__}"):
        kind.load(tmp_path / "other.npz")


@each_record
def test_damage_is_an_input_error(kind: Any, tmp_path: Path) -> None:
    """Cut the file or spoil a byte anywhere: it is read as it was, or refused in one line."""
    path, record = tmp_path / "record.npz", RECORDS[kind]()
    record.save(path)
    whole = path.read_bytes()
    spoilt = [whole[:end] for end in range(0, len(whole), len(whole) // 40)]
    places = range(0, len(whole), len(whole) // 150)
    spoilt += [whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :] for place in places]
    messages = []
    for data in spoilt:
        path.write_bytes(data)
        try:
            assert_same(kind.load(path), record)
        except InputError as error:
            messages.append(str(error))
    assert len(messages) > len(spoilt) / 2
    assert all(str(path) in message and "\n" not in message and "(None)" not in message for message in messages)


def test_other_numpy_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(InputError, match="cannot be read as a saved Masks"):
        Masks.load(path)
    np.savez(path, kind="Masks", packed=np.zeros((0, 2, 1), np.uint8))
    with pytest.raises(InputError, match="the saved Masks lacks shape_hw, predicted_iou"):
        Masks.load(path)
    np.savez(path, kind=np.array([{}], object))
    with pytest.raises(InputError, match="cannot be read"):  # pickled objects are never loaded
        Masks.load(path)


def test_what_fills_the_memory_for_nothing_is_not_unpacked(tmp_path: Path) -> None:
    """An array of other axes than a record has is refused by its header: zeros of gigabytes are megabytes in a file."""
    others = dict.fromkeys(("shape_hw", *COLUMNS), 0)
    np.savez_compressed(tmp_path / "a.npz", kind="Masks", packed=np.zeros(10**7, np.uint8), **others)
    tracemalloc.start()
    with pytest.raises(InputError, match=r"a.npz: no Masks as it was saved \(packed has the shape \(10000000,\)\)"):
        Masks.load(tmp_path / "a.npz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10**7
