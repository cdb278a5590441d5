"""Files of a folder that is being filled, in their order."""

from __future__ import annotations

from pathlib import Path

from samiam.formats.frames.landing import Patience, landing


class Clock:
    """Time that passes only while somebody sleeps, when something may happen."""

    def __init__(self, **happens: object) -> None:
        self.now, self.happens = 0.0, happens

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        change = self.happens.get(f"at_{self.now:g}")
        if callable(change):
            change()


def test_a_zarr_folder_is_waited_for_as_long_as_a_file_deep_in_it_grows(tmp_path: Path) -> None:
    chunk = tmp_path / "a.zarr" / "0" / "c" / "0"
    chunk.parent.mkdir(parents=True)
    chunk.write_bytes(b"1")
    (tmp_path / "a.zarr" / "zarr.json").write_text("{}")
    clock = Clock(at_1=lambda: chunk.write_bytes(b"12"), at_2=lambda: chunk.write_bytes(b"123"))
    landed = landing(tmp_path, lambda _: chunk.read_bytes(), Patience(idle_s=1), clock=clock, sleep=clock.sleep)
    assert (next(one.loaded for one in landed if one is not None), clock.now) == (b"123", 4.0)
