"""The folders that results go to, and what is in them already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samiam.errors import InputError
from samiam.formats.writers.earlier import (
    OVERVIEW,
    changed_in,
    foreign_in,
    hand_in,
    kind_of,
    other_result_in,
    results_below,
)
from samiam.formats.writers.pages.rendering import is_page
from samiam.records import Micrograph


def check_place(path: Path, place: Path, micrograph: Micrograph, kind: str, *, overwrite: bool) -> None:
    """Refuse a folder in which results of another image, or of another command, would be mixed with new ones.

    What somebody has corrected by hand is not replaced either, nor files of somebody's own.

    Args:
        path: the file of the image.
        place: where its results are to go.
        micrograph: the image.
        kind: what the provenance of the results will call them, as "segment".
        overwrite: whether the results of another image may be replaced.

    Raises:
        InputError: if so.
    """
    check_kind(place, kind)
    check_foreign(place, kind, overwrite=overwrite)
    check_other(path, place, micrograph, overwrite=overwrite)
    check_hand(path, place, overwrite=overwrite)


def check_foreign(place: Path, kind: str, *, overwrite: bool) -> None:
    """Refuse a folder in which results would replace files that no command has written.

    Raises:
        InputError: if so.
    """
    if not overwrite and (name := foreign_in(place, kind)) is not None:
        raise InputError(
            f"{place / name}: is of no finished result of samiam {kind}, and one would replace it; choose another "
            "folder with -o, or let it be replaced by --overwrite."
        )


def check_hand(path: Path, place: Path, *, overwrite: bool) -> None:
    """Refuse a folder in which somebody has corrected results, in the viewer or in a table, as `check_place` does.

    Raises:
        InputError: if so.
    """
    if overwrite:
        return
    if (work := hand_in(place)) is not None:
        raise InputError(
            f"{path}: {place} holds what was corrected by hand ({work}); choose another folder with -o, "
            "or replace it by --overwrite."
        )
    if (name := changed_in(place)) is not None:
        raise InputError(
            f"{path}: {place / name} was changed by hand since it was written; choose another folder with -o, "
            "or replace it by --overwrite."
        )


def check_other(path: Path, place: Path, micrograph: Micrograph, *, overwrite: bool) -> None:
    """Refuse a folder that holds the results of another image, as `check_place` does.

    Raises:
        InputError: if so.
    """
    other = other_result_in(place, micrograph)
    if other is not None and not overwrite:
        raise InputError(
            f"{path}: {place} holds the results of another image, {other}; choose another folder with -o, "
            "or replace them by --overwrite."
        )


def check_kind(place: Path, kind: str) -> None:
    """Refuse a folder that holds the results of another command, some of whose files would stay beside new ones.

    Raises:
        InputError: if so.
    """
    if (other := kind_of(place)) not in (None, kind):
        raise InputError(f"{place}: holds results of samiam {other}; choose another folder with -o.")


def check_overview(output: Path) -> None:
    """Refuse a folder in which the tables of all images would replace those of one, or somebody's own.

    Raises:
        InputError: if so.
    """
    if kind_of(output) == "segment":
        raise InputError(f"{output}: is the folder of the results of one image; choose another folder with -o.")
    own = [name for name in OVERVIEW if (output / name).exists()]
    # A page is a sign too: the only image may have been interrupted while its results were replaced.
    if own and not results_below(output, "segment") and not is_page(output / "summary.html"):
        raise InputError(f"{output}: holds {', '.join(own)} of somebody else; choose another folder with -o.")


@contextmanager
def writing_to(place: Path, of: object) -> Iterator[None]:
    """Around the writing of results; what the system refuses is said in one line.

    Args:
        place: the folder.
        of: what the results are of.

    Raises:
        InputError: if something cannot be written.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{of}: cannot write to {place} ({reason}); choose another folder with -o.") from error
