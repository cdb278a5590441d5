"""SAM+ beside `SamAutomaticMaskGenerator`: CPU seconds on one thread, their ratio, the floor, and agreement.

    python -m scripts.speed.sam [--name vit_b] [--side PX] [--per-side N] [--layers N] [--only-ours]

Weights are random, of the network's shape, and scaled so that about a quarter of the masks survives. The floor is what
the matrix products and convolutions of ours would cost at the rate of a large matrix product, measured beside them.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import torch
from segment_anything import SamAutomaticMaskGenerator
from segment_anything.modeling import Sam
from segment_anything.utils.amg import build_point_grid
from torch.utils.flop_counter import FlopCounterMode

from samiam.generation.sam.candidates import candidates
from samiam.generation.sam.crops import Crop
from samiam.generation.sam.generator import SAM_NAMES, SamGenerator
from samiam.generation.sam.settings import SamOptions
from samiam.records import Masks, Micrograph
from scripts.speed.random_sam import random_sam
from simulate import procedural_scene

Made = TypeVar("Made")
_OURS_ALONE = ("prompts", "precision")


def cpu_seconds(work: Callable[[], Made]) -> tuple[float, Made]:
    """What some work costs, and what it makes."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    made = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, made


def flop_per_second() -> float:
    """Of a product of large matrices, the best of three."""
    matrix = torch.randn(2048, 2048)
    return 2 * 2048**3 / min(cpu_seconds(lambda: matrix @ matrix)[0] for _ in range(3))


def agreement(masks: Masks, records: list[dict[str, Any]]) -> str:
    """How many masks are the same, pixel by pixel, and how alike the others are."""
    records = [record for record in records if record["area"]]  # ours leave out masks without pixels
    points_xy = np.array([record["point_coords"][0] for record in records], np.float32).reshape(-1, 2)
    if not np.array_equal(points_xy, masks.points_xy):
        return f"{len(masks)} masks, {len(records)} of the library: not of the same prompts"
    pairs = [(mask, record["segmentation"]) for mask, record in zip(masks, records, strict=True)]
    ious = [float((ours & its).sum() / (ours | its).sum()) for ours, its in pairs]
    same = sum(bool(np.array_equal(*pair)) for pair in pairs)
    return f"{same} of {len(pairs)} identical, IoU ≥ {np.floor(1e6 * min(ious, default=1)) / 1e6:.6f}"


def flop_of(work: Callable[[], object]) -> int:
    """Operations of some work, in matrix products and convolutions."""
    with FlopCounterMode(display=False, custom_mapping={torch.ops.aten.baddbmm_: _product_flop}) as counter:
        work()
    return int(counter.get_total_flops())


def _product_flop(_: object, left_shape: torch.Size, right_shape: torch.Size, **_of_result: object) -> int:
    return 2 * left_shape.numel() * right_shape[2]


def floor_flop(ours: SamGenerator, micrograph: Micrograph, options: SamOptions) -> float:
    """Operations that ours needs for all crops and prompts, counted on one pass of the encoder and on 16 prompts."""
    of_pass = flop_of(lambda: ours.set_image(micrograph))
    points_xy = build_point_grid(4) * micrograph.shape_hw[::-1]
    whole = Crop((0, 0, *micrograph.shape_hw[::-1]), micrograph.shape_hw)
    of_prompts = flop_of(lambda: list(candidates(ours._predictor, ours._decoder, whole, points_xy, options)))
    n_crops, n_prompts = asked(options)
    return n_crops * of_pass + n_prompts * of_prompts / len(points_xy)


def asked(options: SamOptions) -> tuple[int, int]:
    """How many crops there are, the whole image one of them, and how many prompts in all."""
    layers, factor = range(options.crop_n_layers + 1), options.crop_n_points_downscale_factor
    return sum(4**i for i in layers), sum(4**i * (options.points_per_side // factor**i) ** 2 for i in layers)


def of_ours(sam: Sam, micrograph: Micrograph, options: SamOptions) -> tuple[float, float, float, Masks]:
    """CPU seconds of one pass and of all, the operations of all, and the masks; the network stays as it was."""
    plain = sam.image_encoder
    ours = SamGenerator(sam, "ours", options, "")
    pass_s, _ = cpu_seconds(lambda: ours.set_image(micrograph))
    whole_s, masks = cpu_seconds(lambda: ours.generate(micrograph))
    flop = floor_flop(ours, micrograph, options)
    sam.image_encoder = plain
    return pass_s, whole_s, flop, masks


def measured(name: str, side: int, options: SamOptions, only_ours: bool) -> Iterator[str]:
    """The rows of a network."""
    micrograph = procedural_scene(1, shape_hw=(side, side)).micrograph
    rgb = np.repeat(np.rint(micrograph.pixels * 255).astype(np.uint8)[:, :, None], 3, axis=2)
    sam = random_sam(name, torch.from_numpy(rgb), seed=0)
    pass_s, whole_s, flop, masks = of_ours(sam, micrograph, options)
    floor_s = flop / flop_per_second()
    title = f"{name}, {{}} passes and {{}} prompts".format(*asked(options))
    if only_ours:
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        yield f"| {title} | {whole_s:.1f} | | | {floor_s:.1f} | {len(masks)} masks, {peak_gb:.2f} GB at the peak |"
        return
    chosen = {key: value for key, value in options.decisive.items() if key not in _OURS_ALONE}
    library = SamAutomaticMaskGenerator(sam, **chosen)
    its_pass_s, _ = cpu_seconds(lambda: library.predictor.set_image(rgb))
    yield f"| {name}, one pass | {pass_s:.1f} | {its_pass_s:.1f} | {its_pass_s / pass_s:.1f} | | |"
    its_s, records = cpu_seconds(lambda: library.generate(rgb))
    same = agreement(masks, records)
    yield f"| {title} | {whole_s:.1f} | {its_s:.1f} | {its_s / whole_s:.1f} | {floor_s:.1f} | {same} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="vit_b", choices=SAM_NAMES)
    parser.add_argument("--side", type=int, default=1024, metavar="PX")
    parser.add_argument("--per-side", type=int, default=SamOptions().points_per_side, metavar="N")
    parser.add_argument("--layers", type=int, default=SamOptions().crop_n_layers, metavar="N")
    parser.add_argument("--only-ours", action="store_true", help="and the peak memory of the process")
    options = parser.parse_args()
    torch.set_num_threads(1)
    chosen = SamOptions(points_per_side=options.per_side, crop_n_layers=options.layers)
    print(
        f"{options.side} × {options.side} px, one thread of {flop_per_second() / 1e9:.0f} GFLOP/s in matrix products\n"
    )
    print("| network | ours, CPU s | library, CPU s | ratio | floor, CPU s | agreement |\n|---|---|---|---|---|---|")
    for row in measured(options.name, options.side, chosen, options.only_ours):
        print(row, flush=True)


if __name__ == "__main__":
    main()
