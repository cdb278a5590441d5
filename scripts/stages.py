"""Seconds of each stage from a file to its results, by the compact generator and by SAM+ ViT-B, in one run.

    python scripts/stages.py [--side PX] [--repeats N] [--device DEVICE] [--sam CHECKPOINT | --no-sam]

Without a checkpoint SAM+ gets random weights of ViT-B's shape, which run as fast; its masks then mean nothing.
The smallest time of each stage counts. "scale" is the measuring of the lattice, "network" the pass through it, which
masks and vectors share; SAM+'s are within "masks".
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from segment_anything import sam_model_registry

from samiam import build_encoder, build_generator, read_micrograph
from samiam.boosting import SemanticBooster
from samiam.compact.encoder import CompactEncoder
from samiam.compact.generator import CompactGenerator
from samiam.compact.looks import seen_by
from samiam.compact.model import CompactModel
from samiam.compact.scale import known_scale
from samiam.compact.settings import CompactOptions, CompactWeights
from samiam.compact.weights import load_model
from samiam.formats import write_results
from samiam.generation import MaskGenerator
from samiam.records import Masks, Micrograph
from samiam.storage.files import sha256_of
from samiam.texture import Encoder
from simulate import procedural_scene

N_MATERIALS = 3
STAGES = ("read", "scale", "network", "masks", "removal", "embedding", "grouping", "merging", "dividing", "write")


class Stopwatch:
    """The smallest time of each stage: `with timed("read"): …`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time a stage."""
        started = time.perf_counter()
        yield
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds = time.perf_counter() - started
        self.seconds[stage] = min(self.seconds.get(stage, seconds), seconds)


def compact_masks(model: CompactModel, micrograph: Micrograph, timed: Stopwatch) -> Masks:
    """What `CompactGenerator.generate` does, stage by stage."""
    with timed("scale"):
        scale = known_scale(micrograph.pixels)
    with timed("network"):
        seen_by(model.views, micrograph.pixels, scale=scale)
    model.look(micrograph.pixels)  # is remembered
    with timed("masks"):
        return CompactGenerator(model, CompactOptions()).generate(micrograph)


def sam_masks(sam: MaskGenerator, micrograph: Micrograph, timed: Stopwatch) -> Masks:
    """What SAM+ generates."""
    with timed("masks"):
        return sam.generate(micrograph)


def seconds_of(
    path: Path, masks_of: Callable[[Micrograph, Stopwatch], Masks], encoder: Encoder, repeats: int
) -> dict[str, float]:
    """Seconds of each stage."""
    timed, booster = Stopwatch(), SemanticBooster(encoder)
    for _ in range(repeats):
        with timed("read"):
            micrograph = read_micrograph(path)
        segmentation = booster(micrograph, masks_of(micrograph, timed), N_MATERIALS, timed)
        with tempfile.TemporaryDirectory() as folder, timed("write"):
            write_results(Path(folder) / "results", micrograph, segmentation, config={}, seed=0, times_s={})
    return timed.seconds


def sam_generator(checkpoint: Path | None, folder: Path, device: str) -> MaskGenerator:
    """SAM+ ViT-B, of random weights where there is no checkpoint."""
    if checkpoint is None:
        checkpoint = folder / "random.pth"
        torch.save(sam_model_registry["vit_b"]().state_dict(), checkpoint)
    return build_generator("vit_b", checkpoint=checkpoint, checkpoint_sha256=sha256_of(checkpoint), device=device)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=1024, metavar="PX")
    parser.add_argument("--repeats", type=int, default=3, help="of the compact generator; SAM+ runs once")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--sam", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--no-sam", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "micrograph.png"
        pixels = procedural_scene(1, shape_hw=(options.side, options.side)).micrograph.pixels
        Image.fromarray(np.rint(pixels * 65535).astype(np.uint16)).save(path)
        model = load_model(CompactWeights(device=options.device))
        encoder = CompactEncoder(model)
        columns = {
            "compact": seconds_of(path, lambda m, timed: compact_masks(model, m, timed), encoder, options.repeats)
        }
        print(f"{options.side} px, peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
        if not options.no_sam:
            sam = sam_generator(options.sam, folder, options.device)
            fenet = build_encoder("fenet", device=options.device)
            columns["vit_b"] = seconds_of(path, lambda m, timed: sam_masks(sam, m, timed), fenet, 1)
    print("| stage |" + "".join(f" {column} |" for column in columns) + "\n|---|" + "---|" * len(columns))
    for stage in STAGES:
        print(f"| {stage} |" + "".join(f" {seconds.get(stage, 0):.2f} |" for seconds in columns.values()))
    print("| all |" + "".join(f" {sum(seconds.values()):.2f} |" for seconds in columns.values()))


if __name__ == "__main__":
    main()
