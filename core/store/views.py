"""Saved views of the Review desk: a name for a set of filters, seen by every reviewer."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.connect import Store, first, insert, rows, update
from core.store.errors import NotAllowed, Refused
from core.store.people import allowed
from core.store.texts import NAME, PATH, checked


@dataclass(frozen=True)
class View:
    """A saved view.

    Attributes:
        id: in this store.
        name: unique.
        filters: as they stand in a page's address.
        person: id of who saved it.
        by: their name.
    """

    id: int
    name: str
    filters: str
    person: int
    by: str


def save_view(store: Store, person: int, name: str, filters: str) -> View:
    """Save filters under a name; one's own view of that name is replaced.

    Raises:
        NotAllowed: the person may not review, or the name is another's.
        Refused: the name is empty or too long.
    """
    name = " ".join(checked(name, "the view's name", NAME, least=1).split())
    row = {"name": name, "filters": checked(filters, "the filters", PATH), "person": person}
    with store.writing() as db:
        who = allowed(db, person, "review")
        there = first(db, "SELECT id, person FROM views WHERE name = ?", [name])
        if there and there["person"] != person:
            raise NotAllowed(f"a view {name!r} of somebody else is there; choose another name")
        if there:
            update(db, "views", there["id"], {**row, "at": store.now()})
        key = there["id"] if there else insert(db, "views", {**row, "at": store.now()})
        return View(key, name, filters, person, who.name)


def views(store: Store, viewer: int) -> list[View]:
    """All saved views, by name.

    Raises:
        NotAllowed: the viewer may not review.
    """
    with store.reading() as db:
        allowed(db, viewer, "review")
        found = rows(
            db,
            "SELECT v.id, v.name, v.filters, v.person, w.name AS by FROM views v "
            "JOIN people w ON w.id = v.person ORDER BY v.name COLLATE NOCASE, v.id",
        )
    return [View(**row) for row in found]


def drop_view(store: Store, person: int, view: int) -> None:
    """Delete a view of one's own; an admin may delete any.

    Raises:
        NotAllowed: it is another's.
        Refused: there is none.
    """
    with store.writing() as db:
        who = allowed(db, person, "review")
        there = first(db, "SELECT person FROM views WHERE id = ?", [view])
        if there is None:
            raise Refused(f"there is no view {view}")
        if there["person"] != person and not who.may("people"):
            raise NotAllowed("this view is somebody else's; only they or an admin may delete it")
        db.execute("DELETE FROM views WHERE id = ?", [view])
