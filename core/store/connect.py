"""The way to ``labels.db``: one connection per operation, one transaction per connection.

SQLite in WAL mode lets many read while one writes. Three settings keep every saved word: ``synchronous=FULL``
(the commit waits for the disk; NORMAL may lose the last ones on power loss), ``BEGIN IMMEDIATE`` (whoever
reads in order to write gets the lock first; a plain BEGIN fails under load whatever the time-out), and a
busy time-out.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from core.store.errors import Busy, StoreError, Unwritable, translated
from core.store.migrate import migrate

ROOT = Path(__file__).resolve().parents[2]

Row = dict[str, Any]
"""One row of a query, column -> value."""

PATIENCE = 20.0
"""Seconds that an operation waits for another process's lock."""


def database_path() -> Path:
    """``labels.db`` at the project's root, or where ``VIN_DESK_DB`` points."""
    return Path(os.environ.get("VIN_DESK_DB") or ROOT / "labels.db")


def home_folder() -> Path:
    """``data`` at the project's root, or where ``VIN_DESK_HOME`` points: the photo files."""
    return Path(os.environ.get("VIN_DESK_HOME") or ROOT / "data")


@dataclass(frozen=True)
class Store:
    """A label store whose schema is up to date; make it with :meth:`open`.

    It holds no connection, so it may be kept for as long as one likes, passed to threads and pickled to
    other processes.

    Attributes:
        path: the database file.
        home: folder of the photo files.
        now: the clock, seconds since 1970 UTC.
        patience: seconds to wait for a lock.
    """

    path: Path
    home: Path
    now: Callable[[], float] = time.time
    patience: float = PATIENCE

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        home: Path | None = None,
        now: Callable[[], float] = time.time,
        patience: float = PATIENCE,
    ) -> Store:
        """Open a store, made anew where there is none and migrated where it is older than the code.

        Args:
            path: default :func:`database_path`.
            home: default :func:`home_folder`.
            now: the clock, seconds since 1970 UTC.
            patience: seconds to wait for a lock.

        Raises:
            Unwritable: the file cannot be made, is damaged, or is of a newer VIN Desk.
            Busy: another process holds it.
        """
        path, home = Path(path or database_path()).absolute(), Path(home or home_folder()).absolute()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # VINs can be personal data: whoever made the file reads it, nobody else.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise Unwritable(f"{path} cannot be made ({error.strerror}); check folder and disk") from error
        store = cls(path, home, now, patience)
        with store._connected() as db:
            mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            if mode != "wal":
                raise Unwritable(f"{path} lies where SQLite cannot keep a WAL; use a disk of this machine")
            migrate(db, path)
        return store

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """One consistent look at the store; never waits for writers.

        Raises:
            StoreError: see :mod:`core.store.errors`.
        """
        with self._connected() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                # After a failed statement SQLite may have ended the transaction by itself.
                if db.conn.in_transaction:
                    db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """One transaction: all of it is on the disk when the block ends, or nothing of it.

        Raises:
            StoreError: see :mod:`core.store.errors`; nothing was changed.
        """
        with self._connected() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.conn.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def emptied_wal(self) -> None:
        """Move everything from the WAL into the database and cut the WAL to nothing.

        Raises:
            Busy: somebody read the old pages for longer than the store's patience.
        """
        with self._connected() as db:
            busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise Busy(f"{self.path} is being read without a pause; run `store forget --sweep` again later")

    @contextmanager
    def _connected(self) -> Iterator[Database]:
        try:
            # mode=rw: a store that was moved away is not to come back empty.
            connection = sqlite3.connect(
                self.path.as_uri() + "?mode=rw", uri=True, timeout=self.patience, isolation_level=None
            )
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        try:
            db = Database(connection, execute_plugins=False)
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA foreign_keys=ON")
            # What is deleted is overwritten with zeros: forgetting means it.
            db.execute("PRAGMA secure_delete=ON")
            yield db
        except StoreError:
            raise
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        finally:
            connection.close()


def rows(db: Database, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
    """All rows of a query."""
    return list(db.query(sql, dict(values) if isinstance(values, Mapping) else list(values)))


def first(db: Database, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Row | None:
    """The first row of a query, None where there is none."""
    return next(iter(rows(db, sql, values)), None)


def scalar(db: Database, sql: str, values: Sequence[Any] = ()) -> Any:
    """The first column of the first row, None where there is none."""
    row = db.execute(sql, list(values)).fetchone()
    return None if row is None else row[0]


def insert(db: Database, table: str, row: Row) -> int:
    """Add a row; column names come from the code, never from outside. Returns its id."""
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    cursor = db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))
    return int(cursor.lastrowid or 0)


def update(db: Database, table: str, key: int, row: Row) -> None:
    """Change the row with this ``id``."""
    sets = ", ".join(f"{name} = ?" for name in row)
    db.execute(f"UPDATE {table} SET {sets} WHERE id = ?", [*row.values(), key])
