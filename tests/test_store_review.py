"""What the Review desk asks: filters, confusions, clusters, bulk approval, figures, alerts, trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_store_kit import VINS, Desk, picture, reading, uid

from core.images import decode, encode_jpeg
from core.store import Conflict, Content, Draft, NotAllowed, Refused
from core.store.alerts import alerts, settle
from core.store.annotations import reject, save
from core.store.audit import case, differing, trail
from core.store.bulk import agreeing, approve_agreeing
from core.store.clusters import clusters
from core.store.confusions import matrix
from core.store.figures import figures, figures_of
from core.store.forget import forget
from core.store.history import history, restore, undo
from core.store.people import add_person
from core.store.photos import Incoming, add_photo, photo
from core.store.predictions import save_prediction
from core.store.queue import QueueConfig, next_photo, take
from core.store.review import approve, send_back, set_gold
from core.store.selection import Selection, cards, facets, keys, total
from core.store.views import drop_view, save_view, views

HOSTILE = "<img src=x onerror=alert(1)>' OR 1=1 --"
EVERYTHING = Selection()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Six photos with readings: 0 and 1 right, 2 misread (B for 8), 3 readers apart, 4 and 5 not labelled."""
    desk = Desk.open(tmp_path)
    read = [VINS[0], VINS[1], VINS[0][:14] + "7B8", VINS[3], VINS[4], VINS[5]]
    for place, text in enumerate(read):
        other = text[:5] + "0" + text[6:] if place == 3 else None
        save_prediction(desk.store, desk.photos[place], reading(text, 0.9, other=other))
    for place, text in ((0, VINS[0]), (1, VINS[1]), (2, VINS[0]), (3, VINS[3])):
        kind = ("label", "label", "stamped", "stamped")[place]
        tags = ("glare",) if place == 2 else ()
        content = Content(text, kind=kind, tags=tags)
        save(desk.store, Draft(desk.photos[place], (desk.ann, desk.bob)[place % 2], 0, content, 4.0))
    return desk


def places(desk: Desk, selection: Selection) -> list[int]:
    found = keys(desk.store, desk.rev, selection)
    assert total(desk.store, desk.rev, selection) == len(found)
    return sorted(desk.photos.index(key) for key in found)


def second(desk: Desk, place: int, person: int, text: str) -> None:
    """A blind second label."""
    key = desk.photos[place]
    with desk.store.writing() as db:
        db.execute("INSERT INTO blind (photo, person) VALUES (?, ?)", [key, person])
    save(desk.store, Draft(key, person, 0, Content(text)))


class TestFilters:
    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({}, [0, 1, 2, 3, 4, 5]),
            ({"states": ("labelled",)}, [0, 1, 2, 3]),
            ({"statuses": ("review",)}, [0, 1, 2, 3, 4, 5]),
            ({"model": "differ"}, [2]),
            ({"model": "agree"}, [0, 1, 3]),
            ({"readers": "differ"}, [3]),
            ({"pair": ("8", "B")}, [2]),
            ({"pair": ("B", "8")}, []),
            ({"makers": ("1M8",)}, [0, 2]),
            ({"kinds": ("stamped",)}, [2, 3]),
            ({"kinds": ("stamped",), "tags": ("glare",)}, [2]),
            ({"tags": (HOSTILE,)}, []),
            ({"models": ("ctc=1a2b3c4d yolo=5e6f7a8b",), "model": "agree", "makers": ("XW8",)}, [1]),
            ({"since": 1e9, "until": 1.9e9}, [0, 1, 2, 3, 4, 5]),
            ({"until": 1e9}, []),
        ],
    )
    def test_they_combine(self, desk: Desk, change: dict[str, Any], expected: list[int]) -> None:
        assert places(desk, replace(EVERYTHING, **change)) == expected

    def test_by_labeller_and_by_id(self, desk: Desk) -> None:
        assert places(desk, Selection(labellers=(desk.ann,))) == [0, 2]
        assert places(desk, Selection(ids=tuple(desk.photos[:2]))) == [0, 1]

    def test_two_labels_that_differ(self, desk: Desk) -> None:
        second(desk, 0, desk.bob, VINS[7])
        second(desk, 1, desk.ann, VINS[1])
        assert places(desk, Selection(labels="differ")) == [0]
        assert places(desk, Selection(labels="agree")) == [1]
        undo(desk.store, desk.bob, uid())
        assert places(desk, Selection(labels="differ")) == []

    def test_failures_come_first(self, desk: Desk) -> None:
        assert keys(desk.store, desk.rev, Selection(states=("labelled",)))[0] == desk.photos[2]

    def test_counts_tell_what_each_filter_would_leave(self, desk: Desk) -> None:
        found = facets(desk.store, desk.rev, Selection(kinds=("stamped",)))
        assert found["kinds"] == {"label": 2, "stamped": 2}
        assert found["makers"] == {"1M8": 1, "WVG": 1}
        assert found["model"] == {"agree": 1, "differ": 1}
        assert found["tags"] == {"glare": 1}
        assert found["labellers"] == {desk.ann: 1, desk.bob: 1}

    def test_a_new_label_moves_the_photo(self, desk: Desk) -> None:
        desk.label(2, desk.ann, VINS[0][:14] + "7B8")
        assert places(desk, Selection(model="differ")) == []
        assert places(desk, Selection(pair=("8", "B"))) == []

    def test_unread_characters_differ_from_nothing(self, desk: Desk) -> None:
        desk.label(2, desk.ann, VINS[0][:15] + "?8")
        assert places(desk, Selection(model="differ")) == []

    @pytest.mark.parametrize(
        "change", [{"model": HOSTILE}, {"pair": ("<", "B")}, {"order": HOSTILE}, {"ids": tuple(range(501))}]
    )
    def test_what_is_no_filter_is_refused(self, desk: Desk, change: dict[str, Any]) -> None:
        with pytest.raises(Refused):
            keys(desk.store, desk.rev, replace(EVERYTHING, **change))

    def test_readers_that_read_nothing_do_not_agree(self, desk: Desk) -> None:
        save_prediction(
            desk.store, desk.photos[0], replace(reading(None, 0.0, "no_vin"), models={"ctc": "new"})
        )
        assert places(desk, Selection(readers="agree")) == [1, 2, 4, 5]
        assert 0 in places(desk, Selection(model="differ"))  # the label says that there is a VIN

    def test_cards_tell_what_the_gallery_shows(self, desk: Desk) -> None:
        (card,) = cards(desk.store, desk.rev, [desk.photos[2]])
        assert (card.vin, card.read, card.wrong, card.author) == (VINS[0], VINS[0][:14] + "7B8", 1, "Ann")
        assert card.quads[0][0] == (5.0, 5.0)

    def test_a_forgotten_photo_leaves_no_difference_behind(self, desk: Desk) -> None:
        forget(desk.store, desk.photos[2], desk.adm, "request", uid())
        assert desk.rows("confusions") == 0
        assert places(desk, EVERYTHING) == [0, 1, 3, 4, 5]


ASKED: dict[str, Callable[[Desk, int], object]] = {
    "total": lambda desk, who: total(desk.store, who, EVERYTHING),
    "keys": lambda desk, who: keys(desk.store, who, EVERYTHING),
    "cards": lambda desk, who: cards(desk.store, who, desk.photos),
    "facets": lambda desk, who: facets(desk.store, who, EVERYTHING),
    "matrix": lambda desk, who: matrix(desk.store, who, EVERYTHING),
    "clusters": lambda desk, who: clusters(desk.store, who, EVERYTHING),
    "alerts": lambda desk, who: alerts(desk.store, who),
    "settle": lambda desk, who: settle(desk.store, who, "a"),
    "views": lambda desk, who: views(desk.store, who),
    "save_view": lambda desk, who: save_view(desk.store, who, "a", ""),
    "case": lambda desk, who: case(desk.store, desk.photos[0], who),
    "trail": lambda desk, who: trail(desk.store, desk.photos[0], who),
    "agreeing": lambda desk, who: agreeing(desk.store, who, EVERYTHING),
    "approve_agreeing": lambda desk, who: approve_agreeing(desk.store, who, [(desk.photos[1], 2)], uid()),
    "others' figures": lambda desk, who: figures_of(desk.store, desk.bob, who),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_labeller_is_refused_by_the_store_itself(desk: Desk, ask: Callable[[Desk, int], object]) -> None:
    with pytest.raises(NotAllowed):
        ask(desk, desk.ann)
    ask(desk, desk.rev)


class TestConfusions:
    def test_a_cell_holds_exactly_its_photos(self, desk: Desk) -> None:
        desk.label(1, desk.bob, "8" + VINS[1][1:])
        found = matrix(desk.store, desk.rev, EVERYTHING)
        assert found.cells == {("8", "B"): 1, ("8", "X"): 1}
        assert (found.photos, found.compared) == (2, 4)
        for pair, count in found.cells.items():
            assert total(desk.store, desk.rev, Selection(pair=pair)) == count
        assert matrix(desk.store, desk.rev, Selection(makers=("1M8",))).cells == {("8", "B"): 1}

    def test_clusters_by_maker_trouble_and_pair(self, desk: Desk) -> None:
        found = {(one.by, one.value): one for one in clusters(desk.store, desk.rev, EVERYTHING, least=1)}
        assert set(found) == {("maker", "1M8"), ("trouble", "glare"), ("pair", "8B")}
        maker = found["maker", "1M8"]
        assert (maker.failures, maker.photos, maker.lift) == (1, 2, 2.0)
        assert "only 2 photos" in maker.advice and "angle" in found["trouble", "glare"].advice
        assert "look alike" in found["pair", "8B"].advice
        assert clusters(desk.store, desk.rev, EVERYTHING) == []


class TestBulkApproval:
    def test_it_touches_only_what_agrees(self, desk: Desk) -> None:
        seen = [(key, photo(desk.store, key).version) for key in desk.photos]
        assert [key for key, _ in agreeing(desk.store, desk.rev, EVERYTHING)] == desk.photos[:2]
        done = approve_agreeing(desk.store, desk.rev, seen, "once", 10)
        assert done.photos == tuple(desk.photos[:2]) and done.left == tuple(desk.photos[2:])
        assert [photo(desk.store, key).state for key in desk.photos] == [
            *("approved", "approved", "labelled", "labelled", "open", "open")
        ]
        assert history(desk.store, desk.photos[0])[-1].seconds == 5
        again = approve_agreeing(desk.store, desk.rev, seen, "once", 10)
        assert again.photos == done.photos
        assert [event.action for event in history(desk.store, desk.photos[0])] == ["label", "approve"]

    def test_not_ones_own_nor_what_moved_nor_what_a_second_labeller_denies(self, desk: Desk) -> None:
        own = add_person(desk.store, "Own", ["reviewer"]).id
        before = [(key, photo(desk.store, key).version) for key in desk.photos[:2]]
        save(desk.store, Draft(desk.photos[0], own, before[0][1], Content(VINS[0])))
        assert approve_agreeing(desk.store, own, before, uid()).photos == (desk.photos[1],)
        assert approve_agreeing(desk.store, desk.rev, before, uid()).left == tuple(desk.photos[:2])
        now = [(desk.photos[0], desk.version(0))]
        second(desk, 0, desk.bob, VINS[7])
        assert approve_agreeing(desk.store, desk.rev, now, uid()).photos == ()

    def test_a_second_label_is_asked_about_the_label_in_force_not_the_first(self, desk: Desk) -> None:
        """Both say X; it comes back, and the first labeller now says Y, as the reading does."""
        key, version = desk.photos[4], 0
        save(desk.store, Draft(key, desk.ann, version, Content(VINS[5])))
        second(desk, 4, desk.bob, VINS[5])
        back = send_back(desk.store, key, desk.rev, desk.version(4), "look again", uid())
        save(desk.store, Draft(key, desk.ann, back.id, Content(VINS[4])))
        assert (key, desk.version(4)) not in agreeing(desk.store, desk.rev, EVERYTHING)


class TestOpinions:
    def test_side_by_side(self, desk: Desk) -> None:
        second(desk, 3, desk.ann, VINS[3][:16] + "2")
        found = case(desk.store, desk.photos[3], desk.rev)
        assert [(one.kind, one.by) for one in found.opinions] == [
            *(
                ("label", "Bob"),
                ("second", "Ann"),
                ("reading", "Reading"),
                ("reader", "ctc"),
                ("reader", "yolo"),
            ),
        ]
        assert differing([one.text for one in found.opinions]) == [5, 16]
        assert found.mine == "" and found.label is not None and found.version == found.photo.version

    def test_a_second_label_that_came_since_is_a_conflict(self, desk: Desk) -> None:
        seen = case(desk.store, desk.photos[0], desk.rev)
        second(desk, 0, desk.bob, VINS[7])
        with pytest.raises(Conflict, match="changed by Bob"):
            approve(desk.store, desk.photos[0], desk.rev, seen.version, uid(), newest=seen.newest)
        seen = case(desk.store, desk.photos[0], desk.rev)
        done = approve(desk.store, desk.photos[0], desk.rev, seen.version, uid(), newest=seen.newest)
        assert done.state == "approved"

    def test_a_reviewer_who_once_answered_blindly_can_mend_and_reject_it(self, desk: Desk) -> None:
        second(desk, 0, desk.rev, VINS[7])
        version = desk.version(0)
        task = take(desk.store, desk.photos[0], desk.rev, "review")
        assert not task.blind and task.content == Content(VINS[0], kind="label") and task.base == version
        save(desk.store, Draft(desk.photos[0], desk.rev, task.base, Content(VINS[7])))
        assert photo(desk.store, desk.photos[0]).vin == VINS[7]
        second(desk, 1, desk.rev, VINS[7])
        reject(desk.store, desk.photos[1], desk.rev, desk.version(1), "no VIN", uid(), desk="review")
        assert photo(desk.store, desk.photos[1]).state == "rejected"
        with pytest.raises(NotAllowed):
            reject(desk.store, desk.photos[2], desk.ann, desk.version(2), "no VIN", uid(), desk="review")

    def test_whoever_shall_label_blindly_does_not_look_first(self, desk: Desk) -> None:
        with desk.store.writing() as db:
            db.execute("INSERT INTO blind (photo, person) VALUES (?, ?)", [desk.photos[0], desk.rev])
        for ask in (case, trail):
            with pytest.raises(NotAllowed, match="blindly"):
                ask(desk.store, desk.photos[0], desk.rev)
        save(desk.store, Draft(desk.photos[0], desk.rev, 0, Content(VINS[0])))
        assert case(desk.store, desk.photos[0], desk.rev).mine

    def test_the_trail_tells_who_what_when_and_from_which_prediction(self, desk: Desk) -> None:
        key = desk.photos[4]
        said = case(desk.store, key, desk.rev).prediction
        assert said is not None
        first = save(desk.store, Draft(key, desk.ann, 0, Content(VINS[5]), 3.0, said.id, HOSTILE))
        back = send_back(desk.store, key, desk.rev, first.id, "look at slot 3", uid())
        fixed = save(desk.store, Draft(key, desk.ann, back.id, Content(VINS[4]), 3.0, said.id))
        approve(desk.store, key, desk.rev, fixed.id, uid(), note="now it is right")
        found = trail(desk.store, key, desk.rev)
        assert [entry.event.action for entry in found] == ["approve", "label", "send_back", "label"]
        assert [entry.present for entry in found] == [True, False, False, False]
        assert (found[-1].read, found[-1].models) == (VINS[4], said.models)
        assert (found[0].event.note, found[2].event.reason) == ("now it is right", "look at slot 3")
        restore(desk.store, key, desk.rev, first.id, found[0].event.id, uid())
        assert (photo(desk.store, key).vin, photo(desk.store, key).state) == (VINS[5], "labelled")


class TestFigures:
    def test_a_labeller_sees_their_own_only(self, desk: Desk) -> None:
        assert [one.name for one in figures(desk.store, desk.ann)] == ["Ann"]
        assert figures_of(desk.store, desk.ann, desk.ann).labels == 2
        assert {one.name for one in figures(desk.store, desk.rev)} == {"Ann", "Bob"}
        assert figures_of(desk.store, desk.bob, desk.rev).seconds == 4.0

    def test_agreement_counts_for_both(self, desk: Desk) -> None:
        second(desk, 0, desk.bob, VINS[0])
        second(desk, 1, desk.ann, VINS[7])
        for person in (desk.ann, desk.bob):
            share = figures_of(desk.store, person, desk.rev).agreement
            assert (share.hits, share.count, share.told) == (1, 2, None)

    def test_gold_is_told_from_twenty_on(self, tmp_path: Path) -> None:
        desk = Desk.open(tmp_path / "gold", photos=20)
        for place in range(20):
            desk.label(place, desk.ann, VINS[0])
            approve(desk.store, desk.photos[place], desk.rev, desk.version(place), uid())
            set_gold(desk.store, desk.photos[place], desk.rev)
        rng = np.random.default_rng(0)
        for turn in range(20):
            task = next_photo(desk.store, desk.bob, rng, QueueConfig(gold=1.0))
            assert task is not None and task.blind
            text = VINS[1] if turn == 0 else VINS[0]
            save(desk.store, Draft(task.photo.id, desk.bob, task.base, Content(text)))
            told = figures_of(desk.store, desk.bob, desk.bob).gold.told
            assert (told is None) == (turn < 19)
        assert told is not None
        assert told == pytest.approx((0.95, 0.7639, 0.9911), abs=1e-3)  # Wilson, 19 of 20
        assert places(desk, Selection(labels="differ")) == []  # a check is no second label


class TestAlerts:
    def test_one_vin_on_photos_that_do_not_look_alike(self, desk: Desk) -> None:
        (found,) = alerts(desk.store, desk.rev)
        assert found.kind == "same vin" and found.photos == (desk.photos[0], desk.photos[2])
        assert "On 1 of them another VIN was read" in found.words
        assert VINS[0] not in found.key + found.words
        settle(desk.store, desk.rev, found.key)
        assert alerts(desk.store, desk.rev) == []
        desk.label(3, desk.bob, VINS[0])  # a third one: look again
        assert len(alerts(desk.store, desk.rev)) == 1

    def test_the_same_photo_twice(self, desk: Desk) -> None:
        assert not [one for one in alerts(desk.store, desk.rev) if one.kind == "same photo"]
        twin = encode_jpeg(decode(picture(4)).pixels, 90)
        key = add_photo(desk.store, Incoming(twin, "again.jpg", "test"))
        (found,) = [one for one in alerts(desk.store, desk.rev) if one.kind == "same photo"]
        assert found.photos == (desk.photos[4], key)
        forget(desk.store, key, desk.adm, "request", uid())
        assert desk.rows("alike") == 0

    def test_a_vin_changed_after_approval(self, desk: Desk) -> None:
        approve(desk.store, desk.photos[1], desk.rev, desk.version(1), uid())
        send_back(desk.store, desk.photos[1], desk.rev, desk.version(1), "sure?", uid())
        assert not [one for one in alerts(desk.store, desk.rev) if one.kind.startswith("changed")]
        desk.label(1, desk.bob, VINS[6])
        (found,) = [one for one in alerts(desk.store, desk.rev) if one.kind.startswith("changed")]
        assert found.photos == (desk.photos[1],) and found.words.startswith("Bob changed the VIN")
        desk.label(1, desk.bob, VINS[1])  # back to what was approved
        assert not [one for one in alerts(desk.store, desk.rev) if one.kind.startswith("changed")]


def test_saved_views_belong_to_who_saved_them(desk: Desk) -> None:
    mine = save_view(desk.store, desk.rev, f" {HOSTILE} ", "model=differ")
    assert [(one.name, one.by) for one in views(desk.store, desk.adm)] == [(HOSTILE, "Rev")]
    assert save_view(desk.store, desk.rev, HOSTILE, "model=agree").id == mine.id
    with pytest.raises(NotAllowed):
        save_view(desk.store, desk.adm, HOSTILE, "")
    other = add_person(desk.store, "Other", ["reviewer"]).id
    with pytest.raises(NotAllowed):
        drop_view(desk.store, other, mine.id)
    drop_view(desk.store, desk.adm, mine.id)
    assert views(desk.store, desk.rev) == []


def test_a_rejected_photo_is_not_in_the_way(desk: Desk) -> None:
    reject(desk.store, desk.photos[0], desk.rev, desk.version(0), "no car", uid())
    assert not [one for one in alerts(desk.store, desk.rev) if one.kind == "same vin"]
