"""Does the gate tell good labels from bad ones? 50 corrections, clean or 30 % wrong, a quick run, the gate.

    python benchmarks/wrong_labels.py ../shared/photos --quads runs/quads-labelled.json runs/quads-val.json \
        --arm runs/loop/queue-1 --out runs/wrong-labels

It goes on from a finished arm of `learning_loop.py`, with the readers that its round had, or with
``--start FOLDER`` from readers that know no photo and a store without labels. 200 photos of ``val`` become
gold (they have chosen weights and taught none), 50 photos are corrected, and the jobs of the Train desk do
the rest. Of the wrong labels every other one belongs to another photo, the rest have one to three characters
typed wrong. The seconds of the quick run are told too, from the moment it is queued to its candidate.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np
from learning_arm import QUEUES, Arm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core import registry  # noqa: E402
from core.jobs.finetune import FineTune, put_finetune  # noqa: E402
from core.jobs.gating import newest_gate, result  # noqa: E402
from core.learn.crops import LabelledPhoto, read_labels  # noqa: E402
from core.store.learning import lessons  # noqa: E402
from core.store.queue import next_photo  # noqa: E402
from core.store.review import set_gold  # noqa: E402
from core.store.snapshots import SnapshotConfig, freeze  # noqa: E402
from core.vin import ALPHABET  # noqa: E402


def main() -> int:
    options = _options()
    labels = read_labels(options.photos / "train.csv")
    told = []
    for share in options.wrong:
        options.out = options.base / f"wrong-{share:g}"
        shutil.rmtree(options.out, ignore_errors=True)
        if options.arm:
            shutil.copytree(options.arm, options.out / options.arm.name)
        name = _name(options.arm) if options.arm else (options.order, options.seed)
        told.append(case(Arm(options, *name), labels, share, options))
        print(json.dumps(told[-1], indent=2), flush=True)
    (options.base / "summary.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return 0


def case(arm: Arm, labels: list[LabelledPhoto], share: float, options: argparse.Namespace) -> dict:
    """One share of wrong labels, from the corrections to the verdict."""
    arm.take_in(labels)
    known = len(arm.revealed())
    champion = arm.folder / "models" if options.arm else options.start
    if options.order == "queue":
        arm.read_open(registry.load("ctc", champion))
    gold = make_gold(arm, options.gold, options.seed)
    corrected, wrong = correct(arm, options.corrections, share, options.seed, options.order)
    snapshot = freeze(arm.store, arm.scientist, f"wrong {share:g}", SnapshotConfig(val=0, gold=0))
    taught = {one.photo for one in lessons(arm.store, snapshot) if one.fresh and one.side == "train"}
    wanted = FineTune(start=str(champion / "ctc.safetensors"), rounds=False, seed=options.seed)
    began = time.monotonic()
    trained = put_finetune(arm.store, arm.scientist, wanted, snapshot)
    arm.carry_out(trained.id, champion)
    seconds = time.monotonic() - began
    verdict = judged(arm, trained.id)
    return {
        "wrong": share, "corrections": len(corrected), "of them taught": len(taught & corrected),
        "of these wrong": len(taught & wrong), "known before": known, "made gold": gold,
        "quick run, seconds": round(seconds), "outcome": verdict["outcome"], "reasons": verdict["reasons"],
        "overall": verdict["overall"], "unaided": verdict["unaided"], "spared": verdict["spared"],
        "champion": verdict["champion"], "candidate": verdict["candidate"],
    }  # fmt: skip


def judged(arm: Arm, trained: int, patience: float = 900.0) -> dict:
    """The verdict of the gate that follows a training job by itself."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        gate = newest_gate(arm.store, trained)
        if gate is not None and gate.state == "done" and (told := result(gate)) is not None:
            return told["verdict"]
        if gate is not None and gate.state in ("failed", "died", "stopped"):
            raise RuntimeError(f"the gate {gate.state}; its log is {gate.log}")
        time.sleep(1.0)
    raise RuntimeError("no gate followed the training job in 15 minutes")


def make_gold(arm: Arm, count: int, seed: int) -> int:
    """Some photos of ``val`` only measure from here on; returns how many there are."""
    rng = np.random.default_rng([seed, 0])
    chosen = rng.permutation(sorted(arm.val))[:count].tolist()
    for key in chosen:
        set_gold(arm.store, key, arm.reviewer)
    return len(chosen)


def correct(arm: Arm, count: int, share: float, seed: int, order: str) -> tuple[set[int], set[int]]:
    """Label the next photos, a share of them wrong; returns all of them, and the wrong ones."""
    dealt, spoilt = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    wrong = set(spoilt.permutation(count)[: round(share * count)].tolist())
    # Of the training side, so that no label says that its photo shows a gold car.
    vins = sorted({label.vin for label in arm.truth.values() if label.read == "twice"})
    corrected, mistakes = set(), set()
    for number in range(count):
        task = next_photo(arm.store, arm.labeller, dealt, QUEUES[order])
        if task is None:
            break
        key, text = task.photo.id, arm.truth[task.photo.id].vin
        if number in wrong:
            text = mistaken(text, vins, spoilt, swapped=bool(len(mistakes) % 2))
            mistakes.add(key)
        arm.answer(key, text)
        corrected.add(key)
    return corrected, mistakes


def mistaken(text: str, vins: list[str], rng: np.random.Generator, swapped: bool) -> str:
    """Another photo's VIN, or one to three characters typed wrong."""
    if swapped:
        return str(rng.choice([vin for vin in vins if vin != text]))
    letters = list(text)
    for place in rng.permutation(len(text))[: int(rng.integers(1, 4))]:
        letters[place] = str(rng.choice([one for one in ALPHABET if one != letters[place]]))
    return "".join(letters)


def _name(folder: Path) -> tuple[str, int]:
    order, _, seed = folder.name.partition("-")
    return order, int(seed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="folder with train.csv")
    parser.add_argument("--quads", type=Path, nargs="+", required=True, help="made by `quads`")
    begin = parser.add_mutually_exclusive_group(required=True)
    begin.add_argument("--arm", type=Path, help="a finished arm of learning_loop.py")
    begin.add_argument("--start", type=Path, help="networks trained on synthetic pictures only")
    parser.add_argument("--out", dest="base", type=Path, required=True)
    parser.add_argument("--wrong", type=float, nargs="+", default=[0.0, 0.3], help="shares to try")
    parser.add_argument("--corrections", type=int, default=50)
    parser.add_argument("--order", choices=sorted(QUEUES), default="random", help="how photos are dealt out")
    parser.add_argument("--gold", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.base = options.base.absolute()
    options.arm = options.arm and options.arm.absolute()
    options.start = options.start and options.start.absolute()
    return options


if __name__ == "__main__":
    sys.exit(main())
