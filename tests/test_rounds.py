"""A labelling round: what is accepted, how pure it is, and that its file comes back as it was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.geometry import Quad
from core.learn.crops import LabelledPhoto
from core.learn.pseudo import Proposal, RoundConfig, purity, save_round
from core.learn.rounds import load_round

VIN = "1M8GDM9AXKP042788"
CONFIG = RoundConfig()


def proposal(text: str = VIN, **changes: object) -> Proposal:
    made = Proposal(
        photo="a.jpg",
        text=text,
        quad=Quad.from_box((10, 20, 100, 12)),
        fits=-0.1,
        sure=(0.99,) * 17,
        readers={"ctc": text},
        check_digit="not_applicable",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def label(vin: str = VIN) -> LabelledPhoto:
    return LabelledPhoto(Path("a.jpg"), "val", (10, 20, 100, 12), vin, "twice", frozenset())


@pytest.mark.parametrize(
    ("one", "taken"),
    [
        (proposal(), True),
        (proposal("1M8GDM9A?KP042788"), True),
        (proposal("?M8G?M9A?KP0?2788"), False),
        (proposal(fits=-4.0), False),
        (proposal(check_digit="invalid"), False),
        (proposal("1M8GDM9A?KP042788", check_digit="invalid"), True),
    ],
)
def test_what_a_round_takes(one: Proposal, taken: bool) -> None:
    assert one.accepted(CONFIG) is taken


def test_purity_counts_full_texts_and_characters_apart() -> None:
    pairs = [
        (label(), proposal()),
        (label("1M8GDM9AXKP042789"), proposal()),
        (label(), proposal("1M8GDM9A?KP042788")),
        (label(), proposal(fits=-9.0)),
    ]
    found = purity(pairs, CONFIG)
    assert (found.photos, found.accepted, found.full, found.exact) == (4, 3, 2, 1)
    assert (found.slots, found.right) == (50, 49)
    assert found.interval[0] < 0.5 < found.interval[1]


def test_the_file_of_a_round_keeps_what_was_accepted_with_its_line_and_evidence(tmp_path: Path) -> None:
    path = tmp_path / "rounds" / "1.json"
    turned_away = proposal(photo="b.jpg", fits=-9.0)
    assert save_round(path, [proposal(), turned_away], CONFIG, {"ctc": "1a2b3c4d"}) == 1
    read = load_round(path)
    assert read.keys() == {"a.jpg"}
    text, quad = read["a.jpg"]
    assert text == VIN
    assert np.allclose(quad.corners, Quad.from_box((10, 20, 100, 12)).corners, atol=0.01)
    assert '"1a2b3c4d"' in path.read_text() and '"sure"' in path.read_text()


def test_another_file_is_no_round(tmp_path: Path) -> None:
    path = tmp_path / "quads.json"
    path.write_text('{"a.jpg": [[0, 0]]}')
    with pytest.raises(ValueError, match="labelling round"):
        load_round(path)
