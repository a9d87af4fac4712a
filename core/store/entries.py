"""What the store knows: of a photo now, and of each thing that was done to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from core.store.connect import Row
from core.store.content import Character, Content, Corners, Draft, corners_in, corners_of, tag_of

__all__ = [
    "Action",
    "Character",
    "Content",
    "Corners",
    "Draft",
    "Event",
    "PhotoEntry",
    "Side",
    "State",
    "corners_in",
    "corners_of",
    "tag_of",
]

Action = Literal["label", "approve", "send_back", "reject", "skip", "undo", "restore", "forget"]
State = Literal["open", "returned", "second", "labelled", "disputed", "approved", "rejected", "forgotten"]
"""Where a photo stands: to be labelled; sent back; waiting for a blind second label; to be reviewed; to be
reviewed because two labels differ; done; unusable; erased."""
Side = Literal["train", "val", "gold"]


@dataclass(frozen=True)
class Event:
    """One thing that was done to a photo; never changed afterwards.

    Attributes:
        id: also the photo's version after it, where it changed the state.
        action: what was done.
        person: who, by id; ``by`` the name.
        role: as which.
        at: seconds since 1970 UTC.
        seconds: spent on it.
        base: version that it was built on.
        undoes: event that it takes back.
        restores: version that it brings back, 0 the untouched photo.
        state: of the photo afterwards.
        content: what the label in force says, None before any.
        author: who wrote that label, 0 before any.
        prediction: that the label started from.
        reason: of a rejection or a sending back.
        note: further words.
        blind: part of a blind second label or a hidden gold check; the photo itself was not changed.
    """

    id: int
    photo: int
    action: Action
    person: int
    by: str
    role: str
    at: float
    seconds: float
    base: int
    undoes: int | None
    restores: int | None
    state: str
    content: Content | None
    author: int
    prediction: int | None
    reason: str
    note: str
    blind: bool


@dataclass(frozen=True)
class PhotoEntry:
    """What is known of a photo now.

    Attributes:
        id: in this store.
        sha256: of its file's bytes; also the file's name below ``VIN_DESK_HOME``.
        name: as it came; shown, never opened.
        origin: folder, upload or labels file it came with.
        size: ``(width, height)`` of the upright photo in pixels.
        format: of the file.
        region: where the VIN is, if that was told without a text.
        state: where it stands.
        version: the event that brought it there, 0 untouched.
        vin: the label's text, None without.
        kind: what carries the VIN.
        tags: troubles.
        confidence: of the newest prediction, None without.
        status: of the newest prediction.
        side: train, val or gold once a snapshot or an import said so.
    """

    id: int
    sha256: str
    name: str
    origin: str
    size: tuple[int, int]
    format: str
    region: tuple[Corners, ...]
    state: State
    version: int
    vin: str | None
    kind: str
    tags: tuple[str, ...]
    confidence: float | None
    status: str | None
    side: Side | None

    @classmethod
    def from_row(cls, row: Row) -> PhotoEntry:
        """A row of ``photos``."""
        return cls(
            row["id"],
            row["sha256"],
            row["name"],
            row["origin"],
            (row["width"], row["height"]),
            row["format"],
            corners_in(row["region"]),
            row["state"],
            row["version"],
            row["vin"],
            row["kind"] or "",
            tuple(json.loads(row["tags"] or "[]")),
            row["confidence"],
            row["status"],
            row["side"],
        )
