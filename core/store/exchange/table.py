"""CSV: a row per photo, with the columns that ``python -m core evaluate`` and ``train`` take, and some more.

A cell that a spreadsheet would take for a formula gets an apostrophe in front, which reading takes off again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.geometry import Quad
from core.store.content import Content, corners_of
from core.store.errors import Refused
from core.store.exchange.common import Found, Load, bounds, photo_below, with_photo
from core.store.items import Item

COLUMNS = (
    *("photo", "use", "left", "top", "width", "height", "vin", "read", "tags"),
    *("kind", "sha256", "state", "photo_width", "photo_height", "quads", "characters"),
)
KINDS = ("windshield", "label", "stamped")
"""Tags that say what carries the VIN, in sets without a column for it."""

SIDES = {"val": "val", "labelled": "train", "pool": "train", "train": "train", "gold": "gold"}
"""What ``use`` means for the split."""

STATES = {"twice": "approved", "illegible": "rejected", "doubtful": "labelled", "once": "labelled"}
"""What ``read`` says about the text; without it the text was checked."""


def write(items: Iterable[Item], target: Path, load: Load | None = None) -> int:
    """Write ``target``, and with ``load`` the photos into ``photos/`` beside it; returns how many rows."""
    count = 0
    with target.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for item in items:
            item = with_photo(item, target.parent / "photos", load)
            row = item.content.to_row()
            box = (
                [f"{value:.2f}" for value in bounds(item.content.lines())] if item.content.quads else [""] * 4
            )
            cells = [
                f"photos/{item.name}", item.side, *box, item.content.text,
                "twice" if item.state == "approved" else "once", ",".join(item.content.tags),
                item.content.kind, item.sha256, item.state, *map(str, item.size),
                row["quads"], row["characters"],
            ]  # fmt: skip
            table.writerow([_inert(cell) for cell in cells])
            count += 1
    return count


def read(path: Path) -> Iterator[Found]:
    """Every row of a labels file; photos lie relative to its folder.

    Raises:
        Refused: it is no CSV with the columns ``photo`` and ``vin``; a row holds what is no number.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            if not {"photo", "vin"} <= set(table.fieldnames or ()):
                raise Refused(f"{path} lacks the columns photo and vin; see docs/store.md")
            for row in table:
                cells = {name: _plain(cell or "") for name, cell in row.items() if isinstance(name, str)}
                try:
                    item = _item(cells)
                except (ValueError, KeyError, TypeError) as error:
                    raise Refused(f"{path}, line {table.line_num}: {error}") from error
                yield Found(item, photo_below(path.parent, item.name))
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}); check the name") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise Refused(f"{path} is no CSV file in UTF-8 ({error}); save it anew") from error


def _item(cells: dict[str, str]) -> Item:
    tags = {tag.strip() for tag in cells.get("tags", "").split(",")} - {""}
    kind = cells.get("kind", "")
    if not kind and len(tags.intersection(KINDS)) == 1:
        (kind,) = tags.intersection(KINDS)
        tags.remove(kind)
    if cells.get("quads") and cells["quads"] != "[]":
        row = {"text": cells["vin"], "quads": cells["quads"], "characters": cells.get("characters") or "[]"}
        said = Content.from_row({**row, "kind": "", "tags": "[]"})
        assert said is not None
        quads, characters = said.quads, said.characters
    else:
        quads, characters = _boxed(cells), ()
    state = cells.get("state") or STATES.get(cells.get("read", "twice"), "")
    if not cells["vin"] and state != "rejected":
        state = ""
    return Item(
        cells["photo"],
        cells.get("sha256", ""),
        (int(cells.get("photo_width") or 0), int(cells.get("photo_height") or 0)),
        Content(cells["vin"], quads, characters, kind, tuple(sorted(tags))),
        SIDES.get(cells.get("use", ""), ""),
        state,
    )


def _boxed(cells: dict[str, str]) -> tuple:
    if not cells.get("width"):
        return ()
    left, top, width, height = (float(cells[name]) for name in ("left", "top", "width", "height"))
    return (corners_of(Quad.from_box((left, top, width, height))),)


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def _inert(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
