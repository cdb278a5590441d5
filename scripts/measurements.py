"""How far what `samiam.measure` says of simulated scenes is from what they were made of.

    python scripts/measurements.py [--scenes N] [--first SEED] [--keep DIR]

The scenes are of the families of the benchmark with seeds of their own. Each is measured on its true masks, and on what
`samiam.segment` finds where it is told the number of materials. Truth is what was drawn, surfaces with their steps and
strained cells, as the scan shows it with its drift and distortions: on the mean over the image for films, over what was
looked at of a grain for its lattice. From one image nobody can tell a scan that is stretched from a lattice that is. A
film that is not found, or that goes on beyond the image, has no thickness. The table stands in docs/measurements.md.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam import measure, segment
from samiam.lattices.spectrum import Window, fullest_box
from samiam.measurement import Measurements
from samiam.measurement.layers.finding import Layer
from samiam.measurement.layers.interfaces import trend
from samiam.outlines import largest_part
from samiam.records import Masks, Scene, Segmentation
from simulate.imaging.stem.scan import scan_positions
from simulate.scenes.benchmark import Recipe
from simulate.scenes.exposure import stack_of
from simulate.scenes.families import FAMILIES
from simulate.specimen.stack import Stack

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Truth:
    """What a scene was made of."""

    recipe: Recipe
    scene: Scene

    @cached_property
    def stack(self) -> Stack:
        """The specimen."""
        specimen, acquisition = self.recipe.drawn()
        return stack_of(specimen, acquisition.scan, seed=self.recipe.seed)

    @cached_property
    def places_A(self) -> Floats:
        """Where each pixel was meant to be, (H, W, 2)."""
        return scan_positions(np.random.default_rng([self.recipe.seed, 2]), self.recipe.drawn()[1].scan)

    @cached_property
    def per_pixel_A(self) -> Floats:
        """Steps in the specimen (x, y) for one pixel to the right and one down, (2, 2), as they are on the mean."""
        right, down = (np.diff(self.places_A, axis=axis).mean(axis=(0, 1)) for axis in (1, 0))
        return np.stack([right, down], axis=1)

    @cached_property
    def layer_of(self) -> NDArray[np.int64]:
        """The layer that each pixel shows."""
        return self.stack.layer_at(*self._unstrained)

    @cached_property
    def _unstrained(self) -> tuple[Floats, Floats]:
        return self.stack.unstrained(self.places_A[..., 0], self.places_A[..., 1])

    @property
    def films(self) -> list[int]:
        """Labelled inner layers in view that do not go over into another of their name."""
        layers = self.stack.specimen.layers
        return [
            index
            for index in range(1, len(layers) - 1)
            if layers[index].made_of.is_labelled
            and np.any(self.layer_of == index)
            and layers[index].made_of.name not in (layers[index - 1].made_of.name, layers[index + 1].made_of.name)
        ]

    def of_layer(self, index: int) -> tuple[float, float]:
        """Thickness of a layer where it is, and the roughness of its upper surface, in nm of the image."""
        here = self.layer_of == index
        x_A = np.linspace(*np.percentile(self._unstrained[0][here], [0, 100]), 4096)
        upper_A, lower_A = self.stack.surface_at(index, x_A), self.stack.surface_at(index - 1, x_A)
        covered = upper_A > lower_A
        scale = self.scene.micrograph.pixel_size_nm / np.hypot(*self.per_pixel_A[1])
        rough_A = upper_A[covered] - trend(x_A[covered], upper_A[covered])[0]
        return float((upper_A - lower_A)[covered].mean() * scale), float(rough_A.std() * scale)

    def waves_of(self, mask: NDArray[np.bool_]) -> Floats | None:
        """Two waves of the lattice that most of a mask shows, (2, 2) in 1/nm of the image; None where it has none."""
        layer = int(np.bincount(self.layer_of[mask]).argmax())
        cell = self.stack.cells[layer]
        if cell is None:
            return None
        part = largest_part(mask)
        box = fullest_box(part)
        weights = np.zeros(mask.shape)
        weights[box] = Window.of(part[box], self.scene.micrograph.sides_xy).weights
        of_layer = (weights > 0) & (self.layer_of == layer)
        x_A, h_A = (one[of_layer] for one in self._unstrained)
        rows, columns = np.nonzero(of_layer)
        root = np.sqrt(weights[of_layer])[:, None]
        design = np.stack([columns, rows, np.ones(len(rows))], axis=1)
        per_pixel_A = np.linalg.lstsq(root * design, root * np.stack([x_A, h_A], axis=1))[0][:2].T
        domain = self.stack.domains[layer][int(np.bincount(self.stack.domain_at(layer, x_A, h_A)).argmax())]
        upright = np.array([[1 / cell.a_A, 0], [0, 1 / cell.c_A]])  # (x, h)
        if cell.steps == 2:  # centred
            upright = np.array([[1 / cell.a_A, 1 / cell.c_A], [1 / cell.a_A, -1 / cell.c_A]])
        angle = np.deg2rad(domain.rotation_deg)
        turned = upright @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return np.asarray(turned @ per_pixel_A / self.scene.micrograph.pixel_size_nm)


def true_segmentation(scene: Scene) -> Segmentation:
    """The truth as if it had been found; separate crystals are grains."""
    grains = np.unique(np.where(scene.labels > 0, scene.grains, 0), return_inverse=True)[1].reshape(scene.labels.shape)
    grains = (grains + (scene.labels.min() > 0)).astype(np.uint32)
    none = Masks.empty(scene.labels.shape)
    n = len(scene.materials)
    return Segmentation(scene.labels, [], n, True, none, scene.materials, scene.micrograph, grains)


def films(truth: Truth, found: Measurements) -> Iterator[dict[str, Any]]:
    """A row for each film: what was measured, and what is true."""
    of_layer = {}
    for layer, row in zip(found.layered.layers if found.layered else (), found.layers.to_dict("records"), strict=True):
        index = shown_by(truth, found, layer)
        if not row["thickness_is_lower_bound"]:
            of_layer.setdefault(index, row)
    for index in truth.films:
        thickness_nm, roughness_nm = truth.of_layer(index)
        row = of_layer.get(index, {})
        # Where the scan was turned, the growth direction may lead down or to the right.
        down_A = truth.per_pixel_A[1]
        side = "upper" if down_A[np.argmax(np.abs(down_A))] > 0 else "lower"
        yield {
            "true_nm": thickness_nm,
            "found_nm": row.get("thickness_nm", np.nan),
            "pixel_nm": truth.scene.micrograph.pixel_size_nm,
            "true_roughness_nm": roughness_nm,
            "found_roughness_nm": row.get(f"{side}_roughness_rms_nm", np.nan),
        }


def shown_by(truth: Truth, found: Measurements, layer: Layer) -> int:
    """The layer of the specimen along the middle of a measured one."""
    assert found.layered is not None
    places = found.layered.crossing.places(layer.lines, layer.edges.mean(axis=0))
    x, y = np.rint(places / found.micrograph.sides_xy).astype(int).T
    height, width = found.micrograph.shape_hw
    return int(np.bincount(truth.layer_of[y.clip(0, height - 1), x.clip(0, width - 1)]).argmax())


def spacings(truth: Truth, segmentation: Segmentation, found: Measurements) -> Iterator[dict[str, Any]]:
    """A row for each spacing of each grain."""
    for row in found.lattices.to_dict("records"):
        waves = truth.waves_of(segmentation.each_grain == row["grain"])
        for which in (1, 2):
            spacing = row[f"spacing_{which}_nm"]
            known = {"crystalline": waves is not None, "found": not np.isnan(spacing)}
            if waves is None or np.isnan(spacing):
                yield known
                continue
            vectors = np.array([[row["a_x_nm"], row["a_y_nm"]], [row["b_x_nm"], row["b_y_nm"]]])
            measured = np.linalg.inv(vectors).T
            measured = measured[np.argsort(np.hypot(*measured.T))][which - 1]
            nearest = np.rint(np.linalg.solve(waves.T, measured)) @ waves
            true_nm = 1 / np.hypot(*nearest) if nearest.any() else np.inf
            yield known | {
                "error": spacing / true_nm - 1,
                "of_sigma": (spacing - true_nm) / row[f"spacing_{which}_uncertainty_nm"],
            }


def summary(of_films: pd.DataFrame, of_spacings: pd.DataFrame) -> dict[str, str]:
    """What a column of the table says."""
    error_nm = (of_films["found_nm"] - of_films["true_nm"]).abs()
    right = (error_nm <= of_films["pixel_nm"]) | (error_nm <= 0.01 * of_films["true_nm"])
    rough_nm = (of_films["found_roughness_nm"] - of_films["true_roughness_nm"]).abs()
    crystals = of_spacings[of_spacings["crystalline"]]
    told = crystals.dropna(subset="error")
    films_of = of_spacings[~of_spacings["crystalline"]]
    return {
        "thickness within 1 px or 1 %": f"{right.sum()} of {error_nm.notna().sum()} films",
        "films without a thickness": f"{error_nm.isna().sum()} of {len(of_films)}",
        "median error of the thickness": f"{(error_nm / of_films['true_nm']).median():.2%}",
        "median error of the roughness": f"{rough_nm.median():.3f} nm",
        "spacings within 0.5 %": f"{(told['error'].abs() <= 0.005).sum()} of {len(told)}",
        "median error of spacings": f"{told['error'].abs().median():.3%}",
        "spacings within 2 uncertainties": f"{(told['of_sigma'].abs() <= 2).mean():.0%}",
        "crystals without a lattice": f"{(~crystals['found']).sum() // 2} of {len(crystals) // 2}",
        "lattices where there is none": f"{films_of['found'].sum() // 2} of {len(films_of) // 2}",
    }


def scene_of(recipe: Recipe, folder: Path | None) -> Scene:
    """A scene, kept in a folder where one is given."""
    path = None if folder is None else folder / f"{recipe.seed}.npz"
    if path is not None and path.is_file():
        return Scene.load(path)
    scene = recipe.scene()
    if path is not None:
        scene.save(path)
    return scene


def cpu_s() -> float:
    """Seconds of the processor so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=40, metavar="N")
    parser.add_argument("--first", type=int, default=6000, metavar="SEED")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where scenes are kept for another run")
    parser.add_argument("--verbose", action="store_true", help="each scene as it is measured")
    options = parser.parse_args()
    names, rows, taken_s = list(FAMILIES), {}, []
    for number in range(options.scenes):
        family, seed = names[number % len(names)], options.first + number
        recipe = Recipe(f"{seed}-{family}", family, seed)
        truth = Truth(recipe, scene_of(recipe, options.keep))
        segmented = segment(truth.scene.micrograph, len(truth.scene.materials))
        for column, segmentation in (("true masks", true_segmentation(truth.scene)), ("`samiam segment`", segmented)):
            started = cpu_s()
            found = measure(segmentation, truth.scene.micrograph)
            if truth.scene.micrograph.shape_hw == (1024, 1024):
                taken_s.append(cpu_s() - started)
            of_films, of_spacings = list(films(truth, found)), list(spacings(truth, segmentation, found))
            kept = rows.setdefault(column, ([], []))
            kept[0].extend(of_films)
            kept[1].extend(of_spacings)
            if options.verbose:
                print(
                    recipe.name, column, pd.DataFrame(of_films).round(4), pd.DataFrame(of_spacings).round(5), sep="\n"
                )
    columns = {name: summary(pd.DataFrame(one), pd.DataFrame(other)) for name, (one, other) in rows.items()}
    print("| |" + "".join(f" {name} |" for name in columns) + "\n|---|" + "---|" * len(columns))
    for line in next(iter(columns.values())):
        print(f"| {line} |" + "".join(f" {column[line]} |" for column in columns.values()))
    print(f"\n{np.median(taken_s):.2f} s of the processor for 1024 × 1024 px (median)")


if __name__ == "__main__":
    main()
