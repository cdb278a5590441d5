"""A corrected image on disk: the files of `samiam segment`, and every step that was taken by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from samiam.errors import InputError
from samiam.formats import write_results
from samiam.formats.writers.csv_table import write_table
from samiam.formats.writers.earlier import BY_HAND, other_result_in
from samiam.measurement import measure, write_measured
from samiam.records import Segmentation
from samiam.viewer.keeping.outcome import segmentation_of
from samiam.viewer.session import Session


def save(session: Session, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write the results into a folder.

    Args:
        session: that of one image.
        folder: made if missing; files of an earlier result of the same image are replaced, all of them or none.
        overwrite: whether those of another image are replaced too.

    Returns:
        The files written.

    Raises:
        InputError: if something cannot be written, or the results of another image have come there meanwhile.
    """
    if not overwrite and (other := other_result_in(folder, session.sight.micrograph)) is not None:
        raise InputError(f"{folder} holds the results of another image by now, {other}; move them, and save again.")
    with session.lock:
        session.settle()
        canvas, verdict, steps, version = session.canvas, session.verdict, session.steps, session.version
    by_hand = {
        "verdict": None if verdict is None else asdict(verdict),
        "steps": [asdict(step) for step in steps],
    }
    started = time.perf_counter()
    segmentation = segmentation_of(canvas, session.sight.micrograph)
    try:
        written = _write(folder, session, segmentation, by_hand, {"outcome": time.perf_counter() - started})
    except OSError as error:
        raise InputError(f"cannot write to {folder} ({error.strerror or error}); choose another folder.") from error
    with session.lock:
        session.saved_version = version
    return written


def _write(
    folder: Path, session: Session, segmentation: Segmentation, by_hand: Mapping[str, Any], times_s: Mapping[str, float]
) -> list[Path]:
    method, micrograph = session.sight.method, session.sight.micrograph

    def beside(partial_folder: Path) -> list[Path]:
        """What was measured, and the steps."""
        measured = write_measured(partial_folder, measure(segmentation, micrograph)) if method.measurements else []
        return [*measured, write_table(partial_folder / BY_HAND, _table(by_hand["steps"]))]

    return write_results(
        folder,
        micrograph,
        segmentation,
        config=session.sight.config,
        seed=method.seed,
        times_s=times_s,
        settings=method.settings,
        measured=beside,
        by_hand=by_hand,
    )


def _table(steps: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """`step`, `what`, `details` (JSON), `who`, `when_utc` and `n_pixels`, how many pixels it gave to another region."""
    rows = [{"step": n, **step, "details": json.dumps(step["details"])} for n, step in enumerate(steps, start=1)]
    return pd.DataFrame(rows, columns=["step", "what", "details", "who", "when_utc", "n_pixels"])
