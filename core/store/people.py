"""Who works here, and what their roles let them do; desks hide buttons, this file refuses."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from core.store.connect import Row, Store, first, insert, rows, update
from core.store.errors import NotAllowed, Refused
from core.store.texts import NAME, checked

RIGHTS: dict[str, frozenset[str]] = {
    "labeller": frozenset({"label"}),
    "reviewer": frozenset({"label", "review", "measure", "export"}),
    "data scientist": frozenset({"label", "measure", "export", "import", "learn"}),
    "admin": frozenset({"label", "review", "measure", "export", "import", "learn", "people", "forget"}),
    "machine": frozenset({"import", "export", "learn"}),
}
"""Role -> what it may do. ``machine`` is for commands and background work."""


@dataclass(frozen=True)
class Person:
    """Somebody who signs.

    Attributes:
        id: in this store.
        name: as they write it.
        roles: keys of ``RIGHTS``.
        active: False for those who left; their work stays.
    """

    id: int
    name: str
    roles: tuple[str, ...]
    active: bool

    @property
    def machine(self) -> bool:
        """Whether commands and background work sign with this name; nobody works under it at a desk."""
        return "machine" in self.roles

    def may(self, right: str) -> bool:
        """Whether one of the roles gives this right."""
        return self.active and any(right in RIGHTS[role] for role in self.roles)


def add_person(store: Store, name: str, roles: Iterable[str]) -> Person:
    """Add somebody, or give somebody who is there these roles instead of the old ones.

    Names that differ only in case or in the form of their letters are one person.

    Raises:
        Refused: an empty or overlong name, or an unknown role.
    """
    with store.writing() as db:
        return person_in(db, name, roles, store.now())


def person_in(db: Database, name: str, roles: Iterable[str], now: float) -> Person:
    """:func:`add_person` within a transaction."""
    given = sorted(set(roles))
    unknown = [role for role in given if role not in RIGHTS]
    if unknown or not given:
        raise Refused(f"{', '.join(unknown) or 'nothing'} is no role; there are {', '.join(RIGHTS)}")
    name = " ".join(checked(name, "the name", NAME, least=1).split())
    key = _key(name)
    row = first(db, "SELECT * FROM people WHERE key = ?", [key])
    if row is None:
        fresh = {"name": name, "key": key, "roles": json.dumps(given), "created": now}
        return Person(insert(db, "people", fresh), name, tuple(given), True)
    update(db, "people", row["id"], {"roles": json.dumps(given), "active": 1})
    return Person(row["id"], row["name"], tuple(given), True)


def retire(store: Store, person: int) -> None:
    """Somebody leaves: they can do nothing more, what they did stays."""
    with store.writing() as db:
        update(db, "people", person, {"active": 0})
        db.execute("DELETE FROM leases WHERE person = ?", [person])


def find_person(store: Store, name: str) -> Person | None:
    """Somebody by name, whatever its case."""
    name = checked(name, "the name", NAME)
    with store.reading() as db:
        row = first(db, "SELECT * FROM people WHERE key = ?", [_key(name)])
    return _person(row) if row else None


def everybody(store: Store) -> list[Person]:
    """All people, by name."""
    with store.reading() as db:
        return [_person(row) for row in rows(db, "SELECT * FROM people ORDER BY key")]


def allowed(db: Database, person: int, right: str) -> Person:
    """The person, if they may.

    Raises:
        NotAllowed: they are not known, left, or lack the role.
    """
    row = first(db, "SELECT * FROM people WHERE id = ?", [person])
    if row is None:
        raise NotAllowed("nobody by this id; sign in again")
    who = _person(row)
    if not who.may(right):
        needed = ", ".join(role for role, rights in RIGHTS.items() if right in rights)
        raise NotAllowed(f"{who.name} may not {right}; that takes the role {needed}; ask an admin")
    return who


def person_of(db: Database, person: int, left: bool = False) -> Person:
    """Somebody by id.

    Args:
        db: within a transaction.
        person: id.
        left: also somebody who has left.

    Raises:
        NotAllowed: they are not known, or left.
    """
    row = first(db, "SELECT * FROM people WHERE id = ?", [person])
    if row is None or not (row["active"] or left):
        raise NotAllowed("nobody by this id works here; sign in again")
    return _person(row)


def role_for(person: Person, right: str) -> str:
    """The role that a person acts in: the lowest of theirs that gives the right."""
    return next(role for role in RIGHTS if role in person.roles and right in RIGHTS[role])


def _person(row: Row) -> Person:
    roles = tuple(role for role in json.loads(row["roles"]) if role in RIGHTS)
    return Person(row["id"], row["name"], roles, bool(row["active"]))


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()
