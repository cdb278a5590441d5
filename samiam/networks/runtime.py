"""Where networks run that are only used, not trained: ONNX Runtime, on the CPU."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from samiam.threads import n_threads

Arrays = Mapping[str, NDArray[np.float32]]

_ERRORS_ONLY = 3


class Runner:
    """A graph at work, for inputs of any size.

    Args:
        model: the graph, serialised.
    """

    def __init__(self, model: bytes) -> None:
        self._model = model
        # Number of threads and session in one attribute: two threads at once may make two sessions, never a wrong one.
        self._last: tuple[int, onnxruntime.InferenceSession] | None = None

    def __call__(self, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        """The outputs by name; they do not depend on how often it ran before."""
        session = self._session()
        names = [output.name for output in session.get_outputs()]
        found = session.run(names, {name: np.ascontiguousarray(array) for name, array in inputs.items()})
        return dict(zip(names, found, strict=True))

    def _session(self) -> onnxruntime.InferenceSession:
        """That of the number of threads in force, which may change while a process runs."""
        threads, last = n_threads(), self._last
        if last is None or last[0] != threads:
            last = threads, onnxruntime.InferenceSession(self._model, _options(threads), ["CPUExecutionProvider"])
            self._last = last
        return last[1]

    def __getstate__(self) -> bytes:  # a session cannot be sent to another process
        return self._model

    def __setstate__(self, model: bytes) -> None:
        self.__init__(model)  # type: ignore[misc]


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.use_deterministic_compute = True
    options.enable_cpu_mem_arena = False  # which keeps what the largest image took
    options.log_severity_level = _ERRORS_ONLY
    # Threads that wait in a loop take the core from what comes next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
