"""What is dear about an image, worked out once: masks, textures and results by number; tools ask it in milliseconds."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.division.splitting import best_split, unit
from samiam.errors import InputError
from samiam.generation import PromptableGenerator
from samiam.lattices.steps.finding import strongest_step
from samiam.records import Cutout, Masks, Micrograph, Segmentation
from samiam.texture import FieldEncoder, TextureField
from samiam.texture.pose import Pose
from samiam.viewer.areas import Area, Point
from samiam.viewer.seeing.method import Method
from samiam.viewer.seeing.remembering import Remembering

Box = tuple[float, float, float, float]
_AHEAD = range(1, 9)
"""Numbers of materials that results are worked out for before anybody asks."""
_AHEAD_PX = 40_000_000
"""Pixels of all these results together, eight bytes each."""
_FEWEST_POINTS = 4  # of a part of a region that is split, at 4 to 8 px a point


class Sees(Protocol):
    """What a session asks of an image; masks and areas are of the whole image."""

    @property
    def micrograph(self) -> Micrograph:
        """The image."""
        ...

    @property
    def method(self) -> Method:
        """How it is segmented."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """All settings of that, for provenance."""
        ...

    def result(self, n_materials: int | None) -> Segmentation:
        """The automatic result with so many materials, None for as many as are estimated."""
        ...

    def meant(self, points_xy: Sequence[Point], is_inside: Sequence[bool], box: Box | None) -> Area:
        """The material that clicks and a box mean."""
        ...

    def alike(self, exemplar: Area, strictness: float = 0.5) -> NDArray[np.bool_]:
        """Where the image has the texture of an exemplar."""
        ...

    def smaller_part(self, region: Area) -> Area:
        """The smaller of the two parts of a region that differ most."""
        ...


class Sight:
    """What generator, encoder and booster make of one image.

    Args:
        micrograph: the image.
        method: how it is segmented. It is, at once.
    """

    def __init__(self, micrograph: Micrograph, method: Method) -> None:
        self._cutout = Cutout.of(micrograph)
        self.micrograph = self._cutout.whole
        self.method = method
        self._generator, booster = method.make()
        self._booster = booster
        if isinstance(booster.encoder, FieldEncoder):
            self._booster = replace(booster, encoder=Remembering(booster.encoder))
        self._masks = self._generator.generate(self._cutout.micrograph)
        if isinstance(self._generator, PromptableGenerator):
            self._generator.set_image(self._cutout.micrograph)
        self._results: dict[int | None, Segmentation] = {}
        self._working = threading.Lock()
        self.result(method.n_materials)

    @property
    def config(self) -> dict[str, Any]:
        """All settings, for provenance."""
        return {
            "generator": {"name": self._generator.name, **self._generator.options},
            "booster": self._booster.options,
            "n_materials": self.method.n_materials,
            "grains": self.method.grains,
            "measurements": self.method.measurements,
        }

    def result(self, n_materials: int | None) -> Segmentation:
        """The automatic result, boosted where it was not yet; masks and textures are those of the first look."""
        with self._working:
            if n_materials not in self._results:
                found = self._booster(self._cutout.micrograph, self._masks, n_materials, grains=self.method.grains)
                self._results[n_materials] = self._cutout.put_back(found)
            return self._results[n_materials]

    @property
    def numbers_at_hand(self) -> list[int]:
        """The numbers of materials whose results cost nothing any more."""
        return sorted(number for number in list(self._results) if number is not None)

    def work_ahead(self) -> None:
        """Have what tools will ask for worked out meanwhile: clicks, then the nearest other numbers of materials.

        Where the program ends, what is being worked out comes to its end first: libraries cannot be stopped amid it.
        """
        threading.Thread(target=self._work_through, args=(self.next_numbers(),)).start()

    def next_numbers(self) -> list[int]:
        """The numbers of materials that `work_ahead` works out, in order: fewer for larger images, for their memory."""
        present = len(self.result(self.method.n_materials).material_of)
        most = max(3, _AHEAD_PX // self.micrograph.pixels.size)  # one more and one less, at the least
        return sorted(_AHEAD, key=lambda number: (abs(number - present), number))[:most]

    def _work_through(self, numbers: Iterable[int]) -> None:
        height, width = self.micrograph.shape_hw
        with suppress(InputError):  # nothing may stand out, or be shown, in the middle
            self.meant([(width // 2, height // 2), (0, 0)], [True, False], None)
        for number in numbers:
            if not threading.main_thread().is_alive():
                return
            self.result(number)

    def meant(self, points_xy: Sequence[Point], is_inside: Sequence[bool], box: Box | None) -> Area:
        """The likeliest material that clicks and a box mean, as `samiam.select` finds it.

        Raises:
            InputError: if the generator takes no clicks, something lies outside of what is shown, or nothing is found.
        """
        if not isinstance(self._generator, PromptableGenerator):
            raise InputError(f"the generator {self._generator.name} takes no clicks and boxes; use compact or a SAM.")
        moved = [self._cutout.point_inside(self._checked(point)) for point in points_xy]
        found = self._generator.predict(
            moved or None,
            np.array(is_inside, int) if moved else None,
            None if box is None else self._cutout.box_inside(box),
            most=1,
        )
        if not len(found):
            raise InputError("nothing stands out there; point elsewhere, or draw it.")
        return Area.of(self._whole(found[0]))

    def _checked(self, point_xy: Point) -> Point:
        height, width = self.micrograph.shape_hw
        if not (0 <= point_xy[0] < width and 0 <= point_xy[1] < height):
            x, y = point_xy
            raise InputError(f"point {x:g},{y:g} lies outside of the image of {width} × {height} px.")
        return point_xy

    def alike(self, exemplar: Area, strictness: float = 0.5) -> NDArray[np.bool_]:
        """Where the image has the texture of an exemplar: where cosines with its points are those of one material.

        Args:
            exemplar: at least one pixel.
            strictness: 0 for all that is remotely like it, 1 for nothing that is not its like; in between, what counts
                is the place between unlike materials and the exemplar's own likeness to itself.

        Raises:
            InputError: if there is no texture to compare, or the exemplar is empty.
        """
        field = self._field()
        own = self._at_points(exemplar, field)
        mean = field.materials[own].mean(axis=0)
        nearness = field.materials @ mean
        itself = float(np.median(nearness[own]))
        undecided = -field.same_material.offset / field.same_material.slope
        apart = min(undecided, itself)
        threshold = apart + (2 * strictness - 1) * (itself - apart)
        return self._from_points(nearness - threshold)

    def smaller_part(self, region: Area) -> Area:
        """The smaller of the two parts of a region that differ most, in texture, in how its lattice lies or by a step.

        They are sought in the pose that the image has in common with its quarter turns and mirror images.

        Raises:
            InputError: if there is no texture to compare, or the region is too small.
        """
        upright = self._field()
        inside, field = upright.pose.apply(self._at_points(region, upright)), upright.posed()
        best = None
        for vectors, sameness in ((field.materials, field.same_material), (field.grains, field.same_grain)):
            split = best_split(vectors, inside, field.boundaries, sameness, _FEWEST_POINTS)
            if split is not None and (best is None or split.log_odds > best[0].log_odds):
                best = split, vectors
        beyond = self._beyond_step(region, upright.pose, 0.0 if best is None else best[0].log_odds)
        if beyond is not None:
            return region.within(self._whole(beyond))
        if best is None:
            raise InputError("the region is too small, or too even, to be split by texture; cut it with the lasso.")
        split, vectors = best
        larger, smaller = (unit(mean).astype(np.float32) for mean in split.means)
        return region.within(self._from_points(upright.pose.undo(vectors @ (smaller - larger))))

    def _beyond_step(self, region: Area, pose: Pose, log_odds: float) -> NDArray[np.bool_] | None:
        """The smaller side of a step in a region, bool (H, W) in the cutout; None where none is likelier than that."""
        pixels = self._cutout.micrograph.pixels
        rows, columns = (self._in_image(np.arange(side), axis) for axis, side in enumerate(pixels.shape))
        inside = pose.apply(self._sampled(region, rows, columns))
        step = strongest_step(pose.apply(pixels), inside)
        if step is None or step.log_odds <= log_odds:
            return None
        smaller = step.smaller_side(inside)
        return pose.undo(smaller) if smaller.any() else None

    def _field(self) -> TextureField:
        encoder = self._booster.encoder
        if not isinstance(encoder, FieldEncoder):
            raise InputError(f"the encoder {encoder.name} sees no textures all over an image; use compact.")
        return encoder.field(self._cutout.micrograph)

    def _at_points(self, area: Area, field: TextureField) -> NDArray[np.bool_]:
        """The points of the field, bool (h, w), in an area; the nearest one where it is smaller than their distance."""
        if not area.size:
            raise InputError("nothing is marked there; click on the image.")
        rows, columns = (self._in_image(places.ravel(), axis) for axis, places in enumerate(field.places))
        inside = self._sampled(area, rows, columns)
        if not inside.any():
            y, x = area.top + area.inside.shape[0] / 2, area.left + area.inside.shape[1] / 2
            inside[np.abs(rows - y).argmin(), np.abs(columns - x).argmin()] = True
        return inside

    def _sampled(self, area: Area, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether the pixels nearest to rows (h,) and columns (w,) of the image are of an area: bool (h, w)."""
        nearest = np.ix_(*(np.rint(places).astype(int) for places in (rows, columns)))
        return np.asarray(area.mask(self.micrograph.shape_hw)[nearest])

    def _in_image(self, places: NDArray[np.integer], axis: int) -> NDArray[np.float64]:
        """The rows (axis 0) or columns of the image at which those (n,) of the cutout lie."""
        positions = np.zeros((len(places), 2))
        positions[:, axis] = places
        return self._cutout.put_back_positions(positions)[:, axis]

    def _from_points(self, values: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Where values (h, w) at the points of the field, interpolated linearly, are above 0, in the whole image."""
        size = self._cutout.micrograph.shape_hw[::-1]
        above = cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) > 0
        return self._whole(np.asarray(above))

    def _whole(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if self._cutout.micrograph.shape_hw == self.micrograph.shape_hw and self.micrograph.shown is None:
            return mask
        return self._cutout.put_back_masks(Masks.from_arrays([mask]))[0]
