"""Does the learning loop pay? Photos are revealed in batches, and a reader is fine-tuned after each.

    python benchmarks/learning_loop.py ../shared/photos --quads runs/quads-labelled.json runs/quads-val.json \
        --start runs/synthetic-only --out runs/loop
    python benchmarks/learning_loop.py ../shared/photos ... --smoke     # minutes, proves nothing

``--start`` holds ``ctc``, ``yolo``, ``craft`` and ``prior`` with their cards, trained on synthetic pictures
alone; ``--quads`` holds the lines of ``labelled`` and ``val``. Each arm (an order and a seed) has a label
store of its own and goes the way that people go: the queue deals the photos out, labels are saved and
approved, with ``?`` where people could not read a character, a snapshot is frozen, a job fine-tunes the CTC
reader. At the end the YOLO reader learns from the same labels, and a round over the photos that are left
adds pseudo-labels after its audit; how right they are is told too, since none of them has taught its readers.
``dev`` measures after every step, box given, and chooses nothing. Broken off, the same command goes on. It
writes ``results.jsonl``, ``summary.json`` and ``learning-loop.svg``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from learning_arm import Arm, measure
from learning_curves import ORDERS, plot, summarise

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core import champions, registry  # noqa: E402
from core.learn.crops import LabelledPhoto, read_labels  # noqa: E402


def main() -> int:
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    labels = read_labels(options.photos / "train.csv")
    dev = [one for one in read_labels(options.photos / "dev.csv") if one.read == "twice"][: options.dev]
    if options.smoke:
        labels = [
            [one for one in labels if one.use == use and one.read == "twice"] for use in ("labelled", "val")
        ]
        labels = labels[0][:24] + labels[1][:8]
    done = {(row["order"], row["seed"], row["stage"]) for row in _results(options.out)}
    for seed in range(1, options.seeds + 1):
        for order in ORDERS:
            for stage, candidate, arm in _stages(options, labels, order, seed, done):
                network = registry.load("ctc", candidate)
                told = measure(network, dev)
                row = {"order": order, "seed": seed, "stage": stage, "labels": len(arm.revealed()), **told}
                if stage == "round":
                    row["purity"] = arm.purity()
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
            # A round needs two readers that know photos.
            second = arm.train(present, "second reader", "yolo")
            if not (models / "ctc.json").exists():
                champions.assemble(second, models, present)
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
    parser.add_argument(
        "--quads", type=Path, nargs="+", required=True, help="made by `quads`, of `labelled` and `val`"
    )
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
    for path in (options.photos, options.start, *options.quads):
        if not path.exists():
            parser.error(f"{path} is not there")
    options.out, options.start = options.out.absolute(), options.start.absolute()
    if options.smoke:
        options.seeds, options.batches, options.batch, options.steps = 1, 1, 4, 2
        options.batch_size, options.audit, options.known, options.dev = 2, 2, 4, 6
    return options


if __name__ == "__main__":
    sys.exit(main())
