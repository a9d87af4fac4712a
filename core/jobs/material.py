"""From the label store to a file that training reads: labels, replay and accepted rounds, gold never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.learn.corrections import Correction, save_corrections
from core.store.connect import Store
from core.store.entries import Content
from core.store.errors import Refused
from core.store.files import path_of
from core.store.learning import lessons, note_taught
from core.store.rounds import accepted_labels
from core.store.snapshots import Snapshot, snapshots

NAME = "corrections.json"


@dataclass(frozen=True)
class Material:
    """What a run learns from.

    Attributes:
        path: the file.
        counts: ``new``, ``replay``, ``round`` and ``val`` -> photos; ``placeless``: labels without a place.
    """

    path: Path
    counts: dict[str, int]

    @property
    def teaching(self) -> int:
        """Photos that teach."""
        return sum(self.counts.get(name, 0) for name in ("new", "replay", "round"))


def gather(store: Store, snapshot: Snapshot, folder: Path, run: int = 0) -> Material:
    """Write the file of a snapshot into a run's folder.

    It is written anew whenever a run goes on, so that a forgotten photo teaches no longer, and is deleted
    when the run is done (:func:`discard`).

    Args:
        store: where.
        snapshot: its labels.
        folder: of the run.
        run: the job that rounds teach, too; it is written down with what they teach. 0 leaves rounds out.

    Raises:
        Refused: nothing in the snapshot can teach.
    """
    counts: Counter[str] = Counter()
    found = list(_corrections(store, snapshot, counts))
    pseudo = _pseudo(store, run, {correction.path for correction in found}) if run else []
    counts["round"] = len(pseudo)
    found += pseudo
    material = Material(folder / NAME, dict(counts))
    if not material.teaching:
        raise Refused(
            f"nothing in snapshot {snapshot.name} can teach: its photos are val or gold, or their labels "
            "tell no place; approve more photos and freeze another one"
        )
    save_corrections(material.path, found)
    return material


def discard(folder: Path) -> None:
    """Delete the file: it holds VINs that may have to be forgotten."""
    (folder / NAME).unlink(missing_ok=True)


def snapshot_of(store: Store, key: int | None) -> Snapshot:
    """A snapshot by its id.

    Raises:
        Refused: there is none.
    """
    found = next((snapshot for snapshot in snapshots(store) if snapshot.id == key), None)
    if found is None:
        raise Refused("the job names no snapshot that is there; freeze one with `store snapshot NAME`")
    return found


def _corrections(store: Store, snapshot: Snapshot, counts: Counter[str]) -> Iterator[Correction]:
    for lesson in lessons(store, snapshot):
        if not lesson.content.quads:
            counts["placeless"] += 1
            continue
        source = "new" if lesson.fresh else "replay"
        counts["val" if lesson.side == "val" else source] += 1
        yield _correction(path_of(store, lesson.sha256), lesson.content, lesson.side, source)


def _pseudo(store: Store, run: int, known: Collection[Path]) -> list[Correction]:
    labels = [label for label in accepted_labels(store) if path_of(store, label.sha256) not in known]
    may = note_taught(store, run, [label.photo for label in labels])
    return [
        _correction(path_of(store, label.sha256), Content(label.text, label.quads), "train", "round")
        for label in labels
        if label.photo in may
    ]


def _correction(path: Path, content: Content, side: str, source: str) -> Correction:
    characters = None
    if len(content.characters) == len(content.text):
        characters = np.array([[one.part, *one.box] for one in content.characters], dtype=float)
    return Correction(path, content.text, content.lines(), characters, side, source)
