"""Does the learning loop pay? Photos are revealed in batches, and a reader is fine-tuned after each.

    python benchmarks/learning_loop.py ../shared/photos --quads runs/quads-labelled.json \
        --start runs/synthetic-only --out runs/loop
    python benchmarks/learning_loop.py ../shared/photos ... --smoke     # minutes, proves nothing

``--start`` holds ``ctc``, ``yolo``, ``craft`` and ``prior`` with their cards, trained on synthetic pictures
alone. Each arm (an order and a seed) has a label store of its own and goes the way that people go: the queue
deals the photos out, labels are saved and approved, a snapshot is frozen, a job fine-tunes the CTC reader,
and at the end a round over the photos that are left adds pseudo-labels after its audit. ``dev`` measures
after every step, box given, and chooses nothing. Broken off, the same command goes on. It writes
``results.jsonl``, ``summary.json`` and ``learning-loop.svg``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from learning_curves import ORDERS, plot, summarise

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core import champions, registry  # noqa: E402
from core.geometry import Quad  # noqa: E402
from core.jobs.finetune import CANDIDATE, FineTune, put_finetune  # noqa: E402
from core.jobs.labelling import RoundOrder, put_round  # noqa: E402
from core.learn.crops import LabelledPhoto, load_quads, read_labels  # noqa: E402
from core.learn.score import cer  # noqa: E402
from core.learn.strips import read_box  # noqa: E402
from core.recognize.ctc import decode  # noqa: E402
from core.records import Candidate, Line, Reading, Slot  # noqa: E402
from core.store import Content, Draft, Store  # noqa: E402
from core.store.annotations import save  # noqa: E402
from core.store.entries import corners_of  # noqa: E402
from core.store.jobs import job, jobs  # noqa: E402
from core.store.people import add_person  # noqa: E402
from core.store.photos import Incoming, add_photo, photo  # noqa: E402
from core.store.predictions import refresh_priorities, save_prediction  # noqa: E402
from core.store.queue import QueueConfig, next_photo  # noqa: E402
from core.store.review import approve  # noqa: E402
from core.store.rounds import labelling_rounds, pseudo_labels, settle_rounds  # noqa: E402
from core.store.snapshots import SnapshotConfig, freeze  # noqa: E402
from core.vin import ALPHABET  # noqa: E402

QUEUES = {
    "queue": QueueConfig(double=0.0, gold=0.0, chance=0.1),
    "random": QueueConfig(double=0.0, gold=0.0, chance=1.0),
}
TILTS = 7


class Arm:
    """One order and one seed: a store, its photos, and how far it is."""

    def __init__(self, options: argparse.Namespace, order: str, seed: int) -> None:
        self.options, self.order, self.seed = options, order, seed
        self.folder = options.out / f"{order}-{seed}"
        self.store = Store.open(self.folder / "labels.db", self.folder / "home")
        self.labeller = add_person(self.store, "Labeller", ["labeller"]).id
        self.reviewer = add_person(self.store, "Reviewer", ["reviewer"]).id
        self.scientist = add_person(self.store, "Scientist", ["data scientist"]).id
        self.truth: dict[int, LabelledPhoto] = {}
        self.quads = load_quads(options.quads)

    def take_in(self, labels: list[LabelledPhoto]) -> None:
        """The photos of ``labelled`` to be revealed, those of ``val`` approved at once; known ones stay."""
        for label in labels:
            if (
                label.use not in ("labelled", "val")
                or label.read != "twice"
                or label.path.name not in self.quads
            ):
                continue
            side = "val" if label.use == "val" else "train"
            region = (corners_of(self.quads[label.path.name]),)
            incoming = Incoming(label.path.read_bytes(), label.path.name, "benchmark", region, side)
            key = add_photo(self.store, incoming)
            if side == "val":
                self.answer(key, label.vin)
            else:
                self.truth[key] = label

    def answer(self, key: int, vin: str) -> None:
        """What a careful labeller and a reviewer would do."""
        entry = photo(self.store, key)
        if entry.state == "open":
            save(self.store, Draft(key, self.labeller, entry.version, Content(vin, entry.region)))
        entry = photo(self.store, key)
        if entry.state in ("labelled", "second"):
            approve(self.store, key, self.reviewer, entry.version, uuid.uuid4().hex)

    def read_open(self, network: registry.Network) -> None:
        """Predictions of the present reader, which decide what the queue deals out."""
        for key, label in self.truth.items():
            if photo(self.store, key).state == "open":
                save_prediction(self.store, key, _reading(network, label, self.quads[label.path.name]))
        refresh_priorities(self.store)

    def reveal(self, count: int) -> int:
        """Label the next photos of the queue; returns how many there were."""
        rng = np.random.default_rng([self.seed, len(self.revealed())])
        for done in range(count):
            task = next_photo(self.store, self.labeller, rng, QUEUES[self.order])
            if task is None:
                return done
            self.answer(task.photo.id, self.truth[task.photo.id].vin)
        return count

    def revealed(self) -> list[int]:
        """Photos of the training side that were labelled so far."""
        return [key for key in self.truth if photo(self.store, key).state == "approved"]

    def train(self, start: Path, name: str) -> Path:
        """Fine-tune from ``start``; returns the candidate's folder. A run that was broken off goes on."""
        snapshot = freeze(self.store, self.scientist, name, SnapshotConfig(val=0, gold=0))
        wanted = FineTune(
            start=str(start / "ctc.safetensors"), seed=self.seed, steps=self.options.steps, length="quick",
            batch=self.options.batch_size, confused=False,
        )  # fmt: skip
        there = [
            one for one in jobs(self.store, 1000) if one.snapshot == snapshot.id and one.kind == "train ctc"
        ]
        made = there[0] if there else put_finetune(self.store, self.scientist, wanted, snapshot)
        self.carry_out(made.id, start)
        return Path(made.folder) / CANDIDATE

    def round(self, models: Path) -> None:
        """One labelling round over what was not revealed; its audit is answered from the truth."""
        there = [one for one in jobs(self.store, 1000) if one.kind == "round"]
        order = RoundOrder(audit=self.options.audit, known=self.options.known)
        made = there[0] if there else put_round(self.store, self.scientist, order)
        self.carry_out(made.id, models)
        for one in labelling_rounds(self.store):
            for label in pseudo_labels(self.store, one.id, "audit"):
                self.answer(label.photo, self.truth[label.photo].vin)
        settle_rounds(self.store)

    def carry_out(self, key: int, models: Path) -> None:
        if job(self.store, key).state == "done":
            return
        environment = {
            **os.environ, "VIN_DESK_DB": str(self.store.path), "VIN_DESK_HOME": str(self.store.home),
            "VIN_DESK_MODELS": str(models),
        }  # fmt: skip
        command = [sys.executable, "-m", "core", "jobs", "run", str(key)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


def main() -> int:
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    labels = read_labels(options.photos / "train.csv")
    dev = [one for one in read_labels(options.photos / "dev.csv") if one.read == "twice"][: options.dev]
    if options.smoke:
        labels = [one for one in labels if one.use == "labelled"][:24] + [
            one for one in labels if one.use == "val"
        ][:8]
    done = {(row["order"], row["seed"], row["stage"]) for row in _results(options.out)}
    for seed in range(1, options.seeds + 1):
        for order in ORDERS:
            for stage, candidate, arm in _stages(options, labels, order, seed, done):
                network = registry.load("ctc", candidate)
                told = _measure(network, dev)
                row = {"order": order, "seed": seed, "stage": stage, "labels": len(arm.revealed()), **told}
                with (options.out / "results.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                print(
                    f"{order} {seed} {stage}: {row['labels']} labels, exact {told['exact']:.1%}", flush=True
                )
    summary = summarise(list(_results(options.out)))
    (options.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    (options.out / "learning-loop.svg").write_text(plot(list(_results(options.out))), encoding="utf-8")
    print(json.dumps(summary, indent=2))
    return 0


def _stages(
    options: argparse.Namespace, labels: list[LabelledPhoto], order: str, seed: int, done: set
) -> Iterator[tuple[str, Path, Arm]]:
    """``(stage, folder of the reader, arm)`` of what is still to be measured, made when it is asked for."""
    names = ["start", *(f"batch-{k}" for k in range(1, options.batches + 1)), "round"]
    if all((order, seed, name) in done for name in names):
        return
    arm = Arm(options, order, seed)
    arm.take_in(labels)
    present = options.start
    for number, name in enumerate(names):
        if name == "round":
            models = arm.folder / "models"
            if not (models / "ctc.json").exists():
                champions.assemble(present, models, options.start)
            arm.round(models)
            present = arm.train(models, name)
        elif number:
            missing = number * options.batch - len(arm.revealed())
            if missing > 0:
                arm.read_open(registry.load("ctc", present))
                arm.reveal(missing)
            candidate = arm.train(present, name)
            # A candidate is a single network; jobs need a whole set to start from.
            whole = arm.folder / name
            if not (whole / "yolo.json").exists():
                shutil.rmtree(whole, ignore_errors=True)
                champions.assemble(candidate, whole, options.start)
            present = whole
        if (order, seed, name) not in done:
            yield name, present, arm


def _measure(network: registry.Network, dev: list[LabelledPhoto]) -> dict:
    """Box given, tilts tried, 17 characters, the CTC reader alone."""
    height, width = network.card.input_size

    def slots(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        read = decode(network.run(batch)[0])
        return np.stack([one.probabilities for one in read]), np.array([one.log_likelihood for one in read])

    texts = [(one.vin, read_box(one, slots, (width, height), TILTS)) for one in dev]
    right = [truth == text for truth, text in texts]
    errors = float(np.mean([cer(truth, text) for truth, text in texts]))
    return {
        "exact": sum(right) / len(right),
        "cer": errors,
        "n": len(right),
        "right": [int(one) for one in right],
    }


def _reading(network: registry.Network, label: LabelledPhoto, quad: Quad) -> Reading:
    """The CTC reader's word on the photo's line, as the queue wants it."""
    import cv2

    from core.learn.crops import read_pixels
    from core.learn.strips import cut
    from core.recognize.strips import to_input

    height, width = network.card.input_size
    grey = cv2.cvtColor(read_pixels(label.path), cv2.COLOR_RGB2GRAY)
    one = decode(network.run(to_input([cut(grey, quad, (width, height))]))[0])[0]
    best = one.probabilities.argmax(axis=1)
    slots = tuple(
        Slot(ALPHABET[k], float(row[k]), (), 0, (place / 17, (place + 1) / 17), {"ctc": ALPHABET[k]})
        for place, (k, row) in enumerate(zip(best, one.probabilities, strict=True))
    )
    text = "".join(slot.character for slot in slots)
    sure = float(np.prod([slot.confidence for slot in slots]))
    chosen = Candidate(Line((quad,), 1.0), slots, {"ctc": one.text}, 0.0, "")
    models = {"ctc": network.card.fingerprint}
    return Reading(text, "review", sure, "not_applicable", chosen, models=models)


def _results(out: Path) -> Iterator[dict]:
    path = out / "results.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            yield json.loads(line)
        except json.JSONDecodeError:  # broken off while it was written
            continue


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="folder with train.csv and dev.csv")
    parser.add_argument("--quads", type=Path, required=True, help="made by `quads`")
    parser.add_argument(
        "--start", type=Path, required=True, help="networks trained on synthetic pictures only"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument("--batch", type=int, default=100, help="photos per batch")
    parser.add_argument("--steps", type=int, default=400, help="training steps after each batch")
    parser.add_argument("--batch-size", type=int, default=32, help="examples per step")
    parser.add_argument("--audit", type=int, default=40)
    parser.add_argument("--known", type=int, default=276, help="val photos that fit the round's threshold")
    parser.add_argument("--dev", type=int, help="only the first N dev photos")
    parser.add_argument("--smoke", action="store_true", help="a few photos and steps, to see that it runs")
    options = parser.parse_args()
    for path in (options.photos, options.out, options.start, options.quads):
        if path is not options.out and not path.exists():
            parser.error(f"{path} is not there")
    options.out, options.start = options.out.absolute(), options.start.absolute()
    if options.smoke:
        options.seeds, options.batches, options.batch, options.steps = 1, 1, 4, 2
        options.batch_size, options.audit, options.known, options.dev = 2, 2, 4, 6
    return options


if __name__ == "__main__":
    sys.exit(main())
