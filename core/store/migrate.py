"""Bring a store to the version that this code writes, in one transaction, and no other program's database."""

from __future__ import annotations

from sqlite_utils import Database

from core.store.errors import Unwritable
from core.store.schema import migrations


def version_of(db: Database) -> int:
    """How many migrations the file has seen."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def newest() -> int:
    """The version that this code writes."""
    return len(migrations._migrations)


def migrate(db: Database, path: object, version: int | None = None) -> None:
    """Bring a file up to ``version`` (default: the newest) in one transaction.

    Raises:
        Unwritable: it was written by a newer VIN Desk, or is some other program's database.
    """
    version = newest() if version is None else version
    found = version_of(db)
    if found == version:
        return
    if found > version:
        raise Unwritable(f"{path} was written by a newer VIN Desk (version {found}); update this one")
    if found == 0 and db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
        names = set(db.table_names())
        if not names <= {"_sqlite_migrations", "sqlite_sequence"} and "photos" not in names:
            raise Unwritable(f"{path} is another program's database; point VIN_DESK_DB elsewhere")
    db.execute("BEGIN IMMEDIATE")
    try:
        # Asked again under the lock: another process may have been faster.
        if version_of(db) < version:
            later = [step.name for step in migrations._migrations[version:]]
            migrations.apply(db, stop_before=later)
            db.execute(f"PRAGMA user_version = {version:d}")
        db.execute("COMMIT")
    except BaseException:
        if db.conn.in_transaction:
            db.execute("ROLLBACK")
        raise
