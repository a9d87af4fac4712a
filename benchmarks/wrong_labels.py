"""Does the gate tell good labels from bad ones? 50 corrections, clean or 30 % wrong, a quick run, the gate.

    python benchmarks/wrong_labels.py ../shared/photos --quads runs/quads-labelled.json runs/quads-val.json \
        --arm runs/loop/queue-1 --start runs/synthetic-only --out runs/wrong-labels

It goes on from an arm of `learning_loop.py`: its store is copied, photos that its readers have never seen
become gold, 50 more photos are corrected, and the jobs of the Train desk do the rest. Of the wrong labels
every other one belongs to another photo, the rest have one to three characters typed wrong. The seconds of
the quick run are told too, from the moment it is queued to its candidate.
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

from core import champions, registry  # noqa: E402
from core.jobs.finetune import CANDIDATE, FineTune, put_finetune  # noqa: E402
from core.jobs.gating import put_gate, result  # noqa: E402
from core.learn.crops import read_labels  # noqa: E402
from core.store.jobs import jobs  # noqa: E402
from core.store.photos import photo  # noqa: E402
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
        if not options.out.exists():
            shutil.copytree(options.arm, options.out / options.arm.name)
        told.append(case(Arm(options, *_name(options.arm)), labels, share, options))
        print(json.dumps(told[-1], indent=2), flush=True)
    (options.base / "summary.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return 0


def case(arm: Arm, labels: list, share: float, options: argparse.Namespace) -> dict:
    """One share of wrong labels, from the corrections to the verdict."""
    rng = np.random.default_rng(options.seed)
    arm.take_in(labels)
    known = len(arm.revealed())
    champion = _champion(arm)
    arm.read_open(registry.load("ctc", champion))
    gold = make_gold(arm, options.gold, rng)
    wrong = correct(arm, options.corrections, share, rng)
    snapshot = freeze(arm.store, arm.scientist, f"wrong {share:g}", SnapshotConfig(val=0, gold=0))
    wanted = FineTune(
        start=str(champion / "ctc.safetensors"), length="quick", rounds=False, seed=options.seed
    )
    began = time.monotonic()
    trained = put_finetune(arm.store, arm.scientist, wanted, snapshot)
    arm.carry_out(trained.id, champion)
    seconds = time.monotonic() - began
    asked = put_gate(arm.store, arm.scientist, trained.id)
    arm.carry_out(asked.id, champion)
    told = result(asked)
    assert told is not None
    verdict = told["verdict"]
    return {
        "wrong": share, "corrections": options.corrections, "of them wrong": wrong, "known before": known,
        "gold": gold, "quick run, seconds": round(seconds), "outcome": verdict["outcome"],
        "reasons": verdict["reasons"], "overall": verdict["overall"],
    }  # fmt: skip


def make_gold(arm: Arm, count: int, rng: np.random.Generator) -> int:
    """Some photos that no run has learnt from only measure from here on; returns how many there are."""
    open_ones = [
        key
        for key, label in arm.truth.items()
        if photo(arm.store, key).state == "open" and label.read == "twice"
    ]
    for key in rng.permutation(open_ones)[:count].tolist():
        arm.answer(key, arm.truth[key].vin)
        set_gold(arm.store, key, arm.reviewer)
    return min(count, len(open_ones))


def correct(arm: Arm, count: int, share: float, rng: np.random.Generator) -> int:
    """Label the next photos of the queue, a share of them wrong; returns how many are."""
    wrong = set(rng.permutation(count)[: round(share * count)].tolist())
    vins = sorted(label.vin for label in arm.truth.values())
    for number in range(count):
        task = next_photo(arm.store, arm.labeller, rng, QUEUES["queue"])
        assert task is not None
        text = arm.truth[task.photo.id].vin
        if number in wrong:
            text = mistaken(text, vins, rng, swapped=bool(number % 2))
        arm.answer(task.photo.id, text)
    return len(wrong)


def mistaken(text: str, vins: list[str], rng: np.random.Generator, swapped: bool) -> str:
    """Another photo's VIN, or one to three characters typed wrong."""
    if swapped:
        return str(rng.choice([vin for vin in vins if vin != text]))
    letters = list(text)
    for place in rng.permutation(len(text))[: int(rng.integers(1, 4))]:
        letters[place] = str(rng.choice([one for one in ALPHABET if one != letters[place]]))
    return "".join(letters)


def _champion(arm: Arm) -> Path:
    """The arm's last readers as a whole set."""
    folder = arm.folder / "champion"
    if not (folder / "ctc.json").exists():
        newest = next(one for one in jobs(arm.store, 1000) if one.kind == "train ctc" and one.state == "done")
        champions.assemble(Path(newest.folder) / CANDIDATE, folder, arm.folder / "models")
    return folder


def _name(folder: Path) -> tuple[str, int]:
    order, _, seed = folder.name.partition("-")
    return order, int(seed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="folder with train.csv")
    parser.add_argument("--quads", type=Path, nargs="+", required=True, help="made by `quads`")
    parser.add_argument("--arm", type=Path, required=True, help="a finished arm of learning_loop.py")
    parser.add_argument("--start", type=Path, required=True, help="as for learning_loop.py")
    parser.add_argument("--out", dest="base", type=Path, required=True)
    parser.add_argument("--wrong", type=float, nargs="+", default=[0.0, 0.3], help="shares to try")
    parser.add_argument("--corrections", type=int, default=50)
    parser.add_argument("--gold", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.base, options.arm = options.base.absolute(), options.arm.absolute()
    options.start = options.start.absolute()
    return options


if __name__ == "__main__":
    sys.exit(main())
