"""VIN Desk beside its peers: `make bench PHOTOS=DIR`, or `python -m benchmarks.peers --photos DIR`.

Every system sits in a process of its own; photo after photo goes to all of them in turn, so that ratios of
times hold on a machine that is not quiet. What was measured is kept in ``runs/bench/`` and not measured again
(``--fresh`` forgets it). The page that it writes is ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import ExitStack
from pathlib import Path

from tqdm import tqdm

from benchmarks.peers import machine, report
from benchmarks.peers.process import ROOT, Process, SystemDown
from benchmarks.peers.rows import Row, append, load, mark_of
from benchmarks.peers.systems import SETUPS, SYSTEMS
from benchmarks.peers.texts import Text
from core.learn.crops import LabelledPhoto, read_labels

TASKS = ("dev whole", "dev crop", "large whole")
FOLDER = ROOT / "runs" / "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder with dev.csv and large.csv")
    parser.add_argument("--limit", type=int, help="only the first photos of each set; writes no page")
    parser.add_argument("--systems", nargs="*", choices=list(SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--tasks", nargs="*", choices=TASKS, default=list(TASKS))
    parser.add_argument("--fresh", action="store_true", help="measure everything anew")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = parser.parse_args()
    if not (options.photos / "dev.csv").is_file():
        parser.error(f"{options.photos} holds no dev.csv; name the folder of the labelled photos")
    if options.fresh:
        for name in ("rows.jsonl", "sessions.jsonl"):
            (FOLDER / name).unlink(missing_ok=True)
    bench = report.Bench(machine=machine.described())
    session = int(time.time())
    for task in options.tasks:
        labels = photos_of(options.photos, task)[: options.limit]
        bench.labels[task] = labels
        run(task, labels, options.systems, options.photos, session, bench)
    bench.sessions = [json.loads(line) for line in _lines(FOLDER / "sessions.jsonl")]
    page = report.page(bench)
    if options.limit:
        print(page)
    else:
        options.out.write_text(page, encoding="utf-8")
        print(f"written: {options.out}")


def photos_of(folder: Path, task: str) -> list[LabelledPhoto]:
    """The photos that a task counts: read twice; all of a file without that column."""
    name = task.split()[0]
    return [label for label in read_labels(folder / f"{name}.csv") if label.read == "twice" and label.vin]


def run(
    task: str,
    labels: list[LabelledPhoto],
    systems: list[str],
    folder: Path,
    session: int,
    bench: report.Bench,
) -> None:
    """Measure what is missing of one task, and put all of it into ``bench``."""
    path = FOLDER / "rows.jsonl"
    known = {row.key: row for row in load(path)}
    with ExitStack() as stack:
        running: dict[str, tuple[Process, str]] = {}
        for system in systems:
            try:
                process = stack.enter_context(Process(system))
            except SystemDown as reason:
                bench.missing[system] = str(reason)
                continue
            running[system] = process, mark_of(process.about, SETUPS[system])
            bench.about[system] = process.about | {"loading": process.loading}
        neighbours = machine.Neighbours([process.pid for process, _ in running.values()])
        todo = 0
        warm: set[str] = set()
        for number, label in enumerate(tqdm(labels, task)):
            photo = label.path.relative_to(folder).as_posix()
            names = list(running)
            # Each system follows each other one equally often.
            for system in names[number % len(names) :] + names[: number % len(names)]:
                process, mark = running[system]
                key = (task, system, mark, photo)
                if key not in known:
                    box = label.box if task.endswith("crop") else None
                    if system not in warm:
                        process.read(label.path, box)
                        warm.add(system)
                    machine.settle([one.pid for one, _ in running.values()])
                    found = process.read(label.path, box)
                    texts = tuple(Text(**text) for text in found["texts"])
                    row = Row(
                        task, system, mark, photo, texts, found["ms"], found["peak"], session, found["error"]
                    )
                    append(path, [row])
                    known[key] = row
                    todo += 1
                bench.rows.setdefault((task, system), {})[photo] = known[key]
        if todo:
            entries = {"session": session, "task": task, "seconds": neighbours.seconds}
            entries["others"] = neighbours.cores()
            with (FOLDER / "sessions.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(entries) + "\n")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


if __name__ == "__main__":
    main()
