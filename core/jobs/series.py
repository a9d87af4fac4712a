"""A series of synthetic pictures on disk: loose files with labels.csv, or tar shards; both are resumable."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from core.images import encode_png
from core.store.content import Character, Content, corners_of
from core.store.errors import Refused
from core.store.exchange.common import as_json
from core.store.exchange.webdataset import add_sample
from core.synth.series import COLUMNS, Picture, Recipe, pictures, surroundings
from core.synth.sheet import SHOWN, contact_sheet

LABELS, RECIPE, SHEET = "labels.csv", "recipe.json", "sheet.png"
_USUAL: dict[str, Any] = {"trouble": "", "severity": 0.0, "shards": 0}
"""What a folder of before, whose recipe does not say, was made with."""


def write_series(
    recipe: Recipe, folder: Path, count: int, workers: int = 0, shards: int = 0
) -> Iterator[bool]:
    """Make what is missing of a series.

    Args:
        recipe: of the series; a folder holds one.
        folder: new, empty, or of the same recipe, fonts and versions.
        count: pictures in all.
        workers: processes that draw.
        shards: pictures per tar shard (WebDataset), 0 for loose files.

    Yields:
        Of each picture, in order, whether it had to be made.

    Raises:
        Refused: the folder holds something else.
        core.synth.glyphs.NoFonts: there is nothing to write with.
    """
    _claim(folder, recipe.told() | {"shards": shards} | surroundings())
    yield from (_shards if shards else _files)(recipe, folder, count, workers, shards)


def _files(recipe: Recipe, folder: Path, count: int, workers: int, _: int) -> Iterator[bool]:
    columns = COLUMNS[recipe.kind]
    rows = _rows(folder / LABELS, columns)
    _write_rows(folder / LABELS, columns, rows.values())
    suffix = ".png" if recipe.kind == "strips" else ".jpg"
    names = [f"{index:06d}{suffix}" for index in range(count)]
    missing = [i for i, name in enumerate(names) if name not in rows or not (folder / name).is_file()]
    due = set(missing)
    making = pictures(recipe, missing, workers)
    with (folder / LABELS).open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        for index in range(count):
            if index in due:
                made = next(making)
                _write(folder / made.name, made.data)
                rows[made.name] = made.row
                writer.writerow(made.row)
                file.flush()
            yield index in due
    ordered = [rows[name] for name in sorted(rows, key=_place) if (folder / name).is_file()]
    _write_rows(folder / LABELS, columns, ordered)
    shown = [((folder / row["photo"]).read_bytes(), row) for row in ordered[:SHOWN]]
    _write(folder / SHEET, encode_png(contact_sheet(shown)))


def _place(name: str) -> tuple[int, str]:
    """Numbers past a million are longer."""
    return len(name), name


def _shards(recipe: Recipe, folder: Path, count: int, workers: int, size: int) -> Iterator[bool]:
    spans = [range(first, min(first + size, count)) for first in range(0, count, size)]
    paths = [folder / f"train-{number:06d}.tar" for number in range(len(spans))]
    whole = {path for path, span in zip(paths, spans, strict=True) if _samples(path) >= len(span)}
    # One stream over all shards that are missing: the processes need not wait at the end of each.
    missing = [index for path, span in zip(paths, spans, strict=True) if path not in whole for index in span]
    making = pictures(recipe, missing, workers)
    for path, span in zip(paths, spans, strict=True):
        if path in whole:
            yield from (False for _ in span)
            continue
        partial = path.with_name(path.name + ".partial")
        with tarfile.open(partial, "w") as archive:
            for made in (next(making) for _ in span):
                stem = f"{recipe.kind}-{recipe.seed}-{made.index:09d}"
                add_sample(archive, stem, Path(made.name).suffix, made.data, _entry(made))
                yield True
        os.replace(partial, path)
    shown = [(one.data, one.row) for one in pictures(recipe, range(min(count, SHOWN)))]
    _write(folder / SHEET, encode_png(contact_sheet(shown)))


def _entry(made: Picture) -> dict[str, Any]:
    """What a shard says of a picture: a label as the store exports it, and the row of labels.csv."""
    quads = (corners_of(made.quad),) if made.quad is not None else ()
    characters = tuple(
        Character(text, 0, (float(box[0]), float(box[1]), float(box[2]), float(box[3])))
        for text, box in zip(made.text, made.boxes.round(4), strict=True)
    )
    content = Content(made.text, quads, characters)
    return {
        "sha256": hashlib.sha256(made.data).hexdigest(), "size": list(made.size), "side": "train",
        "state": "", "label": as_json(content), "synthetic": made.row,
    }  # fmt: skip


def _samples(path: Path) -> int:
    """Pictures of a shard, 0 where it is not there or damaged."""
    try:
        with tarfile.open(path, "r:") as archive:
            return sum(name.endswith(".json") for name in archive.getnames())
    except (OSError, tarfile.TarError):
        return 0


def _claim(folder: Path, recipe: dict[str, Any]) -> None:
    """Make the folder, or see that it holds the same series: two must not mix."""
    path = folder / RECIPE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        if there is not None and not isinstance(there, dict):
            raise ValueError(f"{RECIPE} is no recipe")
        others = [one.name for one in folder.iterdir() if one.suffix != ".partial"]
    except (OSError, ValueError) as error:
        raise Refused(f"{folder} cannot be used ({error}); name another folder") from error
    if there is None:
        if others:
            raise Refused(f"{folder} holds other files; name a new folder")
        _write(path, (json.dumps(recipe, indent=1) + "\n").encode())
        return
    usual = _USUAL | there
    differs = [name for name in recipe if name in usual and usual[name] != recipe[name]]
    if differs:
        told = ", ".join(
            f"{name} {str(usual[name])[:80]} and not {str(recipe[name])[:80]}" for name in differs
        )
        raise Refused(f"{folder} was made with {told}; name another folder")


def _rows(path: Path, columns: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Photo name -> row, without a last one that was cut off."""
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    rows = csv.DictReader(text[: text.rfind("\n") + 1].splitlines())
    return {row["photo"]: row for row in rows if row.keys() == set(columns) and None not in row.values()}


def _write_rows(path: Path, columns: tuple[str, ...], rows: Iterable[dict[str, str]]) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(partial, path)


def _write(path: Path, data: bytes) -> None:
    # Whole or not at all: a half file would count as made.
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    os.replace(partial, path)
