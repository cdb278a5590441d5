"""The viewer as an object: in a notebook it shows itself, and gives the regions as they were corrected."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from pathlib import Path

from samiam.boosting import SemanticBooster
from samiam.errors import InputError, extras
from samiam.formats.readers.memory import ImageLike, Sides, as_micrograph
from samiam.formats.writers.earlier import foreign_in, kind_of, other_result_in
from samiam.generation import MaskGenerator
from samiam.records import Micrograph, Segmentation
from samiam.registry import DEFAULT_GENERATOR, build_generator, encoder_beside
from samiam.viewer.desk import Desk, Item
from samiam.viewer.keeping.outcome import segmentation_of
from samiam.viewer.seeing.method import Method
from samiam.viewer.session import Session

_HEIGHT_PX = 760  # of the frame; the page is made for 1280 × 720 and more


class Viewer:
    """Images that are looked at and corrected on a page of this machine.

    As the last line of a cell it is the page itself. The address may be opened in a browser too.

    Args:
        desk: the images.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        with extras():
            from samiam.viewer.app import Server

        self._server = Server(desk)
        self._server.start()

    @property
    def address(self) -> str:
        """Of the page; whoever knows it may do all that the page may."""
        return self._server.address

    def session(self, place: int = 0) -> Session:
        """What the page shows of an image, by its place from 0; steps that are taken here are shown there too."""
        return self._desk.opened(place).session

    def result(self, place: int = 0) -> Segmentation:
        """The regions of an image as they are now."""
        session = self.session(place)
        with session.lock:
            return segmentation_of(session.canvas, session.sight.micrograph)

    def save(self, place: int = 0) -> list[Path]:
        """Write the results of an image, as the page does; the files written."""
        return self._desk.opened(place).save()

    def close(self) -> None:
        """End the page."""
        self._server.stop()

    def _repr_html_(self) -> str:
        style = f"width: 100%; height: {_HEIGHT_PX}px; border: 0"
        return f'<iframe src="{self.address}" style="{style}" title="samiam view"></iframe>'

    def __repr__(self) -> str:
        return f"Viewer({', '.join(item.name for item in self._desk.items)}; {self.address})"


def view(
    *images: ImageLike,
    n_materials: int | None = None,
    pixel_size_nm: Sides | None = None,
    generator: MaskGenerator | None = None,
    booster: SemanticBooster | None = None,
    output: str | Path = "results",
    who: str = "somebody",
    overwrite: bool = False,
) -> Viewer:
    """Look at micrographs and correct their regions, in a notebook or in a browser of this machine.

    Args:
        images: at least one, each as `samiam.segment` takes it.
        n_materials: how many materials there are in the automatic result; None to estimate it.
        pixel_size_nm: side of a square pixel in nm, or width and height, in place of what the images say.
        generator: what proposes masks and answers clicks; that of `DEFAULT_GENERATOR` where not given.
        booster: what makes materials of them; one with `encoder_beside(generator)` where not given.
        output: results go to `output/<name>/` when they are saved; what was corrected there of the same image goes on.
        who: the name of whoever corrects, for the log.
        overwrite: whether the results of one image may replace those of another.

    Raises:
        InputError: if an image cannot be used, its folder holds the results of another one or of another
            command, or the extra "viewer" is not installed.
    """
    micrographs = [as_micrograph(image, pixel_size_nm=pixel_size_nm) for image in images]
    items = []
    for name, micrograph in zip(_apart([one.name for one in micrographs]), micrographs, strict=True):
        folder = Path(output) / name
        items.append(Item(name, partial(_given, micrograph, folder, overwrite=overwrite), folder, overwrite))
    for item in items:  # what is wrong with a folder is said here, not on a page
        item.read()
    return Viewer(Desk(items, Method(partial(_made, generator, booster), n_materials), who))


def _apart(names: Sequence[str]) -> list[str]:
    """Names that differ: behind one that several images have stands which of all it is."""
    taken, found = set(names), []
    for place, name in enumerate(names, start=1):
        numbered = (f"{name}-{number}" for number in count(place))
        found.append(name if names.count(name) == 1 else next(one for one in numbered if one not in taken))
        taken.add(found[-1])
    return found


def _given(micrograph: Micrograph, folder: Path, *, overwrite: bool) -> Micrograph:
    if (kind := kind_of(folder)) not in (None, "segment"):
        raise InputError(f"{folder}: holds results of samiam {kind}; choose another output.")
    if not overwrite and (name := foreign_in(folder, "segment")) is not None:
        raise InputError(
            f"{folder / name}: is of no finished result of samiam segment, and one would replace it; choose another "
            "output, or let it be replaced by overwrite=True."
        )
    if not overwrite and (other := other_result_in(folder, micrograph)) is not None:
        raise InputError(
            f"{micrograph.name}: {folder} holds the results of another image, {other}; choose another output, or "
            "replace them by overwrite=True."
        )
    return micrograph


def _made(generator: MaskGenerator | None, booster: SemanticBooster | None) -> tuple[MaskGenerator, SemanticBooster]:
    chosen = generator or build_generator(DEFAULT_GENERATOR)
    return chosen, booster or SemanticBooster(encoder_beside(chosen))
