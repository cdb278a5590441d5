"""Images that were looked at, so that the second click on one is answered at once; as many as memory is given for."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from samiam.formats import read_micrograph
from samiam.generation import PromptableGenerator
from samiam.label_studio.addresses import Images
from samiam.label_studio.prompts import Pointing
from samiam.records import Cutout, Masks


@dataclass(frozen=True, eq=False)
class Seen:
    """An image that a generator has looked at.

    Attributes:
        cutout: what of it is segmented.
        generator: whose last look was at that.
    """

    cutout: Cutout
    generator: PromptableGenerator

    @property
    def shape_hw(self) -> tuple[int, int]:
        """Of the whole image, in pixels."""
        return self.cutout.whole.shape_hw

    def answer(self, pointing: Pointing) -> Masks:
        """What is likeliest meant, over the whole image; no mask where nothing stands out.

        Raises:
            InputError: if what is pointed at is not shown of the image, or cannot be answered.
        """
        points = [self.cutout.point_inside(point) for point in pointing.points_xy]
        box = None if pointing.box is None else self.cutout.box_inside(pointing.box)
        labels = [int(inside) for inside in pointing.is_inside]
        masks = self.generator.predict(points=points or None, labels=labels or None, boxes=box, most=1)
        return self.cutout.put_back_masks(masks)


class Looks:
    """The images that were asked for last, each with a generator of its own; the one unused for longest goes first.

    Args:
        images: where images may be taken from.
        reading: how files are read, arguments of `read_micrograph`.
        make: makes a generator.
        most: how many images are remembered, at least 1; no more generators are made.
    """

    def __init__(
        self, images: Images, reading: Mapping[str, Any], make: Callable[[], PromptableGenerator], most: int
    ) -> None:
        self._images, self._reading, self._make, self._most = images, reading, make, most
        self._seen: OrderedDict[object, Seen] = OrderedDict()
        self._spare: list[PromptableGenerator] = []

    def at(self, address: str) -> Seen:
        """The image of an address, looked at again only if it is another, or its file has changed.

        Raises:
            InputError: if it may not be taken, or cannot be read.
        """
        key = self._key(address)
        if key in self._seen:
            self._seen.move_to_end(key)
            return self._seen[key]
        with self._images.file(address) as path:
            cutout = Cutout.of(read_micrograph(path, **self._reading))
        generator = self._generator()
        try:
            generator.set_image(cutout.micrograph)
        except Exception:
            self._spare.append(generator)
            raise
        self._seen[key] = Seen(cutout, generator)
        return self._seen[key]

    def _generator(self) -> PromptableGenerator:
        if self._spare:
            return self._spare.pop()
        if len(self._seen) < self._most:
            return self._make()
        _, oldest = self._seen.popitem(last=False)
        return oldest.generator

    def _key(self, address: str) -> object:
        """What tells images apart: a file of a folder may change, an upload keeps its address for ever."""
        path = self._images.local(address)
        if path is None:
            return hashlib.blake2b(address.encode(errors="replace"), digest_size=16).digest()
        facts = path.stat()
        return path, facts.st_size, facts.st_mtime_ns
