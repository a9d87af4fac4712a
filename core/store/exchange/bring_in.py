"""A set of another program, or an export of ours, into the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sqlite_utils import Database

from core.images import ImageError
from core.store.annotations import MAIN, append, next_event
from core.store.connect import Row, Store, first, scalar
from core.store.content import Content
from core.store.errors import Gone, Refused
from core.store.exchange.common import Found
from core.store.people import Person, allowed, role_for
from core.store.photos import Incoming, prepare, put
from core.store.texts import compact

BATCH = 100
"""Photos per transaction: those who label wait for a tenth of a second at most."""


@dataclass(frozen=True)
class Outcome:
    """What became of one photo of a set.

    Attributes:
        name: as the set calls it.
        what: ``labelled`` (with its text), ``photo`` (to be labelled), ``known`` (nothing new), ``kept`` (the
            store has another label, which stays), or ``refused``.
        problem: why it was refused or kept.
        photo: its id, 0 where it was refused.
    """

    name: str
    what: str
    problem: str = ""
    photo: int = 0


def bring_in(
    store: Store, found: Iterable[Found], person: int, origin: str, side: str = ""
) -> Iterator[Outcome]:
    """Take in photos and labels; what is here already stays, so that the same import can be run again.

    Args:
        store: where.
        found: what a format's ``read`` gives.
        person: who signs for the labels.
        origin: name of the set.
        side: of photos whose side the set does not tell.

    Raises:
        NotAllowed: the person may not import.
        Refused: the set itself is broken, with what was read before it kept.
    """
    with store.reading() as db:
        who = allowed(db, person, "import")
    source = iter(found)
    while batch := list(islice(source, BATCH)):
        ready: list[tuple[Found, Row | Outcome]] = [
            (one, _prepared(store, one, origin, side)) for one in batch
        ]
        outcomes = []
        with store.writing() as db:
            for one, row in ready:
                outcomes.append(
                    row if isinstance(row, Outcome) else _stored(db, store, one, row, who, origin)
                )
        yield from outcomes


def _prepared(store: Store, one: Found, origin: str, side: str) -> Row | Outcome:
    item = one.item
    try:
        data = one.load()
        region = item.content.quads if not item.content.text else ()
        content = item.content
        if content.text:
            content = content.checked()
        else:
            # A place without a text is checked with a text that fits any place.
            region = Content("?" * 17, region).checked().quads
        ready = prepare(
            store,
            Incoming(data, item.name, origin, region, item.side or side or None, content.kind, content.tags),
        )
        return {**ready, "_content": content if content.text else None}
    except (ImageError, Refused, Gone) as error:
        return Outcome(item.name, "refused", str(error))


def _stored(db: Database, store: Store, one: Found, row: Row, who: Person, origin: str) -> Outcome:
    content: Content | None = row.pop("_content")
    name, state = one.item.name, one.item.state
    new = scalar(db, "SELECT 1 FROM photos WHERE sha256 = ?", [row["sha256"]]) is None
    try:
        photo = put(db, row, store.now())
    except Gone as error:
        return Outcome(name, "refused", str(error))
    if content is None and state != "rejected":
        return Outcome(name, "photo" if new else "known", "", photo)
    there = first(
        db,
        "SELECT p.version, e.text FROM photos p LEFT JOIN events e ON e.id = p.content WHERE p.id = ?",
        [photo],
    )
    assert there is not None
    if there["version"]:
        if content is None or there["text"] == content.text:
            return Outcome(name, "known", "", photo)
        return Outcome(name, "kept", "the store has another label of it, which stays", photo)
    said: Row = {
        "uid": _uid(row["sha256"], origin, content),
        "person": who.id,
        "role": role_for(who, "import"),
    }
    if content is None:
        said |= {"action": "reject", "state": "rejected", "reason": "illegible"}
    else:
        key = next_event(db)
        kept = state if state in ("labelled", "approved", "rejected") else "labelled"
        said |= {"id": key, "action": "label", "state": kept, "content": key, **content.to_row()}
    append(db, photo, MAIN, 0, store.now(), **said)
    return Outcome(name, "labelled", "", photo)


def _uid(sha256: str, origin: str, content: Content | None) -> str:
    said = content.to_row() if content else None
    return hashlib.sha256(compact([sha256, origin, said], "the label").encode()).hexdigest()[:32]
