"""Many approvals at once, of labels with which everything agrees; what does not agree is never touched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from core.store.annotations import MAIN, append, finish, same_save
from core.store.connect import Store, rows
from core.store.errors import Refused
from core.store.people import allowed, role_for
from core.store.selection import ORDERS, Selection, conditions
from core.store.texts import WORD, checked

MOST = 500
"""Photos approved in one transaction."""

AGREES = (
    "state IN ('labelled', 'second') AND content != 0 AND vin = read AND wrong = 0 AND apart = 0 "
    "AND status IN ('accepted', 'review') AND NOT EXISTS "
    "(SELECT 1 FROM events e INDEXED BY events_of_photo WHERE e.photo = photos.id "
    "AND e.person = ? AND e.action = 'label') AND NOT EXISTS "
    # Not ``twice``, which tells how the second label met the first one, whatever is in force now.
    "(SELECT 1 FROM events e INDEXED BY events_of_photo LEFT JOIN events said ON said.id = e.content "
    "WHERE e.photo = photos.id AND e.track != 0 AND e.action != 'skip' AND e.state != 'open' AND e.id = "
    "(SELECT MAX(m.id) FROM events m INDEXED BY events_of_photo WHERE m.photo = e.photo "
    "AND m.track = e.track AND m.action != 'skip') AND (e.state != 'labelled' OR said.text != photos.vin))"
)
"""Label, reading, both readers and the second labels that stand say the same 17 characters, and the person
has not labelled the photo."""


@dataclass(frozen=True)
class Approved:
    """What a bulk approval did.

    Attributes:
        photos: ids of those that were approved.
        left: ids of those that were not: they changed meanwhile, do not agree, or are one's own.
    """

    photos: tuple[int, ...]
    left: tuple[int, ...]


def agreeing(store: Store, person: int, selection: Selection, limit: int = MOST) -> list[tuple[int, int]]:
    """``(photo, version)`` of the selected photos that this person could approve in one go.

    Raises:
        NotAllowed: the person may not review.
        Refused: a filter is none.
    """
    with store.reading() as db:
        allowed(db, person, "review")
        terms, values = conditions(selection)
        order = ORDERS.get(selection.order, "id")
        found = db.execute(
            f"SELECT id, version FROM photos WHERE {terms} AND {AGREES} ORDER BY {order} LIMIT ?",
            [*values, person, limit],
        )
        return [(key, version) for key, version in found.fetchall()]


def approve_agreeing(
    store: Store, person: int, seen: Iterable[tuple[int, int]], uid: str, seconds: float = 0.0
) -> Approved:
    """Approve those of the photos with which everything agrees still.

    Args:
        store: where.
        person: a reviewer.
        seen: ``(photo, version)`` as the person saw them, ``MOST`` at the most.
        uid: of this approval; the same once more changes nothing.
        seconds: spent on all of them together.

    Raises:
        NotAllowed: the person may not review.
        Refused: too many photos.
        Busy, Unwritable: as their names say; nothing was approved.
    """
    asked = dict(seen)
    checked(uid, "the save's id", WORD - 24, least=1)
    if len(asked) > MOST:
        raise Refused(f"{len(asked)} photos are more than the {MOST} that are approved in one go")
    with store.writing() as db:
        who = allowed(db, person, "review")
        done = {key for key in asked if same_save(db, _uid(uid, key), key, person)}
        marks = ", ".join("?" * len(asked))
        fit = rows(
            db,
            f"SELECT id, version, content FROM photos WHERE id IN ({marks}) AND {AGREES}",
            [*asked, person],
        )
        now, each = store.now(), round(seconds / max(1, len(fit)), 2)
        for row in fit:
            key = row["id"]
            if key in done or asked[key] != row["version"]:
                continue
            append(
                db, key, MAIN, row["version"], now,
                uid=_uid(uid, key), action="approve", person=person, role=role_for(who, "review"),
                seconds=each, state="approved", content=row["content"], note="in one go",
            )  # fmt: skip
            finish(db, key, person)
            done.add(key)
    return Approved(
        tuple(key for key in asked if key in done), tuple(key for key in asked if key not in done)
    )


def _uid(uid: str, photo: int) -> str:
    """Of one photo's approval, so that a second attempt finds each of them."""
    return f"{hashlib.sha256(uid.encode()).hexdigest()[:32]}-{photo}"
