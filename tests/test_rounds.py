"""A labelling round: what is accepted, how pure it is, and that its file comes back as it was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.geometry import Quad
from core.jobs.labelling import _fitted
from core.learn.crops import LabelledPhoto
from core.learn.pseudo import Proposal, RoundConfig, bounds_for, purity, save_round
from core.learn.rounds import load_round
from core.store.errors import Refused

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


OTHER = "1M8GDM9AXKP042789"
SURE, UNSURE = (0.996,) * 17, (0.96,) * 17


def test_bounds_follow_the_readers_that_are_measured() -> None:
    # These readers find 17 characters less likely than the champions do, and are right all the same.
    weak = [(VIN, proposal(fits=-4.0, sure=SURE))] * 100
    found = bounds_for(weak, 0.97, CONFIG)
    assert found is not None and found.fits == -5.0 and found.slot == 0.8
    assert weak[0][1].accepted(found) and not weak[0][1].accepted(CONFIG)
    # What fits still less is read wrong: the bound stays above it, or characters have to be surer.
    strange = [(OTHER, proposal(fits=-7.0, sure=SURE))] * 20
    assert bounds_for(weak + strange, 0.97, CONFIG) == found
    doubtful = [(OTHER, proposal(fits=-4.0, sure=UNSURE))] * 20
    stricter = bounds_for(weak + doubtful, 0.97, CONFIG)
    assert stricter is not None and stricter.slot == 0.97


def test_bounds_leave_room_for_chance() -> None:
    def photos(wrong: int) -> list[tuple[str, Proposal]]:
        return [(VIN, proposal(sure=SURE))] * (200 - wrong) + [(OTHER, proposal(sure=SURE))] * wrong

    assert bounds_for(photos(1), 0.97, CONFIG) is not None
    assert bounds_for(photos(2), 0.97, CONFIG) is None
    assert bounds_for(photos(0)[:19], 0.97, CONFIG) is None


def test_a_round_that_cannot_reach_its_target_is_not_made() -> None:
    def known(wrong: int, of: int) -> list[tuple[str, Proposal]]:
        return [(VIN, proposal(sure=SURE))] * (of - wrong) + [(OTHER, proposal(sure=SURE))] * wrong

    with pytest.raises(Refused, match="90 of 100 accepted ones are right at best"):
        _fitted(known(10, 100), 0.97)
    assert _fitted(known(0, 19), 0.97) is None
    fair = _fitted(known(2, 100), 0.97)
    assert fair is not None and bounds_for(known(2, 100), 0.97, CONFIG) is None


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
