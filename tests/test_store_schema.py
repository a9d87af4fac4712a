"""Migrations: from an empty file and from each earlier version's file, with what was in it kept."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database
from test_store_kit import VINS, uid

from core.store.annotations import save
from core.store.backup import check
from core.store.connect import Store
from core.store.content import Content, Draft
from core.store.errors import Unwritable
from core.store.files import path_of
from core.store.history import history
from core.store.migrate import migrate, newest, version_of
from core.store.photos import photo
from core.store.review import approve
from core.store.schema import dice_of

SHA = "5e" * 32

# A released version's file never looks different afterwards: edit no migration, add one.
FINGERPRINTS = {
    1: "ee2be5ad3ff645b5",
    2: "561e7b4f05532bcb",
    3: "bfda242649853034",
    4: "dfa0c1dd7604ab01",
    5: "f0034b64e45afb82",
    6: "42727757f97d7e2b",
    7: "c1bda447dcca14c8",
    8: "6ba37ee7ef9f71ea",
    9: "6cb7157b5fe0303c",
    10: "a15677b68c566210",
}

PEOPLE = "INSERT INTO people (id, name, key, roles, created) VALUES "
PHOTO = (
    "INSERT INTO photos (id, sha256, width, height, bytes, format, name, origin, added, state, version, "
    f"content, vin, changed, prediction) VALUES (1, '{SHA}', 640, 480, 9, 'JPEG', 'a.jpg', 'old', "
    f"1.0, 'labelled', 1, 1, '{VINS[0]}', 2.0, 1)"
)
# What every version's file holds here: written as that version wrote it, not by today's code.
WRITTEN = (
    PEOPLE + "(1, 'Ann', 'ann', '[\"labeller\"]', 1.0), (2, 'Rev', 'rev', '[\"reviewer\"]', 1.0)",
    PHOTO,
    "INSERT INTO events (id, uid, photo, action, person, role, at, state, content, text, quads, characters, "
    "kind, tags) VALUES (1, 'first', 1, 'label', 1, 'labeller', 2.0, 'labelled', 1, "
    f"'{VINS[0]}', '[[[1,2],[9,2],[9,4],[1,4]]]', '[]', 'label', '[\"blur\"]')",
    "INSERT INTO predictions (id, photo, models, vin, status, confidence, disagreement, reading, "
    f"milliseconds, at) VALUES (1, 1, 'ctc=1', '{VINS[0]}', 'review', 0.5, 0.0, '{{}}', 9.0, 1.5)",
)


def file_of_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(Database(connection), path, version)
        for statement in WRITTEN:
            connection.execute(statement)


def schema_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    return "\n".join(" ".join(row[0].split()) for row in found)


@pytest.mark.parametrize("version", range(1, newest() + 1))
def test_a_released_versions_file_stays_as_it_was(tmp_path: Path, version: int) -> None:
    file_of_version(tmp_path / "old.db", version)
    assert hashlib.sha256(schema_of(tmp_path / "old.db").encode()).hexdigest()[:16] == FINGERPRINTS[version]


@pytest.mark.parametrize("version", range(1, newest() + 1))
def test_a_file_of_each_earlier_version_goes_on_working(tmp_path: Path, version: int) -> None:
    path = tmp_path / "labels.db"
    file_of_version(path, version)
    store = Store.open(path, tmp_path / "home")
    path_of(store, SHA).parent.mkdir(parents=True)
    path_of(store, SHA).write_bytes(b"a photo")
    assert schema_of(path) == schema_of(_fresh(tmp_path).path)
    (first,) = history(store, 1)
    assert first.content == Content(VINS[0], (((1, 2), (9, 2), (9, 4), (1, 4)),), (), "label", ("blur",))
    assert first.by == "Ann"
    assert approve(store, 1, 2, 1, uid()).state == "approved"
    assert photo(store, 1).vin == VINS[0]
    assert check(store) == []
    with store.reading() as db:
        dice, read = db.execute("SELECT dice, read FROM photos").fetchone()
        author, wrong, apart = db.execute("SELECT author, wrong, apart FROM photos").fetchone()
    # What a version did not have yet is worked out from what it had.
    assert dice == (dice_of(SHA) if version < 2 else 0.5)
    assert read == (VINS[0] if version < 4 else None)
    if version < 5:
        # A file of version 4 says that its photo was read, but not what.
        assert (author, wrong, apart) == ((1, 0, 0.0) if version < 4 else (1, 17, None))


def test_what_rounds_taught_before_it_was_written_down_is_worked_out(tmp_path: Path) -> None:
    path = tmp_path / "labels.db"
    file_of_version(path, 9)
    shapes = "width, height, bytes, format, name, origin, added, changed"
    run = "INSERT INTO runs (id, kind, state, config, started, ended) VALUES "
    with closing(sqlite3.connect(path)) as db:
        for key in range(2, 6):
            sha, size = f"{key:064x}", "6, 4, 9, 'JPEG', 'b.jpg', 'old', 1.0, 2.0"
            db.execute(f"INSERT INTO photos (id, sha256, {shapes}) VALUES ({key}, '{sha}', {size})")
        for key, state, at in ((1, "accepted", 10.0), (2, "withdrawn", 20.0), (3, "audit", 30.0)):
            db.execute(
                "INSERT INTO rounds (id, teacher, photos, accepted, at, state) VALUES (?, 'c', 2, 1, ?, ?)",
                [key, at, state],
            )
        for key, photo_, accepted, audit in (
            (1, 2, 1, 0),
            (1, 3, 1, 1),
            (1, 4, 0, 0),
            (2, 4, 1, 0),
            (3, 5, 1, 0),
        ):
            db.execute(
                "INSERT INTO pseudo_labels (round, photo, text, quads, evidence, accepted, audit) "
                "VALUES (?, ?, '', '[]', '{}', ?, ?)",
                [key, photo_, accepted, audit],
            )
        db.execute(run + "(1, 'train ctc', 'done', '{\"rounds\": true}', 11.0, 15.0)")
        db.execute(run + "(2, 'train ctc', 'failed', '{\"rounds\": true}', 11.0, 99.0)")
        db.execute(run + "(3, 'train ctc', 'done', '{\"rounds\": false}', 11.0, 99.0)")
        db.execute(run + "(4, 'train yolo', 'done', '{\"rounds\": true}', 41.0, 45.0)")
        db.commit()
    with Store.open(path, tmp_path / "home").reading() as opened:
        found = opened.execute("SELECT run, photo FROM taught ORDER BY run, photo").fetchall()
        assert found == [(1, 2), (4, 2), (4, 4)]
        sides = opened.execute("SELECT side FROM photos WHERE id > 1 ORDER BY id").fetchall()
        assert sides == [("train",), (None,), ("train",), (None,)]


def test_an_empty_file_and_none_become_a_store(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    for name in ("empty.db", "deep/er/new.db"):
        store = Store.open(tmp_path / name, tmp_path / "home")
        with store.reading() as db:
            assert version_of(db) == newest()
            assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
            assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
            assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    # VINs can be personal data: others on this machine do not read them.
    assert store.path.stat().st_mode & 0o077 == 0


def test_a_failed_migration_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "labels.db"
    file_of_version(path, 1)
    before = schema_of(path)
    with closing(sqlite3.connect(path)) as db:
        # In the way of a table that the second version makes.
        db.execute("CREATE TABLE skips (x)")
        db.commit()
    with pytest.raises(Exception, match="skips"):
        Store.open(path, tmp_path / "home")
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE skips")
        assert db.execute("PRAGMA user_version").fetchone()[0] == 1
    assert schema_of(path) == before
    assert Store.open(path, tmp_path / "home")


def test_newer_and_foreign_files_are_refused_untouched(tmp_path: Path) -> None:
    store = _fresh(tmp_path)
    with closing(sqlite3.connect(store.path)) as db:
        db.execute(f"PRAGMA user_version = {newest() + 1}")
    with pytest.raises(Unwritable, match="newer VIN Desk"):
        Store.open(store.path, tmp_path / "home")
    foreign = tmp_path / "foreign.db"
    with closing(sqlite3.connect(foreign)) as db:
        db.execute("CREATE TABLE bookmarks (url)")
        db.commit()
    with pytest.raises(Unwritable, match="another program's database"):
        Store.open(foreign, tmp_path / "home")
    assert schema_of(foreign) == "CREATE TABLE bookmarks (url)"


def test_eight_that_open_a_new_store_at_once_make_one(tmp_path: Path) -> None:
    failed: list[Exception] = []

    def opening() -> None:
        try:
            Store.open(tmp_path / "labels.db", tmp_path / "home")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=opening) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert schema_of(tmp_path / "labels.db") == schema_of(_fresh(tmp_path).path)


def test_a_store_that_moved_with_its_files_opens(tmp_path: Path) -> None:
    name = "with space, ünicode & 100% ?#.db"
    file_of_version(tmp_path / name, 2)
    store = Store.open(tmp_path / name, tmp_path / "home")
    assert save(store, Draft(1, 1, 1, Content(VINS[1]))).state == "labelled"


def _fresh(folder: Path) -> Store:
    return Store.open(folder / "fresh.db", folder / "home")
