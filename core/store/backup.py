"""Copies of the store while people work, the way back, and a look at its health."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from core.store.annotations import standing
from core.store.connect import Store, first, rows, update
from core.store.errors import Refused, StoreError, Unwritable, translated
from core.store.files import erase_file, path_of
from core.store.forget import erase_in, sweep

PAGES = 2000
"""Pages copied at a time; between two portions others may write."""


def back_up(store: Store, target: Path, photos: bool = False) -> None:
    """Copy the database by SQLite's backup API, and with ``photos`` the photo files beside it.

    The copy is whole and checked before it gets its name; ``target`` may exist and is replaced.

    Args:
        store: where.
        target: a file; photos go to ``<target>.photos/``, those that are there already are left.
        photos: copy them too.

    Raises:
        Unwritable: the disk refuses, or the copy is damaged.
    """
    target = target.absolute()
    if target == store.path:
        raise Refused("a backup needs a place of its own; name another file")
    handle, name = _temporary(target)
    os.close(handle)
    try:
        with closing(sqlite3.connect(name)) as copy, store.reading() as db:
            db.conn.backup(copy, pages=PAGES)
            # A file by itself, without a WAL beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            problem = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if problem != "ok":
            raise Unwritable(f"the backup is damaged ({problem}); run `store check`")
        _on_disk(Path(name))
        os.replace(name, target)
        if photos:
            _copy_photos(store, target.with_name(target.name + ".photos"))
    except sqlite3.Error as error:
        raise translated(error, target) from error
    except OSError as error:
        raise Unwritable(
            f"{target} cannot be written ({error.strerror}); make room or choose another"
        ) from error
    finally:
        Path(name).unlink(missing_ok=True)


def bring_back(store: Store, source: Path) -> int:
    """Make the store what it was at a backup, then forget again what was forgotten since.

    Labels saved since are gone; back the present state up first. Returns how many photos were forgotten anew.

    Raises:
        Unwritable: the backup is damaged, or no label store, or the disk refuses.
    """
    source = source.absolute()
    if not source.is_file():
        raise Refused(f"{source} does not exist; name a file that `store backup` wrote")
    # Through a copy, so that an old backup is migrated without being touched.
    handle, name = _temporary(store.path)
    os.close(handle)
    try:
        shutil.copyfile(source, name)
        copy = Store.open(Path(name), store.home, store.now, store.patience)
        with copy.reading() as db:
            problem = db.execute("PRAGMA integrity_check").fetchone()[0]
            if problem != "ok":
                raise Unwritable(f"{source} is damaged ({problem}); take an older backup")
        again = _forget_again(store, copy)
        copy.emptied_wal()
        with closing(sqlite3.connect(name)) as old, store.reading() as db:
            db.execute("ROLLBACK")
            old.backup(db.conn)
        sweep(store)
        return again
    except sqlite3.Error as error:
        raise translated(error, source) from error
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(name + suffix).unlink(missing_ok=True)


def check(store: Store) -> list[str]:
    """What is wrong with the store, one sentence each; empty where nothing is."""
    with store.reading() as db:
        found = [
            f"the database is damaged: {row['integrity_check']}"
            for row in rows(db, "PRAGMA integrity_check")
            if row["integrity_check"] != "ok"
        ]
        found += [f"a row of {row['table']} points nowhere" for row in rows(db, "PRAGMA foreign_key_check")]
        photos = rows(db, "SELECT id, sha256, state, version, content FROM photos")
        for row in photos:
            there = path_of(store, row["sha256"]).exists()
            if row["state"] == "forgotten":
                if there:
                    found.append(
                        f"photo {row['id']} is forgotten but its file is there; run `store forget --sweep`"
                    )
                continue
            version, state, content = standing(db, row["id"])
            if (row["version"], row["state"], row["content"]) != (version, state, content):
                found.append(f"photo {row['id']} is {row['state']}, but its events say {state}")
            if not there:
                found.append(f"the file of photo {row['id']} is missing below {store.home}")
    return found


def _forget_again(store: Store, copy: Store) -> int:
    try:
        with store.reading() as db:
            stones = rows(
                db,
                "SELECT p.sha256, e.uid, e.at, e.reason, w.key FROM events e JOIN photos p ON p.id = e.photo "
                "JOIN people w ON w.id = e.person WHERE e.action = 'forget'",
            )
    except StoreError:
        # The reason for coming back may be that nothing can be read here any more.
        return 0
    done = 0
    with copy.writing() as db:
        for stone in stones:
            row = first(db, "SELECT * FROM photos WHERE sha256 = ?", [stone["sha256"]])
            if row is None or row["state"] == "forgotten":
                continue
            who = first(db, "SELECT id FROM people WHERE key = ?", [stone["key"]]) or first(
                db, "SELECT id FROM people ORDER BY id LIMIT 1"
            )
            assert who is not None
            erase_in(db, row, who["id"], stone["reason"], stone["uid"], stone["at"])
            update(db, "photos", row["id"], {"changed": stone["at"]})
            done += 1
    return done


def _copy_photos(store: Store, folder: Path) -> None:
    with store.reading() as db:
        gone = rows(db, "SELECT sha256 FROM photos WHERE state = 'forgotten'")
    for row in gone:
        # A backup that is refreshed every night is the newest one: what was forgotten is not in it.
        erase_file(folder / row["sha256"][:2] / row["sha256"])
    for path in sorted((store.home / "photos").glob("??/*")):
        target = folder / path.parent.name / path.name
        if path.name.startswith(".") or (target.exists() and target.stat().st_size == path.stat().st_size):
            continue
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(path, target.with_name("." + path.name))
        os.replace(target.with_name("." + path.name), target)


def _temporary(beside: Path) -> tuple[int, str]:
    try:
        return tempfile.mkstemp(prefix=".copy-", suffix=".db", dir=beside.parent)
    except OSError as error:
        raise Unwritable(f"{beside.parent} cannot be written ({error.strerror}); choose another") from error


def _on_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
