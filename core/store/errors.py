"""What the store refuses, and why: one base and six reasons, each saying what to do."""

from __future__ import annotations

import sqlite3
from typing import Any


class StoreError(RuntimeError):
    """Nothing was changed; the message says why and what to do.

    Attributes:
        draft: what a person was about to save, where that was lost on the way; saving it again is safe.
    """

    draft: Any = None


class Refused(StoreError):
    """The values given cannot be stored: too long, of the wrong form, or they name nothing that is there."""


class NotAllowed(StoreError):
    """The person lacks the role, or would review their own work."""


class Conflict(StoreError):
    """Somebody else saved this photo meanwhile.

    Attributes:
        photo: its id.
        base: the version that the save was built on.
        version: the version that is there now.
        by: who made it.
    """

    def __init__(self, photo: int, base: int, version: int, by: str) -> None:
        super().__init__(
            f"photo {photo} was changed by {by or 'somebody'} since it was opened (version {version}, yours "
            f"builds on {base}); look at their version, then save yours again on top of it or drop it"
        )
        self.photo, self.base, self.version, self.by = photo, base, version, by


class Gone(StoreError):
    """The photo was forgotten on request; it cannot come back."""


class Busy(StoreError):
    """Another process kept the database locked for longer than the store's patience."""


class Unwritable(StoreError):
    """The disk is full, or the file cannot be read or written, or is damaged."""


def translated(error: sqlite3.Error, path: object) -> StoreError:
    """SQLite's error in the words of the store."""
    code = getattr(error, "sqlite_errorcode", 0) or 0
    primary = code & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy(f"{path} is locked by another process; wait for it or end it, then save again")
    if primary == sqlite3.SQLITE_FULL:
        return Unwritable(f"the disk of {path} is full; nothing was saved. Make room, then save again")
    if primary == sqlite3.SQLITE_IOERR:
        return Unwritable(
            f"the disk of {path} refuses ({error}); nothing was saved. Look for space and for faults of "
            "the disk, then save again"
        )
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Unwritable(f"{path} is damaged or no label store ({error}); bring back the last backup")
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return Unwritable(
            f"{path} cannot be opened for writing ({error}); check the folder and its permissions"
        )
    if primary == sqlite3.SQLITE_TOOBIG:
        return Refused("a text is larger than the database takes; shorten it")
    return StoreError(f"{path}: {error}; please report it")
