"""Forgetting for good, backups and the way back, and the check of the store's health."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from test_store_kit import VINS, Desk, picture, reading, uid

from core.store.backup import back_up, bring_back, check
from core.store.connect import Store
from core.store.content import Content, Draft
from core.store.drafts import keep_draft
from core.store.errors import Gone, NotAllowed, Refused, Unwritable
from core.store.files import path_of
from core.store.forget import forget, sweep, tombstones
from core.store.history import history
from core.store.photos import Incoming, add_photo, photo
from core.store.predictions import save_prediction
from core.store.queue import next_photo
from core.store.review import approve

SECRET = "SECRETNAME"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.open(tmp_path, photos=3)


def traces(folder: Path, *needles: bytes) -> list[str]:
    """Files below a folder, databases and WALs included, that hold one of these."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    ]


class TestForget:
    def test_no_trace_is_left_in_any_file(self, desk: Desk, tmp_path: Path) -> None:
        key = add_photo(desk.store, Incoming(picture(77), f"{SECRET}.png", SECRET))
        sha256 = photo(desk.store, key).sha256
        desk.photos.append(key)
        save_prediction(desk.store, key, reading(VINS[4], 0.3))
        keep_draft(desk.store, Draft(key, desk.ann, 0, Content(VINS[4] + SECRET)))
        label = desk.label(3, desk.ann, VINS[4])
        again = desk.label(3, desk.bob, VINS[4], base=label.id)
        approve(desk.store, key, desk.rev, again.id, uid())
        # A reader that is open all the while keeps old pages in the WAL.
        with closing(sqlite3.connect(desk.store.path)) as reader:
            reader.execute("SELECT COUNT(*) FROM events").fetchone()
            assert traces(tmp_path, VINS[4].encode(), SECRET.encode())
            stone = forget(desk.store, key, desk.adm, "request", uid())
        assert traces(tmp_path, VINS[4].encode(), SECRET.encode(), picture(77)[40:80]) == []
        assert (stone.sha256, stone.why, stone.by) == (sha256, "request", desk.adm)
        assert not path_of(desk.store, sha256).exists()
        (event,) = history(desk.store, key)
        assert (event.action, event.content, event.reason) == ("forget", None, "request")
        assert check(desk.store) == []

    def test_a_forgotten_photo_is_gone_and_stays_out(self, desk: Desk) -> None:
        stone = forget(desk.store, desk.photos[0], desk.adm, "private", uid())
        assert forget(desk.store, desk.photos[0], desk.adm, "private", uid()) == stone
        assert tombstones(desk.store) == [stone]
        for act in (
            lambda: photo(desk.store, desk.photos[0]),
            lambda: desk.label(0, desk.ann, VINS[0], base=0),
            lambda: add_photo(desk.store, Incoming(picture(0), "again.png", "again")),
            lambda: forget(desk.store, 999, desk.adm, "private", uid()),
        ):
            with pytest.raises(Gone):
                act()

    def test_it_takes_an_admin(self, desk: Desk) -> None:
        for person in (desk.ann, desk.rev):
            with pytest.raises(NotAllowed, match="takes the role admin"):
                forget(desk.store, desk.photos[0], person, "request", uid())
        assert photo(desk.store, desk.photos[0]).state == "open"

    def test_others_keep_their_history(self, desk: Desk) -> None:
        kept = desk.label(1, desk.ann, VINS[1])
        forget(desk.store, desk.photos[0], desk.adm, "request", uid())
        assert history(desk.store, desk.photos[1]) == [kept]
        with sqlite3.connect(desk.store.path) as db, pytest.raises(sqlite3.IntegrityError, match="never"):
            db.execute("DELETE FROM events WHERE photo = ?", [desk.photos[1]])

    def test_a_file_that_a_crash_left_is_found_and_swept(self, desk: Desk) -> None:
        sha256 = photo(desk.store, desk.photos[0]).sha256
        forget(desk.store, desk.photos[0], desk.adm, "request", uid())
        path_of(desk.store, sha256).write_bytes(picture(0))
        assert "run `store forget --sweep`" in check(desk.store)[0]
        sweep(desk.store)
        assert check(desk.store) == []


class TestBackup:
    def test_a_backup_opens_elsewhere_with_everything(self, desk: Desk, tmp_path: Path) -> None:
        saved = desk.label(0, desk.ann, VINS[0])
        back_up(desk.store, tmp_path / "copy.db", photos=True)
        desk.label(0, desk.ann, VINS[1])
        (tmp_path / "copy.db.photos").rename(tmp_path / "photos")
        copy = Store.open(tmp_path / "copy.db", tmp_path)
        assert history(copy, desk.photos[0]) == [saved]
        assert check(copy) == []

    def test_a_backup_that_is_refreshed_holds_no_forgotten_photo(self, desk: Desk, tmp_path: Path) -> None:
        back_up(desk.store, tmp_path / "copy.db", photos=True)
        kept = sorted((tmp_path / "copy.db.photos").glob("??/*"))
        forget(desk.store, desk.photos[0], desk.adm, "request", uid())
        (tmp_path / "copy.db").unlink()
        back_up(desk.store, tmp_path / "copy.db", photos=True)
        left = sorted((tmp_path / "copy.db.photos").glob("??/*"))
        assert len(left) == len(kept) - 1 and set(left) < set(kept)

    def test_a_backup_while_others_save_is_whole(self, desk: Desk, tmp_path: Path) -> None:
        process = multiprocessing.get_context("fork").Process(target=_save_many, args=(desk, 30))
        process.start()
        for number in range(5):
            back_up(desk.store, tmp_path / f"{number}.db")
        process.join()
        assert process.exitcode == 0
        sizes = []
        for number in range(5):
            with closing(sqlite3.connect(tmp_path / f"{number}.db")) as db:
                assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
                sizes.append(db.execute("SELECT COUNT(*) FROM events").fetchone()[0])
        assert sizes == sorted(sizes)

    def test_what_was_forgotten_since_stays_forgotten(self, desk: Desk, tmp_path: Path) -> None:
        desk.label(0, desk.ann, VINS[0])
        kept = desk.label(1, desk.ann, VINS[1])
        back_up(desk.store, tmp_path / "copy.db")
        forget(desk.store, desk.photos[0], desk.adm, "request", uid())
        desk.label(2, desk.ann, VINS[2])
        assert bring_back(desk.store, tmp_path / "copy.db") == 1
        assert traces(tmp_path, VINS[0].encode()) == ["copy.db"]
        assert [event.action for event in history(desk.store, desk.photos[0])] == ["forget"]
        assert history(desk.store, desk.photos[1]) == [kept]
        assert photo(desk.store, desk.photos[2]).vin is None
        assert check(desk.store) == []

    def test_a_place_that_cannot_be_written_or_read_is_told(self, desk: Desk, tmp_path: Path) -> None:
        with pytest.raises(Unwritable):
            back_up(desk.store, tmp_path / "no" / "such" / "folder" / "copy.db")
        with pytest.raises(Refused, match="place of its own"):
            back_up(desk.store, desk.store.path)
        with pytest.raises(Refused, match="does not exist"):
            bring_back(desk.store, tmp_path / "missing.db")
        (tmp_path / "bad.db").write_bytes(b"not a database" * 100)
        with pytest.raises(Unwritable):
            bring_back(desk.store, tmp_path / "bad.db")
        assert check(desk.store) == []
        assert list(tmp_path.glob(".copy-*")) == []


class TestCheck:
    def test_a_lost_file_and_a_wrong_state_are_told(self, desk: Desk) -> None:
        assert check(desk.store) == []
        path_of(desk.store, photo(desk.store, desk.photos[0]).sha256).unlink()
        with sqlite3.connect(desk.store.path) as db:
            db.execute("UPDATE photos SET state = 'approved' WHERE id = ?", [desk.photos[1]])
        found = check(desk.store)
        assert len(found) == 2
        assert "is missing below" in found[0]
        assert "its events say open" in found[1]

    def test_a_damaged_page_is_told_not_served(self, desk: Desk) -> None:
        for _ in range(30):
            desk.label(0, desk.ann, VINS[0])
        data = bytearray(desk.store.path.read_bytes())
        for page in range(2, len(data) // 4096):
            data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
        desk.store.path.write_bytes(data)
        with pytest.raises(Unwritable, match="bring back the last backup"):
            next_photo(desk.store, desk.ann, np.random.default_rng(0))


def _save_many(desk: Desk, saves: int) -> None:
    for number in range(saves):
        desk.label(number % 3, desk.ann, VINS[number % 8])
