"""What the tests of the store share: a small desk with people and photos, on a real file."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.geometry import Quad
from core.images import encode_png
from core.records import Candidate, Line, Reading, Slot
from core.store.annotations import save
from core.store.connect import Store
from core.store.content import Content, Draft
from core.store.entries import Event
from core.store.people import person_in
from core.store.photos import Incoming, photo, prepare, put

VINS = (
    *("1M8GDM9AXKP042788", "XW8ZZZ1KZAG501915", "LS4ASE2W8LJ105205", "WVGAV7AX2DW024471"),
    *("Z94C241BAMR123456", "X7LASRA1812345678", "JN1TANT31U0123456", "3VWFE21C04M000001"),
)


def uid() -> str:
    return uuid.uuid4().hex


def picture(seed: int, width: int = 48, height: int = 32) -> bytes:
    """A photo that looks like no other, as PNG bytes."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return encode_png(coarse.repeat(8, axis=0).repeat(8, axis=1))


def reading(
    vin: str | None = VINS[0], confidence: float = 0.9, status: str = "review", other: str | None = None
) -> Reading:
    """What a reader might say; ``other`` is the second reader's word."""
    slots = tuple(
        Slot(one, confidence, (), 0, (i / 17, (i + 1) / 17), {"ctc": one, "yolo": two})
        for i, (one, two) in enumerate(zip(vin or "", other or vin or "", strict=True))
    )
    line = Line((Quad.from_box((5, 5, 40, 8)),), 1.0)
    return Reading(
        vin=vin,
        status=status,  # type: ignore[arg-type]
        confidence=confidence,
        check_digit="not_applicable",
        chosen=Candidate(line, slots, {"ctc": vin, "yolo": other or vin}, 0.0, "") if vin else None,
        milliseconds={"total": 12.0},
        models={"ctc": "1a2b3c4d", "yolo": "5e6f7a8b"},
    )


@dataclass
class Clock:
    """A clock that stands still until it is told to move."""

    at: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Desk:
    """A store with two labellers, a reviewer, an admin and some photos."""

    store: Store
    clock: Clock
    ann: int
    bob: int
    rev: int
    adm: int
    photos: list[int] = field(default_factory=list)

    @classmethod
    def open(cls, folder: Path, photos: int = 6) -> Desk:
        clock = Clock()
        store = Store.open(folder / "labels.db", folder / "home", clock)
        ready = [prepare(store, Incoming(picture(seed), f"{seed}.png", "test")) for seed in range(photos)]
        # One transaction: each would wait for the disk.
        with store.writing() as db:
            people = [
                person_in(db, name, [role], clock()).id
                for name, role in zip(("Ann", "Bob", "Rev", "Adm"), _ROLES, strict=True)
            ]
            return cls(store, clock, *people, [put(db, row, clock()) for row in ready])

    def label(self, place: int, person: int, text: str, base: int | None = None) -> Event:
        """Save a label on the photo at this place; ``base`` default: the version that is there."""
        version = self.version(place) if base is None else base
        return save(self.store, Draft(self.photos[place], person, version, Content(text)))

    def version(self, place: int) -> int:
        """The version of the photo at this place."""
        return photo(self.store, self.photos[place]).version

    def rows(self, table: str) -> int:
        with self.store.reading() as db:
            return int(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


_ROLES = ("labeller", "labeller", "reviewer", "admin")
