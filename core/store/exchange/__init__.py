"""Labels of other programs in, labels for other programs out; ``docs/store.md`` shows each format.

A writer takes items and gives their number; with ``load`` it writes the photos too. A reader gives what it
finds, whoever wrote it; :func:`core.store.exchange.bring_in.bring_in` puts that into the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from core.store.errors import Refused, Unwritable
from core.store.exchange import coco, folders, icdar, table, webdataset, yolo
from core.store.exchange.bring_in import Outcome, bring_in
from core.store.exchange.common import Found, Load, new_folder
from core.store.items import Item

__all__ = ["READERS", "WRITERS", "Found", "Outcome", "bring_in", "export", "read_set"]

WRITERS: dict[str, Callable[..., int]] = {
    "csv": table.write,
    "coco": coco.write,
    "yolo": yolo.write,
    "yolo-obb": partial(yolo.write, rotated=True),
    "icdar": icdar.write_icdar,
    "paddleocr": icdar.write_paddle,
    "webdataset": webdataset.write,
}
READERS: dict[str, Callable[[Path], Iterator[Found]]] = {
    "csv": table.read,
    "coco": coco.read,
    "yolo": yolo.read,
    "icdar": icdar.read_icdar,
    "paddleocr": icdar.read_paddle,
    "webdataset": webdataset.read,
    "folder": folders.read,
}


def export(items: Iterable[Item], form: str, target: Path, load: Load | None) -> int:
    """Write items in one of ``WRITERS``; returns how many.

    Args:
        items: what to write.
        form: name of the format.
        target: a new file ending in ``.csv`` for ``csv``, else a new or empty folder.
        load: gives the photos; None leaves them out where the format allows it.

    Raises:
        Refused: no such format, or ``target`` is not empty.
        Unwritable: the disk refuses.
    """
    if form not in WRITERS:
        raise Refused(f"{form[:40]!r} is no format to write; there are {', '.join(WRITERS)}")
    if form == "webdataset" and load is None:
        raise Refused("a WebDataset holds its photos; export it with them")
    try:
        if form == "csv":
            if target.exists():
                raise Refused(f"{target} exists; name a new file")
            target.parent.mkdir(parents=True, exist_ok=True)
        else:
            new_folder(target)
        return WRITERS[form](items, target, load)
    except OSError as error:
        raise Unwritable(
            f"{target} cannot be written ({error.strerror}); make room or name another"
        ) from error


def read_set(path: Path, form: str = "") -> Iterator[Found]:
    """What a set holds; the format is guessed from its files where it is not told.

    Raises:
        Refused: no such format, or no such file.
    """
    form = form or _guess(path)
    if form not in READERS:
        raise Refused(f"{form[:40]!r} is no format to read; there are {', '.join(READERS)}")
    return READERS[form](path)


_BY_SUFFIX = {".csv": "csv", ".json": "coco", ".tar": "webdataset", ".yaml": "yolo", ".txt": "paddleocr"}


def _guess(path: Path) -> str:
    if path.is_file():
        return {
            ".csv": "csv",
            ".json": "coco",
            ".tar": "webdataset",
            ".yaml": "yolo",
            ".txt": "paddleocr",
        }.get(path.suffix.lower(), "")
    if not path.is_dir():
        raise Refused(f"{path} does not exist; check the name")
    for form, sign in (
        ("coco", "annotations.json"),
        ("yolo", "data.yaml"),
        ("paddleocr", "Label.txt"),
        ("icdar", "gt_*.txt"),
        ("webdataset", "*.tar"),
    ):
        if next(path.glob(sign), None) is not None:
            return form
    return "folder"
