"""Seconds of each stage from a file to its results, by the compact generator and by SAM+ ViT-B, in one run.

    python scripts/stages.py [--side PX] [--repeats N] [--device DEVICE] [--sam CHECKPOINT | --no-sam]

Without a checkpoint SAM+ gets random weights of ViT-B's shape, which run as fast; its masks then mean nothing.
The smallest time of each stage counts. "scale" is the measuring of the lattice, "network" the pass through it; SAM+'s
are within "masks".
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from segment_anything import sam_model_registry

from samiam import build_encoder, build_generator, read_micrograph
from samiam.boosting import (
    GroupingRules,
    RemovalRules,
    embed_crops,
    group_masks,
    merge_masks,
    remove_masks,
    sample_crops,
)
from samiam.field import FieldModel, FieldWeights, known_scale, load_field_model
from samiam.files import sha256_of
from samiam.formats import write_results
from samiam.generation import MaskGenerator
from samiam.generation.compact import CompactGenerator
from samiam.generation.rating import CompactOptions
from samiam.records import Decision, Masks, Micrograph, Segmentation
from samiam.texture import ContextEncoder, Encoder
from simulate import procedural_scene

Found = TypeVar("Found")
N_MATERIALS = 3


class Stopwatch:
    """The smallest time of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, work: Callable[[], Found]) -> Found:
        """Do the work of a stage."""
        started = time.perf_counter()
        found = work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds = time.perf_counter() - started
        self.seconds[stage] = min(self.seconds.get(stage, seconds), seconds)
        return found


def compact_masks(model: FieldModel, micrograph: Micrograph, timed: Stopwatch) -> Masks:
    """What `CompactGenerator.generate` does, stage by stage."""
    scale = timed("scale", lambda: known_scale(micrograph.pixels))
    timed("network", lambda: model(micrograph.pixels, scale))
    whole = Stopwatch()
    masks = whole("generate", lambda: CompactGenerator(model, CompactOptions()).generate(micrograph))
    rest = whole.seconds["generate"] - timed.seconds["scale"] - timed.seconds["network"]
    timed.seconds["masks"] = min(timed.seconds.get("masks", rest), rest)
    return masks


def boosted(micrograph: Micrograph, masks: Masks, encoder: Encoder, timed: Stopwatch) -> Segmentation:
    """What `SemanticBooster` does, stage by stage."""
    kept, _ = timed("removal", lambda: remove_masks(masks, RemovalRules()))
    remaining = masks.select(kept)

    def embedded() -> tuple[np.ndarray, np.ndarray]:
        if isinstance(encoder, ContextEncoder):
            return encoder.encode_masks(micrograph, remaining)
        crops = sample_crops(micrograph, remaining)
        return embed_crops(encoder, micrograph, crops), crops.owners

    vectors, owners = timed("embedding", embedded)
    rules = GroupingRules().suited_to(encoder.name)
    groups = timed("grouping", lambda: group_masks(vectors, owners, len(remaining), N_MATERIALS, rules))
    labels, _ = timed("merge", lambda: merge_masks(remaining, groups.materials))
    log = [Decision(mask, "kept", "timed", 0.0, 0.0) for mask in range(len(masks))]
    return Segmentation(labels, log, N_MATERIALS, True, masks)


def seconds_of(
    path: Path, masks_of: Callable[[Micrograph, Stopwatch], Masks], encoder: Encoder, repeats: int
) -> dict[str, float]:
    """Seconds of each stage."""
    timed = Stopwatch()
    for _ in range(repeats):
        micrograph = timed("read", lambda: read_micrograph(path))
        segmentation = boosted(micrograph, masks_of(micrograph, timed), encoder, timed)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "results"
            timed("write", lambda: write_results(place, micrograph, segmentation, config={}, seed=0, times_s={}))  # noqa: B023
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
        model = load_field_model(FieldWeights(device=options.device))
        encoder = build_encoder("compact", device=options.device)
        columns = {
            "compact": seconds_of(path, lambda m, timed: compact_masks(model, m, timed), encoder, options.repeats)
        }
        print(f"{options.side} px, peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
        if not options.no_sam:
            sam = sam_generator(options.sam, folder, options.device)
            fenet = build_encoder("fenet", device=options.device)
            columns["vit_b"] = seconds_of(path, lambda m, timed: timed("masks", lambda: sam.generate(m)), fenet, 1)
    print("| stage |" + "".join(f" {column} |" for column in columns) + "\n|---|" + "---|" * len(columns))
    for stage in ("read", "scale", "network", "masks", "removal", "embedding", "grouping", "merge", "write"):
        print(f"| {stage} |" + "".join(f" {seconds.get(stage, 0):.2f} |" for seconds in columns.values()))
    print("| all |" + "".join(f" {sum(seconds.values()):.2f} |" for seconds in columns.values()))


if __name__ == "__main__":
    main()
