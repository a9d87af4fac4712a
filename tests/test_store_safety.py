"""Nothing acknowledged is ever lost: processes killed while they save, full disks, eight people at once.

``benchmarks/store.py`` runs the same at full size.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from test_store_kit import VINS, Desk

from core.store.annotations import save
from core.store.backup import check
from core.store.connect import Store
from core.store.content import Content, Draft
from core.store.errors import Conflict, StoreError, Unwritable
from core.store.people import add_person
from core.store.photos import photo
from core.store.queue import QueueConfig, next_photo

# Children are forked: the parent holds no connection, and a fresh interpreter would take a second each.
FORK = multiprocessing.get_context("fork")
WORKERS = 8
ENOUGH = "enough"


@dataclass(frozen=True)
class Killed:
    """What a run of :func:`kill_while_saving` left.

    Attributes:
        kills: processes ended by SIGKILL while they worked.
        acknowledged: saves that had returned.
        lost: of them missing in the store.
        twice: saves that are there more than once.
        problems: what :func:`check` found, integrity included.
        events: in the store.
    """

    kills: int
    acknowledged: int
    lost: int
    twice: int
    problems: list[str]
    events: int


def kill_while_saving(desk: Desk, folder: Path, saves: int, kills: int, pause: float) -> Killed:
    """Eight processes save, ``saves`` each or more, until ``kills`` of them were killed at random moments.

    A killed process is started again and repeats the save whose fate it does not know, under the same id.
    """
    rng = np.random.default_rng(0)
    folder.mkdir()
    running = {worker: _start(_saver, desk, folder / str(worker), worker, saves) for worker in range(WORKERS)}
    killed = 0
    enough = folder / ENOUGH
    while running:
        time.sleep(float(rng.exponential(pause)))
        for worker, process in list(running.items()):
            if not process.is_alive():
                assert process.exitcode == 0, f"worker {worker} failed"
                del running[worker]
        if running and killed < kills:
            worker = int(rng.choice(list(running)))
            process = running[worker]
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            killed += process.exitcode == -signal.SIGKILL
            running[worker] = _start(_saver, desk, folder / str(worker), worker, saves)
        if killed == kills:
            enough.touch()
    acknowledged = [line for path in folder.iterdir() for line in path.read_text().split()]
    with desk.store.reading() as db:
        stored = [row[0] for row in db.execute("SELECT uid FROM events").fetchall()]
    return Killed(
        killed,
        len(acknowledged),
        len(set(acknowledged) - set(stored)),
        len(stored) - len(set(stored)),
        check(desk.store),
        len(stored),
    )


@dataclass(frozen=True)
class Leased:
    """What a run of :func:`ask_for_photos` saw.

    Attributes:
        given: photos per person.
        overlaps: times that a photo was with two people at once.
        slowest: longest wait for a photo, seconds.
        typical: median wait, seconds.
    """

    given: list[int]
    overlaps: int
    slowest: float
    typical: float


def ask_for_photos(desk: Desk, folder: Path, seconds: float) -> Leased:
    """Eight processes ask for the next photo and label it, one after the other, for a while."""
    people = [add_person(desk.store, f"Labeller {i}", ["labeller"]).id for i in range(WORKERS)]
    folder.mkdir()
    until = time.monotonic() + seconds
    processes = [_start(_asker, desk, folder / str(person), person, until) for person in people]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    held: dict[str, list[tuple[float, float]]] = {}
    waits = []
    given = []
    for person in people:
        lines = [line.split() for line in (folder / str(person)).read_text().splitlines()]
        given.append(len(lines))
        for key, asked, got, left in lines:
            held.setdefault(key, []).append((float(got), float(left)))
            waits.append(float(got) - float(asked))
    overlaps = sum(
        later[0] < earlier[1] for spans in map(sorted, held.values()) for earlier, later in pairwise(spans)
    )
    return Leased(given, overlaps, max(waits), float(np.median(waits)))


def test_killed_at_any_moment_every_acknowledged_save_is_there(tmp_path: Path) -> None:
    desk = Desk.open(tmp_path, photos=4)
    done = kill_while_saving(desk, tmp_path / "acknowledged", saves=25, kills=20, pause=0.1)
    assert done.kills == 20
    assert done.acknowledged == done.events >= WORKERS * 25
    assert (done.lost, done.twice, done.problems) == (0, 0, [])


def test_eight_labellers_never_share_a_photo_and_none_starves(tmp_path: Path) -> None:
    desk = Desk.open(tmp_path, photos=12)
    done = ask_for_photos(desk, tmp_path / "leases", seconds=6)
    assert done.overlaps == 0
    assert min(done.given) > 0.3 * np.mean(done.given)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes; skipped where mounting is not allowed (the test with a file limit is not)."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_loses_nothing_that_was_acknowledged(small_disk: Path) -> None:
    desk = Desk.open(small_disk, photos=2)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(800_000))
    acknowledged, error = _save_until_refused(desk)
    assert "nothing was saved" in str(error)
    draft = error.draft
    assert len(acknowledged) > 20
    assert _stored(desk) == acknowledged
    filler.unlink()
    # With room again the very same draft goes through.
    assert save(desk.store, draft).content == draft.content
    assert _stored(desk) == acknowledged | {draft.uid}
    assert check(desk.store) == []


def test_a_limit_on_the_files_size_loses_nothing_either(tmp_path: Path) -> None:
    desk = Desk.open(tmp_path, photos=2)
    told = tmp_path / "told"
    process = _start(_saves_within, desk, told, desk.store.path.stat().st_size + 400_000)
    process.join()
    assert process.exitcode == 0
    *acknowledged, message = told.read_text().splitlines()
    assert "nothing was saved" in message
    assert len(acknowledged) > 20
    assert _stored(desk) == set(acknowledged)
    assert check(desk.store) == []


def _start(target, *arguments: object) -> multiprocessing.Process:  # type: ignore[no-untyped-def]
    process = FORK.Process(target=target, args=arguments)
    process.start()
    return process  # type: ignore[return-value]


def _saver(desk: Desk, told: Path, worker: int, saves: int) -> None:
    person = (desk.ann, desk.bob, desk.rev, desk.adm)[worker % 4]
    handle = os.open(told, os.O_CREAT | os.O_RDWR | os.O_APPEND)
    done = len(told.read_text().split())
    # A fast disk must not end the work before the last kill.
    while done < saves or not (told.parent / ENOUGH).exists():
        uid = f"{worker}-{done}"
        key = desk.photos[(worker + done) % len(desk.photos)]
        draft = Draft(key, person, photo(desk.store, key).version, Content(VINS[done % 8]), uid=uid)
        try:
            save(desk.store, draft)
        except Conflict:
            continue  # somebody was faster: look again, as a person would
        os.write(handle, f"{uid}\n".encode())
        done += 1


def _asker(desk: Desk, told: Path, person: int, until: float) -> None:
    rng = np.random.default_rng(person)
    config = QueueConfig(double=0.0, gold=0.0, chance=0.3)
    with told.open("w") as file:
        while (asked := time.monotonic()) < until:
            task = next_photo(desk.store, person, rng, config)
            got = time.monotonic()
            if task is None:
                time.sleep(0.01)
                continue
            time.sleep(float(rng.uniform(0, 0.03)))
            left = time.monotonic()
            print(task.photo.id, asked, got, left, file=file)
            # A labelled photo comes back at once, so that there are never enough for a minute.
            saved = save(desk.store, Draft(task.photo.id, person, task.base, Content(VINS[0])))
            _reopen(desk.store, saved.photo)


def _reopen(store: Store, key: int) -> None:
    with store.writing() as db:
        db.execute("UPDATE photos SET state = 'open' WHERE id = ?", [key])


def _save_until_refused(desk: Desk) -> tuple[set[str], Unwritable]:
    acknowledged: set[str] = set()
    base = 0
    while True:
        draft = Draft(desk.photos[0], desk.ann, base, Content(VINS[len(acknowledged) % 8]), note="n" * 5000)
        try:
            base = save(desk.store, draft).id
        except Unwritable as error:
            return acknowledged, error
        acknowledged.add(draft.uid)


def _saves_within(desk: Desk, told: Path, most: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    base = 0
    with told.open("w") as file:
        while True:
            draft = Draft(desk.photos[0], desk.ann, base, Content(VINS[0]), note="n" * 5000)
            try:
                base = save(desk.store, draft).id
            except StoreError as error:
                print(error, file=file)
                return
            print(draft.uid, file=file)


def _stored(desk: Desk) -> set[str]:
    with desk.store.reading() as db:
        return {row[0] for row in db.execute("SELECT uid FROM events").fetchall()}
