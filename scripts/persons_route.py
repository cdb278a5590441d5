"""A person's route in a real browser: from micrographs without labels to weights that learnt from their correction.

    python scripts/persons_route.py [--family lsfo] [--images 12] [--seed 0] [-o DIR] [--train KEY=VALUE …]

Micrographs of a kind that the weights that ship have never seen (`learning_curve.py` says of which) are corrected in
`samiam view`, with mouse and keys in a Chromium without a window; `samiam dataset build` compiles what was accepted,
`samiam dataset check` looks at it, `train.py` learns from it, and as many other micrographs are segmented before and
after. Of all of it one table, DIR/route.csv and in Markdown.

The script plays the person (`person.py`): it knows the truth and sees what the page shows. It sets the number of
materials, merges what is one, does something about the largest fault, takes back what made it worse, and ends when the
image is right, when nothing helps, or after `--steps`. Steps are what changes regions, taken back or not, and the
taking back; to choose a region is none, and neither are names, verdict and saving, which each image gets.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
from browser import launched
from learning_curve import FAMILIES, images
from person import Person, Screen
from playwright.sync_api import sync_playwright

from samiam.datasets.painted import scene_of
from samiam.metrics import score_image
from samiam.records import Masks, Micrograph, Scene

ROOT = Path(__file__).parents[1]
LEAST_SHARE = 0.03  # of an image that each of its materials covers, as of those it is cut from
WINDOW = {"width": 1280, "height": 720}


def main() -> None:
    """Walk it, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=sorted(FAMILIES), default="lsfo")
    parser.add_argument("--images", type=int, default=12, help="to correct, and as many to test; default: %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--side", type=int, default=384, help="of an image, in px, 384 at most; default: %(default)s")
    parser.add_argument(
        "--steps", type=int, default=20, help="of an image, after which nothing new is begun; default: %(default)s"
    )
    parser.add_argument("--train", nargs="*", default=[], metavar="KEY=VALUE", help="more words for train.py")
    parser.add_argument("-o", "--output", type=Path, default=Path("outputs/persons_route"), metavar="DIR")
    options = parser.parse_args()
    scenes = drawn(options.family, options.seed, 2 * options.images, options.side)
    files = [write_image(scene, options.output / "unlabelled") for scene in scenes]
    own, others = slice(None, options.images), slice(options.images, None)

    rows = corrected(scenes[own], files[own], options.output / "corrected", options.steps)
    dataset, weights = learnt(options.output, options.train)
    before = tested(scenes[others], files[others], options.output / "before", [])
    after = tested(
        scenes[others], files[others], options.output / "after", ["--generator-option", f"weights={weights}"]
    )
    for scene, *scores in zip(scenes[others], before, after, strict=True):
        rows.append({"image": scene.micrograph.name, "part": "tested", "before": scores[0], "after": scores[1]})
    table = pd.DataFrame(rows)
    table.to_csv(options.output / "route.csv", index=False, float_format="%.4f")
    means = table.groupby("part", sort=False)[["before", "after", "steps", "seconds"]].mean().reset_index()
    both = pd.concat([table, means.assign(image="mean")])
    print(f"\n{dataset}\n\n{both.round(3).to_markdown(index=False)}")


def drawn(family: str, seed: int, n: int, side_px: int) -> list[Scene]:
    """Micrographs of a family, cut to a side, that show two materials at least; named as of one specimen."""
    for times in (1, 4):  # a part may show one material alone, or too little of another
        parts = (part_of(scene, side_px) for scene in images(family, seed, times * n))
        found = [part for part in parts if part is not None]
        if len(found) >= n:
            return [named(part, f"{family}_{place:03d}") for place, part in enumerate(found[:n], start=1)]
    raise SystemExit(f"of {4 * n} images only {len(found)} show enough at {side_px} px; give a larger --side.")


def part_of(scene: Scene, side_px: int) -> Scene | None:
    """The upper left of a scene; None where it shows too little."""
    kept = scene.labels[:side_px, :side_px]
    areas = np.bincount(kept.ravel(), minlength=len(scene.materials) + 1)
    present = [label for label in np.flatnonzero(areas).tolist() if label]
    if len(present) < 2 or areas[present].min() < LEAST_SHARE * kept.size:
        return None
    labels = np.where(kept > 0, np.searchsorted(present, kept) + 1, 0).astype(np.uint32)
    micrograph = Micrograph(scene.micrograph.pixels[:side_px, :side_px], name=scene.micrograph.name)
    return scene_of(micrograph, labels, [scene.materials[label - 1] for label in present], {})


def named(scene: Scene, name: str) -> Scene:
    """The same under another name."""
    return replace(scene, micrograph=replace(scene.micrograph, name=name))


def write_image(scene: Scene, folder: Path) -> Path:
    """The pixels alone, as a microscope leaves them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{scene.micrograph.name}.tif"
    tifffile.imwrite(path, np.rint(65535 * scene.micrograph.pixels).astype(np.uint16))
    return path


def corrected(
    scenes: Sequence[Scene], files: Sequence[Path], folder: Path, most_steps: int
) -> list[dict[str, str | float]]:
    """Correct each in the browser; the mIoU of what is shown first and of what is saved, steps and seconds."""
    rows: list[dict[str, str | float]] = []
    with served(files, folder) as address, sync_playwright() as driver:
        browser = launched(driver)
        screen = Screen(browser.new_page(viewport=WINDOW), address)
        for place, scene in enumerate(scenes):
            begun = time.perf_counter()
            screen.open(place)
            person = Person(screen, scene)
            person.correct(most_steps)
            name = scene.micrograph.name
            row = {
                "image": name,
                "part": "corrected",
                "before": person.first,
                "after": saved_miou(folder / name, scene),
            }
            rows.append({**row, "steps": person.steps, "seconds": time.perf_counter() - begun})
            print(rows[-1], flush=True)
        browser.close()
    return rows


@contextmanager
def served(files: Sequence[Path], folder: Path) -> Iterator[str]:
    """`samiam view`, and the address of its page."""
    words = ["view", *map(str, files), "-o", str(folder), "--overwrite", "--no-browser", "--who", "Ann"]
    process = subprocess.Popen([sys.executable, "-m", "samiam", *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/\S+/", line)
        if found is None:
            raise SystemExit(f"samiam view gives no address: {line}")
        yield found[0]
    finally:
        process.terminate()
        process.communicate()


def learnt(output: Path, words: Sequence[str]) -> tuple[str, Path]:
    """Compile the data set, look at it, learn from it; what was said of that, and the weights."""
    dataset = output / "dataset"
    shutil.rmtree(dataset, ignore_errors=True)
    samiam("dataset", "build", output / "corrected", "-o", dataset, "--accepted", "--annotator", "Ann")
    faults = samiam("dataset", "check", dataset, may_fail=True)
    training = [f"data.folder={dataset}", "logger=none", f"hydra.run.dir={output / 'train'}", *words]
    said = called([sys.executable, str(ROOT / "train.py"), "experiment=labelled_compact", *training])
    decisions = "\n".join(said.strip().splitlines()[-2:])  # of the network, and of the number of materials
    return f"{faults.strip()}\n{decisions}", output / "train" / "compact.safetensors"


def tested(scenes: Sequence[Scene], files: Sequence[Path], folder: Path, words: Sequence[str]) -> list[float]:
    """The mIoU of each, segmented by `samiam segment`."""
    samiam("segment", *files, "-o", folder, "--overwrite", *words)
    return [saved_miou(folder / scene.micrograph.name, scene) for scene in scenes]


def saved_miou(folder: Path, scene: Scene) -> float:
    """That of a result on disk."""
    return score_image(Masks.from_labels(tifffile.imread(folder / "labels.tif")), scene).miou


def samiam(*words: object, may_fail: bool = False) -> str:
    """What a command of the program says."""
    return called([sys.executable, "-m", "samiam", *map(str, words)], may_fail=may_fail)


def called(words: Sequence[str], *, may_fail: bool = False) -> str:
    """What a program says.

    Raises:
        SystemExit: if it ends with an exit code that is not 0 and may not.
    """
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode and not may_fail:
        raise SystemExit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
