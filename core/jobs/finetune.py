"""Fine-tuning as a job: the champion's weights, a snapshot's labels, and a candidate at the end."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.jobs.material import Material, discard, gather, snapshot_of
from core.jobs.progress import Progress
from core.jobs.replayed import barred_photos
from core.registry import Card, champion_folder, checked_bytes, load_card
from core.store.connect import Store
from core.store.errors import Refused, StoreError
from core.store.jobs import Job, put_job
from core.store.learning import confusions, gold_photos
from core.store.ledger import note_model
from core.store.snapshots import Snapshot

if TYPE_CHECKING:
    from core.learn.loop import RunConfig, Task

LENGTHS = {"quick": 4.0, "standard": 40.0, "overnight": 480.0}
"""Minutes of training; a quick one is done in five with start, validation and export."""

NETWORKS = ("ctc", "yolo", "craft")
CANDIDATE = "candidate"


SHOWN = ("val_exact", "val_cer", "val_score")
"""Figures of a validation that the Train desk tells."""


@dataclass(frozen=True)
class FineTune:
    """What a fine-tune is asked to do.

    Attributes:
        network: ``ctc``, ``yolo`` or ``craft``.
        length: one of ``LENGTHS``.
        real: share of real photos in a batch; the rest is synthetic.
        replay: share of the real ones that earlier runs knew already, against forgetting.
        rounds: also learn from the pseudo-labels of accepted rounds.
        confused: draw synthetic VINs from what readers mix up.
        photos: folder with ``train.csv`` whose photos are replayed too; empty for none.
        quads: file of their lines.
        rate: peak learning rate, 0 for the network's own.
        batch: examples per step.
        steps: steps instead of minutes, 0 for minutes.
        start: ``champion``, or what ``train --start`` takes.
        seed: of the batches.
        workers: processes that make batches.
    """

    network: str = "ctc"
    length: str = "quick"
    real: float = 0.6
    replay: float = 0.5
    rounds: bool = True
    confused: bool = True
    photos: str = ""
    quads: str = ""
    rate: float = 0.0
    batch: int = 32
    steps: int = 0
    start: str = "champion"
    seed: int = 1
    workers: int = 1

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> FineTune:
        """Out of a job's config.

        Raises:
            Refused: a name or a value that there is not.
        """
        names = {field.name for field in fields(cls)}
        unknown = sorted(set(config) - names)
        if unknown:
            raise Refused(f"a fine-tune has no setting {', '.join(unknown)[:80]}")
        made = cls(**config)
        if made.network not in NETWORKS or made.length not in LENGTHS:
            raise Refused(
                f"there are the networks {', '.join(NETWORKS)} and the lengths {', '.join(LENGTHS)}"
            )
        if not (0 < made.real <= 1 and 0 <= made.replay <= 1 and made.batch > 0 and made.steps >= 0):
            raise Refused("shares lie between 0 and 1, and without real photos nothing is learnt from people")
        return made


RATES = {"ctc": 3e-4, "yolo": 4e-4, "craft": 3e-4}
"""A third of what the champions were trained with: they know how to read."""
OTHERS = 0.05
"""Share of strips without a VIN, so that readers go on being silent there."""


def put_finetune(
    store: Store,
    person: int,
    wanted: FineTune,
    snapshot: Snapshot,
    threads: int = 0,
    parent: int | None = None,
) -> Job:
    """Queue a fine-tune.

    Raises:
        NotAllowed, Refused: as their names say.
    """
    checked = FineTune.of(asdict(wanted))
    return put_job(store, person, f"train {checked.network}", asdict(checked), snapshot.id, parent, threads)


def finetune(store: Store, job: Job, progress: Progress) -> str:
    """Train, export, queue the gate; goes on from its checkpoint where it was broken off."""
    wanted = FineTune.of(job.config)
    snapshot = snapshot_of(store, job.snapshot)
    progress.tell(0.0, "gathering labels")
    material = gather(store, snapshot, progress.folder, job.id if wanted.rounds else 0)
    barred: tuple[str, ...] = ()
    if wanted.photos:
        barred = barred_photos(store, Path(wanted.photos), wanted.quads, wanted.network, job.id)
        material = replace(material, counts={**material.counts, "barred": len(barred)})
    progress.tell(metrics={"material": material.counts})

    # Torch takes seconds to come, and no other room may have it.
    from core.learn import loop

    progress.tell(0.0, "preparing")
    loop.seed(wanted.seed)
    task = _task(store, wanted, material, progress.folder, barred)
    config = _run_config(wanted, progress.folder, job.threads)

    def report(figures: dict[str, float]) -> None:
        done = figures["step"] / config.steps if config.steps else figures["minutes"] / config.minutes
        told: dict[str, float] = {name: figures[name] for name in ("loss", *SHOWN) if name in figures}
        text = ", ".join(f"{name.replace('val_', 'val ')} {value:.3g}" for name, value in told.items())
        progress.tell(0.97 * min(1.0, done), f"step {figures['step']:.0f}: {text}", told)

    weights = loop.train(task, config, report)
    progress.tell(0.98, "exporting the candidate")
    card = _export(job, wanted, snapshot, material, weights)
    note_model(store, card.sha256[f"{card.name}.onnx"], card.name, asdict(card), job.id)
    # What was told last is of the last weights; these are of the best ones, which the candidate is.
    best = {f"val_{name}": value for name, value in card.metrics.items() if f"val_{name}" in SHOWN}
    progress.tell(metrics={"candidate": card.fingerprint, "parameters": card.parameters, **best})
    discard(progress.folder)
    gold, _ = gold_photos(store, snapshot)
    told = f"candidate {card.name} {card.fingerprint}, learnt from {material.teaching} photos"
    if gold and job.person is not None:
        try:
            put_job(store, job.person, "gate", {}, snapshot.id, job.id, job.threads)
        except StoreError as error:
            # Whoever asked may have left meanwhile; the candidate is there, and others may ask for it.
            return f"{told}; the gate could not be asked ({error}): ask it on the Train desk"
    return told


def _task(store: Store, wanted: FineTune, material: Material, folder: Path, barred: tuple[str, ...]) -> Task:
    start = _start(wanted, folder)
    shared: dict[str, Any] = {
        "corrections": str(material.path), "replay": wanted.replay, "real": wanted.real,
        "photos": wanted.photos, "quads": wanted.quads, "barred": barred,
    }  # fmt: skip
    if wanted.network == "craft":
        from core.learn.craft.train import CraftTask, CraftTrainConfig

        return CraftTask(CraftTrainConfig(start=start, **shared))
    from core.learn.confusion import hard_characters
    from core.learn.strips import StripSources
    from core.synth.strips import StripConfig

    hard = hard_characters(confusions(store)) if wanted.confused else ""
    strips = StripConfig(hard=hard, confusable=0.5) if hard else StripConfig()
    if wanted.network == "ctc":
        from core.learn.ctc.train import CtcTask, CtcTrainConfig

        return CtcTask(CtcTrainConfig(StripSources(**shared, others=OTHERS, strips=strips), start=start))
    from core.learn.yolo.train import YoloTask, YoloTrainConfig

    sources = StripSources(**shared, others=OTHERS, strips=strips, doubtful=True)
    return YoloTask(YoloTrainConfig(sources, start=start))


def _start(wanted: FineTune, folder: Path) -> str:
    """The weights to begin with, kept in the run's folder: another champion may serve when it goes on."""
    if wanted.start != "champion":
        return wanted.start
    kept = folder / "start.safetensors"
    if not kept.exists():
        champion = champion_folder()
        data = checked_bytes(champion / f"{wanted.network}.safetensors", load_card(wanted.network, champion))
        partial = kept.with_suffix(".partial")
        partial.write_bytes(data)
        partial.rename(kept)
    return str(kept)


def _run_config(wanted: FineTune, folder: Path, threads: int) -> RunConfig:
    from core.learn.loop import RunConfig

    minutes = LENGTHS[wanted.length]
    return RunConfig(
        folder=str(folder),
        minutes=minutes,
        steps=wanted.steps,
        batch=wanted.batch,
        rate=wanted.rate or RATES[wanted.network],
        ema=0.99,
        validate_minutes=max(2.0, minutes / 8),
        checkpoint_minutes=min(3.0, minutes / 4),
        report_steps=5 if wanted.length == "quick" else 20,
        seed=wanted.seed,
        threads=threads,
        workers=wanted.workers,
    )


def _export(job: Job, wanted: FineTune, snapshot: Snapshot, material: Material, weights: Path) -> Card:
    from core.learn.export import Provenance
    from core.learn.loop import best_validation

    folder = Path(job.folder)
    told = ", ".join(f"{count} {name}" for name, count in sorted(material.counts.items()) if count)
    made = Provenance(
        command=command_of(wanted, snapshot),
        run=folder,
        data=f"snapshot {snapshot.hash[:12]} ({told}), {wanted.real:.0%} of a batch; synthetic pictures",
        metrics=best_validation(folder / "curves.jsonl"),
        # What serving needs was fitted for the champion, and holds until it is fitted anew.
        settings=load_card(wanted.network, champion_folder()).settings,
    )
    if wanted.network == "ctc":
        from core.learn.ctc.export import export_ctc as write
    elif wanted.network == "yolo":
        from core.learn.yolo.export import export_yolo as write
    else:
        from core.learn.craft.export import export_craft as write
    return write(weights, folder / CANDIDATE, made)


def command_of(wanted: FineTune, snapshot: Snapshot) -> str:
    """What repeats the run from the command line."""
    usual = asdict(FineTune(network=wanted.network))
    given = {name: value for name, value in asdict(wanted).items() if value != usual[name]}
    parts = ["python", "-m", "core", "jobs", "train", wanted.network, "--snapshot", snapshot.hash[:12]]
    for name, value in given.items():
        if isinstance(value, bool):
            parts.append(f"--no-{name}")
        else:
            parts += [f"--{name}", str(value)]
    return shlex.join(parts)


def curves(job: Job) -> list[dict[str, float]]:
    """What a run reported so far, oldest first; a line that is being written is left out."""
    try:
        lines = (Path(job.folder) / "curves.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found
