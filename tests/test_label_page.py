"""The Label desk without a browser: what messages do to the store, what the coach says, who may come in."""

from __future__ import annotations

import base64
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from straw import StrawReader
from streamlit.testing.v1 import AppTest
from test_store_kit import VINS, Desk, reading, uid

from core.geometry import Quad
from core.images import decode, from_array
from core.store import Refused, Store
from core.store.annotations import save
from core.store.content import Content, Draft
from core.store.drafts import kept_draft
from core.store.files import read_photo
from core.store.history import history
from core.store.people import add_person, everybody
from core.store.photos import Incoming, add_photo, counts, photo
from core.store.predictions import save_prediction
from core.store.queue import QueueConfig, take
from core.store.review import approve
from pages.widgets import signing
from pages.widgets.label import coach, held, triage
from pages.widgets.label.session import Session
from pages.widgets.label.work import Place, parse

ROOT = Path(__file__).resolve().parents[1]
PLAIN = QueueConfig(double=0, gold=0, chance=0)
HOSTILE = "<img src=x onerror=alert(1)>\"'</script>"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Four photos, read with a VIN each."""
    desk = Desk.open(tmp_path, photos=4)
    for key, vin in zip(desk.photos, VINS, strict=False):
        save_prediction(desk.store, key, reading(vin, 0.9))
    return desk


def session_of(desk: Desk, person: int, config: QueueConfig = PLAIN) -> Session:
    who = next(one for one in everybody(desk.store) if one.id == person)
    session = Session(desk.store, who, np.random.default_rng(0), config)
    session.fill(2)
    return session


def say(session: Session, kind: str, change: dict[str, Any] | None = None, **fields: Any) -> None:
    """One message about the photo on show, as the browser sends it."""
    shown = session.data(())["photos"][0]
    work = {name: shown[name] for name in ("slots", "turned", "tags", "note", "seconds")} | (change or {})
    message = {"number": session.last + 1, "kind": kind, "photo": shown["id"], "uid": uid(), "work": work,
               "revision": shown["revision"], **fields}  # fmt: skip
    session.handle(parse([message]))
    session.fill(2)


def typed(text: str, slots: list[list]) -> dict[str, Any]:
    return {"slots": [[c, *slot[1:]] for c, slot in zip(text, slots, strict=True)]}


class TestTheSession:
    def test_accept_saves_and_shows_the_next(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        first, second = (one["id"] for one in session.data(())["photos"])
        slots = session.data(())["photos"][0]["slots"]
        text = VINS[4]
        say(session, "accept", {**typed(text, slots), "tags": ["glare"], "note": HOSTILE, "seconds": 3.5})
        assert session.data(())["photos"][0]["id"] == second
        (event,) = history(desk.store, first)
        assert event.content is not None
        assert (event.content.text, event.content.tags, event.note) == (text, ("glare",), HOSTILE)
        assert event.content.quads[0][0] == (5.0, 5.0)
        assert len(event.content.characters) == 17
        assert event.prediction and event.seconds == 3.5
        assert session.data(())["today"] == 1 and session.data(())["median"] == 3.5

    def test_what_is_sent_twice_counts_once(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        shown = session.data(())["photos"][0]
        work = {"slots": shown["slots"]}
        message = {"number": 1, "kind": "accept", "photo": shown["id"], "uid": uid(), "work": work}
        message["revision"] = shown["revision"]
        session.handle(parse([message]))
        session.handle(parse([message]))
        # A new session after a restart of the server gets it once more.
        session_of(desk, desk.ann).handle(parse([message]))
        assert len(history(desk.store, shown["id"])) == 1

    @pytest.mark.parametrize("kind", ["edit", "accept", "reject", "skip"])
    def test_what_was_sent_to_a_server_that_died_reaches_the_next(self, desk: Desk, kind: str) -> None:
        shown = session_of(desk, desk.ann).data(())["photos"][0]
        message = {
            "number": 7,
            "kind": kind,
            "photo": shown["id"],
            "uid": uid(),
            "reason": "no VIN",
            "revision": shown["revision"],
            "work": {"slots": shown["slots"], "note": "late"},
        }
        who = next(one for one in everybody(desk.store) if one.id == desk.ann)
        again = Session(desk.store, who, np.random.default_rng(0), PLAIN)
        again.handle(parse([message]))
        again.fill(2)
        if kind == "edit":
            assert again.data(())["photos"][0]["note"] == "late"
            assert kept_draft(desk.store, shown["id"], desk.ann)
        else:
            assert [event.action for event in history(desk.store, shown["id"])] in ([kind], ["label"])
            assert shown["id"] not in [one["id"] for one in again.data(())["photos"]]

    def test_and_does_not_overrule_who_saved_meanwhile(self, desk: Desk) -> None:
        shown = session_of(desk, desk.ann).data(())["photos"][0]
        save(desk.store, Draft(shown["id"], desk.bob, 0, Content(VINS[5])))
        message = {"number": 7, "kind": "accept", "photo": shown["id"], "uid": uid(),
                   "work": {"slots": shown["slots"]}, "revision": shown["revision"]}  # fmt: skip
        who = next(one for one in everybody(desk.store) if one.id == desk.ann)
        again = Session(desk.store, who, np.random.default_rng(0), PLAIN)
        again.handle(parse([message]))
        assert [event.by for event in history(desk.store, shown["id"])] == ["Bob"]
        assert again.data(())["photos"][0]["trouble"]["by"] == "Bob"

    def test_and_counts_though_somebody_else_works_on_it_by_now(self, desk: Desk) -> None:
        """Ann's connection was gone for longer than her lease, and Bob has been handed her photos."""
        before = session_of(desk, desk.ann)
        sent = [
            {"number": place + 1, "kind": kind, "photo": one["id"], "uid": uid(), "revision": one["revision"],
             "work": {name: one[name] for name in ("slots", "turned", "tags", "note", "seconds")}}
            for place, (kind, one) in enumerate(
                zip(("accept", "edit"), before.data(())["photos"], strict=True)
            )
        ]  # fmt: skip
        desk.clock.at += 1000
        theirs = session_of(desk, desk.bob)
        assert {held.photo for held in theirs.held} == {one["photo"] for one in sent}
        after = session_of(desk, desk.ann)
        after.handle(parse(sent))
        saved, typed_on = (one["photo"] for one in sent)
        assert [event.action for event in history(desk.store, saved)] == ["label"]
        assert kept_draft(desk.store, typed_on, desk.ann) is not None
        say(theirs, "accept")
        assert theirs.data(())["photos"][0]["trouble"]["kind"] == "conflict"

    def test_what_was_done_last_is_taken_back_and_stays_as_a_draft(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        first, slots = session.data(())["photos"][0]["id"], session.data(())["photos"][0]["slots"]
        say(session, "accept", typed(VINS[5], slots))
        second = session.data(())["photos"][0]["id"]
        say(session, "skip")
        say(session, "undo")
        assert session.data(())["photos"][0]["id"] == second
        say(session, "undo")
        assert photo(desk.store, first).state == "open" and session.data(())["today"] == 0
        assert session.data(())["photos"][0]["id"] == first
        assert session.held[0].work.text == VINS[5] and "Taken back" in session.data(())["notice"]
        assert session_of(desk, desk.ann).data(())["today"] == 0
        say(session, "undo")
        assert "nothing left" in session.data(())["notice"]

    def test_leaving_a_photo_that_one_came_back_to_changes_nothing(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        first = session.data(())["photos"][0]["id"]
        say(session, "accept")
        say(session, "accept")
        say(session, "back")
        say(session, "back")
        assert session.data(())["photos"][0]["id"] == first
        say(session, "skip")
        assert [event.action for event in history(desk.store, first)] == ["label"]
        assert "stands" in session.data(())["notice"]
        say(session, "back")
        say(session, "undo")  # of the photo on show, not of the one that came after it
        assert photo(desk.store, first).state == "open"

    def test_an_edit_is_a_draft_that_a_new_session_finds(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        shown = session.data(())["photos"][0]
        slots = [list(slot) for slot in shown["slots"]]
        slots[3][0], slots[5][2], slots[6][0] = "?", 0.31, ""
        say(session, "edit", {"slots": slots, "note": "left edge unclear", "seconds": 9})
        draft = kept_draft(desk.store, shown["id"], desk.ann)
        assert draft and draft.content.text[3] == "?"
        again = session_of(desk, desk.ann).data(())["photos"][0]
        assert (again["id"], again["slots"], again["note"]) == (shown["id"], slots, "left edge unclear")
        assert again["seconds"] == 9

    def test_an_edit_of_a_strip_that_is_gone_is_dropped(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        say(session, "edit", {"slots": [["A", 0, 0.0, 0.1]]}, revision="1.7.0")
        assert len(session.data(())["photos"][0]["slots"]) == 17

    def test_a_turned_strip_is_saved_as_it_reads(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        shown = session.data(())["photos"][0]
        say(session, "accept", {"turned": True})
        content = history(desk.store, shown["id"])[0].content
        assert content is not None
        assert content.quads[0][0] == (45.0, 13.0)  # the text's own top left is the photo's bottom right

    def test_a_text_that_is_no_vin_comes_back_with_the_reason(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        shown = session.data(())["photos"][0]
        say(session, "accept", {"slots": shown["slots"][:16]})
        again = session.data(())["photos"][0]
        assert again["id"] == shown["id"] and len(again["slots"]) == 16
        assert again["trouble"]["kind"] == "refused" and "16 characters" in again["trouble"]["told"]

    def test_two_labellers_meet(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        shown = session.data(())["photos"][0]
        save(desk.store, Draft(shown["id"], desk.bob, 0, Content(VINS[5])))
        say(session, "accept", {"note": "mine"})
        trouble = session.data(())["photos"][0]["trouble"]
        assert (trouble["kind"], trouble["by"], trouble["text"]) == ("conflict", "Bob", VINS[5])
        say(session, "accept", {"note": "mine"})
        assert [event.by for event in history(desk.store, shown["id"])] == ["Bob", "Ann"]
        assert session.data(())["photos"][0]["id"] != shown["id"]

    def test_theirs_may_stand(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        shown = session.data(())["photos"][0]
        say(session, "edit", {"note": "mine"})
        save(desk.store, Draft(shown["id"], desk.bob, 0, Content(VINS[5])))
        say(session, "accept")
        say(session, "yield")
        assert [event.by for event in history(desk.store, shown["id"])] == ["Bob"]
        assert kept_draft(desk.store, shown["id"], desk.ann) is None
        assert session.data(())["photos"][0]["id"] != shown["id"]

    def test_an_old_draft_meets_what_was_saved_since(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        key = session.data(())["photos"][0]["id"]
        say(session, "edit", {"note": "mine"})
        save(desk.store, Draft(key, desk.bob, 0, Content(VINS[5])))
        later = session_of(desk, desk.ann)
        later.hold(key)
        assert later.data(())["photos"][0]["trouble"]["by"] == "Bob"

    def test_skip_reject_and_back(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        first = session.data(())["photos"][0]["id"]
        say(session, "skip")
        second = session.data(())["photos"][0]["id"]
        say(session, "reject", reason="no VIN on the photo")
        assert photo(desk.store, second).state == "rejected"
        third = session.data(())["photos"][0]["id"]
        assert len({first, second, third}) == 3
        say(session, "back")
        assert session.data(())["photos"][0]["id"] == second
        say(session, "accept")
        assert photo(desk.store, second).state == "labelled"
        assert session.data(())["photos"][0]["id"] == third

    def test_going_back_to_an_approved_photo_says_so(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        key = session.data(())["photos"][0]["id"]
        say(session, "accept")
        approve(desk.store, key, desk.rev, photo(desk.store, key).version, uid())
        say(session, "back")
        assert session.data(())["photos"][0]["id"] == key
        assert "sends it back to review" in session.data(())["notice"]

    def test_going_back_reaches_into_an_earlier_session(self, desk: Desk) -> None:
        first = session_of(desk, desk.ann).data(())["photos"][0]["id"]
        say(session_of(desk, desk.ann), "accept")
        session = session_of(desk, desk.ann)
        say(session, "back")
        assert session.data(())["photos"][0]["id"] == first
        assert session.data(())["today"] == 1

    def test_a_blind_photo_shows_the_place_and_nothing_that_was_read(self, desk: Desk) -> None:
        config = replace(PLAIN, double=1.0)
        session = session_of(desk, desk.ann, config)
        for _ in desk.photos:
            say(session, "accept")
        other = session_of(desk, desk.bob, config)
        shown = other.data(())["photos"][0]
        assert shown["blind"] and shown["placed"] and shown["read"] == []
        assert {slot[0] for slot in shown["slots"]} == {""}
        assert shown["coach"]["repairs"] == [] and shown["coach"]["twins"] == []
        assert not triage.fit(other.held[0])
        say(other, "edit", typed(VINS[0], shown["slots"]))
        assert other.data(())["photos"][0]["coach"]["twins"] == []

    def test_the_same_vin_elsewhere_is_told(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        shown, other = session.data(())["photos"]
        text = "".join(slot[0] for slot in other["slots"])
        say(session, "edit", typed(text, shown["slots"]))
        (twin,) = session.data(())["photos"][0]["coach"]["twins"]
        assert twin["id"] == other["id"]
        say(session, "twin")
        assert session.twin == other["id"]

    def test_whoever_leaves_gives_back_what_was_held(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        say(session, "edit", {"note": "half done"})
        first = session.held[0].photo
        session.leave()
        assert take(desk.store, first, desk.bob).photo.id == first
        assert kept_draft(desk.store, first, desk.ann) is not None

    def test_signing_out_gives_the_photos_back(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        session = session_of(desk, desk.ann)
        key = session.held[0].photo
        with pytest.raises(Refused, match="Ann is working"):
            take(desk.store, key, desk.bob)
        page = SimpleNamespace(session_state={"label_session": session, "way": "one"}, query_params={})
        monkeypatch.setattr(signing, "st", page)
        signing.sign_out()
        assert take(desk.store, key, desk.bob).photo.id == key

    def test_pictures_travel_once(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        pictures = [one["picture"] for one in session.data(())["photos"]]
        assert all(picture["source"].startswith("data:image/jpeg;base64,") for picture in pictures)
        again = session.data({picture["key"] for picture in pictures})["photos"]
        assert [one["picture"]["source"] for one in again] == ["", ""]

    def test_a_lost_file_is_told_and_can_be_skipped(self, desk: Desk) -> None:
        for path in (desk.store.home / "photos").rglob("*"):
            if path.is_file():
                path.unlink()
        session = session_of(desk, desk.ann)
        first = session.data(())["photos"][0]
        assert first["trouble"]["kind"] == "broken"
        say(session, "skip")
        assert session.data(())["photos"][0]["id"] != first["id"]

    def test_a_region_is_read_again_and_kept(self, desk: Desk) -> None:
        session = session_of(desk, desk.ann)
        mine = session.held[0]
        pixels = decode(read_photo(desk.store, mine.task.photo.sha256))
        told = reading(VINS[6]).to_json("")
        told["quads"] = [[[4, 20], [44, 20], [44, 28], [4, 28]]]
        session.change(held.read_again(mine, pixels, told))
        shown = session.data(())["photos"][0]
        assert "".join(slot[0] for slot in shown["slots"]) == VINS[6]
        assert shown["revision"] != mine.stamp
        again = session_of(desk, desk.ann).held[0]
        assert again.quads[0].corners[0].tolist() == [4, 20]


class TestThePicture:
    @pytest.mark.parametrize("tilt", [0.0, 0.3])
    def test_extents_stand_at_the_characters(self, tilt: float) -> None:
        quad = Quad.from_line((320, 240), 400, 40, tilt)
        pixels = np.zeros((480, 640, 3), np.uint8)
        cv2.fillConvexPoly(pixels, quad.part(0.25, 0.5, -1, 2).corners.astype(np.int32), (255, 255, 255))
        picture = held.picture_of(from_array(pixels), [quad])
        ((start, end),) = picture.parts
        expected = [start + place * (end - start) for place in (0.25, 0.5)]
        assert self.bright(picture) == pytest.approx(expected, abs=0.004)
        assert picture.size[1] == 320

    def test_two_lines_stand_side_by_side(self) -> None:
        quads = [Quad.from_box((50, 50, 300, 30)), Quad.from_box((50, 120, 150, 30))]
        pixels = np.zeros((200, 400, 3), np.uint8)
        pixels[100:, 80:110] = 255  # 0.2 to 0.4 of the second line
        picture = held.picture_of(from_array(pixels), quads)
        start, end = picture.parts[1]
        assert picture.parts[0][1] < start < end < 1
        expected = [start + place * (end - start) for place in (0.2, 0.4)]
        assert self.bright(picture) == pytest.approx(expected, abs=0.006)

    def test_a_very_long_line_gets_fewer_rows(self) -> None:
        quad = Quad.from_box((0, 90, 1990, 20))
        width, height = held.picture_of(from_array(np.zeros((200, 2000, 3), np.uint8)), [quad]).size
        assert width == held.MOST_WIDTH and 64 < height < 320

    def test_a_crossed_quad_shows_the_whole_photo(self, desk: Desk) -> None:
        crossed = ((5.0, 5.0), (45.0, 13.0), (45.0, 5.0), (5.0, 13.0))
        save(desk.store, Draft(desk.photos[0], desk.ann, 0, Content(VINS[0], quads=(crossed,))))
        task = take(desk.store, desk.photos[0], desk.ann)
        assert held.ready(desk.store, task).quads[0].corners[0].tolist() == [5, 5]  # the reading's

    @staticmethod
    def bright(picture: held.Picture) -> list[float]:
        pixels = decode(base64.b64decode(picture.source.partition(",")[2])).pixels
        found = np.flatnonzero(
            pixels[pixels.shape[0] // 2 - 5 : pixels.shape[0] // 2 + 5, :, 0].mean(0) > 128
        )
        return [found[0] / pixels.shape[1], (found[-1] + 1) / pixels.shape[1]]


class TestWhatComesIn:
    @pytest.mark.parametrize(
        "entry",
        [
            None,
            "accept",
            {},
            {"number": 1, "kind": "drop table", "photo": 1},
            {"number": True, "kind": "skip", "photo": 1},
            {"number": 1, "kind": "skip", "photo": "1"},
            {"number": 1, "kind": "accept", "photo": 1},
            {"number": 1, "kind": "accept", "photo": 1, "work": {"slots": [["<b>", 0, 0, 0.1]]}},
            {"number": 1, "kind": "accept", "photo": 1, "work": {"slots": [["A", 7, 0, 0.1]]}},
            {"number": 1, "kind": "accept", "photo": 1, "work": {"slots": [["A", 0, math.nan, 0.1]]}},
            {"number": 1, "kind": "accept", "photo": 1, "work": {"slots": [["A", 0, 0, 0.1]] * 41}},
        ],
    )
    def test_what_is_no_message_is_left_out(self, entry: object) -> None:
        assert parse([entry]) == []
        assert parse(entry) == []

    def test_a_message_is_cut_to_what_can_be_kept(self) -> None:
        work = {
            "slots": [["A", 0, -9, 99]],
            "note": "x\ud800" * 9000,
            "seconds": math.inf,
            "tags": [1, "blur"],
        }
        (message,) = parse([{"number": 1, "kind": "edit", "photo": 1, "work": work}])
        assert message.work is not None
        assert message.work.slots == (Place("A", 0, -0.5, 1.5),)
        assert len(message.work.note) == 2000 and "\ud800" not in message.work.note
        assert message.work.seconds == 0 and message.work.tags == ("", "blur")

    def test_messages_are_done_in_order(self) -> None:
        entries = [{"number": number, "kind": "skip", "photo": 1} for number in (3, 1, 2)]
        assert [message.number for message in parse(entries)] == [1, 2, 3]


class TestTheCoach:
    def test_a_check_digit_that_agrees(self) -> None:
        told = coach.advice("1M8GDM9AXKP042788", [])
        assert told["digit"] == "valid" and told["repairs"] == []
        assert ("Model year", "1989") in told["facts"]

    def test_one_that_does_not_agree_is_mended_by_one_edit(self) -> None:
        told = coach.advice("1M8GDM9AXKP0427B8", [])
        assert told["digit"] == "invalid"
        assert ("1M8GDM9AXKP042788", "slot 16: B → 8") in told["repairs"]

    def test_slots_that_the_check_digit_does_not_vouch_for(self) -> None:
        # 5 and N and V have one value: N for V passes.
        assert 5 not in coach.unvouched("1M8GDM9AXKP042788", [])
        told = reading("1M8GDM9AXKP042788", other="1M8GDU9AXKP042788").to_json("")["characters"]
        assert 5 in coach.unvouched("1M8GDM9AXKP042788", told)

    @pytest.mark.parametrize(
        ("text", "state", "words"),
        [
            ("XW8ZZZ1KZAG501915", "not_applicable", "No check digit"),
            ("1M8GDM9A?KP042788", "open", "must be X"),
            ("1M8GDM9AXKP0427 ?", "open", "2 more"),
            ("1M8GDM9AXKP04278", "open", "1 too few"),
            (" " * 17, "open", "first character"),
        ],
    )
    def test_what_it_says_while_one_types(self, text: str, state: str, words: str) -> None:
        told = coach.advice(text, [])
        assert told["digit"] == state and words in told["told"]


class TestThePage:
    @pytest.fixture
    def store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
        monkeypatch.setenv("VIN_DESK_DB", str(tmp_path / "page.db"))
        monkeypatch.setenv("VIN_DESK_HOME", str(tmp_path / "page"))
        return Store.open()

    @pytest.fixture
    def page(self, store: Store) -> AppTest:
        return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)

    def enter(self, page: AppTest, name: str = "Ann") -> AppTest:
        page.run()
        page.switch_page("pages/label.py").run()
        page.text_input(key="new_name").set_value(name)
        return page.button(key="add_me").click().run()

    def test_signing_in_with_a_hostile_name(self, page: AppTest, store: Store) -> None:
        self.enter(page, HOSTILE)
        assert not page.exception
        assert [person.name for person in everybody(store)] == [HOSTILE]
        assert page.query_params["as"] == HOSTILE
        assert not any("onerror" in element.value for element in [*page.markdown, *page.caption])

    def test_an_empty_store_says_how_photos_come_in(self, page: AppTest) -> None:
        self.enter(page)
        assert any("python -m core predict" in code.value for code in page.code)
        assert page.button(key="add_samples")

    def test_the_samples_come_in_read(self, page: AppTest, store: Store, straw: StrawReader) -> None:
        self.enter(page).button(key="add_samples").click().run()
        assert not page.exception
        assert counts(store) == {"open": 4}
        assert page.get("bidi_component")

    def test_nobody_works_under_the_name_of_the_command_line(self, page: AppTest, store: Store) -> None:
        add_person(store, "command line", ["admin", "machine"])
        page.run()
        page.switch_page("pages/label.py").run()
        assert "Name" not in [box.label for box in page.selectbox]
        page.text_input(key="new_name").set_value("Command  Line")
        page.button(key="add_me").click().run()
        assert "signed_in" not in page.session_state
        page.query_params["as"] = "command line"
        page.run()
        assert "signed_in" not in page.session_state

    def test_a_name_that_is_known_keeps_its_roles(self, page: AppTest, store: Store) -> None:
        self.enter(page, "Ann")
        del page.session_state["signed_in"]
        page.query_params.clear()
        page.run()
        page.selectbox(key="new_role").set_value("admin")
        page.text_input(key="new_name").set_value("ANN")
        page.button(key="add_me").click().run()
        assert [person.roles for person in everybody(store)] == [("labeller",)]

    def test_triage_accepts_what_is_ticked(self, page: AppTest, store: Store, tmp_path: Path) -> None:
        desk = Desk.open(tmp_path / "source", photos=4)
        keys = []
        for key, vin in zip(desk.photos, VINS, strict=False):
            data = read_photo(desk.store, photo(desk.store, key).sha256)
            keys.append(add_photo(store, Incoming(data, HOSTILE, "test")))
            save_prediction(store, keys[-1], reading(vin, 0.97, "accepted" if vin != VINS[2] else "review"))
        self.enter(page)
        page.session_state["label_session"]._config = PLAIN
        page.segmented_control(key="label_way").set_value("triage").run()
        assert not page.exception
        assert sum(box.value for box in page.checkbox) == 3
        # What was refused stays refused while the person looks at something else.
        box = next(box for box in page.checkbox if VINS[0][-6:] in box.label)
        box.uncheck().run()
        page.segmented_control(key="label_way").set_value("guidelines").run()
        page.segmented_control(key="label_way").set_value("triage").run()
        assert sum(box.value for box in page.checkbox) == 2
        box = next(box for box in page.checkbox if not box.value and VINS[0][-6:] in box.label)
        box.check().run()
        page.button(key="triage_accept").click().run()
        assert not page.exception
        found = counts(store)  # some are drawn for a blind second label
        assert found.get("labelled", 0) + found.get("second", 0) == 3
        assert photo(store, keys[2]).state == "open"
        page.button(key=f"triage_open_{keys[2]}").click().run()
        assert page.session_state["label_way"] == "one"
        assert page.session_state["label_session"].held[0].photo == keys[2]
