"""Images, each with a folder for its results: those of an earlier run stay, the others are made."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from samiam.commands.files.each import carry_out, code_of
from samiam.commands.files.every_frame import Image, every_frame
from samiam.commands.files.inputs import Reading
from samiam.commands.files.naming import Source, places_of
from samiam.commands.files.spreading import Workers
from samiam.commands.saying import logger
from samiam.records.showing import counted

Amount = Literal["line", "report", "stages"]
"""How much is said of an image: a line, all that was found, or how long each stage took, too."""


class Batch:
    """The images of some files, and what has become of them.

    Args:
        paths: the files.
        output: the folder in which each image has one for its results.
        reading: how the files are read.
        hash_of: gives the SHA-256 of a file.
        all_frames: whether every frame of a stack is an image of its own, in `output/<name>_frame<number>/`.

    Attributes:
        images: of the files, in their order.
        places: the folder of each.
        fates: of each that is done with, by its index, why it failed; None where its results are in its folder.
        n_before: how many of these an earlier run has left there.
    """

    def __init__(
        self, paths: Sequence[Path], output: Path, reading: Reading, hash_of: Callable[[Path], str], *, all_frames: bool
    ) -> None:
        self.images = every_frame(paths, reading.dataset) if all_frames else [Image(path) for path in paths]
        frames = (reading.frame if image.frame is None else image.frame for image in self.images)
        sources = [Source(image.path, image.alias, frame) for image, frame in zip(self.images, frames, strict=True)]
        self.places = places_of(sources, output, hash_of)
        self.fates: dict[int, str | None] = {}
        self.n_before = 0

    @property
    def amount(self) -> Amount:
        """How much is to be said of each image."""
        if logger.isEnabledFor(logging.DEBUG):
            return "stages"
        return "line" if len(self.images) > 1 else "report"

    @property
    def code(self) -> int:
        """The exit code: 0 if the results of all images are there, 1 if those of some are, 2 if none are."""
        return code_of(self.fates.values())

    @property
    def done(self) -> list[int]:
        """The indices of the images whose results are in their folders, in order."""
        return sorted(index for index, fate in self.fates.items() if fate is None)

    def carry_out(
        self, task: Callable[[Image, Path], str], is_as_before: Callable[[Image, Path], bool], workers: Workers
    ) -> None:
        """Carry out a task for each image whose results are not in its folder yet, see `each.carry_out`.

        Args:
            task: writes the results of an image into a folder and returns what there is to say of it; it can be pickled
                if workers are several.
            is_as_before: whether a folder holds what the task would write there.
            workers: who does it.
        """
        left = []
        for index, (image, place) in enumerate(zip(self.images, self.places, strict=True)):
            if is_as_before(image, place):
                logger.info(f"{image.alias}: as before → {place}/")
                self.fates[index] = None
            else:
                left.append(index)
        self.n_before = len(self.fates)
        tasks = [partial(task, self.images[index], self.places[index]) for index in left]
        fates: dict[int, str | None] = {}
        try:
            carry_out([self.images[index].alias for index in left], tasks, workers, fates, self.n_before)
        except KeyboardInterrupt:
            logger.warning("stopped; the same command goes on there.")
            raise
        finally:
            self.fates |= {left[number]: fate for number, fate in fates.items()}

    def say_where_to_look(self, page: Path | None) -> None:
        """The last line, which is said however little is to be said: what to open; the page that all images have."""
        if len(self.images) == 1:
            if self.code == 0:
                print(f"then open {self.places[0]}/overlay.png")
        elif page is not None:
            before = f", {self.n_before} of them as before" if self.n_before else ""
            print(f"{counted(len(self.images), 'file')}{before}; then open {page}")
