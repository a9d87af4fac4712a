"""``read``: photos in, one line per photo out."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from core.cli.console import Verbs, printable, progress, say
from core.cli.detectors import add_detector, reader_with
from core.cli.photos import failed, find, read_path

if TYPE_CHECKING:
    from core.records import Reading


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
    add_detector(verb)
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Read and print; 1 when any photo had an error."""
    reader = reader_with(options.detector)
    errors = 0
    for path, problem in progress(list(find(options.photos)), "photos"):
        reading = failed(problem) if problem else read_path(reader, path)
        errors += reading.status == "error"
        say(json.dumps(reading.to_json(path)) if options.json else line(path, reading))
    return 1 if errors else 0


def line(path: str, reading: Reading) -> str:
    """Name, VIN, status and confidence, or what was wrong, between tabs."""
    if reading.status == "error":
        return "\t".join((printable(path), "-", "error", printable(reading.error or "")))
    return "\t".join((printable(path), reading.vin or "-", reading.status, f"{reading.confidence:.3f}"))
