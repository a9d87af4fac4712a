"""``read``: photos in, one line per photo out, or one line for all where they show one car."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from core.cli.console import Verbs, printable, progress, say
from core.cli.detectors import add_detector, reader_with
from core.cli.photos import failed, find, read_path
from core.quality.kinds import named

if TYPE_CHECKING:
    from core.records import Reading
    from core.several import CarReading


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "read",
        help="read photos, one line each",
        description="Read photos, one line each: name, VIN, status, confidence. Of a folder every file that "
        "is not hidden is read. The exit status is 1 when some photo could not be read.",
    )
    verb.add_argument("photos", nargs="+", metavar="PHOTO", help="file or folder")
    verb.add_argument("--json", action="store_true", help="one JSON object per line instead")
    verb.add_argument(
        "--one-car",
        action="store_true",
        help="the photos show one car: after their lines comes its VIN, read from all of them together",
    )
    add_detector(verb)
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Read and print; 1 when any photo had an error."""
    from core.images import decode, read_file

    reader = reader_with(options.detector)
    errors = 0
    paths: list[str] = []
    readings: list[Reading] = []
    for path, problem in progress(list(find(options.photos)), "photos"):
        reading = failed(problem) if problem else read_path(reader, path)
        errors += reading.status == "error"
        if options.one_car:
            paths.append(path)
            # Heat maps are large, and nothing here asks for them.
            readings.append(replace(reading, maps=None))
        # With --json, one object tells of the car and of all its photos.
        if not (options.one_car and options.json):
            say(json.dumps(reading.to_json(path)) if options.json else line(path, reading))
    if options.one_car:
        car = reader.one_car(readings, lambda number: decode(read_file(paths[number])))
        say(json.dumps(car.to_json(paths)) if options.json else "\n".join(car_lines(car)))
    return 1 if errors else 0


def car_lines(car: CarReading) -> list[str]:
    """The car's VIN, status and confidence, who vouched for each character, and what speaks against it."""
    told = ["\t".join(("one car", car.vin or "-", car.status, f"{car.confidence:.3f}"))]
    # Photos are numbered from 1, in the order of their lines; more than nine are counted only.
    if car.slots and len(car.photos) <= 9:
        for number in range(len(car.photos)):
            mine = "".join(slot.character if number in slot.vouched else "." for slot in car.slots)
            told.append("\t".join((f"photo {number + 1}", mine, car.photos[number].part, "")).rstrip())
    if car.stacked:
        laid = ", ".join(str(photo + 1) for photo in car.stacked)
        told.append(f"in doubt\tread once more with photos {laid} laid on top of each other")
    if car.compared:
        slots = f"character{'s' if len(car.compared) > 1 else ''} {named(car.compared)}"
        told.append(f"in doubt\t{slots} told by a closer look, beside others of the same plate")
    for vin, photos in car.others:
        numbers = ", ".join(str(photo + 1) for photo in photos)
        told.append(f"another VIN\t{vin}\tphoto{'s' if len(photos) > 1 else ''} {numbers}")
    told += [f"bar code\t{code.vin}\t{code.format}" for code in car.bar_codes]
    return told


def line(path: str, reading: Reading) -> str:
    """Name, VIN, status and confidence, or what was wrong, between tabs; a bar code or line with another."""
    if reading.status == "error":
        return "\t".join((printable(path), "-", "error", printable(reading.error or "")))
    told = [printable(path), reading.vin or "-", reading.status, f"{reading.confidence:.3f}"]
    # The usual line keeps its four columns: scripts cut them.
    told += [f"bar code {code.vin}" for code in reading.bar_codes if code.vin != reading.vin]
    told += [f"another VIN {vin}" for vin in reading.other_vins]
    return "\t".join(told)
