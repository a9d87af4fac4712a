"""Hostile texts in every field: kept whole and inert, or refused with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from test_store_kit import VINS, Desk, picture, uid

from core.store.annotations import reject, save, skip
from core.store.backup import check
from core.store.content import Content, Draft
from core.store.drafts import keep_draft, kept_draft
from core.store.errors import Refused
from core.store.files import path_of
from core.store.forget import forget
from core.store.history import history
from core.store.ledger import note_round, runs, start_run
from core.store.people import add_person, everybody, find_person
from core.store.photos import Incoming, Wanted, add_photo, count, find, photo
from core.store.review import send_back
from core.store.snapshots import SnapshotConfig, find_snapshot, freeze
from core.vin import is_vin

INERT = (
    "'; DROP TABLE events; --",
    '"; DELETE FROM photos WHERE "1"="1',
    "<script>alert('x')</script><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "line\nfeed\ttab\rreturn",
    "nul\x00inside",
    "\u202eright to left\u202c \U0001f600 Ünïcödé",
    "%s %d {0} {person} $(reboot) `id`",
)
REFUSED = ("x" * 1_000_000, "half \ud800 of a pair")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.open(tmp_path, photos=len(INERT) + 1)


def noted(desk: Desk, text: str) -> str:
    saved = save(desk.store, Draft(desk.photos[0], desk.ann, 0, Content(VINS[0]), note=text))
    return history(desk.store, saved.photo)[-1].note


def kind(desk: Desk, text: str) -> str:
    save(desk.store, Draft(desk.photos[0], desk.ann, 0, Content(VINS[0], kind=text)))
    return photo(desk.store, desk.photos[0]).kind


def tag(desk: Desk, text: str) -> str:
    save(desk.store, Draft(desk.photos[0], desk.ann, 0, Content(VINS[0], tags=(text,))))
    (entry,) = find(desk.store, Wanted(tag=text))
    return entry.tags[0]


def rejected(desk: Desk, text: str) -> str:
    return reject(desk.store, desk.photos[0], desk.ann, 0, text, uid()).reason


def sent_back(desk: Desk, text: str) -> str:
    label = desk.label(0, desk.ann, VINS[0])
    return send_back(desk.store, desk.photos[0], desk.rev, label.id, text, uid()).reason


def drafted(desk: Desk, text: str) -> str:
    keep_draft(desk.store, Draft(desk.photos[0], desk.ann, 0, Content(text)))
    kept = kept_draft(desk.store, desk.photos[0], desk.ann)
    assert kept is not None
    return kept.content.text


def snapshot_name(desk: Desk, text: str) -> str:
    desk.label(0, desk.ann, VINS[0])
    freeze(desk.store, desk.adm, text, SnapshotConfig(states=("labelled",)))
    return find_snapshot(desk.store, text).name


def run_kind(desk: Desk, text: str) -> str:
    start_run(desk.store, text, {"note": text[:1000] if "\ud800" not in text else ""})
    note_round(desk.store, text, 1, 1, {})
    return runs(desk.store)[0].kind


FIELDS: tuple[Callable[[Desk, str], str], ...] = (
    *(noted, kind, tag, rejected, sent_back, drafted, snapshot_name, run_kind),
)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.__name__)
def test_hostile_texts_are_kept_whole_or_refused(desk: Desk, field: Callable) -> None:
    for number, text in enumerate(INERT):
        # A photo for each, all in one store.
        own = replace(desk, photos=desk.photos[number:])
        if field is tag and "," in text:
            with pytest.raises(Refused, match="holds a comma"):
                field(own, text)
        else:
            assert field(own, text) == text
    for text in REFUSED:
        with pytest.raises(Refused, match=r"more than the [\d,]+ allowed|broken characters"):
            field(replace(desk, photos=desk.photos[-1:]), text)
    assert desk.rows("photos") == len(desk.photos)
    assert check(desk.store) == []


def test_no_such_text_is_kept_as_a_vin(desk: Desk) -> None:
    for text in (*INERT, *REFUSED):
        try:
            saved = save(desk.store, Draft(desk.photos[0], desk.ann, desk.version(0), Content(text)))
        except Refused:
            continue
        # Two of them happen to have 17 letters and digits: that is all that is left of them.
        assert is_vin(photo(desk.store, saved.photo).vin or "")
    assert desk.rows("events") == 2


def test_names_of_photos_are_shown_and_never_opened(desk: Desk) -> None:
    names = ("../../../etc/passwd", "/etc/passwd", "a\x00.jpg", "..", "C:\\x.jpg", *INERT)
    for seed, name in enumerate(names, 100):
        key = add_photo(desk.store, Incoming(picture(seed), name, name))
        entry = photo(desk.store, key)
        assert (entry.name, entry.origin) == (name, name)
        assert path_of(desk.store, entry.sha256).read_bytes() == picture(seed)
    inside = [path for path in desk.store.home.rglob("*") if path.is_file()]
    assert len(inside) == len(desk.photos) + len(names)
    assert all(path.parent.parent == desk.store.home / "photos" for path in inside)
    # A name of bytes that are no UTF-8, as the command line gives it.
    key = add_photo(desk.store, Incoming(picture(99), b"\xff\xfe.jpg".decode("utf-8", "surrogateescape"), ""))
    assert photo(desk.store, key).name == "\\xed\\xb3\\xbf\\xed\\xb3\\xbe.jpg"
    with pytest.raises(Refused, match="more than the 4,096 allowed"):
        add_photo(desk.store, Incoming(picture(98), "x" * 1_000_000, ""))


def test_hashes_that_are_paths_are_refused(desk: Desk) -> None:
    for sha256 in ("../" * 21 + "x", "A" * 64, "", "0" * 63 + "\n"):
        with pytest.raises(Refused, match="64 hex digits"):
            path_of(desk.store, sha256)


def test_hostile_names_of_people(desk: Desk) -> None:
    for text in INERT:
        person = add_person(desk.store, text, ["labeller"])
        # Spaces of any kind are one space: a name is one line.
        assert person.name == " ".join(text.split())
        assert find_person(desk.store, text) == person
    assert len(everybody(desk.store)) == 4 + len(INERT)
    for text in (*REFUSED, "", "  "):
        with pytest.raises(Refused):
            add_person(desk.store, text, ["labeller"])
    with pytest.raises(Refused, match="is no role"):
        add_person(desk.store, "Eve", ["root"])
    assert add_person(desk.store, "ANN ", ["labeller"]).id == desk.ann


def test_searches_are_texts_not_patterns(desk: Desk) -> None:
    desk.label(0, desk.ann, VINS[0])
    assert [entry.id for entry in find(desk.store, Wanted(vin=VINS[0][3:9].lower()))] == [desk.photos[0]]
    for text in ("%", "_", "' OR 1=1 --", *INERT):
        for wanted in (Wanted(vin=text), Wanted(tag=text), Wanted(kind=text), Wanted(states=(text,))):
            assert count(desk.store, wanted) == 0
    with pytest.raises(Refused):
        find(desk.store, Wanted(vin="x" * 1_000_000))


def test_other_arguments_that_make_no_sense(desk: Desk) -> None:
    bad = (
        Draft(desk.photos[0], desk.ann, 0, Content(VINS[0], (((float("nan"), 0),) * 4,))),
        Draft(desk.photos[0], desk.ann, 0, Content(VINS[0], (((1e9, 0),) * 4,))),
        Draft(desk.photos[0], desk.ann, 0, Content(VINS[0], (((0, 0),) * 3,))),
        Draft(desk.photos[0], desk.ann, 0, Content(VINS[0]), seconds=float("inf")),
        Draft(desk.photos[0], desk.ann, 0, Content(VINS[0]), seconds=-1),
        Draft(desk.photos[0], desk.ann, 0, Content(VINS[0]), prediction=99),
        Draft(desk.photos[0], desk.ann, 0, Content(VINS[0], tags=tuple(map(str, range(99))))),
        Draft(desk.photos[0], desk.ann, 0, Content(VINS[0]), uid=""),
    )
    for draft in bad:
        with pytest.raises(Refused):
            save(desk.store, draft)
    with pytest.raises(Refused):
        skip(desk.store, desk.photos[0], desk.ann, "x" * 1_000_000)
    with pytest.raises(Refused, match="no reason"):
        forget(desk.store, desk.photos[0], desk.adm, VINS[0], uid())
    assert desk.rows("events") == 0
