"""What the learning loop takes out of the store: gold never trains, and a round needs its audit."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_store_kit import VINS, Desk, picture, reading, uid

from core.jobs.material import discard, gather, snapshot_of
from core.learn.confusion import hard_characters
from core.learn.corrections import load_corrections
from core.learn.gate import GoldPhoto, Read, judge
from core.store.annotations import reject, save, skip
from core.store.entries import Character, Content, Draft
from core.store.errors import NotAllowed, Refused
from core.store.files import path_of
from core.store.forget import forget
from core.store.jobs import Owner, claim, end_job, put_job, sign
from core.store.learning import confusions, gold_photos, lessons, supply
from core.store.ledger import change_champion, changes
from core.store.photos import Incoming, add_photo, photo
from core.store.predictions import save_prediction
from core.store.queue import QueueConfig, next_photo, release
from core.store.review import approve, set_gold
from core.store.rounds import (
    PseudoLabel,
    accepted_count,
    accepted_labels,
    keep_round,
    labelling_rounds,
    pool,
    pool_size,
    pseudo_labels,
    settle_rounds,
    withdraw,
)
from core.store.snapshots import Snapshot, SnapshotConfig, freeze
from core.synth.strips import StripConfig, synthetic_strip
from core.synth.vins import noise_vin

QUAD = ((5.0, 5.0), (45.0, 5.0), (45.0, 13.0), (5.0, 13.0))
ALL_TRAIN = SnapshotConfig(val=0, gold=0)


def boxes(text: str) -> tuple[Character, ...]:
    return tuple(Character(c, 0, (i / 17, 0.0, 1 / 17, 1.0)) for i, c in enumerate(text))


def approved(desk: Desk, place: int, text: str, quads: tuple = (QUAD,)) -> None:
    content = Content(text, quads, boxes(text) if quads else ())
    save(desk.store, Draft(desk.photos[place], desk.ann, desk.version(place), content))
    approve(desk.store, desk.photos[place], desk.rev, desk.version(place), uid())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.open(tmp_path)


def frozen(desk: Desk, name: str = "one", config: SnapshotConfig = ALL_TRAIN) -> Snapshot:
    return freeze(desk.store, desk.adm, name, config)


def trained_on(desk: Desk, snapshot: Snapshot) -> None:
    """A run that ended well."""
    done(desk, put_job(desk.store, desk.adm, "train ctc", {}, snapshot.id).id)


def done(desk: Desk, key: int) -> None:
    """End a job well, whatever waits before it."""
    while claim(desk.store, most=99):
        pass
    sign(desk.store, key, Owner(1, "x"))
    end_job(desk.store, key, Owner(1, "x"), "done")


class TestLessons:
    def test_what_a_run_has_learnt_from_is_replay_and_the_rest_is_new(self, desk: Desk) -> None:
        approved(desk, 0, VINS[0])
        trained_on(desk, frozen(desk))
        approved(desk, 1, VINS[1])
        second = frozen(desk, "two")
        assert [(one.photo, one.fresh) for one in lessons(desk.store, second)] == [
            (desk.photos[0], False), (desk.photos[1], True),
        ]  # fmt: skip
        told = supply(desk.store)
        assert (told.approved, told.fresh, told.trained, told.drawn) == (2, 1, 1, 2)

    def test_gold_never_trains_even_if_it_became_gold_after_the_freeze(self, desk: Desk) -> None:
        for place in range(3):
            approved(desk, place, VINS[place])
        snapshot = frozen(desk)
        assert len(lessons(desk.store, snapshot)) == 3
        set_gold(desk.store, desk.photos[1], desk.rev)
        assert [one.photo for one in lessons(desk.store, snapshot)] == [desk.photos[0], desk.photos[2]]
        assert supply(desk.store).gold == 1

    def test_another_photo_of_a_gold_car_does_not_train_either(self, desk: Desk) -> None:
        approved(desk, 0, VINS[0])
        approved(desk, 1, VINS[0])
        snapshot = frozen(desk)
        set_gold(desk.store, desk.photos[1], desk.rev)
        assert lessons(desk.store, snapshot) == []

    def test_gold_that_once_trained_is_no_measure(self, desk: Desk) -> None:
        for place in range(2):
            approved(desk, place, VINS[place])
        trained_on(desk, frozen(desk))
        approved(desk, 2, VINS[2])
        approved(desk, 3, "1M8GD?9AXKP042788")
        for place in (1, 2, 3):
            set_gold(desk.store, desk.photos[place], desk.rev)
        kept, left_out = gold_photos(desk.store, frozen(desk, "later"))
        assert [one.photo for one in kept] == [desk.photos[2]]
        # One has trained; the one with a gap fits a car that has, and so does that car's other photo.
        assert left_out == 3

    def test_the_file_holds_sources_places_and_no_gold(self, desk: Desk, tmp_path: Path) -> None:
        approved(desk, 0, VINS[0])
        approved(desk, 1, VINS[1], quads=())
        approved(desk, 2, VINS[2])
        approved(desk, 3, VINS[3])
        set_gold(desk.store, desk.photos[2], desk.rev)
        snapshot = snapshot_of(desk.store, frozen(desk).id)
        material = gather(desk.store, snapshot, tmp_path)
        assert material.counts == {"new": 2, "placeless": 1, "round": 0}
        paths = [one.path for one in load_corrections(material.path)]
        gold = path_of(desk.store, photo(desk.store, desk.photos[2]).sha256)
        assert gold not in paths and len(paths) == 2
        (first, _) = load_corrections(material.path)
        assert first.characters is not None and first.characters.shape == (17, 5)
        forget(desk.store, desk.photos[0], desk.adm, "request", uid())
        assert gather(desk.store, snapshot, tmp_path).counts["new"] == 1
        discard(tmp_path)
        assert not material.path.exists()

    def test_a_snapshot_that_teaches_nothing_is_refused(self, desk: Desk, tmp_path: Path) -> None:
        approved(desk, 0, VINS[0], quads=())
        with pytest.raises(Refused, match="can teach"):
            gather(desk.store, frozen(desk), tmp_path)
        with pytest.raises(Refused, match="no snapshot"):
            snapshot_of(desk.store, None)


class TestConfusions:
    def test_they_are_counted_from_labels_against_readings_without_gold(self, desk: Desk) -> None:
        wrong = "8" + VINS[0][1:]
        for place in (0, 1):
            save_prediction(desk.store, desk.photos[place], reading(wrong))
            approved(desk, place, VINS[0])
        assert confusions(desk.store) == {("1", "8"): 2}
        set_gold(desk.store, desk.photos[0], desk.rev)
        assert confusions(desk.store) == {("1", "8"): 1}

    def test_the_next_runs_vins_show_what_is_mixed_up_more_often(self) -> None:
        pool_of = hard_characters({("5", "6"): 30, ("8", "B"): 10})
        counted = Counter(pool_of)
        assert counted["5"] == counted["6"] > counted["8"] == counted["B"] > counted["T"] >= 1
        rng = np.random.default_rng(0)
        drawn = Counter("".join(noise_vin(rng, 1.0, pool_of) for _ in range(500)))
        assert drawn["5"] > 5 * drawn["T"]
        strip = synthetic_strip(np.random.default_rng(1), StripConfig(hard="5", confusable=1.0))
        assert len(strip.text) == 17

    def test_too_few_to_go_by(self) -> None:
        assert hard_characters({("5", "6"): 3}) == ""


def pseudo(desk: Desk, place: int, text: str, accepted: bool = True, audit: bool = False) -> PseudoLabel:
    evidence = {"sure": [0.99] * 17, "readers": {"ctc": text, "yolo": text}, "fits": -0.1}
    return PseudoLabel(desk.photos[place], "", text, (QUAD,), evidence, accepted, audit)


class TestRounds:
    def keep(self, desk: Desk, labels: list[PseudoLabel], target: float = 0.7) -> int:
        run = put_job(desk.store, desk.adm, "round", {}).id
        return keep_round(desk.store, run, "ctc=1 yolo=2", labels, target, {"slot": 0.97})

    def said(self, desk: Desk, place: int, text: str) -> None:
        desk.label(place, desk.ann, text)

    def test_it_teaches_after_its_audit_and_never_what_people_labelled(self, desk: Desk) -> None:
        labels = [pseudo(desk, k, VINS[k], audit=k < 2) for k in range(4)]
        key = self.keep(desk, labels)
        settle_rounds(desk.store)
        assert accepted_labels(desk.store) == []
        self.said(desk, 0, VINS[0])
        self.said(desk, 1, VINS[1])
        settle_rounds(desk.store)
        (made,) = labelling_rounds(desk.store)
        assert (made.state, made.audit.answered, made.audit.right) == ("accepted", 2, 2)
        assert [one.photo for one in accepted_labels(desk.store)] == desk.photos[2:4]
        assert accepted_count(desk.store) == 2
        assert pseudo_labels(desk.store, key)[0].evidence["readers"]["yolo"] == VINS[0]

    def test_a_round_below_its_target_is_withdrawn_as_a_whole_and_as_soon_as_that_is_certain(
        self, desk: Desk
    ) -> None:
        self.keep(desk, [pseudo(desk, k, VINS[k], audit=k < 3) for k in range(5)], target=0.9)
        self.said(desk, 0, VINS[7])
        settle_rounds(desk.store)
        (made,) = labelling_rounds(desk.store)
        assert made.state == "withdrawn" and "0 of 1 audited" in made.reason
        assert accepted_labels(desk.store) == []

    def test_gaps_are_not_counted_and_rejected_photos_count_against_it(self, desk: Desk) -> None:
        gap = "?" + VINS[0][1:]
        self.keep(desk, [pseudo(desk, 0, gap, audit=True), pseudo(desk, 1, VINS[1], audit=True)], target=0.5)
        self.said(desk, 0, VINS[0])
        reject(desk.store, desk.photos[1], desk.ann, desk.version(1), "illegible", uid())
        settle_rounds(desk.store)
        (made,) = labelling_rounds(desk.store)
        assert (made.audit.right, made.audit.slots, made.audit.slots_right) == (1, 16, 16)
        assert made.state == "accepted"

    def test_the_sample_comes_first_on_the_label_desk(self, desk: Desk) -> None:
        self.keep(desk, [pseudo(desk, k, VINS[k], audit=k == 4) for k in range(5)])
        task = next_photo(desk.store, desk.ann, np.random.default_rng(0), QueueConfig(gold=0))
        assert task is not None and task.photo.id == desk.photos[4]

    def test_a_skipped_photo_of_the_sample_comes_again_now_and_then_and_at_the_end(self, desk: Desk) -> None:
        self.keep(desk, [pseudo(desk, 0, VINS[0], audit=True)])
        calm = QueueConfig(gold=0, double=0, again=0)
        rng = np.random.default_rng(0)

        def turn(config: QueueConfig) -> int:
            task = next_photo(desk.store, desk.ann, rng, config)
            assert task is not None
            return desk.photos.index(task.photo.id)

        assert turn(calm) == 0
        skip(desk.store, desk.photos[0], desk.ann, uid())
        first = turn(calm)
        assert first != 0
        release(desk.store, desk.photos[first], desk.ann)
        assert turn(replace(calm, again=1.0)) == 0
        skip(desk.store, desk.photos[0], desk.ann, uid())
        for place in range(1, len(desk.photos)):
            self.said(desk, place, VINS[place])
        assert turn(calm) == 0
        self.said(desk, 0, VINS[0])
        settle_rounds(desk.store)
        assert labelling_rounds(desk.store)[0].state == "accepted"

    def test_a_data_scientist_may_withdraw_and_a_labeller_may_not(self, desk: Desk) -> None:
        key = self.keep(desk, [pseudo(desk, 0, VINS[0], audit=True), pseudo(desk, 1, VINS[1])])
        self.said(desk, 0, VINS[0])
        settle_rounds(desk.store)
        with pytest.raises(NotAllowed):
            withdraw(desk.store, key, desk.ann, "no")
        withdraw(desk.store, key, desk.adm, "blurred photos")
        assert accepted_labels(desk.store) == []
        assert "blurred photos" in labelling_rounds(desk.store)[0].reason
        with pytest.raises(Refused):
            withdraw(desk.store, key, desk.adm, "again")

    def test_gold_and_val_cars_are_no_pool(self, desk: Desk) -> None:
        approved(desk, 0, VINS[0])
        set_gold(desk.store, desk.photos[0], desk.rev)
        frozen(desk)
        same = add_photo(desk.store, Incoming(picture(77), "b.png", "test", side="val"))
        assert {one.photo for one in pool(desk.store)} == set(desk.photos[1:])
        assert pool_size(desk.store) == len(desk.photos) - 1
        assert same not in {one.photo for one in pool(desk.store)}

    def test_forgetting_reaches_pseudo_labels(self, desk: Desk) -> None:
        key = self.keep(desk, [pseudo(desk, k, VINS[k], audit=True) for k in range(2)])
        forget(desk.store, desk.photos[0], desk.adm, "request", uid())
        assert [one.photo for one in pseudo_labels(desk.store, key)] == [desk.photos[1]]

    def test_the_same_job_keeps_its_round_once(self, desk: Desk) -> None:
        run = put_job(desk.store, desk.adm, "round", {}).id
        labels = [pseudo(desk, 0, VINS[0])]
        keys = {keep_round(desk.store, run, "ctc=1", labels, 0.9, {}) for _ in range(2)}
        assert len(keys) == 1


def test_a_change_of_champion_is_written_down_or_does_not_happen(desk: Desk) -> None:
    change_champion(desk.store, desk.adm, "promote", lambda: ("b", "a", {"ctc": "1"}, {"gate": 1}))
    with pytest.raises(NotAllowed):
        change_champion(desk.store, desk.ann, "promote", lambda: pytest.fail("it was done all the same"))
    with pytest.raises(ZeroDivisionError):
        change_champion(desk.store, desk.adm, "promote", lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    (made,) = changes(desk.store)
    assert (made.release, made.before, made.by, made.grounds) == ("b", "a", "Adm", {"gate": 1})


def test_gold_out_of_the_store_is_judged(desk: Desk) -> None:
    approved(desk, 0, VINS[0])
    set_gold(desk.store, desk.photos[0], desk.rev)
    kept, _ = gold_photos(desk.store, frozen(desk))
    read = Read(kept[0].text, 0.9, True, 10)
    verdict = judge([GoldPhoto(one.photo, one.text, one.kind, one.tags, read, read) for one in kept])
    assert verdict.outcome == "unsure"
