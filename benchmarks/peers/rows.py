"""Partial results: a line per system and photo in ``runs/bench/``; a stopped run goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.texts import Text


@dataclass(frozen=True)
class Row:
    """What one system found in one photo.

    Attributes:
        task: such as ``dev whole``.
        system: its name.
        mark: of its version, models and set-up; another mark is another system.
        photo: name relative to the photos' folder.
        texts: what it found.
        ms: milliseconds from the file's bytes to the texts.
        peak: bytes of memory that its process had at most until then.
        session: when the run began that measured it, seconds since 1970.
        error: why it found nothing.
    """

    task: str
    system: str
    mark: str
    photo: str
    texts: tuple[Text, ...]
    ms: float
    peak: int
    session: int
    error: str | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What is not measured twice."""
        return self.task, self.system, self.mark, self.photo


def mark_of(about: dict[str, Any], setup: Any) -> str:
    """Eight digits that change with version, models and set-up."""
    told = json.dumps([about, asdict(setup)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def load(path: Path) -> list[Row]:
    """All rows so far; a line that was cut off when a run was stopped is left out."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            entries = json.loads(line)
        except json.JSONDecodeError:
            continue
        texts = tuple(
            Text(text["text"], tuple(text["box"]) if text["box"] else None) for text in entries.pop("texts")
        )
        rows.append(Row(texts=texts, **entries))
    return rows


def append(path: Path, rows: Iterable[Row]) -> None:
    """Add lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(asdict(row)) + "\n")
