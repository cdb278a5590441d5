"""`samiam view`: micrographs in a browser, segmented, corrected by hand and saved as `samiam segment` saves them."""

from __future__ import annotations

import getpass
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from samiam.boosting import SemanticBooster
from samiam.commands.files.naming import Source, places_of
from samiam.commands.files.places import check_foreign, check_kind, check_other
from samiam.commands.saying import logger
from samiam.commands.segment_settings import SegmentSettings
from samiam.commands.segmenting import SegmentJob
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.generation import MaskGenerator
from samiam.interrupts import heed
from samiam.records import Micrograph
from samiam.storage.files import check_writable, sha256_of
from samiam.viewer.desk import Desk, Item
from samiam.viewer.seeing.method import Method


def view_files(
    paths: Sequence[Path],
    output: Path,
    chosen: SegmentSettings,
    *,
    overwrite: bool = False,
    who: str | None = None,
    port: int = 0,
    opens_browser: bool = True,
) -> int:
    """Serve a page on which the files are looked at and corrected, until Ctrl-C.

    Args:
        paths: the files.
        output: results of each go to `output/<name>/` when they are saved.
        chosen: how each file is segmented before.
        overwrite: whether the results of one image may replace those of another.
        who: the name of whoever corrects, that of the account where None.
        port: on this machine; 0 for any that is free.
        opens_browser: whether to open the page.

    Returns:
        0.

    Raises:
        InputError: if nothing can be written, the port cannot be had, or the method cannot be built.
    """
    from samiam.viewer.app import Server

    check_writable(output)
    if chosen.points or chosen.boxes:
        raise InputError("--like is of a result of what was pointed at; point in the viewer instead.")
    job = SegmentJob.of(chosen, overwrite=overwrite)
    sources = [Source(path, path, chosen.reading.frame) for path in paths]
    places = places_of(sources, output, cache(sha256_of))
    items = [
        Item(place.name, partial(_read, path, place, job), place, overwrite)
        for path, place in zip(paths, places, strict=True)
    ]
    method = Method(
        partial(_made, chosen),
        chosen.n_materials,
        chosen.grains,
        chosen.seed,
        chosen.measurements,
        chosen.plain(),
    )
    desk = Desk(items, method, who or _account())
    if len(items) == 1:  # what is wrong with the only file is said here, not on a page
        desk.opened(0)
    server = Server(desk, port)
    heed()
    print(f"open {server.address} (Ctrl-C ends it)", flush=True)
    if opens_browser and not _opened(server.address):
        logger.info("no browser could be opened here; open that address in one of this machine")
    with suppress(KeyboardInterrupt):  # Ctrl-C is how a sitting ends
        server.run()
    if desk.unsaved:
        logger.warning(f"not saved: {', '.join(desk.unsaved)}.")
    return 0


def _made(chosen: SegmentSettings) -> tuple[MaskGenerator, SemanticBooster]:
    job = SegmentJob.of(chosen)
    return job.generator, job.booster


def _read(path: Path, place: Path, job: SegmentJob) -> Micrograph:
    micrograph = read_micrograph(path, **job.chosen.reading.arguments)
    check_kind(place, "segment")
    check_foreign(place, "segment", overwrite=job.overwrite)
    check_other(path, place, micrograph, overwrite=job.overwrite)
    return micrograph


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in containers
        return "somebody"


def _opened(address: str) -> bool:
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False
