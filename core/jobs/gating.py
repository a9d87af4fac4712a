"""The gate as a job: champion and candidate read the frozen gold photos, and the verdict is kept."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core import champions
from core.images import ImageError
from core.jobs.finetune import CANDIDATE
from core.jobs.material import snapshot_of
from core.jobs.progress import Progress
from core.learn.gate import GateConfig, GoldPhoto, Read, Verdict, changed, judge
from core.reader import VinReader
from core.records import Reading
from core.registry import champion_folder
from core.store.connect import Store
from core.store.errors import Gone, Refused
from core.store.files import read_photo
from core.store.forget import sweep_runs
from core.store.jobs import Job, jobs, put_job
from core.store.jobs import job as job_of
from core.store.learning import gold_photos
from core.store.snapshots import snapshots

RESULT = "gate.json"
SET = "set"


def put_gate(store: Store, person: int, trained: int, threads: int = 0) -> Job:
    """Queue the gate for a candidate, on the gold of the newest snapshot.

    A candidate for which there was too little evidence waits for more gold, not for another training.

    Raises:
        Refused: the job has no candidate.
        NotAllowed: the person may not ``learn``.
    """
    made = job_of(store, trained)
    candidate_of(made)
    newest = next((one.id for one in snapshots(store)), made.snapshot)
    return put_job(store, person, "gate", {}, newest, made.id, threads)


def candidate_of(trained: Job) -> Path:
    """The folder of a job's candidate.

    Raises:
        Refused: it made none.
    """
    folder = Path(trained.folder) / CANDIDATE
    if trained.state != "done" or not folder.is_dir():
        raise Refused(f"job {trained.id} ({trained.kind}) is {trained.state} and has no candidate")
    return folder


def gate(store: Store, job: Job, progress: Progress) -> str:
    """Read gold with both and judge."""
    if job.parent is None:
        raise Refused("a gate needs the training job whose candidate it judges")
    candidate = candidate_of(job_of(store, job.parent))
    gold, left_out = gold_photos(store, snapshot_of(store, job.snapshot))
    serving = champion_folder()
    models = champions.fingerprints(serving)
    folder = progress.folder / SET
    champions.assemble(candidate, folder, serving)
    champions.check(folder)
    readers = VinReader.load(serving), VinReader.load(folder)
    read: list[GoldPhoto] = []
    for number, photo in enumerate(gold):
        progress.tell(number / max(1, len(gold)), f"gold photo {number + 1} of {len(gold)}")
        try:
            data = read_photo(store, photo.sha256)
            # In turns, so that a busy minute of the machine slows both.
            order = (0, 1) if number % 2 else (1, 0)
            both = {side: readers[side].read(data) for side in order}
        except (Gone, ImageError):  # forgotten meanwhile
            continue
        read.append(
            GoldPhoto(
                photo.photo, photo.text, photo.kind, photo.tags, _read(both[0]), _read(both[1]), photo.car
            )
        )
    verdict = judge(read, GateConfig())
    told = {
        "champion": models,
        "cards": champions.cards(serving),
        "candidate": champions.fingerprints(folder),
        "left_out": left_out,
        "verdict": verdict.to_json(),
        "changed": [
            asdict(photo) | {"sha256": place.sha256, "quads": place.quads}
            for photo in changed(read)
            for place in gold
            if place.photo == photo.photo
        ],
    }
    _keep(progress.folder / RESULT, told)
    # Somebody may have been forgotten while it read.
    sweep_runs(store)
    progress.tell(1.0, verdict.reasons[0], {"outcome": verdict.outcome, **_figures(verdict)})
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return verdict.reasons[0]


def result(gated: Job) -> dict[str, Any] | None:
    """What a gate found; None where it has not, or where its file is gone."""
    try:
        return json.loads((Path(gated.folder) / RESULT).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None


def newest_gate(store: Store, trained: int) -> Job | None:
    """The last gate of a training job, whatever became of it."""
    return next((job for job in jobs(store, 1000) if job.kind == "gate" and job.parent == trained), None)


def _keep(path: Path, told: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        json.dump(told, file)
    partial.rename(path)


def _read(reading: Reading) -> Read:
    accepted = reading.status == "accepted"
    return Read(reading.vin, reading.confidence, accepted, reading.milliseconds.get("total", 0.0))


def _figures(verdict: Verdict) -> dict[str, Any]:
    overall = verdict.overall
    return {
        "gold": overall.count, "gold_champion": overall.champion, "gold_candidate": overall.candidate,
        "gained": overall.gained, "lost": overall.lost,
    }  # fmt: skip
