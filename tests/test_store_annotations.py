"""Versions, undo, review and the history of a photo, on real files."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from test_store_kit import VINS, Desk, picture, reading, uid

from core.store.annotations import reject, save, skip
from core.store.backup import check
from core.store.connect import Store
from core.store.content import Character, Content, Draft
from core.store.drafts import drop_draft, keep_draft, kept_draft
from core.store.errors import Busy, Conflict, NotAllowed, Refused, Unwritable
from core.store.history import history, restore, seconds_spent, undo, work_of
from core.store.photos import Incoming, add_photo, photo, with_vin
from core.store.predictions import save_prediction
from core.store.queue import take
from core.store.review import approve, send_back


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.open(tmp_path)


class TestSaving:
    def test_a_label_comes_back_as_it_was_said(self, desk: Desk) -> None:
        content = Content(
            VINS[0],
            quads=(((1.0, 2.0), (90.25, 3.0), (90.0, 12.5), (1.0, 11.0)),),
            characters=tuple(
                Character(text, 0, (round(i / 17, 4), 0.0, 0.05, 1.0)) for i, text in enumerate(VINS[0])
            ),
            kind="windshield",
            tags=("blur", "glare"),
        )
        saved = save(desk.store, Draft(desk.photos[0], desk.ann, 0, content, seconds=4.5, note="a note"))
        assert saved.content == content
        assert (saved.state, saved.by, saved.role, saved.seconds) == ("labelled", "Ann", "labeller", 4.5)
        entry = photo(desk.store, desk.photos[0])
        assert (entry.vin, entry.state, entry.version) == (VINS[0], "labelled", saved.id)
        assert (entry.kind, entry.tags) == ("windshield", ("blur", "glare"))

    def test_what_people_type_is_brought_into_the_letters_of_a_vin(self, desk: Desk) -> None:
        typed = " 1m8gdm9axkpO42788 "
        assert desk.label(0, desk.ann, typed).content == Content("1M8GDM9AXKP042788")

    def test_two_people_on_one_photo_get_a_conflict_and_nothing_is_lost(self, desk: Desk) -> None:
        first = desk.label(0, desk.ann, VINS[0])
        late = Draft(desk.photos[0], desk.bob, 0, Content(VINS[1]))
        with pytest.raises(Conflict, match="changed by Ann") as caught:
            save(desk.store, late)
        assert caught.value.draft == late
        assert (caught.value.version, caught.value.base) == (first.id, 0)
        assert photo(desk.store, desk.photos[0]).vin == VINS[0]
        again = save(desk.store, replace(late, base=first.id))
        assert [event.content and event.content.text for event in history(desk.store, desk.photos[0])] == [
            VINS[0],
            VINS[1],
        ]
        assert again.base == first.id

    def test_saving_the_same_draft_again_counts_once(self, desk: Desk) -> None:
        draft = Draft(desk.photos[0], desk.ann, 0, Content(VINS[0]))
        assert save(desk.store, draft) == save(desk.store, draft)
        assert len(history(desk.store, desk.photos[0])) == 1
        with pytest.raises(Refused, match="another photo"):
            save(desk.store, replace(draft, photo=desk.photos[1]))

    def test_a_text_that_is_no_vin_is_refused_with_the_draft(self, desk: Desk) -> None:
        draft = Draft(desk.photos[0], desk.ann, 0, Content("1M8GDM9AXKP04278"))
        with pytest.raises(Refused, match="16 characters, 1 too few") as caught:
            save(desk.store, draft)
        assert caught.value.draft is draft

    def test_characters_that_spell_something_else_are_refused(self, desk: Desk) -> None:
        boxes = tuple(Character("A", 0, (0.0, 0.0, 0.1, 1.0)) for _ in range(17))
        quad = (((0, 0), (9, 0), (9, 3), (0, 3)),)
        with pytest.raises(Refused, match="spell another text"):
            save(desk.store, Draft(desk.photos[0], desk.ann, 0, Content(VINS[0], quad, boxes)))

    def test_events_cannot_be_changed_or_deleted_by_sql(self, desk: Desk) -> None:
        desk.label(0, desk.ann, VINS[0])
        with sqlite3.connect(desk.store.path) as db:
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                db.execute("UPDATE events SET text = 'X'")
            with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
                db.execute("DELETE FROM events")

    def test_a_locked_file_is_told_and_the_draft_kept(self, desk: Desk) -> None:
        impatient = replace(desk.store, patience=0.1)
        draft = Draft(desk.photos[0], desk.ann, 0, Content(VINS[0]))
        with desk.store.writing(), pytest.raises(Busy, match="locked by another process") as caught:
            save(impatient, draft)
        assert caught.value.draft is draft
        assert save(impatient, draft).state == "labelled"

    def test_a_file_that_is_no_database_is_told(self, desk: Desk) -> None:
        path = desk.store.path.with_name("other.db")
        path.write_text("this is not a database, whatever its name says" * 50)
        with pytest.raises(Unwritable, match="damaged or no label store"):
            Store.open(path, desk.store.home)

    def test_a_store_that_was_moved_away_does_not_come_back_empty(self, desk: Desk) -> None:
        desk.store.path.rename(desk.store.path.with_name("moved.db"))
        with pytest.raises(Unwritable, match="cannot be opened"):
            desk.label(0, desk.ann, VINS[0])
        assert not desk.store.path.exists()


class TestReview:
    def test_approve_and_send_back(self, desk: Desk) -> None:
        label = desk.label(0, desk.ann, VINS[0])
        back = send_back(desk.store, desk.photos[0], desk.rev, label.id, "look at the 5th", uid())
        assert (back.state, back.reason) == ("returned", "look at the 5th")
        again = desk.label(0, desk.ann, VINS[1], base=back.id)
        done = approve(desk.store, desk.photos[0], desk.rev, again.id, uid())
        assert (done.state, done.author, done.by) == ("approved", desk.ann, "Rev")
        assert photo(desk.store, desk.photos[0]).vin == VINS[1]
        with pytest.raises(Refused, match="no label to approve"):
            approve(desk.store, desk.photos[0], desk.rev, done.id, uid())

    def test_nobody_reviews_their_own_work(self, desk: Desk) -> None:
        label = desk.label(0, desk.rev, VINS[0])
        for act in (
            lambda: approve(desk.store, desk.photos[0], desk.rev, label.id, uid()),
            lambda: send_back(desk.store, desk.photos[0], desk.rev, label.id, "why", uid()),
        ):
            with pytest.raises(NotAllowed, match="their own work"):
                act()
        assert approve(desk.store, desk.photos[0], desk.adm, label.id, uid()).state == "approved"

    def test_roles_are_asked_in_the_store(self, desk: Desk) -> None:
        label = desk.label(0, desk.ann, VINS[0])
        with pytest.raises(NotAllowed, match="takes the role reviewer, admin"):
            approve(desk.store, desk.photos[0], desk.bob, label.id, uid())
        with pytest.raises(NotAllowed, match="nobody by this id"):
            desk.label(1, 999, VINS[0])

    def test_a_review_of_an_older_version_is_a_conflict(self, desk: Desk) -> None:
        seen = desk.label(0, desk.ann, VINS[0])
        desk.label(0, desk.ann, VINS[1], base=seen.id)
        with pytest.raises(Conflict):
            approve(desk.store, desk.photos[0], desk.rev, seen.id, uid())

    def test_a_rejection_needs_a_reason(self, desk: Desk) -> None:
        with pytest.raises(Refused, match="the reason is empty"):
            reject(desk.store, desk.photos[0], desk.ann, 0, "  ", uid())
        assert reject(desk.store, desk.photos[0], desk.ann, 0, "no VIN", uid()).state == "rejected"


class TestGoingBack:
    def test_undo_goes_step_by_step_also_after_a_restart(self, desk: Desk) -> None:
        first = desk.label(0, desk.ann, VINS[0])
        desk.label(0, desk.ann, VINS[1], base=first.id)
        reopened = Store.open(desk.store.path, desk.store.home)
        back = undo(reopened, desk.ann, uid())
        assert back.content == Content(VINS[0])
        assert photo(reopened, desk.photos[0]).vin == VINS[0]
        nothing = undo(reopened, desk.ann, uid())
        assert (nothing.state, nothing.content) == ("open", None)
        assert photo(reopened, desk.photos[0]).vin is None
        with pytest.raises(Refused, match="nothing left to undo"):
            undo(reopened, desk.ann, uid())
        assert [event.action for event in history(reopened, desk.photos[0])] == ["label"] * 2 + ["undo"] * 2
        assert desk.label(0, desk.ann, VINS[2], base=nothing.id).state == "labelled"

    def test_an_undo_that_is_sent_twice_undoes_once(self, desk: Desk) -> None:
        first = desk.label(0, desk.ann, VINS[0])
        desk.label(0, desk.ann, VINS[1], base=first.id)
        assert undo(desk.store, desk.ann, "same") == undo(desk.store, desk.ann, "same")
        assert photo(desk.store, desk.photos[0]).vin == VINS[0]

    def test_an_undone_approval_is_a_label_again(self, desk: Desk) -> None:
        label = desk.label(0, desk.ann, VINS[0])
        approve(desk.store, desk.photos[0], desk.rev, label.id, uid())
        back = undo(desk.store, desk.rev, uid())
        assert (back.state, back.author) == ("labelled", desk.ann)

    def test_nobody_undoes_what_others_built_upon(self, desk: Desk) -> None:
        label = desk.label(0, desk.ann, VINS[0])
        approve(desk.store, desk.photos[0], desk.rev, label.id, uid())
        with pytest.raises(Conflict, match="changed by Rev"):
            undo(desk.store, desk.ann, uid())

    def test_an_undone_skip_comes_back_to_the_person(self, desk: Desk) -> None:
        skip(desk.store, desk.photos[0], desk.ann, uid())
        assert desk.rows("skips") == 1
        assert undo(desk.store, desk.ann, uid()).undoes is not None
        assert desk.rows("skips") == 0
        assert photo(desk.store, desk.photos[0]).version == 0

    def test_an_undone_skip_leaves_label_version_and_reason_alone(self, desk: Desk) -> None:
        first = desk.label(0, desk.ann, VINS[0])
        back = send_back(desk.store, desk.photos[0], desk.rev, first.id, "look at slot 3", uid())
        skip(desk.store, desk.photos[0], desk.bob, uid())
        undo(desk.store, desk.bob, uid())
        task = take(desk.store, desk.photos[0], desk.bob)
        assert (task.base, task.content, task.reason) == (back.id, Content(VINS[0]), "look at slot 3")
        assert check(desk.store) == []

    def test_a_trouble_that_was_named_by_mistake_goes_again(self, desk: Desk) -> None:
        key = desk.photos[0]
        first = save(desk.store, Draft(key, desk.ann, 0, Content(VINS[0], tags=("glare",))))
        assert photo(desk.store, key).tags == ("glare",)
        save(desk.store, Draft(key, desk.ann, first.id, Content(VINS[0])))
        assert photo(desk.store, key).tags == ()

    def test_troubles_that_came_with_the_photo_stay_until_somebody_names_some(self, desk: Desk) -> None:
        key = add_photo(desk.store, Incoming(picture(99), "99.png", "test", tags=("blur",)))
        first = save(desk.store, Draft(key, desk.ann, 0, Content(VINS[0])))
        assert photo(desk.store, key).tags == ("blur",)
        save(desk.store, Draft(key, desk.ann, first.id, Content(VINS[0], tags=("dirt",))))
        assert photo(desk.store, key).tags == ("dirt",)

    def test_any_state_can_be_restored(self, desk: Desk) -> None:
        first = desk.label(0, desk.ann, VINS[0])
        approved = approve(desk.store, desk.photos[0], desk.rev, first.id, uid())
        other = desk.label(0, desk.bob, VINS[1], base=approved.id)
        back = restore(desk.store, desk.photos[0], desk.adm, approved.id, other.id, uid())
        assert (back.state, back.content, back.author) == ("approved", Content(VINS[0]), desk.ann)
        blank = restore(desk.store, desk.photos[0], desk.adm, 0, back.id, uid())
        assert (blank.state, blank.content) == ("open", None)
        with pytest.raises(Refused, match="no version of photo"):
            restore(desk.store, desk.photos[1], desk.adm, first.id, 0, uid())

    def test_a_reviewer_cannot_approve_their_own_label_by_restoring(self, desk: Desk) -> None:
        label = desk.label(0, desk.rev, VINS[0])
        approved = approve(desk.store, desk.photos[0], desk.adm, label.id, uid())
        back = send_back(desk.store, desk.photos[0], desk.adm, approved.id, "no", uid())
        assert restore(desk.store, desk.photos[0], desk.rev, approved.id, back.id, uid()).state == "labelled"

    def test_the_work_of_a_person_newest_first(self, desk: Desk) -> None:
        for place in range(3):
            desk.label(place, desk.ann, VINS[place])
        desk.label(3, desk.bob, VINS[3])
        done = work_of(desk.store, desk.ann, limit=2)
        assert [event.photo for event in done] == [desk.photos[2], desk.photos[1]]
        assert [e.photo for e in work_of(desk.store, desk.ann, before=done[-1].id)] == [desk.photos[0]]

    def test_the_seconds_of_labels_and_rejections_since_a_moment(self, desk: Desk) -> None:
        save(desk.store, Draft(desk.photos[0], desk.ann, 0, Content(VINS[0]), seconds=9))
        desk.clock.at += 100
        since = desk.clock.at
        save(desk.store, Draft(desk.photos[1], desk.ann, 0, Content(VINS[1]), seconds=4))
        skip(desk.store, desk.photos[2], desk.ann, uid(), seconds=2)
        reject(desk.store, desk.photos[3], desk.ann, 0, "no VIN", uid(), seconds=1)
        desk.label(4, desk.bob, VINS[4])
        assert seconds_spent(desk.store, desk.ann, since) == [4, 1]

    def test_photos_of_one_vin_labelled_ones_first(self, desk: Desk) -> None:
        save_prediction(desk.store, desk.photos[0], reading(VINS[0]))
        save_prediction(desk.store, desk.photos[1], reading(VINS[1]))
        for place in (2, 3):
            desk.label(place, desk.ann, VINS[0])
        found = [entry.id for entry in with_vin(desk.store, VINS[0], besides=desk.photos[3])]
        assert found == [desk.photos[2], desk.photos[0]]
        # Once labelled otherwise, its reading counts no more.
        desk.label(0, desk.ann, VINS[1])
        assert desk.photos[0] not in [entry.id for entry in with_vin(desk.store, VINS[0])]


class TestDrafts:
    def test_a_dropped_draft_is_gone(self, desk: Desk) -> None:
        keep_draft(desk.store, Draft(desk.photos[0], desk.ann, 0, Content("1M8")))
        drop_draft(desk.store, desk.photos[0], desk.bob)
        assert kept_draft(desk.store, desk.photos[0], desk.ann) is not None
        drop_draft(desk.store, desk.photos[0], desk.ann)
        assert kept_draft(desk.store, desk.photos[0], desk.ann) is None

    def test_a_draft_outlives_a_restart_and_ends_with_the_save(self, desk: Desk) -> None:
        draft = Draft(desk.photos[0], desk.ann, 0, Content("1M8GDM"), seconds=3.0, note="half done")
        keep_draft(desk.store, draft)
        reopened = Store.open(desk.store.path, desk.store.home)
        assert kept_draft(reopened, desk.photos[0], desk.ann) == draft
        assert kept_draft(reopened, desk.photos[0], desk.bob) is None
        save(reopened, replace(draft, content=Content(VINS[0])))
        assert kept_draft(reopened, desk.photos[0], desk.ann) is None
