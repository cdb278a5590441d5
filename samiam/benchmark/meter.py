"""Seconds and memory of a piece of work, and of its stages."""

from __future__ import annotations

import threading
import time
from types import TracebackType

import psutil

_INTERVAL_S = 0.005  # between two looks at the memory; short against any stage


class Meter:
    """Measures the block under `with`.

    Attributes:
        seconds: wall-clock time of the block.
        peak_mb: largest resident memory of the process seen during the block (sampled every 5 ms), in 10⁶ bytes.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.peak_mb = 0.0
        self._done = threading.Event()
        self._process = psutil.Process()

    def __enter__(self) -> Meter:
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        self._started = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._started
        self._done.set()
        self._watcher.join()

    def _watch(self) -> None:
        while True:
            self.peak_mb = max(self.peak_mb, self._process.memory_info().rss / 1e6)
            if self._done.wait(_INTERVAL_S):
                return


class StageMeter:
    """A `Meter` for each stage of a piece of work: `with stages("removal"): …`."""

    def __init__(self) -> None:
        self._meters: dict[str, Meter] = {}

    def __call__(self, stage: str) -> Meter:
        """The meter of a stage."""
        self._meters[stage] = Meter()
        return self._meters[stage]

    @property
    def costs(self) -> dict[str, tuple[float, float]]:
        """Seconds and peak memory in 10⁶ bytes of each stage, in order."""
        return {stage: (meter.seconds, meter.peak_mb) for stage, meter in self._meters.items()}
