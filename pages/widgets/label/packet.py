"""A photo as the editor gets it: plain values for JSON, nothing that a blind labeller must not know."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pages.widgets.label.coach import Habit, advice
from pages.widgets.label.examples import Example
from pages.widgets.label.held import Held


def packet(
    held: Held,
    pictures: Collection[str],
    twins: list[dict[str, Any]],
    examples: dict[str, list[Example]],
    habit: Habit | None = None,
) -> dict[str, Any]:
    """What ``editor.js`` shows of one photo.

    Args:
        held: the photo.
        pictures: keys of those that the browser has already; they are not sent again.
        twins: other photos of the same VIN, as ``{"id", "name", "state"}``.
        examples: the likely characters on other photos of the maker; their pictures go beside the photos.
        habit: how usual a VIN is, for the coach.
    """
    key = f"{held.photo}.{held.revision}"
    work, picture = held.work, held.picture
    told = advice(work.text, held.opinions, habit)
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
        "read_turned": held.turned,
        "examples": {
            character: [[one.key, one.photo, one.approved] for one in some]
            for character, some in examples.items()
        },
        "turned": work.turned,
        "tags": work.tags,
        "note": work.note,
        "seconds": work.seconds,
        "coach": {**told, "twins": twins},
        "trouble": held.trouble,
    }
