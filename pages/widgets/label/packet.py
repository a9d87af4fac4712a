"""A photo as the editor gets it: plain values for JSON, nothing that a blind labeller must not know."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pages.widgets.label.coach import advice
from pages.widgets.label.held import Held


def packet(held: Held, pictures: Collection[str], twins: list[dict[str, Any]]) -> dict[str, Any]:
    """What ``editor.js`` shows of one photo.

    Args:
        held: the photo.
        pictures: keys of those that the browser has already; they are not sent again.
        twins: other photos of the same VIN, as ``{"id", "name", "state"}``.
    """
    key = f"{held.photo}.{held.revision}"
    work, picture = held.work, held.picture
    # Turned, the reading tells of other characters.
    told = advice(work.text, [] if work.turned else held.characters)
    return {
        "id": held.photo,
        "revision": held.stamp,
        "name": held.task.photo.name,
        "blind": held.task.blind,
        "reason": held.task.reason,
        "placed": bool(held.quads),
        "picture": {
            "key": key,
            "source": "" if key in pictures else picture.source,
            "size": picture.size,
            "parts": picture.parts,
        },
        "slots": [[slot.character, slot.part, slot.left, slot.width] for slot in work.slots],
        "read": held.characters,
        "turned": work.turned,
        "tags": work.tags,
        "note": work.note,
        "seconds": work.seconds,
        "coach": {**told, "twins": twins},
        "trouble": held.trouble,
    }
