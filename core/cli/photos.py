"""Paths to readings: which files a path means, and an error in place of every photo that cannot be read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.console import Refusal

if TYPE_CHECKING:
    from core.geometry import Quad
    from core.learn.crops import LabelledPhoto
    from core.reader import VinReader
    from core.records import Reading

Found = tuple[str, str | None]
"""A path as given, and what is wrong with it already."""


def load_reader() -> VinReader:
    """The reader with the champion's networks; a missing or damaged one is a :class:`Refusal`."""
    from core.reader import VinReader
    from core.registry import ModelError, champion_folder

    try:
        # Looked up once: a promotion meanwhile must not mix two sets.
        return VinReader.load(champion_folder())
    except ModelError as error:
        raise Refusal(str(error)) from error


def find(paths: Sequence[str]) -> Iterator[Found]:
    """Files as they are; of a folder all files in it and below it, sorted, but no hidden ones.

    Whatever a file is called, it is told: a text file named .jpg gets its line as a photo does.
    """
    for path in paths:
        if not path:
            yield path, "an empty name; a variable of your script may be unset"
            continue
        if not os.path.isdir(path):
            yield path, None
            continue
        files = list(_files(path))
        if not files:
            yield path, f"{path} holds no files; name a folder with photos"
        yield from files


def read_path(reader: VinReader, path: str | Path, region: Quad | None = None) -> Reading:
    """Read one photo file; whatever is wrong with it is told in the reading."""
    from core.images import ImageError, read_file

    try:
        return reader.read(read_file(path), region)
    except ImageError as error:
        return failed(str(error))
    except Exception as error:  # the other photos are not to be lost for a fault of ours
        return failed(f"the photo could not be read ({type(error).__name__}: {error}); please report it")


def failed(error: str) -> Reading:
    """The reading of a photo that never came to be read."""
    from core.records import Reading

    return Reading(vin=None, status="error", confidence=0.0, check_digit="not_applicable", error=error)


def labels_of(path: Path) -> list[LabelledPhoto]:
    """The rows of a labels file; one that cannot be used is a :class:`Refusal`."""
    import csv

    from core.learn.crops import read_labels

    try:
        return read_labels(path)
    except KeyError as error:
        raise Refusal(f"{path} lacks the column {error}; see docs/command-line.md") from error
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise Refusal(f"{path} cannot be read as a labels file: {error}; see docs/command-line.md") from error


def _files(folder: str) -> Iterator[Found]:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        yield folder, f"{folder} cannot be opened ({error.strerror}); ask for the permission"
        return
    for name in names:
        path = os.path.join(folder, name)
        if name.startswith("."):
            continue
        try:
            mode = os.lstat(path).st_mode
        except OSError:  # gone meanwhile: reading it will say so
            mode = stat.S_IFREG
        if stat.S_ISDIR(mode):
            yield from _files(path)
        elif stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and not os.path.isdir(path)):
            yield path, None
