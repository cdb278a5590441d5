"""Put networks of the compact generator together into one file of weights, or take one out again.

    python scripts/committee.py join WIDE.safetensors NARROW.safetensors -o compact.safetensors
    python scripts/committee.py take compact.safetensors [--member 0] -o one.safetensors

The first network of `join` tells grains apart and looks at two scales; each further one only adds its vectors of
materials. Calibrate the file afterwards: `python scripts/calibrate_compact.py --weights compact.safetensors`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from samiam.compact.committee import Committee, facts_of_committee
from samiam.compact.network import FieldNetwork, facts_of
from samiam.compact.sights import read_network, read_sight
from samiam.errors import InputError
from samiam.storage.weight_files import read_card, write_weights


def main() -> None:
    """Join or take."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(required=True, dest="action")
    join, take = actions.add_parser("join"), actions.add_parser("take")
    join.add_argument("files", nargs="+", type=Path)
    take.add_argument("file", type=Path)
    take.add_argument("--member", type=int, default=0)
    for action in (join, take):
        action.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        if arguments.action == "join":
            joined(arguments.files, arguments.output)
        else:
            taken(arguments.file, arguments.member, arguments.output)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def joined(files: list[Path], output: Path) -> None:
    """Write several networks as one file; its card holds theirs."""
    members = [read_network(path) for path in files]
    committee = Committee(members, [place == 0 for place in range(len(members))])
    card = {"command": f"python scripts/committee.py join {' '.join(path.name for path in files)}"}
    write_weights(output, committee.state_dict(), facts_of_committee(committee), {**card, "members": _cards(files)})


def taken(file: Path, member: int, output: Path) -> None:
    """Write one network of several."""
    sight = read_sight(file)
    if not isinstance(sight, Committee) or not 0 <= member < len(sight.members):
        raise InputError(f"{file}: has no member {member}; give one from 0 to its last.")
    network = sight.members[member]
    assert isinstance(network, FieldNetwork)  # which a ModuleList does not say
    write_weights(output, network.state_dict(), facts_of(network.size), read_card(file)["members"][member])


def _cards(files: list[Path]) -> list[dict[str, object]]:
    """What each card says, but for its calibration, which the committee gets one of its own of."""
    return [{name: value for name, value in read_card(path).items() if name != "calibration"} for path in files]


if __name__ == "__main__":
    main()
