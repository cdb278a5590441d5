"""How particles are found as images are, and whichever way round is surer: on HRTEM, on dark field, beside holes.

    python scripts/dark_field.py [--pictures 16]

HRTEM is that of the exit waves that ship and of drawn particles. Dark field is made of the atoms of such specimens:
what each scatters goes with Z^1.7, a probe of 0.07 to 0.16 nm sees it, and few electrons are counted, line by line. The
support of "edge" ends in the picture; "crowded" has six to ten particles. Holes are laid into HRTEM: brighter than the
support, and smoother or as noisy. Ten minutes of one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage
from tqdm import tqdm

from samiam.metrics.instances import InstanceScores, score_instances
from samiam.particles.finder.finder import UNetFinder, build_finder
from samiam.particles.polarity import look
from samiam.records import Masks, Micrograph
from simulate.draws import log_uniform
from simulate.particles import SpecimenRanges, WaveSettings, picture, read_waves
from simulate.particles.specimens import CARBON, Specimen, draw_specimen
from simulate.phase_objects import ParticleRanges, drawn_particles

MATERIALS = ("Au", "Pt", "Ag", "Pd", "CdSe", "CeO2", "Cu")
N_PARTICLES = {"film": (1, 6), "edge": (1, 6), "crowded": (6, 10), "empty": (0, 0)}
HRTEM_PICTURES = 4  # of each exit wave
_Z_EXPONENT = 1.7  # of HAADF: Hartel, Rose & Dinges, Ultramicroscopy 63, 93 (1996)
_FINE_A = 0.1  # pixels that atoms are laid on
_BETWEEN_ATOMS_A = 2.6  # what is no farther from two of a particle's columns is the particle
_LEAST_PX = 20  # of a particle that is shown

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture of a kind, and where its particles are."""

    kind: str
    micrograph: Micrograph
    truth: Masks


def main() -> None:
    """Make pictures, find particles, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=16, help="of each kind of dark field; drawn ones four times")
    given = parser.parse_args()
    finder = build_finder()
    rows = [row_of(finder, shown) for shown in tqdm(pictures(given.pictures))]
    print(pd.DataFrame(rows).groupby("kind", sort=False).agg(_of_kind()).round(3).to_markdown())


def _of_kind() -> dict[str, str]:
    sums = dict.fromkeys(("pictures", "inverted", "in doubt"), "sum")
    return sums | {f"{name} {when}": "mean" for name in ("dice", "f1", "false %") for when in ("before", "after")}


def row_of(finder: UNetFinder, shown: Shown) -> dict[str, object]:
    """Scores of a picture as it is and as it is looked at."""
    pixels, size_nm = shown.micrograph.pixels, float(shown.micrograph.pixel_size_nm or np.nan)
    before = score_instances(finder.find(pixels, size_nm).masks, shown.truth)
    looked = look(finder, pixels, size_nm)
    after = score_instances(looked.found.masks, shown.truth)
    is_in_doubt = not looked.is_inverted and looked.remark is not None
    counts = {"kind": shown.kind, "pictures": 1, "inverted": int(looked.is_inverted), "in doubt": int(is_in_doubt)}
    return counts | _named(before, "before") | _named(after, "after")


def _named(scores: InstanceScores, when: str) -> dict[str, float]:
    return {f"dice {when}": scores.dice, f"f1 {when}": scores.f1, f"false % {when}": 100 * scores.false_area}


def pictures(n: int) -> Iterator[Shown]:
    """All of them, kind by kind."""
    for seed in range(4 * n):
        drawn = drawn_particles(seed, shape_hw=(384, 384), ranges=ParticleRanges(p_shadows=0))
        yield Shown("HRTEM, drawn", drawn.micrograph, drawn.masks)
    for split in ("train", "val", "test", "physics", "materials", "carbon"):
        for number, wave in enumerate(read_waves(split=split)):
            for seed in range(HRTEM_PICTURES):
                scene = picture(wave, seed=seed, d_prime=False)
                kind = "HRTEM, empty support" if split == "carbon" else "HRTEM, exit waves"
                yield Shown(kind, scene.micrograph, scene.masks)
            yield with_hole(Shown("HRTEM with a hole", scene.micrograph, scene.masks), seed=number)
    for kind in N_PARTICLES:
        for seed in range(n):
            yield dark_field(kind, seed)


def with_hole(shown: Shown, seed: int) -> Shown:
    """A picture with a hole in the support, whose particles there are gone."""
    rng = np.random.default_rng([seed, len(shown.truth)])
    pixels = shown.micrograph.pixels.astype(np.float64)
    y, x = np.indices(pixels.shape)
    top, left = rng.uniform(0, 1, 2) * pixels.shape
    angle, radius = np.arctan2(y - top, x - left), rng.uniform(0.08, 0.6) * min(pixels.shape)
    ragged = sum(size * np.cos(n * angle + rng.uniform(0, 6)) for n, size in ((2, 0.2), (3, 0.1)))
    inwards = radius * (1 + ragged) - np.hypot(y - top, x - left)
    share = 1 / (1 + np.exp(-inwards / rng.uniform(1, 6)))
    spread = pixels.std()
    vacuum = pixels.mean() + spread * (rng.uniform(0.5, 4) + rng.uniform(0.4, 1.1) * rng.normal(size=pixels.shape))
    fresnel = -rng.uniform(0, 2) * spread * np.exp(-((inwards / 5) ** 2))
    image = pixels * (1 - share) + vacuum * share + fresnel
    micrograph = Micrograph((image - image.min()) / np.ptp(image), shown.micrograph.pixel_size_nm)
    return Shown(shown.kind, micrograph, _seen([mask & (share < 0.5) for mask in shown.truth], pixels.shape))


def dark_field(kind: str, seed: int) -> Shown:
    """A specimen of a kind as a dark-field detector sees it."""
    rng = np.random.default_rng([seed, *kind.encode()])
    ranges = SpecimenRanges(materials=(MATERIALS[seed % len(MATERIALS)],), n_particles=N_PARTICLES[kind])
    specimen = draw_specimen(f"{kind}{seed}", ranges, WaveSettings(box_nm=float(rng.uniform(12, 17)), seed=seed))
    signal, inside = _scattered(specimen, rng, ends=kind == "edge")
    pixel_A, sharp_A = log_uniform(rng, (0.1, 0.6)), rng.uniform(0.3, 0.7)
    tails = rng.uniform(0, 0.25)
    blurred = [ndimage.gaussian_filter(signal, size / _FINE_A, mode="wrap") for size in (sharp_A, 3.0)]
    image = (1 - tails) * blurred[0] + tails * blurred[1]
    margin_px = int(3 / pixel_A)
    at = (np.arange(margin_px, int(specimen.box_A[0] / pixel_A) - margin_px) + 0.5) * pixel_A / _FINE_A - 0.5
    image = ndimage.map_coordinates(image, np.meshgrid(at, at, indexing="ij"), order=1)
    nearest = np.ix_(*(np.rint(at).astype(int).clip(0, len(signal) - 1),) * 2)
    counts = _counted(rng, image / np.percentile(image, 99.5), log_uniform(rng, (3, 300)) * (pixel_A / 0.3) ** 2)
    micrograph = Micrograph.stretched(counts, pixel_size_nm=pixel_A / 10, name=f"{kind}{seed}")
    return Shown(f"dark field, {kind}", micrograph, _seen([mask[nearest] for mask in inside], image.shape))


def _scattered(specimen: Specimen, rng: np.random.Generator, *, ends: bool) -> tuple[Floats, list[NDArray[np.bool_]]]:
    """What the atoms scatter on fine pixels, and where each particle is; of a support that ends where asked."""
    side = specimen.box_A[0]
    n_fine = int(side / _FINE_A)
    film = specimen.carbon_A
    if ends:
        angle = rng.uniform(0, 2 * np.pi)
        film = film[(film[:, :2] - side / 2) @ [np.cos(angle), np.sin(angle)] > rng.uniform(-side / 6, side / 6)]
    total = _laid(film, np.full(len(film), CARBON), n_fine)
    inside = []
    reach = int(_BETWEEN_ATOMS_A / _FINE_A)
    for index in range(len(specimen.particles)):
        lattice = specimen.lattice(index)
        moved = lattice.positions + rng.normal(0, 0.08, lattice.positions.shape)  # Å, at room temperature
        own = _laid(moved, lattice.numbers, n_fine)
        total += own
        closed = ndimage.binary_closing(np.pad(own > 0, reach), iterations=reach)[reach:-reach, reach:-reach]
        inside.append(np.asarray(ndimage.binary_fill_holes(closed)))
    return total, inside


def _laid(positions_A: Floats, numbers: NDArray[np.int64], n_fine: int) -> Floats:
    at = (positions_A[:, 1::-1] / _FINE_A).astype(int).clip(0, n_fine - 1)
    laid = np.zeros((n_fine, n_fine))
    np.add.at(laid, tuple(at.T), numbers.astype(float) ** _Z_EXPONENT)
    return laid


def _counted(rng: np.random.Generator, signal: Floats, electrons: float) -> NDArray[np.float32]:
    """Electrons of a scan, on a dark current, with lines brighter and darker, as an amplifier gives them."""
    counts = rng.poisson(electrons * (np.maximum(signal, 0) + rng.uniform(0, 0.05))).astype(np.float64)
    counts *= 1 + 0.02 * rng.random() * rng.standard_normal((len(counts), 1))
    counts += rng.normal(0, rng.uniform(0, 1), counts.shape)
    return np.asarray(ndimage.gaussian_filter(counts, rng.uniform(0, 0.6)), np.float32)


def _seen(masks: list[NDArray[np.bool_]], shape_hw: tuple[int, ...]) -> Masks:
    whole = Masks.from_arrays(masks, (shape_hw[0], shape_hw[1]))
    return whole.select(np.flatnonzero(whole.areas >= _LEAST_PX))


if __name__ == "__main__":
    main()
