from __future__ import annotations

import re
from pathlib import Path

import pytest

from samiam.commands import describing
from samiam.storage.weight_files import model_cards, shipped_weights

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path.stem for path in shipped_weights("").parent.glob("*.safetensors"))


def test_all_weights_that_ship_have_a_card() -> None:
    assert list(model_cards()) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_says_what_a_user_has_to_know(name: str) -> None:
    text = model_cards()[name].read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n")
    asked = ["For", "Not for", "Learnt from", "Chosen by", "Scores", "Limits", "Licence"]
    assert re.findall(r"^- \*\*(.+?)\*\*: \S", text, re.MULTILINE) == asked
    assert all((ROOT / page).is_file() for page in re.findall(r"docs/[\w/]+\.md", text))


@pytest.mark.parametrize(
    ("asked", "card"), [("compact", "compact"), ("fenet", "fenet_lattices"), ("classifier", "crop_classifier")]
)
def test_what_uses_weights_shows_their_card(asked: str, card: str) -> None:
    assert f"\n\n# {card}\n" in describing.model(asked)


def test_weights_that_no_option_names_are_described() -> None:
    assert describing.model("polar").startswith("# polar\n")
