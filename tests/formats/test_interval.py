"""The time between frames, where files other than TIFFs tell it."""

from __future__ import annotations

import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
from file_writers import write_ser

from samiam.formats import open_frames
from samiam.formats.readers.axes import Axis, interval_along
from samiam.formats.readers.interval import Interval, interval

FRAMES = np.random.default_rng(0).integers(0, 900, (3, 20, 24), np.uint16)


@pytest.mark.parametrize(
    ("step", "unit", "seconds"),
    [
        *((5, "s", 5), ("2.5", "Sec", 2.5), (40, b"ms", 0.04), (2, "[min]", 120), (1, "nm", None), (0, "s", None)),
        *((float("nan"), "s", None), ("x", "s", None), (None, "s", None), (1, None, None), (-3, "s", None)),
    ],
)
def test_units(step: object, unit: object, seconds: float | None) -> None:
    assert interval("here", step, unit) == (Interval() if seconds is None else Interval(seconds, "here"))


def test_only_the_one_axis_beside_the_image_counts() -> None:
    time, length = Axis("", 2.0, "s"), Axis("", 0.1, "nm")
    assert interval_along("here", [time, length, length], (1, 2), (5, 32, 32)) == Interval(2.0, "here")
    assert interval_along("here", [time, time, length, length], (2, 3), (5, 5, 32, 32)) == Interval()
    assert interval_along("here", [Axis("", 1.0, "eV"), length, length], (1, 2), (5, 32, 32)) == Interval()


def test_time_tags_of_ser(tmp_path: Path) -> None:
    path = write_ser(tmp_path / "a.ser", FRAMES)
    assert open_frames(path).interval == Interval()
    content = bytearray(path.read_bytes())
    (table_at,) = struct.unpack_from("<q", content, 22)
    for index in range(3):
        struct.pack_into("<q", content, table_at + 8 * (3 + index), len(content))
        content += struct.pack("<ii", 0x4152, 1_700_000_000 + 6 * index)
    path.write_bytes(content)
    assert open_frames(path).interval == Interval(6.0, "SER time tags")


def test_an_axis_of_time_in_emd(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        group = file.create_group("data/film")
        group.attrs["emd_group_type"] = 1
        group["data"] = FRAMES
        for number, (side, step, unit) in enumerate([(3, 4.0, "s"), (20, 0.5, "nm"), (24, 0.5, "nm")], start=1):
            group[f"dim{number}"] = np.arange(side) * step
            group[f"dim{number}"].attrs["units"] = unit
    frames = open_frames(tmp_path / "a.emd")
    assert (frames.n_frames, frames.interval) == (3, Interval(4.0, "EMD dimension"))
    first = next(frames.read()).micrograph
    assert first is not None
    assert first.pixel_size_nm == 0.5
