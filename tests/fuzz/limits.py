"""How much a call needs, and that a machine survives it."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samiam.errors import InputError

MOST_BYTES = 10**9
"""More than a valid file of that kind needs."""
MOST_SECONDS = 5.0
"""Of the processor: a busy machine is nobody's fault."""
_ROOM_BYTES = 2 * MOST_BYTES  # above which an allocation fails, and is a fault although it cost nothing
_STATUS = Path("/proc/self/status")
_LONGEST_MESSAGE = 2000  # characters


@dataclass(frozen=True)
class Outcome:
    """What came of a call.

    Attributes:
        fault: in one line; None where it was read, or refused as it should be.
        refused: the message of the refusal, None where there was none.
        n_bytes: of memory that it took beyond what was taken before.
        seconds: of the processor.
    """

    fault: str | None
    refused: str | None = None
    n_bytes: int = 0
    seconds: float = 0.0


def outcome_of(work: Callable[[], object]) -> Outcome:
    """Do some work under limits, in a process that does nothing else."""
    before = _reset_peak()
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (_status_bytes("VmData") + _ROOM_BYTES, hard))
    started, refused, fault = time.process_time(), None, None
    try:
        work()
    except InputError as error:
        refused, fault = str(error), _fault_of_refusal(error)
    except Exception as error:
        fault = f"{type(error).__name__}: {' '.join(str(error).split())[:200]} {_where(error)}"
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    seconds, n_bytes = time.process_time() - started, _status_bytes("VmHWM") - before
    if n_bytes > MOST_BYTES:
        fault = fault or f"took {n_bytes / 1e9:.1f} GB"
    if seconds > MOST_SECONDS:
        fault = fault or f"took {seconds:.1f} s"
    return Outcome(fault, refused, n_bytes, seconds)


def _fault_of_refusal(error: InputError) -> str | None:
    """What is wrong with how something was refused."""
    said = str(error)
    if not said.isprintable():
        return f"refused in other than one line: {said!r:.200}"
    if len(said) > _LONGEST_MESSAGE:
        return f"refused in {len(said)} characters: {said:.100}"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return f"wanted more than {_ROOM_BYTES / 1e9:.0f} GB: {cause} {_where(cause)}"
        cause = cause.__cause__ or cause.__context__
    return None


def _where(error: BaseException) -> str:
    """The last line of ours that an exception passed."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if {"samiam", "simulate"} & set(path.parts) and "site-packages" not in path.parts:
            places.append(f"{path.parent.name}/{path.name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"({places[-1]})" if places else ""


def _reset_peak() -> int:
    """The memory that is in use, from which the peak is counted anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status_bytes("VmRSS")


def _status_bytes(key: str) -> int:
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith(f"{key}:"))
    return 1024 * int(line.split()[1])
