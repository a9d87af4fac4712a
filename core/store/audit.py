"""A photo as a reviewer sees it: every opinion there is, and everything that was ever done to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from core.store.annotations import (
    EVENTS,
    MAIN,
    event,
    event_of,
    newest_word,
    opinions,
    standing,
    track_of,
)
from core.store.connect import Row, Store, first, rows, scalar
from core.store.entries import Event, PhotoEntry
from core.store.errors import NotAllowed
from core.store.people import allowed
from core.store.photos import present
from core.store.predictions import Prediction, prediction_in
from core.vin import LENGTH


@dataclass(frozen=True)
class Opinion:
    """What somebody, or a network, says stands on the photo.

    Attributes:
        by: name of the person or the reader.
        kind: ``label`` (in force), ``second`` (blind), ``earlier`` (the first label, where another is in
            force), ``reading`` or ``reader``.
        text: 17 characters, shorter where a reader gave fewer; empty where a person rejected the photo.
        event: id of the label's event, 0 of a network.
        note: their comment.
    """

    by: str
    kind: str
    text: str
    event: int = 0
    note: str = ""


@dataclass(frozen=True)
class Case:
    """All about one photo.

    Attributes:
        photo: what is known of it.
        version: to hand in with a decision.
        label: the event whose label is in force, None without.
        prediction: the newest reading, None without.
        opinions: the label in force first, then what others say.
        mine: why the viewer may not approve it, empty where they may.
        gold: it is a hidden check.
        newest: id of the newest word on it, blind ones too, to hand in with an approval.
    """

    photo: PhotoEntry
    version: int
    label: Event | None
    prediction: Prediction | None
    opinions: tuple[Opinion, ...]
    mine: str
    gold: bool
    newest: int = 0


@dataclass(frozen=True)
class Entry:
    """One line of the audit trail.

    Attributes:
        event: what was done, by whom, when.
        models: networks of the prediction that the label started from, empty where from none.
        read: what that prediction said.
        present: the photo stands as this event left it.
    """

    event: Event
    models: str
    read: str
    present: bool


def case(store: Store, photo: int, viewer: int) -> Case:
    """Everything that a decision needs.

    Raises:
        NotAllowed: the viewer may not review, or shall label this photo blindly first.
        Gone: there is no such photo any more.
    """
    with store.reading() as db:
        row = _opened(db, photo, viewer)
        version, _, content = standing(db, photo)
        label = event(db, content) if content else None
        said = prediction_in(db, row["prediction"])
        return Case(
            PhotoEntry.from_row(row), version, label, said, tuple(_opinions(db, photo, label, said)),
            _mine(db, photo, viewer), bool(row["gold"]), newest_word(db, photo)["id"],
        )  # fmt: skip


def trail(store: Store, photo: int, viewer: int) -> list[Entry]:
    """Everything that was done to a photo, newest first; raises as :func:`case`."""
    with store.reading() as db:
        _opened(db, photo, viewer)
        version = standing(db, photo)[0]
        sql = EVENTS.replace(
            "FROM events e", ", d.models AS d_models, d.vin AS d_vin FROM events e", 1
        ) + "LEFT JOIN predictions d ON d.id = e.prediction WHERE e.photo = ? ORDER BY e.id DESC"  # fmt: skip
        found = rows(db, sql, [photo])
    return [
        Entry(event_of(row), row["d_models"] or "", row["d_vin"] or "", row["id"] == version) for row in found
    ]


def differing(texts: list[str]) -> list[int]:
    """Slots, 0..16, in which opinions differ; a text of another length is not compared."""
    whole = [text for text in texts if len(text) == LENGTH]
    return [slot for slot in range(LENGTH) if len({text[slot] for text in whole}) > 1]


def _opened(db: Database, photo: int, viewer: int) -> Row:
    who = allowed(db, viewer, "review")
    row = present(db, photo)
    blind = track_of(db, photo, viewer) != MAIN
    if blind and not scalar(
        db,
        "SELECT 1 FROM events WHERE photo = ? AND track = ? AND action IN ('label', 'reject')",
        [photo, viewer],
    ):
        raise NotAllowed(
            f"{who.name} is to label photo {photo} blindly and has not done so; that comes first"
        )
    return row


def _opinions(db: Database, photo: int, label: Event | None, said: Prediction | None) -> list[Opinion]:
    found = []
    if label and label.content:
        found.append(Opinion(label.by, "label", label.content.text, label.id, label.note))
    earliest = first(
        db,
        "SELECT e.id, e.text, e.note, w.name FROM events e JOIN people w ON w.id = e.person "
        "WHERE photo = ? AND track = 0 AND action = 'label' ORDER BY e.id LIMIT 1",
        [photo],
    )
    if earliest and (label is None or earliest["id"] != label.id):
        found.append(Opinion(earliest["name"], "earlier", earliest["text"], earliest["id"], earliest["note"]))
    for other in opinions(db, photo):
        if label and other["event"] == label.id:
            continue
        name = scalar(db, "SELECT name FROM people WHERE id = ?", [other["person"]])
        note = scalar(
            db, "SELECT COALESCE(NULLIF(note, ''), reason) FROM events WHERE id = ?", [other["event"]]
        )
        found.append(Opinion(name, "second", other["text"] or "", other["event"], note or ""))
    if said and said.vin:
        found.append(Opinion("Reading", "reading", said.vin))
        found += [Opinion(name, "reader", text) for name, text in _readers(said.reading).items()]
    return found


def _readers(reading: dict[str, Any]) -> dict[str, str]:
    """Each reader's text: slot by slot where it said so, else what it read freely."""
    characters = reading.get("characters", [])
    names = list(reading.get("readers", {}))
    slots = {
        name: "".join(entry.get("opinions", {}).get(name, " ") for entry in characters) for name in names
    }
    return {name: text if text.strip() else reading["readers"][name] or "" for name, text in slots.items()}


def _mine(db: Database, photo: int, viewer: int) -> str:
    sql = (
        "SELECT 1 FROM events INDEXED BY events_of_photo WHERE photo = ? AND person = ? AND action = 'label'"
    )
    return "You labelled this photo; somebody else approves it." if scalar(db, sql, [photo, viewer]) else ""
