"""A folder of photos without labels: every file in it and below it that is not hidden."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from core.store.content import Content
from core.store.errors import Refused
from core.store.exchange.common import Found, photo_below
from core.store.items import Item


def read(path: Path) -> Iterator[Found]:
    """Every file, in the order of the names; whether it is a photo shows when it is loaded.

    Raises:
        Refused: it is no folder.
    """
    if not path.is_dir():
        raise Refused(f"{path} is no folder; name one with photos")
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if name.startswith(".") or not file.is_file():
                continue
            inside = file.relative_to(path).as_posix()
            yield Found(Item(inside, "", (0, 0), Content("")), photo_below(path, inside))
