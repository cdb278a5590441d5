"""A simulated microscope that goes where `where_to_look` says, and one that goes line by line, over the same specimen.

Run `python scripts/follow_interfaces.py`. Both take frames of one size of a large cross-section of a film until they
have seen a share of its interfaces, which are known; the first starts in the middle, and where nothing that it knows of
goes on, it takes the field of the raster that is farthest from all that it has seen.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from samiam import Micrograph, Segmentation, segment
from samiam.interfaces import interfaces
from samiam.watching import where_to_look
from simulate import Acquisition, Interface, Layer, Scan, Specimen, compose

_PIXEL_A = 0.25

Corner = tuple[int, int]
Find = Callable[[Micrograph], Segmentation]


@dataclass
class Microscope:
    """A specimen, and what of it has been seen.

    Attributes:
        picture: all of it.
        side: of a frame in px.
        unseen: how much interface each pixel holds that no frame has shown.
        frames: left top corners of those that were taken, x and y.
    """

    picture: Micrograph
    side: int
    unseen: NDArray[np.float64]
    frames: list[Corner] = field(default_factory=list)

    def take(self, corner: Corner) -> Micrograph:
        """A frame; what it shows has then been seen."""
        x, y = corner
        window = np.s_[y : y + self.side, x : x + self.side]
        self.unseen[window] = 0
        self.frames.append(corner)
        return replace(self.picture, pixels=self.picture.pixels[window], name=f"{x},{y}", shown=None)

    def corner(self, x: float, y: float) -> Corner:
        """That of the frame around a place, moved into the specimen."""
        height, width = self.picture.shape_hw
        left, top = (round(place - self.side / 2) for place in (x, y))
        return min(max(left, 0), width - self.side), min(max(top, 0), height - self.side)

    def is_new(self, corner: Corner) -> bool:
        """Whether a frame would show more than half that no other has shown."""
        overlaps = (
            max(0, self.side - abs(corner[0] - x)) * max(0, self.side - abs(corner[1] - y)) for x, y in self.frames
        )
        return max(overlaps, default=0) <= self.side**2 / 2

    def away(self, corner: Corner) -> float:
        """How far a frame would be from the nearest that was taken."""
        return min(float(np.hypot(corner[0] - x, corner[1] - y)) for x, y in self.frames)

    def raster(self) -> Iterator[Corner]:
        """Frames side by side, line by line."""
        height, width = self.picture.shape_hw
        for y in range(0, height - self.side + 1, self.side):
            yield from ((x, y) for x in range(0, width - self.side + 1, self.side))


def line_by_line(microscope: Microscope, _: Find) -> Iterator[None]:
    """Take a frame at a time."""
    for corner in microscope.raster():
        microscope.take(corner)
        yield


def following(microscope: Microscope, find: Find) -> Iterator[None]:
    """Take a frame at a time, where interfaces leave those before."""
    height, width = microscope.picture.shape_hw
    to_look = [(0.0, microscope.corner(width / 2, height / 2))]
    while True:
        to_look = [(score, corner) for score, corner in to_look if microscope.is_new(corner)]
        fresh = [corner for corner in microscope.raster() if microscope.is_new(corner)]
        if not to_look and not fresh:
            return
        corner = max(to_look)[1] if to_look else max(fresh, key=microscope.away)
        frame = microscope.take(corner)
        yield
        middle = corner[0] + microscope.side / 2, corner[1] + microscope.side / 2
        for place in where_to_look(frame, find(frame), "interface", (microscope.side, microscope.side), n=4):
            there = microscope.corner(middle[0] + place.offset[0], middle[1] + place.offset[1])
            to_look.append((place.score, there))


def specimen(seed: int, size: int, side: int) -> Microscope:
    """A film of SrTiO3 on Ge under Pt and C that lies anyhow in the field that the stage reaches."""
    rng = np.random.default_rng(seed)
    length_A = size * _PIXEL_A
    film = Layer("SrTiO3", thickness_A=float(rng.uniform(0.15, 0.4)) * length_A, top=Interface(roughness_A=4))
    layers = (Layer("Ge", top=Interface(roughness_A=3)), film, Layer("PtC"))
    lowest_A = float(rng.uniform(-0.4, 0.1)) * length_A
    scan = Scan((size, size), pixel_size_A=_PIXEL_A, rotation_deg=float(rng.uniform(0, 360)))
    acquisition = Acquisition(scan, dose_e_per_A2=2e4)
    scene = compose(Specimen(layers=layers, first_interface_A=lowest_A), acquisition, seed=seed)
    unseen = np.zeros((size, size))
    for line in interfaces(scene.labels):
        steps = np.abs(np.diff(line.line_xy, axis=0)).max(axis=1).astype(int) + 1
        for start, end, n in zip(line.line_xy[:-1], line.line_xy[1:], steps, strict=True):
            x, y = (start + (end - start) * np.linspace(0, 1, n)[:, None]).T.astype(int)
            unseen[y, x] = 1
    return Microscope(replace(scene.micrograph, pixel_size_nm=None), side, unseen)


def main() -> None:
    """Print the frames that both need."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--specimens", type=int, default=4)
    parser.add_argument("--size", type=int, default=3072, help="of a specimen in px")
    parser.add_argument("--frame", type=int, default=384, help="of a frame in px")
    parser.add_argument("--share", type=float, default=0.8, help="of the length of interfaces that is to be seen")
    options = parser.parse_args()
    print(f"frames of {options.frame} px until {options.share:.0%} of the interfaces have been seen")
    for seed in range(options.specimens):
        needed, untouched = [], specimen(seed, options.size, options.frame)
        for way in (following, line_by_line):
            microscope = replace(untouched, unseen=untouched.unseen.copy(), frames=[])
            whole = microscope.unseen.sum()
            for _ in way(microscope, segment):
                if microscope.unseen.sum() <= (1 - options.share) * whole:
                    break
            needed.append(len(microscope.frames))
        print(f"specimen {seed}: followed {needed[0]}, line by line {needed[1]}, ratio {needed[1] / needed[0]:.1f}")


if __name__ == "__main__":
    main()
