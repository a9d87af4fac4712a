"""How the label store holds up: `python benchmarks/store.py [speed] [kill] [lease]` (default: all three).

speed: 100,000 photos and 1,000,000 events; medians of what the desks ask for, exports, opening.
kill:  8 processes save 200 labels each and are killed at random moments, 60 kills.
lease: 8 labellers' processes ask for the next photo for a minute.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from test_store_kit import Desk, picture, uid
from test_store_safety import WORKERS, ask_for_photos, kill_while_saving

from core.geometry import Quad
from core.store import Content, Draft, Store
from core.store.agreement import agreement, gold_scores
from core.store.annotations import save
from core.store.backup import back_up
from core.store.content import corners_of
from core.store.exchange import WRITERS, export
from core.store.history import history, undo, work_of
from core.store.items import labelled_items
from core.store.people import add_person
from core.store.photos import Wanted, count, counts, find, photo
from core.store.queue import QueueConfig, next_photo, next_review
from core.store.review import approve
from core.store.schema import dice_of
from core.store.snapshots import freeze
from core.vin import ALPHABET

ROOT = Path(__file__).resolve().parent.parent

_OPENING = """
import sys, time
sys.path.insert(0, sys.argv[1])
from core.store import Store
from pathlib import Path
start = time.perf_counter()
Store.open(Path(sys.argv[2]), Path(sys.argv[3]))
print(time.perf_counter() - start)
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    parts = options.parts or ["speed", "kill", "lease"]
    with tempfile.TemporaryDirectory() as folder:
        if "speed" in parts:
            speed(Path(folder) / "speed", options.photos, options.events)
        if "kill" in parts:
            desk = Desk.open(Path(folder) / "kill", photos=8)
            start = time.perf_counter()
            done = kill_while_saving(desk, Path(folder) / "saved", saves=200, kills=60, pause=0.2)
            print(f"kill: {time.perf_counter() - start:.0f} s, {done}")
        if "lease" in parts:
            desk = Desk.open(Path(folder) / "lease", photos=24)
            asked = ask_for_photos(desk, Path(folder) / "leases", options.seconds)
            print(f"lease: {WORKERS} people for {options.seconds:.0f} s: {asked}")


def speed(folder: Path, photos: int, events: int) -> None:
    store = Store.open(folder / "labels.db", folder / "home")
    people = [add_person(store, f"Labeller {i}", ["labeller"]).id for i in range(8)]
    reviewer, admin = (add_person(store, name, [name]).id for name in ("reviewer", "admin"))
    start = time.perf_counter()
    fill(store, people, reviewer, photos, events)
    size = store.path.stat().st_size / 2**20
    print(
        f"{photos:,} photos, {events:,} events: {size:.0f} MiB, filled in {time.perf_counter() - start:.0f} s"
    )
    rng = np.random.default_rng(0)

    arguments = [str(ROOT), str(store.path), str(store.home)]
    opened = subprocess.run(
        [sys.executable, "-c", _OPENING, *arguments], capture_output=True, text=True, check=True
    )
    print(f"opening in a new process: {1000 * float(opened.stdout):.1f} ms")

    def labelling(config: QueueConfig) -> Callable[[], int]:
        def once() -> int:
            person = int(rng.choice(people))
            task = next_photo(store, person, rng, config)
            assert task is not None
            times.append(time.perf_counter())
            save(store, Draft(task.photo.id, person, task.base, Content(vin(rng))))
            return person

        return once

    def reviewing() -> None:
        task = next_review(store, reviewer)
        assert task is not None
        approve(store, task.photo.id, reviewer, task.base, uid())

    times: list[float] = []
    plain = QueueConfig()
    # next_photo alone: what comes after it in `labelling` is the save.
    waits = []
    work, by_chance = labelling(plain), labelling(QueueConfig(chance=1.0))
    for _ in range(60):
        begun = time.perf_counter()
        work()
        waits.append(times[-1] - begun)
    print(f"{'next photo':<34}{1000 * statistics.median(waits):>9.1f} ms  longest {1000 * max(waits):.1f}")
    keys = [int(key) for key in rng.integers(1, photos + 1, 60)]
    asked: dict[str, Callable[[int], object]] = {
        "next photo and save": lambda key: work(),
        "next photo by chance and save": lambda key: by_chance(),
        "next review and approve": lambda key: reviewing(),
        "a photo": lambda key: photo(store, key),
        "history of a photo": lambda key: history(store, key),
        "work of a person, 50": lambda key: work_of(store, people[key % 8]),
        "next photo, save, undo": lambda key: undo(store, work(), uid()),
        "photos per state": lambda key: counts(store),
        "filter: state, 50": lambda key: find(store, Wanted(states=("labelled",)), after=key),
        "filter: tag and kind, 50": lambda key: find(store, Wanted(tag="glare", kind="label"), after=key),
        "filter: part of a VIN, 50": lambda key: find(store, Wanted(vin=f"{key % 1000:03d}")),
        "filter: a VIN that is not there": lambda key: find(store, Wanted(vin="ZZZZZZZZ")),
        "filter: unsure, one maker": lambda key: find(store, Wanted(below=0.3, maker="XW8")),
        "count: tag": lambda key: count(store, Wanted(tag="glare")),
    }
    for name, ask in asked.items():
        spans = []
        for key in keys:
            begun = time.perf_counter()
            ask(key)
            spans.append(time.perf_counter() - begun)
        print(f"{name:<34}{1000 * statistics.median(spans):>9.1f} ms  longest {1000 * max(spans):.1f}")

    def all_items() -> Iterator:
        return labelled_items(store, ("approved", "labelled"))

    data = picture(1, 256, 192)
    for form in WRITERS:
        begun, computed = time.perf_counter(), time.process_time()
        target = folder / ("out.csv" if form == "csv" else form)
        written = export(all_items(), form, target, (lambda item: data) if form == "webdataset" else None)
        spent = time.process_time() - computed
        took = f"{time.perf_counter() - begun:>9.1f} s   of it computing {spent:.1f} s"
        print(f"export {form:<27}{took}   {written:,} photos")
    for name, act in {
        "agreement and gold scores": lambda: (agreement(store), gold_scores(store)),
        "snapshot": lambda: freeze(store, admin, "benchmark"),
        "backup": lambda: back_up(store, folder / "copy.db"),
    }.items():
        begun = time.perf_counter()
        act()
        print(f"{name:<34}{time.perf_counter() - begun:>9.1f} s")


MAKERS = ("XW8", "WVG", "1M8", "JN1", "Z94", "X7L", "LS4", "3VW")


def vin(rng: np.random.Generator) -> str:
    letters = "".join(ALPHABET[i] for i in rng.integers(0, 33, 14))
    return MAKERS[int(rng.integers(8))] + letters


def fill(store: Store, people: list[int], reviewer: int, photos: int, events: int) -> None:
    """Photos with a life behind them: labelled, sent back, corrected, approved; a third still open."""
    rng = np.random.default_rng(0)
    per = events // photos
    quads = json.dumps([corners_of(Quad.from_line((128.0, 96.0), 180.0, 18.0, 0.2))])
    key = 0
    now = store.now()
    for begin in range(0, photos, 5000):
        rows, lines, said = [], [], []
        for number in range(begin + 1, min(begin + 5000, photos) + 1):
            sha256 = hashlib.sha256(str(number).encode()).hexdigest()
            text = vin(rng)
            kind, tag = (
                ("label", "windshield", "stamped")[number % 3],
                ("glare", "blur", "clear")[number % 7 % 3],
            )
            boxes = json.dumps([[c, 0, round(i / 17, 4), 0.0, 0.05, 1.0] for i, c in enumerate(text)])
            end = ("approved", "labelled", "open")[number % 3]
            content = 0
            base = 0
            for turn in range(per):
                key += 1
                last = turn == per - 1
                person = people[(number + turn) % 8]
                if last and end == "open":
                    action, state, content = "undo", "open", 0
                elif last and end == "approved":
                    action, state, person = "approve", "approved", reviewer
                elif turn % 2 and not last:
                    action, state, person = "send_back", "returned", reviewer
                else:
                    action, state, content = "label", "labelled", key
                label = action == "label"
                lines.append((
                    key, f"u{key}", number, action, person, "labeller", now - events + key, 3.0, base, state,
                    content, text if label else None, quads if label else None,
                    boxes if label else None, kind if label else None, f'["{tag}"]' if label else None,
                ))  # fmt: skip
                base = key
            sure = float(rng.random())
            said.append((number, number, "ctc=1 yolo=1", text, "review", sure, 0.1, "{}", 30.0, now))
            rows.append((
                number, sha256, sha256[:16], 256, 192, 9000, "PNG", f"{number}.jpg", "benchmark", now, end,
                base, content, text if content else None, text[:3], kind, f'["{tag}"]', now, number,
                "ctc=1 yolo=1", "review", sure, float(rng.random()), dice_of(sha256), text,
            ))  # fmt: skip
        with store.writing() as db:
            db.conn.executemany(
                "INSERT INTO photos (id, sha256, phash, width, height, bytes, format, name, origin, added, "
                "state, version, content, vin, wmi, kind, tags, changed, prediction, models, status, "
                f"confidence, priority, dice, read) VALUES ({', '.join('?' * 25)})", rows,
            )  # fmt: skip
            db.conn.executemany(f"INSERT INTO predictions VALUES ({', '.join('?' * 10)})", said)
            db.conn.executemany(
                "INSERT INTO events (id, uid, photo, action, person, role, at, seconds, base, state, "
                f"content, text, quads, characters, kind, tags) VALUES ({', '.join('?' * 16)})", lines,
            )  # fmt: skip


if __name__ == "__main__":
    main()
