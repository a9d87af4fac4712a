"""What a labeller holds and is shown beside it: leases, turned strips, examples, agreement, repairs."""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_label_page import PLAIN, say, session_of, typed
from test_store_kit import VINS, Desk, reading

from core.geometry import Quad
from core.images import decode
from core.recognize.prior import learn_prior
from core.records import Candidate, Line, Reading, Slot
from core.store.annotations import save
from core.store.content import Character, Content, Draft
from core.store.drafts import kept_draft
from core.store.examples import confirmed_of_maker
from core.store.history import history
from core.store.people import everybody
from core.store.photos import photo
from core.store.predictions import save_prediction
from core.store.queue import QueueConfig, Task, next_photo
from core.store.review import approve, set_gold
from core.vin import repairs
from pages.widgets.label import coach
from pages.widgets.label.examples import wanted_characters
from pages.widgets.label.hands import LEASE
from pages.widgets.label.held import Held
from pages.widgets.label.session import Session

SAME_MAKER = ("XTA219110K0318265", "XTA217230D0251234", "XTAFS045LK1198765", "XTA212140C2071188")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Four photos, read with a VIN each."""
    desk = Desk.open(tmp_path, photos=4)
    for key, vin in zip(desk.photos, VINS, strict=False):
        save_prediction(desk.store, key, reading(vin, 0.9))
    return desk


def sitting(desk: Desk, person: int, reread: Any = None) -> Session:
    who = next(one for one in everybody(desk.store) if one.id == person)
    config = replace(PLAIN, lease=LEASE)
    session = Session(desk.store, who, np.random.default_rng(0), config, reread)
    session.fill(2)
    return session


def confirm(desk: Desk, place: int, vin: str, person: int | None = None) -> int:
    """A label with a place for every character."""
    quad = ((5.0, 5.0), (45.0, 5.0), (45.0, 13.0), (5.0, 13.0))
    characters = tuple(Character(c, 0, (i / 17, 0.0, 1 / 17, 1.0)) for i, c in enumerate(vin))
    key = desk.photos[place]
    save(desk.store, Draft(key, person or desk.bob, photo(desk.store, key).version,
                           Content(vin, (quad,), characters)))  # fmt: skip
    return key


class TestTheLease:
    def test_a_closed_tab_gives_its_photo_back_soon_and_keeps_the_draft(self, desk: Desk) -> None:
        session = sitting(desk, desk.ann)
        say(session, "edit", {"note": "half done"})
        mine = {held.photo for held in session.held}
        besides = [key for key in desk.photos if key not in mine]
        rng = np.random.default_rng(0)
        desk.clock.at += LEASE - 1
        assert next_photo(desk.store, desk.bob, rng, PLAIN, besides) is None
        desk.clock.at += 2
        task = next_photo(desk.store, desk.bob, rng, PLAIN, besides)
        assert task is not None and task.photo.id in mine
        first = session.held[0].photo
        draft = kept_draft(desk.store, first, desk.ann)
        assert draft is not None and draft.note == "half done"

    def test_an_open_page_keeps_what_it_shows(self, desk: Desk) -> None:
        session = sitting(desk, desk.ann)
        mine = {held.photo for held in session.held}
        for _ in range(40):
            desk.clock.at += 60
            session.keep()
        task = next_photo(desk.store, desk.bob, np.random.default_rng(0), PLAIN)
        assert task is not None and task.photo.id not in mine

    def test_what_was_taken_over_is_not_taken_back(self, desk: Desk) -> None:
        session = sitting(desk, desk.ann)
        first = session.held[0].photo
        desk.clock.at += LEASE + 1
        besides = [key for key in desk.photos if key != first]
        task = next_photo(desk.store, desk.bob, np.random.default_rng(0), PLAIN, besides=besides)
        assert task is not None and task.photo.id == first
        session.keep()
        save(desk.store, Draft(first, desk.bob, 0, Content(VINS[5])))
        say(session, "accept")
        assert session.held[0].trouble["kind"] == "conflict"
        assert session.held[0].trouble["by"] == "Bob"


class TestATurnedStrip:
    def reread(self, vin: str) -> Any:
        told = reading(vin, 0.95).to_json("")["characters"]
        self.seen: list[Held] = []

        def read(held: Held) -> list[dict[str, Any]]:
            self.seen.append(held)
            return told

        return read

    def test_it_is_read_again(self, desk: Desk) -> None:
        session = sitting(desk, desk.ann, self.reread(VINS[6]))
        shown = session.data(())["photos"][0]
        say(session, "edit", {"turned": True})
        after = session.data(())["photos"][0]
        assert "".join(entry["character"] for entry in after["read_turned"]) == VINS[6]
        # What the person types meanwhile is theirs: the strip is no other one for it.
        assert after["revision"] == shown["revision"] and self.seen[0].work.turned
        say(session, "edit", {"turned": True, "note": "more"})
        assert len(self.seen) == 1

    def test_it_comes_back_read_after_a_reload(self, desk: Desk) -> None:
        session = sitting(desk, desk.ann, self.reread(VINS[6]))
        say(session, "edit", {"turned": True})
        again = sitting(desk, desk.ann, self.reread(VINS[6])).data(())["photos"][0]
        assert again["turned"] is False  # the line itself is turned now
        assert "".join(entry["character"] for entry in again["read"]) == VINS[6]

    def test_without_a_reader_no_word_of_another_strip_is_shown(self, desk: Desk) -> None:
        session = sitting(desk, desk.ann)
        say(session, "edit", {"turned": True})
        assert sitting(desk, desk.ann).data(())["photos"][0]["read"] == []

    def test_a_blind_one_stays_blind(self, desk: Desk) -> None:
        config = QueueConfig(double=1.0, gold=0, chance=0)
        session = session_of(desk, desk.ann, config)
        for _ in desk.photos:
            say(session, "accept")
        who = next(one for one in everybody(desk.store) if one.id == desk.bob)
        other = Session(desk.store, who, np.random.default_rng(0), config, self.reread(VINS[6]))
        other.fill(1)
        shown = other.data(())["photos"][0]
        assert shown["blind"]
        say(other, "edit", {"turned": True, **typed(VINS[0], shown["slots"])})
        assert other.data(())["photos"][0]["read_turned"] == [] and not self.seen


class TestExamples:
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Desk:
        """Three confirmed photos of one maker, and one of it that is read with a doubt."""
        desk = Desk.open(tmp_path, photos=4)
        vin = SAME_MAKER[0]
        slots = tuple(
            Slot(c, 0.6 if i == 8 else 0.99, (("2", 0.3),) if i == 8 else (), 0, (i / 17, (i + 1) / 17))
            for i, c in enumerate(vin)
        )
        chosen = Candidate(Line((Quad.from_box((5, 5, 40, 8)),), 1.0), slots, {}, 0.0, "")
        save_prediction(desk.store, desk.photos[0], Reading(vin, "review", 0.6, "not_applicable", chosen),
                        {"ctc": "1"})  # fmt: skip
        for place in (1, 2, 3):
            confirm(desk, place, SAME_MAKER[place])
        return desk

    def test_the_likely_characters_come_from_other_photos_of_the_maker(self, desk: Desk) -> None:
        data = session_of(desk, desk.ann).data(())
        (shown,) = data["photos"]
        assert set(shown["examples"]) == {"0", "2"}
        assert {photo for _, photo, _ in shown["examples"]["2"]} <= set(desk.photos[1:])
        keys = {key for some in shown["examples"].values() for key, _, _ in some}
        assert set(data["glyphs"]) == keys
        pixels = decode(base64.b64decode(next(iter(data["glyphs"].values())).partition(",")[2])).pixels
        assert pixels.shape[0] == 56

    def test_their_pictures_travel_once(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        assert session.data(list(session.data(())["glyphs"]))["glyphs"] == {}

    def test_approved_ones_come_first(self, desk: Desk) -> None:
        key = desk.photos[2]
        approve(desk.store, key, desk.rev, photo(desk.store, key).version, "a" * 32)
        found = confirmed_of_maker(desk.store, "XTA")
        assert (found[0].photo, found[0].approved) == (key, True) and len(found) == 3

    def test_hidden_checks_and_disputes_are_left_out(self, desk: Desk) -> None:
        key = desk.photos[2]
        approve(desk.store, key, desk.rev, photo(desk.store, key).version, "a" * 32)
        set_gold(desk.store, key, desk.rev)
        assert key not in {one.photo for one in confirmed_of_maker(desk.store, "XTA")}

    def test_the_store_holds_no_strips(self, desk: Desk) -> None:
        before = sorted(path.name for path in desk.store.home.rglob("*"))
        session_of(desk, desk.ann).data(())
        assert sorted(path.name for path in desk.store.home.rglob("*")) == before

    def test_another_maker_has_none(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        say(session, "edit", typed("WVW" + SAME_MAKER[0][3:], session.data(())["photos"][0]["slots"]))
        assert session.data(())["photos"][0]["examples"] == {}

    def test_only_doubtful_slots_want_them(self) -> None:
        sure = reading(VINS[0], 0.99).to_json("")["characters"]
        assert wanted_characters(sure) == []
        differing = reading(VINS[0], 0.99, other="2" + VINS[0][1:]).to_json("")["characters"]
        assert wanted_characters(differing) == ["1", "2"]


class TestOwnAgreement:
    def test_of_photos_that_were_labelled_twice(self, desk: Desk) -> None:
        config = QueueConfig(double=1.0, gold=0, chance=0)
        session = session_of(desk, desk.ann, config)
        for _ in desk.photos:
            say(session, "accept")
        other = session_of(desk, desk.bob, config)
        for wrong in (True, False):
            shown = other.data(())["photos"][0]
            text = history(desk.store, shown["id"])[0].content
            assert text is not None
            said = ("2" if wrong else text.text[0]) + text.text[1:]
            say(other, "accept", typed(said, shown["slots"]))
        assert session_of(desk, desk.ann).data(())["agreed"] == [1, 2]
        assert session_of(desk, desk.bob).data(())["agreed"] == [1, 2]


class TestRepairs:
    wrong = "LVVDB11B8ED012345"
    """A Chery whose check digit does not agree."""

    def test_a_maker_that_nobody_knows_comes_last(self) -> None:
        found = repairs(self.wrong, limit=40)
        strange = [one.text[:3] != "LVV" for one in found]
        assert not strange[0] and strange == sorted(strange)

    def test_habits_rank(self) -> None:
        right = next(one.text for one in repairs(self.wrong, limit=40)[5:] if one.text[:3] == "LVV")
        prior = learn_prior([right] * 30)
        assert repairs(self.wrong, limit=3, habit=prior.log_text)[0].text == right
        told = coach.advice(self.wrong, [], prior.log_text)
        assert told["repairs"][0][0] == right


def test_two_runs_of_the_page_at_once_fetch_no_photo_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit starts the next run while the last one still makes photos ready."""
    session = session_of(desk, desk.ann)
    session.leave()
    ready = Session._ready

    def slowly(self: Session, task: Task) -> Held:
        time.sleep(0.05)
        return ready(self, task)

    monkeypatch.setattr(Session, "_ready", slowly)
    runs = [threading.Thread(target=session.fill, args=(3,)) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(session.held) == len({held.photo for held in session.held}) == 3
