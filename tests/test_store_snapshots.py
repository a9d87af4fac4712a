"""Snapshots and groups: frozen, named by content, and no car on two sides."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_store_kit import VINS, Desk, picture, reading, uid

from core.store.content import Content
from core.store.errors import NotAllowed, Refused
from core.store.forget import forget
from core.store.groups import groups, near_pairs, regroup
from core.store.items import snapshot_items
from core.store.ledger import (
    models,
    note_model,
    note_round,
    report_run,
    rounds,
    runs,
    start_run,
)
from core.store.photos import Incoming, add_photo, photo
from core.store.predictions import save_prediction
from core.store.review import approve, set_gold
from core.store.snapshots import SnapshotConfig, _draw, find_snapshot, freeze, snapshots, verify

ALL_TRAIN = SnapshotConfig(val=0, gold=0)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.open(tmp_path)


def approved(desk: Desk, place: int, text: str) -> None:
    label = desk.label(place, desk.ann, text)
    approve(desk.store, desk.photos[place], desk.rev, label.id, uid())


class TestGroups:
    def test_one_vin_one_car(self) -> None:
        assert groups([VINS[0], VINS[1], VINS[0], ""], ["", "", "", ""]) == [0, 1, 0, 3]

    def test_a_vin_with_gaps_joins_what_it_fits(self) -> None:
        gaps = VINS[0][:4] + "???" + VINS[0][7:]
        mostly = VINS[0][:3] + "?" * 14
        found = groups([VINS[0], gaps, VINS[1], mostly], [""] * 4)
        assert found[0] == found[1]
        assert len(set(found)) == 3

    def test_near_duplicates_are_one_car_also_in_a_chain(self) -> None:
        base = 0x0123456789ABCDEF
        hashes = [base, base ^ 0b111111, base ^ 0b111111 ^ (0b111111 << 40), ~base & (2**64 - 1)]
        found = groups([""] * 4, [f"{value:016x}" for value in hashes])
        assert found[0] == found[1] == found[2] != found[3]

    def test_banding_misses_no_near_pair(self) -> None:
        rng = np.random.default_rng(1)
        hashes = rng.integers(0, 2**63, 400, dtype=np.uint64)
        for place in range(0, 400, 2):
            flips = rng.choice(64, int(rng.integers(1, 8)), replace=False)
            hashes[place + 1] = hashes[place] ^ np.bitwise_or.reduce(np.uint64(1) << flips.astype(np.uint64))
        apart = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
        truth = {(int(a), int(b)) for a, b in np.argwhere(np.triu(apart <= 6, 1))}
        assert {(min(pair), max(pair)) for pair in near_pairs(hashes)} == truth

    def test_accepted_readings_count_as_vins(self, desk: Desk) -> None:
        approved(desk, 0, VINS[0])
        save_prediction(desk.store, desk.photos[1], reading(VINS[0], 0.99, "accepted"))
        save_prediction(desk.store, desk.photos[2], reading(VINS[0], 0.4, "review"))
        assert regroup(desk.store) == 5


class TestSnapshots:
    def test_a_snapshot_is_named_by_what_it_holds(self, desk: Desk) -> None:
        with pytest.raises(Refused, match="label and review some first"):
            freeze(desk.store, desk.adm, "empty")
        approved(desk, 0, VINS[0])
        desk.label(1, desk.ann, VINS[1])
        one = freeze(desk.store, desk.adm, "first", ALL_TRAIN)
        assert one.counts == {"train": 1, "val": 0, "gold": 0, "moved": 0}
        assert freeze(desk.store, desk.adm, "the same", ALL_TRAIN) == one
        approved(desk, 2, VINS[2])
        two = freeze(desk.store, desk.adm, "second", ALL_TRAIN)
        assert two.hash != one.hash
        assert [snapshot.name for snapshot in snapshots(desk.store)] == ["second", "first"]
        assert find_snapshot(desk.store, one.hash[:10]) == find_snapshot(desk.store, "first") == one

    def test_two_stores_with_the_same_labels_give_one_hash(self, tmp_path: Path) -> None:
        found = []
        for name, order in (("one", (0, 1)), ("two", (1, 0))):
            desk = Desk.open(tmp_path / name)
            for place in order:
                approved(desk, place, VINS[place])
            found.append(freeze(desk.store, desk.adm, name, ALL_TRAIN).hash)
        assert found[0] == found[1]

    def test_later_labels_do_not_change_a_frozen_one(self, desk: Desk) -> None:
        approved(desk, 0, VINS[0])
        frozen = freeze(desk.store, desk.adm, "frozen", ALL_TRAIN)
        desk.label(0, desk.bob, VINS[1])
        (item,) = snapshot_items(desk.store, frozen.id)
        assert item.content == Content(VINS[0])
        assert verify(desk.store, frozen)
        with sqlite3.connect(desk.store.path) as db:
            db.execute("UPDATE snapshot_items SET side = 'val'")
        assert not verify(desk.store, frozen)

    def test_no_car_is_on_two_sides_whatever_the_draw(self, tmp_path: Path) -> None:
        desk = Desk.open(tmp_path, photos=16)
        for place in range(16):
            approved(desk, place, VINS[place // 2])
        for seed in range(5):
            config = SnapshotConfig(val=0.4, gold=0.2, seed=seed)
            frozen = freeze(desk.store, desk.adm, f"seed {seed}", config)
            sides: dict[str, set[str]] = {}
            for item in snapshot_items(desk.store, frozen.id):
                sides.setdefault(item.content.text, set()).add(item.side)
            assert all(len(side) == 1 for side in sides.values())
            with sqlite3.connect(desk.store.path) as db:
                db.execute("UPDATE photos SET side = NULL")
        assert len(snapshots(desk.store)) > 1

    def test_a_car_stays_on_its_side_whatever_later_draws_say(self, tmp_path: Path) -> None:
        desk = Desk.open(tmp_path, photos=8)
        for place in range(8):
            approved(desk, place, VINS[place])
        for seed in range(4):
            freeze(desk.store, desk.adm, f"seed {seed}", SnapshotConfig(val=0.4, gold=0.2, seed=seed))
        assert len(snapshots(desk.store)) == 1

    def test_every_side_gets_about_its_share(self) -> None:
        config = SnapshotConfig(val=0.3, gold=0.1)
        drawn = [_draw(f"car {number}", config) for number in range(2000)]
        assert abs(drawn.count("val") / 2000 - 0.3) < 0.04
        assert abs(drawn.count("gold") / 2000 - 0.1) < 0.03

    def test_a_train_photo_leaves_when_its_car_is_gold(self, desk: Desk) -> None:
        approved(desk, 0, VINS[0])
        freeze(desk.store, desk.adm, "before", ALL_TRAIN)
        approved(desk, 1, VINS[0])
        set_gold(desk.store, desk.photos[1], desk.rev)
        after = freeze(desk.store, desk.adm, "after", ALL_TRAIN)
        assert after.counts == {"train": 0, "val": 0, "gold": 2, "moved": 1}
        assert list(snapshot_items(desk.store, after.id, "train")) == []

    def test_sides_of_an_import_hold_and_unlabelled_photos_follow_their_car(self, desk: Desk) -> None:
        late = add_photo(desk.store, Incoming(picture(50), "val.png", "set", side="val"))
        desk.photos.append(late)
        approved(desk, 6, VINS[0])
        save_prediction(desk.store, desk.photos[1], reading(VINS[0], 0.99, "accepted"))
        freeze(desk.store, desk.adm, "one", ALL_TRAIN)
        assert photo(desk.store, desk.photos[1]).side == "val"

    def test_shares_and_roles_are_checked(self, desk: Desk) -> None:
        approved(desk, 0, VINS[0])
        with pytest.raises(Refused, match="leave something to train on"):
            freeze(desk.store, desk.adm, "x", SnapshotConfig(val=0.9, gold=0.1))
        with pytest.raises(NotAllowed):
            freeze(desk.store, desk.ann, "x")

    def test_forgetting_takes_a_photo_out_of_its_snapshots(self, desk: Desk) -> None:
        approved(desk, 0, VINS[0])
        approved(desk, 1, VINS[1])
        frozen = freeze(desk.store, desk.adm, "x", ALL_TRAIN)
        forget(desk.store, desk.photos[0], desk.adm, "request", uid())
        (left,) = snapshots(desk.store)
        assert (left.hash, left.forgotten) == (frozen.hash, 1)
        assert verify(desk.store, left)
        assert [item.content.text for item in snapshot_items(desk.store, left.id)] == [VINS[1]]


class TestLedger:
    def test_runs_models_and_rounds_are_written_down(self, desk: Desk) -> None:
        approved(desk, 0, VINS[0])
        frozen = freeze(desk.store, desk.adm, "x", ALL_TRAIN)
        run = start_run(desk.store, "train ctc", {"seed": 1}, "runs/1", frozen.id, desk.adm)
        report_run(desk.store, run, {"exact": 0.9})
        desk.clock.at += 60
        report_run(desk.store, run, {"loss": 0.1}, "done")
        (found,) = runs(desk.store)
        assert (found.state, found.metrics) == ("done", {"exact": 0.9, "loss": 0.1})
        assert found.ended == found.started + 60
        note_model(desk.store, "ab" * 32, "ctc", {"parameters": 5}, run)
        note_model(desk.store, "ab" * 32, "ctc", {"parameters": 5}, promoted=True)
        (model,) = models(desk.store)
        assert (model["run"], model["promoted"], model["card"]) == (run, desk.clock.at, {"parameters": 5})
        note_round(desk.store, "ctc 1a2b3c4d", 100, 40, {"right": 0.97}, run, frozen.id)
        assert rounds(desk.store)[0]["figures"] == {"right": 0.97}
        with pytest.raises(Refused, match="no state of a run"):
            report_run(desk.store, run, {}, "sleeping")
        with pytest.raises(Refused, match="no run"):
            report_run(desk.store, 99, {})


def test_config_is_kept_with_the_snapshot(desk: Desk) -> None:
    approved(desk, 0, VINS[0])
    config = replace(ALL_TRAIN, seed=7)
    assert freeze(desk.store, desk.adm, "x", config).config == config
