"""Several images to go through: each opened when it is looked at, kept while there is something to keep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.viewer.drawing import Pyramid
from samiam.viewer.keeping.reading import read_earlier
from samiam.viewer.keeping.saving import save
from samiam.viewer.seeing.method import Method
from samiam.viewer.seeing.sight import Sight
from samiam.viewer.session import Session

_MOST_KEPT = 4
"""Images whose looks stay in memory; those with steps that were not saved are kept beside these."""


@dataclass(frozen=True)
class Item:
    """An image that can be opened.

    Attributes:
        name: what it is called on the screen.
        read: gives it; raises `InputError` where it cannot be read or its place is taken.
        folder: where its results go.
        overwrite: whether they may replace those of another image.
    """

    name: str
    read: Callable[[], Micrograph]
    folder: Path
    overwrite: bool = False


class Opened:
    """An image that is open: its session, and its pixels for the screen."""

    def __init__(self, item: Item, session: Session) -> None:
        self.item, self.session = item, session

    @cached_property
    def pyramid(self) -> Pyramid:
        """Its pixels at the sizes at which they are looked at."""
        return Pyramid(self.session.sight.micrograph.pixels)

    def save(self) -> list[Path]:
        """Write the results into the folder of the image; the files written."""
        return save(self.session, self.item.folder, overwrite=self.item.overwrite)


class Desk:
    """The images of one sitting.

    Args:
        items: the images.
        method: how they are segmented.
        who: the name of whoever corrects them.
    """

    def __init__(self, items: Sequence[Item], method: Method, who: str) -> None:
        self.items, self.method, self.who = list(items), method, who
        self._opened: dict[int, Opened] = {}
        self._lock = threading.Lock()

    def opened(self, place: int) -> Opened:
        """An image by its place, from 0; looked at where it is not open, with what an earlier sitting left of it.

        Raises:
            InputError: if there is none, or it cannot be read or segmented.
        """
        if not 0 <= place < len(self.items):
            raise InputError(f"there is no image {place}; there are 0 to {len(self.items) - 1}.")
        with self._lock:
            found = self._opened.pop(place, None) or self._open(self.items[place])
            self._opened[place] = found  # the last one that was asked for
            self._forget()
            return found

    def known(self, place: int) -> Session | None:
        """The session of an image if it is open."""
        found = self._opened.get(place)
        return None if found is None else found.session

    @property
    def unsaved(self) -> list[str]:
        """The names of images with steps or verdicts that were not saved."""
        return [self.items[place].name for place, one in sorted(self._opened.items()) if not one.session.is_saved]

    def _open(self, item: Item) -> Opened:
        sight = Sight(item.read(), self.method)
        session = Session(sight, self.who, self.method.n_materials)
        earlier = read_earlier(item.folder, sight)
        if earlier is not None:
            session.go_on(earlier.segmentation, earlier.steps, earlier.verdict)
        sight.work_ahead()
        return Opened(item, session)

    def _forget(self) -> None:
        saved = [place for place, one in self._opened.items() if one.session.is_saved]
        for place in saved[: max(0, len(self._opened) - _MOST_KEPT)]:
            if place != next(reversed(self._opened)):
                del self._opened[place]
