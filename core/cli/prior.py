"""``prior``: count what transcribed VINs look like."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from core.cli.console import Refusal, Verbs, say
from core.cli.photos import labels_of


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "prior",
        help="learn makers' habits from transcribed VINs",
        description="Count which characters follow which beginnings in the VINs with use = labelled; a "
        "reading that looks like none of them is believed a little less. `calibrate` fits how much.",
    )
    verb.add_argument("--photos", type=Path, required=True, metavar="DIR", help="folder with train.csv")
    verb.add_argument("--pseudo", type=Path, metavar="FILE", help="also the full texts of a `round`")
    verb.add_argument("--export", type=Path, required=True, metavar="DIR", help="write text and card here")
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Count and write."""
    from core.learn.prior import export_prior
    from core.learn.rounds import load_round

    labels = labels_of(options.photos / "train.csv")
    texts = [label.vin for label in labels if label.use == "labelled" and len(label.vin) == 17]
    if not texts:
        raise Refusal(f"{options.photos / 'train.csv'} has no transcribed photos with use = labelled")
    told = f"{len(texts)} transcribed training photos"
    if options.pseudo:
        try:
            agreed = [text for text, _ in load_round(options.pseudo).values() if "?" not in text]
        except (OSError, ValueError) as error:
            raise Refusal(str(error)) from error
        texts += agreed
        told += f", {len(agreed)} that a labelling round read"
    command = shlex.join(["python", "-m", "core", *options.command])
    card = export_prior(texts, options.export, command, told)
    say(f"{options.export / 'prior.txt'}  {card.sizes['prior.txt'] / 1024:.0f} KiB, from {told}")
    return 0
