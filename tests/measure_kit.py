"""What the tests of the Measure desk share: photos with an approved label and what was read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from core.store.connect import Store, insert
from core.store.people import person_in


@dataclass
class Bench:
    """Writes what measuring looks at straight into the tables: a test says what it wants to know, no more."""

    store: Store
    photos: int = 0

    def photo(
        self, vin: str, kind: str = "label", tags: tuple[str, ...] = (), gold: bool = False,
        state: str = "approved", side: str = "train",
    ) -> int:  # fmt: skip
        self.photos += 1
        sha256 = hashlib.sha256(str(self.photos).encode()).hexdigest()
        with self.store.writing() as db:
            return insert(db, "photos", {
                "sha256": sha256, "width": 64, "height": 48, "bytes": 9, "format": "PNG",
                "name": f"{self.photos}.png", "origin": "test", "added": 1.0, "state": state, "vin": vin,
                "wmi": vin[:3], "kind": kind, "tags": json.dumps(tags), "changed": 1.0, "gold": int(gold),
                "side": "gold" if gold else side,
            })  # fmt: skip

    def read(
        self, photo: int, vin: str | None, confidence: float = 0.9, status: str = "review",
        models: str = "ctc=1a2b3c4d", at: float = 1_790_000_000.0, stages: dict[str, float] | None = None,
    ) -> int:  # fmt: skip
        reading = json.dumps({"milliseconds": stages or {"detect": 20.0, "total": 30.0}})
        with self.store.writing() as db:
            key = insert(db, "predictions", {
                "photo": photo, "models": models, "vin": vin, "status": status, "confidence": confidence,
                "disagreement": 0.0, "reading": reading, "milliseconds": 30.0, "at": at,
            })  # fmt: skip
            db.execute(
                "UPDATE photos SET prediction = ?, models = ?, status = ?, confidence = ?, read = ? "
                "WHERE id = ?",
                [key, models, status, confidence, vin, photo],
            )
        return key

    def label(
        self, photo: int, text: str, seconds: float, prediction: int | None = None, track: int = 0,
        at: float = 1_790_000_000.0, action: str = "label",
    ) -> int:  # fmt: skip
        with self.store.writing() as db:
            ann = person_in(db, "Ann", ["labeller"], 1.0).id
            number = db.execute("SELECT COUNT(*) FROM events").fetchone()[0]
            return insert(db, "events", {
                "uid": f"u{number}", "photo": photo, "track": track, "action": action, "person": ann,
                "role": "labeller", "at": at, "seconds": seconds, "state": "labelled", "content": number + 1,
                "prediction": prediction, "text": text, "quads": "[]", "characters": "[]", "kind": "",
                "tags": "[]",
            })  # fmt: skip

    def promoted(self, models: dict[str, str], release: str, at: float) -> None:
        with self.store.writing() as db:
            eve = person_in(db, "Eve", ["data scientist"], 1.0).id
            insert(db, "champions", {
                "action": "promote", "release": release, "networks": json.dumps(models), "before": "shipped",
                "person": eve, "grounds": "{}", "at": at,
            })  # fmt: skip
