"""What taught a run beside its snapshot is no measure, and what measures teaches by no way round."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_learning_store import approved, done, frozen, pseudo
from test_store_kit import VINS, Desk, picture, reading, uid

from core.jobs.labelling import label_pool
from core.jobs.material import gather
from core.jobs.progress import Progress
from core.store.errors import Refused
from core.store.forget import forget
from core.store.groups import KNOWN, fitting
from core.store.jobs import Owner, put_job
from core.store.learning import gold_photos, note_taught
from core.store.measured import measured
from core.store.photos import Incoming, add_photo, photo
from core.store.predictions import save_prediction
from core.store.review import approve, set_gold
from core.store.rounds import (
    accepted_count,
    accepted_labels,
    keep_round,
    labelling_rounds,
    settle_rounds,
    withdraw,
)
from core.store.snapshots import SnapshotConfig


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.open(tmp_path)


def accepted_round(desk: Desk, places: list[int], audited: int, texts: tuple[str, ...] = VINS) -> int:
    """A round that passed its audit, on these photos and one that people looked at."""
    labels = [pseudo(desk, k, texts[k], audit=k == audited) for k in sorted({*places, audited})]
    run = put_job(desk.store, desk.adm, "round", {}).id
    key = keep_round(desk.store, run, "ctc=1 yolo=2", labels, 0.7, {})
    desk.label(audited, desk.ann, texts[audited])
    settle_rounds(desk.store)
    assert labelling_rounds(desk.store)[0].state == "accepted"
    return key


def test_a_label_is_known_by_heart_once_a_run_has_learnt_from_it(desk: Desk, tmp_path: Path) -> None:
    """Not when a round has taken it: rounds are withdrawn, and what they take is what reads easily anyway."""
    approved(desk, 0, VINS[0])
    snapshot = frozen(desk)
    accepted_round(desk, [1, 5], audited=2)
    assert set(measured(desk.store, desk.adm).taught) <= {desk.photos[0]}
    run = put_job(desk.store, desk.adm, "train ctc", {"rounds": True}, snapshot.id).id
    gather(desk.store, snapshot, tmp_path, run)
    assert desk.photos[1] not in measured(desk.store, desk.adm).taught
    done(desk, run)
    assert desk.photos[1] in measured(desk.store, desk.adm).taught


def test_gold_that_a_round_taught_is_no_measure(desk: Desk, tmp_path: Path) -> None:
    approved(desk, 0, VINS[0])
    snapshot = frozen(desk)
    late = [add_photo(desk.store, Incoming(picture(90 + k), f"{k}.png", "test")) for k in range(2)]
    desk.photos += late
    key = accepted_round(desk, [1, 6, 7], audited=2)
    run = put_job(desk.store, desk.adm, "train ctc", {"rounds": True}, snapshot.id).id
    assert gather(desk.store, snapshot, tmp_path, run).counts["round"] == 3
    done(desk, run)
    # It has taught, whatever becomes of the round.
    withdraw(desk.store, key, desk.adm, "late doubts")
    for place in (1, 6, 7):
        approved(desk, place, VINS[place])
    approve(desk.store, desk.photos[2], desk.rev, desk.version(2), uid())
    for place in (1, 2):
        set_gold(desk.store, desk.photos[place], desk.rev)
    # Photos that came after the first freeze are drawn now, and these have taught.
    later = frozen(desk, "later", SnapshotConfig(val=0, gold=0.99))
    assert {photo(desk.store, one).side for one in late} == {"train"}
    kept, left_out = gold_photos(desk.store, later)
    # The audited one taught nobody: a person had labelled it by then.
    assert ([one.photo for one in kept], left_out) == ([desk.photos[2]], 1)


def test_a_run_that_leaves_rounds_out_notes_nothing(desk: Desk, tmp_path: Path) -> None:
    approved(desk, 0, VINS[0])
    snapshot = frozen(desk)
    accepted_round(desk, [1], audited=2)
    assert gather(desk.store, snapshot, tmp_path).counts["round"] == 0
    assert desk.rows("taught") == 0


def test_what_is_gold_by_now_is_not_noted_and_does_not_teach(desk: Desk) -> None:
    gold = add_photo(desk.store, Incoming(picture(77), "b.png", "test", side="gold"))
    run = put_job(desk.store, desk.adm, "train ctc", {}).id
    assert note_taught(desk.store, run, [gold, desk.photos[0]]) == {desk.photos[0]}
    assert photo(desk.store, desk.photos[0]).side == "train"
    forget(desk.store, desk.photos[0], desk.adm, "request", uid())
    assert desk.rows("taught") == 0


def test_what_reads_like_a_gold_or_val_car_does_not_teach(desk: Desk) -> None:
    approved(desk, 0, VINS[0])
    set_gold(desk.store, desk.photos[0], desk.rev)
    seen = add_photo(desk.store, Incoming(picture(77), "b.png", "test", side="val"))
    save_prediction(desk.store, seen, reading(VINS[1], 0.99, "accepted"))
    texts = ("", VINS[0], VINS[1], "?" + VINS[0][1:], VINS[4], VINS[5])
    accepted_round(desk, [1, 2, 3, 4], 5, texts)
    assert [one.photo for one in accepted_labels(desk.store)] == [desk.photos[4]]
    assert accepted_count(desk.store) == 1


def test_gold_that_a_pseudo_label_reads_like_is_no_measure(desk: Desk, tmp_path: Path) -> None:
    approved(desk, 0, VINS[0])
    snapshot = frozen(desk)
    accepted_round(desk, [1], 5, ("", "?" + VINS[2][1:], "", "", "", VINS[5]))
    run = put_job(desk.store, desk.adm, "train ctc", {}, snapshot.id).id
    assert gather(desk.store, snapshot, tmp_path, run).counts["round"] == 1
    for place in (2, 3):
        approved(desk, place, VINS[place])
        set_gold(desk.store, desk.photos[place], desk.rev)
    later = frozen(desk, "later")
    assert len(gold_photos(desk.store, later)[0]) == 2
    done(desk, run)
    kept, left_out = gold_photos(desk.store, later)
    assert ([one.photo for one in kept], left_out) == ([desk.photos[3]], 1)


def test_a_round_tells_cars_apart_before_it_takes_its_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.open(tmp_path, photos=2)
    approved(desk, 0, VINS[0])
    set_gold(desk.store, desk.photos[0], desk.rev)
    frozen(desk)
    save_prediction(desk.store, desk.photos[1], reading(VINS[0], 0.99, "accepted"))
    monkeypatch.setattr("core.registry.champion_folder", lambda: pytest.fail("it went on"))
    made = put_job(desk.store, desk.adm, "round", {})
    with pytest.raises(Refused, match="no photo waits"):
        label_pool(desk.store, made, Progress(desk.store, made, Owner(1, "x")))


def test_what_fits_a_vin() -> None:
    vins = ["1M8GDM9AXKP042788", "XW8ZZZ1KZ????1915", "not a VIN"]
    told = {
        "1M8GDM9AXKP042788": True,
        "1M8GDM9AXKP042789": False,
        "???????AXKP042788": True,
        "????????XKP042788": False,  # nine characters tell no car
        "XW8ZZZ1KZAG501915": True,
        "XW8ZZ?1KZ????1915": True,
        "not a VIN": False,
        "": False,
    }
    assert fitting(list(told), vins) == list(told.values())
    assert fitting(["1M8GDM9AXKP042788"], []) == [False]
    gapped = "????????XKP042788"
    assert fitting([gapped], [gapped]) == [False]  # nine characters tell no car, not even the same


@pytest.mark.parametrize(("texts", "vins"), [(40, 5), (5, 40), (30, 30)])
def test_fitting_asks_both_ways_alike(texts: int, vins: int) -> None:
    rng = np.random.default_rng(texts)

    def drawn(count: int) -> list[str]:
        rows = np.array([list("1M8GDM9AXKP042788")] * count)
        rows[rng.random(rows.shape) < 0.03] = "7"
        rows[rng.random(rows.shape) < 0.2] = "?"
        rows[: count // 2] = np.where(rows[: count // 2] == "?", "9", rows[: count // 2])
        return ["".join(row) for row in rows]

    def same(one: str, other: str) -> bool:
        known = [(a, b) for a, b in zip(one, other, strict=True) if "?" not in (a, b)]
        return len(known) >= KNOWN and all(a == b for a, b in known)

    asked, there = drawn(texts), drawn(vins)
    assert fitting(asked, there) == [any(same(text, vin) for vin in there) for text in asked]
