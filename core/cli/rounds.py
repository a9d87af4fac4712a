"""``round``: a semi-supervised labelling round over photos that nobody has transcribed."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.console import Refusal, Verbs, bounded, progress, say
from core.cli.photos import labels_of


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "round",
        help="let the readers label boxed photos, and keep what they agree on",
        description="Read the photos of train.csv with use = pool, keep the characters of which all readers "
        "are sure, measure on val how pure that is, and write a round's file for `train --pseudo`.",
    )
    verb.add_argument("--photos", type=Path, required=True, metavar="DIR", help="folder with train.csv")
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON file to write")
    verb.add_argument("--readers", default="ctc,yolo", metavar="NAMES", help="default: %(default)s")
    verb.add_argument("--models", type=Path, metavar="DIR", help="default: models/champion")
    verb.add_argument("--slot", type=bounded(float, 0, 1), default=0.97, metavar="P", help="least per slot")
    verb.add_argument("--limit", type=bounded(int, 1), metavar="N", help="only the first N photos")
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Label the pool, measure purity, write the file."""
    labels = labels_of(options.photos / "train.csv")
    pool = [label for label in labels if label.use == "pool" and label.box][: options.limit]
    known = [label for label in labels if label.use == "val" and label.read == "twice"][: options.limit]
    if not pool:
        raise Refusal(f"{options.photos / 'train.csv'} has no boxed photos with use = pool")

    from core import registry
    from core.learn.pseudo import RoundConfig, Teachers, purity, save_round

    config = RoundConfig(slot=options.slot)
    names = [name for name in options.readers.split(",") if name]
    if "ctc" not in names or not set(names) <= {"ctc", "yolo"}:
        raise Refusal("--readers takes ctc, or ctc,yolo: the CTC reader finds the line")
    try:
        networks = {name: registry.load(name, options.models) for name in names}
    except registry.ModelError as error:
        raise Refusal(str(error)) from error
    settings = networks["ctc"].card.settings
    teachers = Teachers(networks, {name: settings.get(f"fuse_{name}", 1.0) for name in names})
    measured = purity(
        [(label, teachers.propose(label, config)) for label in progress(known, "val photos")], config
    )
    proposals = [teachers.propose(label, config) for label in progress(pool, "pool photos")]
    models = {name: network.card.fingerprint for name, network in networks.items()}
    count = save_round(options.out, proposals, config, models, measured)
    low, high = measured.interval
    say(
        f"val: {measured.accepted} of {measured.photos} accepted, {measured.full} without ?; of these "
        f"{measured.exact} right ({low:.1%} to {high:.1%}); {measured.right} of {measured.slots} characters"
    )
    full = sum(proposal.accepted(config) and proposal.open == 0 for proposal in proposals)
    say(f"pool: {count} of {len(pool)} accepted, {full} without ?, in {options.out}")
    return 0
