"""What people have said of photos of one maker: where each of its characters can be seen."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.connect import Store, rows
from core.store.content import Content


@dataclass(frozen=True)
class Confirmed:
    """A photo with the label in force, every character in its place.

    Attributes:
        photo: its id.
        sha256: of its file.
        version: the event that says so.
        approved: by a reviewer; else one labeller has said so.
        content: text, quads, and 17 characters with boxes in the quads' own frames.
    """

    photo: int
    sha256: str
    version: int
    approved: bool
    content: Content


def confirmed_of_maker(store: Store, wmi: str, limit: int = 40) -> list[Confirmed]:
    """Photos whose label begins with these three characters, approved ones first, then the newest.

    Left out are hidden checks, photos that wait for a blind second label and those on which two labels
    differ: what was said of them must not be seen, or is not sure.

    Args:
        store: where.
        wmi: World Manufacturer Identifier.
        limit: how many at most.
    """
    sql = (
        "SELECT p.id AS photo, p.sha256, p.content AS version, p.state = 'approved' AS approved, e.text, "
        "e.quads, e.characters, e.kind, e.tags FROM photos p JOIN events e ON e.id = p.content "
        "WHERE p.wmi = ? AND p.state IN ('labelled', 'approved') AND p.gold = 0 AND e.characters != '[]' "
        "ORDER BY approved DESC, p.changed DESC, p.id LIMIT ?"
    )
    with store.reading() as db:
        found = rows(db, sql, [wmi, limit])
    said = [(row, Content.from_row(row)) for row in found]
    return [
        Confirmed(row["photo"], row["sha256"], row["version"], bool(row["approved"]), content)
        for row, content in said
        if content is not None
    ]
