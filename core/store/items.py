"""Labels on their way out, to training or to files of other programs: one item is one labelled photo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.store.connect import Row, Store, rows
from core.store.content import Content


@dataclass(frozen=True)
class Item:
    """One labelled photo.

    Attributes:
        name: file name of the photo: its sha256 and a suffix, or as an imported set calls it.
        sha256: of the photo's original bytes; empty in files of others that do not say.
        size: ``(width, height)`` of the upright photo in pixels; zeros where a set does not say.
        content: the label; its text is empty where a set gives a place only.
        side: ``train``, ``val`` or ``gold``; empty where not decided.
        state: ``approved`` or ``labelled``; empty in files of others.
    """

    name: str
    sha256: str
    size: tuple[int, int]
    content: Content
    side: str = ""
    state: str = ""


SUFFIX = {"JPEG": ".jpg", "PNG": ".png"}
"""Formats that may leave as they are; all others leave as JPEG, see :func:`core.store.files.shareable`."""

READY = ("approved",)
"""States whose labels are right as far as anybody knows."""

PORTION = 2000
"""Rows that are read in one look: a slow export must not keep the WAL from being emptied."""


def labelled_items(store: Store, states: tuple[str, ...] = READY, side: str = "") -> Iterator[Item]:
    """Every labelled photo in these states, in the order of the ids.

    Args:
        store: where.
        states: of the photos.
        side: only this one; default all.
    """
    marks = ", ".join("?" * len(states))
    # The plus keeps SQLite to the order of the ids: by the index of states it sorts all for each portion.
    which = f"+p.state IN ({marks}) AND p.content != 0" + (" AND +p.side = ?" if side else "")
    sql = f"{_ITEMS} JOIN events e ON e.id = p.content WHERE {which} AND p.id > ? ORDER BY p.id LIMIT ?"
    yield from _portions(store, sql, [*states, *([side] if side else [])])


def snapshot_items(store: Store, snapshot: int, side: str = "") -> Iterator[Item]:
    """The frozen labels of a snapshot, in the order of the ids; ``side`` empty gives all three."""
    which = "i.snapshot = ?" + (" AND i.side = ?" if side else "")
    sql = (
        f"{_ITEMS.replace('p.side', 'i.side')} JOIN snapshot_items i ON i.photo = p.id "
        f"JOIN events e ON e.id = i.event WHERE {which} AND i.photo > ? ORDER BY i.photo LIMIT ?"
    )
    yield from _portions(store, sql, [snapshot, *([side] if side else [])])


_ITEMS = (
    "SELECT p.id, p.sha256, p.format, p.width, p.height, p.side, p.state, e.text, e.quads, e.characters, "
    "e.kind, e.tags FROM photos p"
)


def _portions(store: Store, sql: str, values: list) -> Iterator[Item]:
    after = 0
    while True:
        with store.reading() as db:
            portion = rows(db, sql, [*values, after, PORTION])
        yield from map(_item, portion)
        if len(portion) < PORTION:
            return
        after = portion[-1]["id"]


def _item(row: Row) -> Item:
    content = Content.from_row(row)
    assert content is not None
    name = row["sha256"] + SUFFIX.get(row["format"], ".jpg")
    return Item(name, row["sha256"], (row["width"], row["height"]), content, row["side"] or "", row["state"])
