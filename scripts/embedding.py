"""What an encoder sees: crops of a scene by their true material, and what looks like the crop at one point.

Run `python scripts/embedding.py 8` for scene 8 of the benchmark, or `python scripts/embedding.py scan.dm4 --point 9,9`
for a micrograph of your own, whose crops are then not coloured. `--projection umap` needs the package umap-learn.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from samiam import Micrograph, Scene, build_encoder, read_micrograph
from samiam.boosting import CropRules, sample_crops
from samiam.errors import InputError
from samiam.metrics import clustering_accuracy
from samiam.records import Masks
from samiam.registry import DEFAULT_ENCODER, ENCODERS
from samiam.storage.files import replacing
from samiam.texture import Encoder
from simulate.scenes.benchmark import benchmark_scene, recipe

Floats = NDArray[np.float32]


def read_scene(what: str) -> Scene | Micrograph:
    """A scene of the benchmark by its number or name, or else the micrograph in a file."""
    if Path(what).is_file():
        return read_micrograph(what)
    return benchmark_scene(recipe(int(what) if what.isdecimal() else what).name)


def project(vectors: Floats, how: str, seed: int) -> NDArray[Any]:
    """Vectors (C, D) in two dimensions."""
    if how == "pca":
        return np.asarray(PCA(2, random_state=seed).fit_transform(vectors))
    try:
        from umap import UMAP
    except ImportError:
        raise InputError("--projection umap needs the package umap-learn; install it or take pca.") from None
    return np.asarray(UMAP(n_components=2, random_state=seed).fit_transform(vectors))


def similarity_map(
    micrograph: Micrograph, encoder: Encoder, point_xy: tuple[int, int], crop_px: int, stride_px: int
) -> tuple[Floats, tuple[float, float, float, float]]:
    """Cosine similarity of the crop around a point with crops all over the image, about their mean.

    Returns:
        float32 (rows, columns), and where it lies in the image: left, right, bottom, top.
    """
    height, width = micrograph.shape_hw
    x, y = (
        int(np.clip(at - crop_px // 2, 0, side - crop_px)) for at, side in zip(point_xy, (width, height), strict=True)
    )
    rows, columns = (np.arange(0, side - crop_px + 1, stride_px) for side in (height, width))
    corners = [(y, x), *((top, left) for top in rows for left in columns)]
    vectors = encoder.encode([micrograph.pixels[top : top + crop_px, left : left + crop_px] for top, left in corners])
    vectors = vectors - vectors[1:].mean(axis=0)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    edge = (crop_px - stride_px) / 2
    extent = (edge, edge + stride_px * len(columns), edge + stride_px * len(rows), edge)
    return (vectors[1:] @ vectors[0]).reshape(len(rows), len(columns)), extent


def draw(
    scene: Scene | Micrograph, encoder: Encoder, point_xy: tuple[int, int], options: argparse.Namespace
) -> plt.Figure:
    """Three panels: the micrograph, its crops in two dimensions, the similarity map."""
    micrograph = scene.micrograph if isinstance(scene, Scene) else scene
    truth = scene.truth if isinstance(scene, Scene) else Masks.from_labels(np.ones(micrograph.shape_hw, np.uint32))
    names = scene.materials if isinstance(scene, Scene) else ["micrograph"]
    crops = sample_crops(micrograph, truth, CropRules(options.crops, options.crop_px, seed=options.seed))
    vectors = encoder.encode(crops.pixels)
    figure, (image, cloud, similar) = plt.subplots(1, 3, figsize=(15, 5), layout="constrained")
    for axes in (image, similar):
        axes.imshow(micrograph.pixels, cmap="gray", vmin=0, vmax=1)
        axes.plot(*point_xy, "+", color="red", markersize=14)
        axes.set_axis_off()
    image.set_title(micrograph.name)
    flat = project(vectors, options.projection, options.seed)
    for index, name in enumerate(names):
        cloud.scatter(*flat[crops.owners == index].T, s=14, label=name)
    cloud.legend()
    found = f": {clustering_accuracy(vectors, crops.owners):.0%} right by KMeans" if len(names) > 1 else ""
    cloud.set_title(f"{len(vectors)} crops of {options.crop_px} px, {encoder.name}{found}")
    cloud.set_xlabel(f"{options.projection.upper()} 1")
    cloud.set_ylabel(f"{options.projection.upper()} 2")
    values, extent = similarity_map(micrograph, encoder, point_xy, options.crop_px, options.stride_px)
    shown = similar.imshow(values, cmap="coolwarm", vmin=-1, vmax=1, alpha=0.6, extent=extent)
    similar.set_xlim(0, micrograph.shape_hw[1])
    similar.set_ylim(micrograph.shape_hw[0], 0)
    similar.set_title("similarity to the crop at the cross")
    figure.colorbar(shown, ax=similar, shrink=0.8)
    return figure


def main() -> int:
    """Draw and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scene", help="number or name of a scene of the benchmark, or a micrograph's file")
    parser.add_argument("--point", metavar="X,Y", help="in pixels; the middle where not given")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, choices=ENCODERS)
    parser.add_argument("--checkpoint", help="weights of the encoder, where it does not come with its own")
    parser.add_argument("--projection", default="pca", choices=("pca", "umap"))
    parser.add_argument("--crops", type=int, default=60, help="of each material")
    parser.add_argument("--crop-px", type=int, default=60)
    parser.add_argument("--stride-px", type=int, default=16, help="of the similarity map")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, default=Path("outputs/embedding.png"))
    options = parser.parse_args()
    try:
        scene = read_scene(options.scene)
        height, width = (scene.micrograph if isinstance(scene, Scene) else scene).shape_hw
        point_xy = _point(options.point, width, height)
        encoder = build_encoder(options.encoder, **({"checkpoint": options.checkpoint} if options.checkpoint else {}))
        figure = draw(scene, encoder, point_xy, options)
    except InputError as error:
        print(f"embedding.py: {error}", file=sys.stderr)
        return 2
    with replacing(options.output) as partial:
        figure.savefig(partial, dpi=100)
    print(options.output)
    return 0


def _point(text: str | None, width: int, height: int) -> tuple[int, int]:
    if text is None:
        return width // 2, height // 2
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        raise InputError(f"--point {text}: give X,Y in whole pixels, such as 300,700.")
    x, y = (int(part) for part in parts)
    if x >= width or y >= height:
        raise InputError(f"--point {text} lies outside the image of {width} × {height} px.")
    return x, y


if __name__ == "__main__":
    sys.exit(main())
