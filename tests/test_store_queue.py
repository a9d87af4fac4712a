"""The queue: who gets which photo, leases, blind second labels, hidden gold photos, agreement."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_store_kit import VINS, Desk, picture, reading, uid

from core.store.agreement import agreement, gold_scores
from core.store.annotations import reject, save, skip
from core.store.content import Content, Draft
from core.store.errors import NotAllowed, Refused
from core.store.history import history, undo
from core.store.photos import Incoming, add_photo, photo
from core.store.predictions import predictions_of, refresh_priorities, save_prediction
from core.store.queue import (
    QueueConfig,
    Task,
    next_photo,
    next_review,
    release,
    renew,
    take,
)
from core.store.review import approve, send_back, set_gold

PLAIN = QueueConfig(lease=60, double=0, gold=0, chance=0)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.open(tmp_path)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def say(desk: Desk, task: Task, text: str) -> None:
    save(desk.store, Draft(task.photo.id, task.person, task.base, Content(text)))


class TestOrder:
    def test_what_teaches_most_comes_first(self, desk: Desk, rng: np.random.Generator) -> None:
        save_prediction(desk.store, desk.photos[0], reading(VINS[0], 0.99, "accepted"))
        save_prediction(desk.store, desk.photos[1], reading(VINS[1], 0.10, "review"))
        save_prediction(desk.store, desk.photos[2], reading(VINS[2], 0.99, "accepted", other=VINS[3]))
        save_prediction(desk.store, desk.photos[3], reading(None, 0.0, "retake"))
        order = []
        for _ in range(4):
            task = next_photo(desk.store, desk.ann, rng, PLAIN, besides=order)
            assert task is not None
            order.append(task.photo.id)
        places = {key: order.index(key) for key in desk.photos if key in order}
        assert places[desk.photos[1]] == 0
        assert places[desk.photos[2]] < places.get(desk.photos[3], 9)
        assert desk.photos[0] not in order[:2]

    def test_for_a_look_at_many_the_surest_come_first(self, desk: Desk, rng: np.random.Generator) -> None:
        for place, (confidence, status) in enumerate(
            [(0.96, "accepted"), (0.5, "review"), (0.999, "accepted"), (0.98, "accepted")]
        ):
            save_prediction(desk.store, desk.photos[place], reading(VINS[place], confidence, status))
        order: list[int] = []
        while task := next_photo(desk.store, desk.ann, rng, replace(PLAIN, surest=True), besides=order):
            order.append(task.photo.id)
        assert order == [desk.photos[place] for place in (2, 3, 0, 1)]

    def test_rare_makers_come_before_frequent_ones(self, desk: Desk, rng: np.random.Generator) -> None:
        for place in range(3):
            desk.label(place, desk.ann, VINS[0])
        save_prediction(desk.store, desk.photos[3], reading(VINS[0], 0.5))
        save_prediction(desk.store, desk.photos[4], reading(VINS[1], 0.5))
        save_prediction(desk.store, desk.photos[5], reading(VINS[0], 0.5))
        assert refresh_priorities(desk.store) == 6
        task = next_photo(desk.store, desk.bob, rng, PLAIN)
        assert task is not None
        assert task.photo.id == desk.photos[4]

    def test_what_came_back_is_first_and_tells_why(self, desk: Desk, rng: np.random.Generator) -> None:
        save_prediction(desk.store, desk.photos[1], reading(VINS[1], 0.01))
        label = desk.label(0, desk.ann, VINS[0])
        send_back(desk.store, desk.photos[0], desk.rev, label.id, "the 5th is an S", uid())
        task = next_photo(desk.store, desk.ann, rng, PLAIN)
        assert task is not None
        assert (task.photo.id, task.reason) == (desk.photos[0], "the 5th is an S")
        assert task.content == Content(VINS[0])

    def test_the_random_share_reaches_every_photo(self, desk: Desk, rng: np.random.Generator) -> None:
        config = replace(PLAIN, chance=1.0)
        seen = set()
        for _ in range(60):
            task = next_photo(desk.store, desk.ann, rng, config)
            assert task is not None
            seen.add(task.photo.id)
            release(desk.store, task.photo.id, desk.ann)
        assert len(seen) >= 4

    def test_a_reading_is_kept_once_per_set_of_networks(self, desk: Desk) -> None:
        one = save_prediction(desk.store, desk.photos[0], reading(VINS[0], 0.4))
        assert save_prediction(desk.store, desk.photos[0], reading(VINS[1], 0.9)) == one
        newer = replace(reading(VINS[1], 0.9), models={"ctc": "ffff0000"})
        assert save_prediction(desk.store, desk.photos[0], newer) != one
        assert [found.vin for found in predictions_of(desk.store, desk.photos[0])] == [VINS[1], VINS[0]]
        assert photo(desk.store, desk.photos[0]).confidence == 0.9

    def test_the_queue_does_not_wait_for_predictions(self, desk: Desk, rng: np.random.Generator) -> None:
        task = next_photo(desk.store, desk.ann, rng, PLAIN)
        assert task is not None
        assert task.prediction is None


class TestLeases:
    def test_two_people_get_two_photos_and_a_reload_the_same(
        self, desk: Desk, rng: np.random.Generator
    ) -> None:
        ann, bob = (next_photo(desk.store, who, rng, PLAIN) for who in (desk.ann, desk.bob))
        again = next_photo(desk.store, desk.ann, rng, PLAIN)
        assert ann is not None
        assert bob is not None
        assert again is not None
        assert ann.photo.id != bob.photo.id
        assert again.photo.id == ann.photo.id

    def test_a_lease_runs_out_and_is_taken_over(self, tmp_path: Path, rng: np.random.Generator) -> None:
        desk = Desk.open(tmp_path, photos=1)
        task = next_photo(desk.store, desk.ann, rng, PLAIN)
        assert task is not None
        assert next_photo(desk.store, desk.bob, rng, PLAIN) is None
        desk.clock.at += 61
        taken = next_photo(desk.store, desk.bob, rng, PLAIN)
        assert taken is not None
        assert taken.photo.id == task.photo.id
        with pytest.raises(Refused, match="handed to somebody else"):
            renew(desk.store, task.photo.id, desk.ann)
        # Ann's late save still counts, as nobody has saved since she looked.
        say(desk, task, VINS[0])
        assert photo(desk.store, task.photo.id).vin == VINS[0]

    def test_what_a_desk_holds_is_not_given_twice_though_its_lease_ran_out(
        self, tmp_path: Path, rng: np.random.Generator
    ) -> None:
        desk = Desk.open(tmp_path, photos=1)
        task = next_photo(desk.store, desk.ann, rng, PLAIN)
        assert task is not None
        desk.clock.at += 61
        assert next_photo(desk.store, desk.ann, rng, PLAIN, besides=[task.photo.id]) is None
        assert next_photo(desk.store, desk.ann, rng, PLAIN) is not None

    def test_a_renewed_lease_holds(self, desk: Desk, rng: np.random.Generator) -> None:
        task = next_photo(desk.store, desk.ann, rng, PLAIN)
        assert task is not None
        desk.clock.at += 50
        assert renew(desk.store, task.photo.id, desk.ann, PLAIN) == desk.clock.at + 60
        desk.clock.at += 50
        with pytest.raises(Refused, match="Ann is working on photo"):
            take(desk.store, task.photo.id, desk.bob)

    def test_a_photo_that_others_finished_is_not_handed_out_again(
        self, desk: Desk, rng: np.random.Generator
    ) -> None:
        task = next_photo(desk.store, desk.ann, rng, PLAIN)
        assert task is not None
        label = save(desk.store, Draft(task.photo.id, desk.bob, 0, Content(VINS[0])))
        approve(desk.store, task.photo.id, desk.rev, label.id, uid())
        after = next_photo(desk.store, desk.ann, rng, PLAIN)
        assert after is not None
        assert after.photo.id != task.photo.id

    def test_only_a_reviewer_takes_a_held_photo_over(self, desk: Desk, rng: np.random.Generator) -> None:
        task = next_photo(desk.store, desk.ann, rng, PLAIN)
        assert task is not None
        with pytest.raises(NotAllowed):
            take(desk.store, task.photo.id, desk.bob, force=True)
        assert take(desk.store, task.photo.id, desk.rev, force=True).photo.id == task.photo.id

    def test_a_skipped_photo_goes_to_others(self, tmp_path: Path, rng: np.random.Generator) -> None:
        desk = Desk.open(tmp_path, photos=1)
        task = next_photo(desk.store, desk.ann, rng, PLAIN)
        assert task is not None
        skip(desk.store, task.photo.id, desk.ann, uid())
        assert next_photo(desk.store, desk.ann, rng, PLAIN) is None
        assert next_photo(desk.store, desk.bob, rng, PLAIN) is not None

    def test_a_rejected_photo_leaves_the_queue(self, tmp_path: Path, rng: np.random.Generator) -> None:
        desk = Desk.open(tmp_path, photos=1)
        reject(desk.store, desk.photos[0], desk.ann, 0, "no VIN in it", uid())
        assert next_photo(desk.store, desk.bob, rng, PLAIN) is None


class TestBlindLabels:
    DOUBLE = replace(PLAIN, double=1.0)

    def both(self, desk: Desk, rng: np.random.Generator, one: str, other: str) -> tuple[Task, Task]:
        first = next_photo(desk.store, desk.ann, rng, self.DOUBLE)
        assert first is not None
        say(desk, first, one)
        assert photo(desk.store, first.photo.id).state == "second"
        second = next(
            task
            for task in (next_photo(desk.store, desk.bob, np.random.default_rng(s), PLAIN) for s in range(40))
            if task is not None
            and (task.photo.id == first.photo.id or release(desk.store, task.photo.id, desk.bob))
        )
        assert second.photo.state == "open"
        assert second.blind and not first.blind
        assert (second.photo.vin, second.content, second.base) == (None, None, 0)
        assert history(desk.store, first.photo.id, seen_by=desk.bob) == []
        say(desk, second, other)
        return first, second

    def test_two_that_agree_go_to_review(self, desk: Desk, rng: np.random.Generator) -> None:
        first, _ = self.both(desk, rng, VINS[0], VINS[0])
        assert photo(desk.store, first.photo.id).state == "labelled"
        found = agreement(desk.store)
        assert (found.photos, found.exact, found.same, found.characters) == (1, 1, 17, 17)

    def test_two_that_differ_go_to_review_first(self, desk: Desk, rng: np.random.Generator) -> None:
        desk.label(5, desk.ann, VINS[5])
        other = VINS[0].replace("8", "B", 1)
        first, _ = self.both(desk, rng, VINS[0], other)
        found = agreement(desk.store)
        assert (found.exact, found.same, found.confusions) == (0, 16, {("8", "B"): 1})
        task = next_review(desk.store, desk.rev)
        assert task is not None
        assert (task.photo.id, task.photo.state) == (first.photo.id, "disputed")
        (second,) = [event for event in history(desk.store, first.photo.id) if event.blind]
        done = approve(desk.store, first.photo.id, desk.rev, task.base, uid(), choose=second.id)
        assert done.content == Content(other)
        assert photo(desk.store, first.photo.id).vin == other

    def test_the_second_is_somebody_else(self, tmp_path: Path, rng: np.random.Generator) -> None:
        desk = Desk.open(tmp_path, photos=1)
        first = next_photo(desk.store, desk.ann, rng, self.DOUBLE)
        assert first is not None
        say(desk, first, VINS[0])
        assert next_photo(desk.store, desk.ann, rng, self.DOUBLE) is None

    def test_a_second_label_can_be_undone_alone(self, desk: Desk, rng: np.random.Generator) -> None:
        first, _ = self.both(desk, rng, VINS[0], VINS[1])
        undo(desk.store, desk.bob, uid())
        assert photo(desk.store, first.photo.id).state == "second"
        assert photo(desk.store, first.photo.id).vin == VINS[0]


class TestGold:
    def test_a_gold_photo_looks_like_any_other_and_scores(self, desk: Desk, rng: np.random.Generator) -> None:
        label = desk.label(0, desk.ann, VINS[0])
        with pytest.raises(Refused, match="only an approved label"):
            set_gold(desk.store, desk.photos[0], desk.rev)
        done = approve(desk.store, desk.photos[0], desk.rev, label.id, uid())
        set_gold(desk.store, desk.photos[0], desk.rev)
        task = next_photo(desk.store, desk.bob, rng, replace(PLAIN, gold=1.0))
        assert task is not None
        assert (task.photo.id, task.photo.state, task.photo.vin) == (desk.photos[0], "open", None)
        assert (task.base, task.content, task.photo.side) == (0, None, None)
        say(desk, task, VINS[0][:-1] + "9")
        entry = photo(desk.store, desk.photos[0])
        assert (entry.vin, entry.state, entry.version, entry.side) == (VINS[0], "approved", done.id, "gold")
        (score,) = gold_scores(desk.store)
        assert (score.name, score.photos, score.exact, score.right, score.characters) == ("Bob", 1, 0, 16, 17)
        after = next_photo(desk.store, desk.bob, rng, replace(PLAIN, gold=1.0))
        assert after is not None
        assert after.photo.id != desk.photos[0]

    def test_sent_back_as_wrong_it_checks_nobody(self, desk: Desk, rng: np.random.Generator) -> None:
        label = desk.label(0, desk.ann, VINS[0])
        done = approve(desk.store, desk.photos[0], desk.rev, label.id, uid())
        set_gold(desk.store, desk.photos[0], desk.rev)
        task = next_photo(desk.store, desk.bob, rng, replace(PLAIN, gold=1.0))
        assert task is not None and task.photo.id == desk.photos[0]
        say(desk, task, VINS[1])
        send_back(desk.store, desk.photos[0], desk.rev, done.id, "the label is wrong", uid())
        assert gold_scores(desk.store) == []
        other = next_photo(desk.store, desk.adm, rng, replace(PLAIN, gold=1.0))
        assert other is not None and not other.blind

    def test_a_first_labeller_who_comes_back_meets_the_second_label_again(self, desk: Desk) -> None:
        with desk.store.writing() as db:
            db.execute("UPDATE photos SET double = 1 WHERE id = ?", [desk.photos[0]])
            db.execute("INSERT INTO blind (photo, person) VALUES (?, ?)", [desk.photos[0], desk.bob])
        desk.label(0, desk.ann, VINS[0])
        save(desk.store, Draft(desk.photos[0], desk.bob, 0, Content(VINS[1])))
        assert photo(desk.store, desk.photos[0]).state == "disputed"
        desk.label(0, desk.ann, VINS[2])
        assert photo(desk.store, desk.photos[0]).state == "disputed"
        desk.label(0, desk.ann, VINS[1])
        assert photo(desk.store, desk.photos[0]).state == "labelled"


class TestReviewQueue:
    def test_reviewers_never_get_their_own_work(self, desk: Desk) -> None:
        desk.label(0, desk.rev, VINS[0])
        assert next_review(desk.store, desk.rev) is None
        task = next_review(desk.store, desk.adm)
        assert task is not None
        assert task.photo.id == desk.photos[0]
        with pytest.raises(NotAllowed):
            next_review(desk.store, desk.ann)

    def test_likely_failures_come_first(self, desk: Desk) -> None:
        for place, sure in ((0, 0.95), (1, 0.2), (2, 0.7)):
            save_prediction(desk.store, desk.photos[place], reading(VINS[place], sure))
            desk.label(place, desk.ann, VINS[place])
        task = next_review(desk.store, desk.rev)
        assert task is not None
        assert task.photo.id == desk.photos[1]


def test_a_photo_that_is_there_already_keeps_its_place(desk: Desk) -> None:
    assert add_photo(desk.store, Incoming(picture(0), "other name.png", "again")) == desk.photos[0]
    assert photo(desk.store, desk.photos[0]).name == "0.png"
