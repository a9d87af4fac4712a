"""One arm of `learning_loop.py`: a store of its own, people who answer from the truth, jobs that learn."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import uuid
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core import registry  # noqa: E402
from core.geometry import Quad  # noqa: E402
from core.jobs.finetune import CANDIDATE, FineTune, put_finetune  # noqa: E402
from core.jobs.labelling import RoundOrder, put_round  # noqa: E402
from core.learn.crops import LabelledPhoto, load_quads, read_pixels  # noqa: E402
from core.learn.pseudo import fits  # noqa: E402
from core.learn.score import cer  # noqa: E402
from core.learn.strips import cut, read_box  # noqa: E402
from core.recognize.ctc import decode  # noqa: E402
from core.recognize.strips import to_input  # noqa: E402
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
from core.vin import ALPHABET, UNREAD  # noqa: E402

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
        self.val: set[int] = set()
        self.quads = {name: quad for path in options.quads for name, quad in load_quads(path).items()}

    def take_in(self, labels: list[LabelledPhoto]) -> None:
        """The photos of ``labelled`` to be revealed, those of ``val`` approved at once; known ones stay."""
        for label in labels:
            if (
                label.use not in ("labelled", "val")
                # A labeller types ? for what cannot be read; the photos of val only choose.
                or label.read not in (("twice", "doubtful") if label.use == "labelled" else ("twice",))
                or not label.vin  # a few doubtful ones were not even begun
                or label.path.name not in self.quads
            ):
                continue
            side = "val" if label.use == "val" else "train"
            region = (corners_of(self.quads[label.path.name]),)
            incoming = Incoming(label.path.read_bytes(), label.path.name, "benchmark", region, side)
            key = add_photo(self.store, incoming)
            if side == "val":
                self.val.add(key)
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

    def train(self, start: Path, name: str, network: str = "ctc") -> Path:
        """Fine-tune from ``start``; returns the candidate's folder. A run that was broken off goes on.

        The YOLO reader learns once, before the round, and so twice as long.
        """
        wanted = FineTune(
            network=network, start=str(start / f"{network}.safetensors"), seed=self.seed, length="quick",
            steps=self.options.steps * (2 if network == "yolo" else 1), batch=self.options.batch_size,
            confused=False,
        )  # fmt: skip
        # Each stage starts from weights of its own. Labels may have been added since the job was made.
        kind = f"train {network}"
        there = [
            one
            for one in jobs(self.store, 1000)
            if one.kind == kind and one.config.get("start") == wanted.start
        ]
        if there:
            made = there[0]
        else:
            snapshot = freeze(self.store, self.scientist, name, SnapshotConfig(val=0, gold=0))
            made = put_finetune(self.store, self.scientist, wanted, snapshot)
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

    def purity(self) -> dict:
        """How right what the newest round accepted is: none of these photos has taught its readers.

        ``slots`` are kept characters that are known; ``legible`` photos are known in all characters.
        """
        one = labelling_rounds(self.store)[0]
        labels = pseudo_labels(self.store, one.id)
        taken = [(self.truth[label.photo].vin, label.text) for label in labels if label.accepted]
        known = [
            (a, b) for truth, text in taken for a, b in zip(truth, text, strict=True) if UNREAD not in (a, b)
        ]
        legible = [label for label in labels if self.truth[label.photo].read == "twice"]
        return {
            "state": one.state, "photos": one.photos, "accepted": len(taken),
            "right": sum(fits(truth, text) for truth, text in taken),
            "slots": len(known), "slots_right": sum(a == b for a, b in known),
            "legible": len(legible), "legible_accepted": sum(label.accepted for label in legible),
            **{name: one.figures.get(name) for name in ("slot", "fits", "fitted")},
        }  # fmt: skip

    def carry_out(self, key: int, models: Path) -> None:
        if job(self.store, key).state == "done":
            return
        environment = {
            **os.environ, "VIN_DESK_DB": str(self.store.path), "VIN_DESK_HOME": str(self.store.home),
            "VIN_DESK_MODELS": str(models),
        }  # fmt: skip
        command = [sys.executable, "-m", "core", "jobs", "run", str(key)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


def measure(network: registry.Network, dev: list[LabelledPhoto]) -> dict:
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
