"""Files that are there whole or not at all, even if the power fails."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def written_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file in one step; its folder's entry is safe after :func:`synced`.

    Args:
        path: in a folder that exists.
        data: all of it.
        mode: who may read it; photos are for their owner only.

    Raises:
        OSError: it cannot be written; what stood there before still does.
    """
    handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def synced(folder: Path) -> None:
    """Bring a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
