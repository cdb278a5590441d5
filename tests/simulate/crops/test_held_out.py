"""Splits with conditions held out, and that they are drawn once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samiam.errors import InputError
from simulate.crops import (
    SAME,
    CropConditions,
    CropDataset,
    SplitSizes,
    draw_once,
    held_out_splits,
    read_crops,
    write_crops,
)

TRAINED = CropConditions(thickness_A=(60, 300), dose_e_per_A2=(5e3, 5e4), n_probes=1)
UNSEEN = {
    "thickness": replace(TRAINED, thickness_A=(300, 460)),
    "between": replace(TRAINED, dose_e_per_A2=((1e3, 5e3), (5e4, 9e4))),
}
SIZES = SplitSizes(4, 2, 2)


def splits(seed: int = 0) -> dict[str, CropDataset]:
    return held_out_splits(("SrTiO3", "Vac"), TRAINED, UNSEEN, SIZES, 12, seed)


def test_each_split_has_its_conditions_size_and_seed() -> None:
    made = splits()
    assert {name: (split.n, split.conditions) for name, split in made.items()} == {
        "train": (4, TRAINED),
        "val": (2, TRAINED),
        SAME: (2, TRAINED),
        "thickness": (2, UNSEEN["thickness"]),
        "between": (2, UNSEEN["between"]),
    }
    seeds = [split.seed for of in (made, splits(1)) for split in of.values()]
    assert len(set(seeds)) == 10


def test_without_conditions_held_out() -> None:
    assert list(held_out_splits(("SrTiO3", "Vac"), TRAINED, {}, SIZES)) == ["train", "val", SAME]


@pytest.mark.parametrize(
    "changed",
    [
        {"thickness_A": (290, 460)},
        {"thickness_A": ((30, 60), (100, 120))},
        {"tilt_mrad": (0, 4)},
        {},
    ],
)
def test_what_training_has_seen_is_not_held_out(changed: dict[str, tuple[float, float]]) -> None:
    with pytest.raises(InputError, match="overlap with those of training"):
        held_out_splits(("SrTiO3", "Vac"), TRAINED, {"other": replace(TRAINED, **changed)}, SIZES)


def test_one_value_is_not_apart_from_itself() -> None:
    fixed = replace(TRAINED, thickness_A=(200, 200))
    with pytest.raises(InputError, match="overlap"):
        held_out_splits(("SrTiO3", "Vac"), fixed, {"other": fixed}, SIZES)


def test_names_that_are_taken_and_empty_splits() -> None:
    with pytest.raises(InputError, match="held out same, train"):
        held_out_splits(("Ge",), TRAINED, {"train": UNSEEN["between"], "same": UNSEEN["between"]}, SIZES)
    with pytest.raises(InputError, match="val=0: give a whole number, 1 or more"):
        SplitSizes(val=0)


def test_crops_are_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = draw_once(tmp_path, splits())
    assert place.parent == tmp_path
    assert len(read_crops(place, "train")) == 4
    assert read_crops(place, "between").conditions == UNSEEN["between"]
    monkeypatch.setattr("simulate.crops.held_out.write_crops", None)
    assert draw_once(tmp_path, splits()) == place


def test_other_settings_are_other_crops(tmp_path: Path) -> None:
    places = {
        draw_once(tmp_path, held_out_splits(materials, conditions, {}, sizes, side, seed)).name
        for materials, conditions, sizes, side, seed in (
            (("Vac", "C"), TRAINED, SplitSizes(1, 1, 1), 8, 0),
            (("C", "Vac"), TRAINED, SplitSizes(1, 1, 1), 8, 0),
            (("Vac", "C"), replace(TRAINED, tilt_mrad=(0, 1)), SplitSizes(1, 1, 1), 8, 0),
            (("Vac", "C"), TRAINED, SplitSizes(2, 1, 1), 8, 0),
            (("Vac", "C"), TRAINED, SplitSizes(1, 1, 1), 9, 0),
            (("Vac", "C"), TRAINED, SplitSizes(1, 1, 1), 8, 1),
        )
    }
    assert len(places) == 6


class TestInterrupted:
    """Drawing that was killed at the seventh of ten crops, which are drawn two by two."""

    @pytest.fixture
    def drawn(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Seeds of the crops that are drawn from then on."""
        monkeypatch.setattr("simulate.crops.splits._BATCH", 2)
        monkeypatch.setattr("simulate.crops.splits._BATCHES_A_PART", 1)
        draw, drawn = CropDataset.__getitem__, list[int]()

        def killed(self: CropDataset, index: int) -> tuple[torch.Tensor, int]:
            if len(drawn) == 6:
                raise KeyboardInterrupt
            drawn.append(self.seed)
            return draw(self, index)

        with monkeypatch.context() as patched:
            patched.setattr(CropDataset, "__getitem__", killed)
            with pytest.raises(KeyboardInterrupt):
                draw_once(tmp_path, splits())
        drawn.clear()

        def counted(self: CropDataset, index: int) -> tuple[torch.Tensor, int]:
            drawn.append(self.seed)
            return draw(self, index)

        monkeypatch.setattr(CropDataset, "__getitem__", counted)
        return drawn

    def test_goes_on_where_it_was(self, tmp_path: Path, drawn: list[int]) -> None:
        place = draw_once(tmp_path, splits())
        assert len(drawn) == 4 + 2 + 2 + 2 + 2 - 6
        whole = draw_once(tmp_path / "at once", splits())
        assert {path.name: path.read_bytes() for path in place.iterdir()} == {
            path.name: path.read_bytes() for path in whole.iterdir()
        }

    def test_others_are_not_taken_for_it(self, tmp_path: Path, drawn: list[int]) -> None:
        (place,) = tmp_path.iterdir()
        write_crops(place, splits(seed=1))
        assert len(drawn) == 12
        assert not list(place.glob(".drawn-*"))

    def test_damaged_parts_are_drawn_again(self, tmp_path: Path, drawn: list[int]) -> None:
        damaged = sorted(tmp_path.glob("*/.drawn-*/*.npz"))
        assert len(damaged) == 3
        damaged[0].write_bytes(b"")
        damaged[1].write_bytes(damaged[1].read_bytes()[:100])
        draw_once(tmp_path, splits())
        assert len(drawn) == 12 - 6 + 4


def test_two_at_once_end_with_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulate.crops import held_out

    write = held_out.write_crops

    def overtaken(folder: Path, *arguments: object, **options: object) -> Path:
        with monkeypatch.context() as patched:
            patched.setattr(held_out, "write_crops", write)
            draw_once(tmp_path, splits())
        return write(folder, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(held_out, "write_crops", overtaken)
    place = draw_once(tmp_path, splits())
    assert [path.name for path in tmp_path.iterdir()] == [place.name]
    assert len(read_crops(place, SAME)) == 2
