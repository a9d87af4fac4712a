"""``calibrate``: fit the confidence and the threshold for acceptance on photos that trained nothing."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from core.cli.console import Refusal, Verbs, progress, say
from core.cli.photos import load_reader, read_path


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "calibrate",
        help="fit the confidence on labelled photos and write it into the reader's card",
        description="Read the photos of a labels file, fit the probability that a reading is right, choose "
        "the threshold for `accepted`, and write both into the CTC reader's card.",
    )
    verb.add_argument("labels", type=Path, metavar="LABELS.csv", help="see docs/command-line.md")
    verb.add_argument("--use", default="val", metavar="USE", help="only rows with this `use` (default: val)")
    verb.add_argument("--dry", action="store_true", help="print, and leave the card as it is")
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Read, fit, write."""
    from core.learn.calibrate import calibrate
    from core.learn.crops import read_labels
    from core.registry import champion_folder, load_card, write_card

    try:
        labels = [label for label in read_labels(options.labels) if label.use == options.use and label.vin]
    except (OSError, ValueError) as error:
        raise Refusal(f"{options.labels} cannot be used: {error}") from error
    reader = load_reader()
    pairs = [(label, read_path(reader, label.path)) for label in progress(labels, "photos")]
    try:
        fitted = calibrate(pairs)
    except ValueError as error:
        raise Refusal(str(error)) from error
    for name, value in fitted.settings.items():
        say(f"{name:<10} {value:.4f}")
    say(f"Brier score {fitted.brier:.4f} on {fitted.count} photos")
    if not options.dry:
        folder = champion_folder()
        card = load_card("ctc", folder)
        write_card(replace(card, settings=card.settings | fitted.settings), folder)
    return 0
