"""The words of `samiam dataset`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from samiam.errors import InputError, printable
from samiam.interrupts import heed
from samiam.storage.files import given_path


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """Words of `samiam dataset`."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_build(actions.add_parser("build", help="compile results and annotations to a labelled data set"))
    for name, command, text in (
        ("check", _check, "look for what may be wrong in one"),
        ("agreement", _agreement, "how well annotators of the same images agree"),
    ):
        child = actions.add_parser(name, help=text)
        child.set_defaults(command=command)
        child.add_argument("folder", type=given_path, metavar="DIR", help="labelled micrographs of any layout")


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_build)
    parser.add_argument(
        "sources",
        nargs="+",
        type=given_path,
        metavar="RESULTS",
        help="folders of results of samiam segment, or labelled micrographs of any layout",
    )
    parser.add_argument("-o", "--output", type=given_path, required=True, metavar="DIR", help="may not be there yet")
    parser.add_argument(
        "--annotator",
        metavar="NAME",
        help="who answers for results, and for labels that do not say whose they are; of results the default is who "
        "accepted them, and samiam where nobody did",
    )
    parser.add_argument(
        "--rename",
        type=_renaming,
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="call a material otherwise, as 'material 1=Ge'; those of one name become one",
    )
    parser.add_argument(
        "--split",
        type=_split,
        action="append",
        default=[],
        metavar="SPECIMEN=SPLIT",
        help="train, val or test, for all images of a specimen; default: train",
    )
    parser.add_argument(
        "--specimen",
        type=_pattern,
        metavar="REGEX",
        help="which part of an image's name is its specimen; default: what stands before the last number",
    )
    parser.add_argument(
        "--accepted", action="store_true", help="of results only those accepted in samiam view; rejected ones never are"
    )
    parser.add_argument("--licence", metavar="TEXT", help="under which the data may be used, for the card")
    parser.add_argument("--coco", action="store_true", help="write the labels as COCO too, annotations.json")


def _split(text: str) -> tuple[str, str]:
    specimen, _, split = text.rpartition("=")
    if not specimen or split not in ("train", "val", "test"):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form SPECIMEN=train, =val or =test")
    return specimen, split


def _renaming(text: str) -> tuple[str, str]:
    old, _, new = (part.strip() for part in text.rpartition("="))
    if not (old and new):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form OLD=NEW")
    return old, new


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression ({error})") from None


def _build(options: argparse.Namespace) -> int:
    from samiam.datasets import BuildOptions, build_dataset

    heed()
    counts = build_dataset(
        options.sources,
        options.output,
        BuildOptions(
            annotator=options.annotator,
            names=_once("rename", options.rename),
            splits=_once("split", options.split),
            specimen=options.specimen,
            licence=options.licence,
            coco=options.coco,
            only_accepted=options.accepted,
        ),
    )
    print(f"{options.output}: {counts.words()}")
    return 0


def _once(option: str, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    given = dict(pairs)
    for name, value in pairs:
        if given[name] != value:
            raise InputError(f"--{option} {name}: both {value} and {given[name]}; give one of them.")
    return given


def _check(options: argparse.Namespace) -> int:
    from samiam.datasets import check_dataset

    heed()
    faults = check_dataset(options.folder)
    if faults.empty:
        print(f"{options.folder}: nothing wrong.")
        return 0
    for fault in faults.itertuples(index=False):
        print(printable(f"{fault.problem:<13}  {fault.where}: {fault.what}"))
    return 1


def _agreement(options: argparse.Namespace) -> int:
    from samiam.commands.dataset_agreement import agreement_of, mean_of

    heed()
    table = agreement_of(options.folder)
    print(table.to_string(index=False, float_format="%.3f"))
    print(mean_of(table))
    return 0
