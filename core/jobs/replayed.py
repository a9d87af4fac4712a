"""A folder that a run replays beside the store's labels: nothing that measures must come in by it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.learn.crops import LabelledPhoto, load_quads, read_labels
from core.store.connect import Store
from core.store.held_out import held_out
from core.store.learning import note_taught
from core.store.photos import known


def barred_photos(store: Store, folder: Path, quads: str, network: str, run: int) -> tuple[str, ...]:
    """Names of the folder's photos that must stay out; what the store knows of the rest is written down.

    Out stay files and cars of gold and val (of the folder's own ``val`` photos those of gold), and files
    that were forgotten.
    """
    photos = read_labels(folder / "train.csv")
    hashes = {photo.path: sha256 for photo in photos if (sha256 := _sha256(photo.path))}
    with store.reading() as db:
        gold, both = held_out(db, ("gold",)), held_out(db)
    barred = set()
    for choosing, held in ((True, gold), (False, both)):
        asked = [photo for photo in photos if (photo.use == "val") is choosing]
        for photo, fits in zip(asked, held.fit([photo.vin for photo in asked]), strict=True):
            if fits or hashes.get(photo.path) in held.files:
                barred.add(photo.path.name)
    taught = {
        photo.path.name: hashes.get(photo.path, "")
        for photo in _teaching(photos, quads, network)
        if photo.path.name not in barred
    }
    there = known(store, set(taught.values()))
    may = note_taught(store, run, there.values())
    late = {name for name, sha256 in taught.items() if sha256 in there and there[sha256] not in may}
    return tuple(sorted(barred | late))


def _teaching(photos: list[LabelledPhoto], quads: str, network: str) -> list[LabelledPhoto]:
    """Those that a network learns from: their line is known; the detector needs no text, so the pool too."""
    lines = load_quads(Path(quads)) if quads else {}
    uses = ("labelled", "pool") if network == "craft" else ("labelled",)
    return [photo for photo in photos if photo.use in uses and photo.path.name in lines]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # told where it is read
        return ""
