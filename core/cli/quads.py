"""``quads``: find the true tilt of the boxed training lines, for the CTC reader to learn from."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.console import Refusal, Verbs, bounded, progress, say
from core.cli.photos import labels_of


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "quads",
        help="find the lines inside the training photos' boxes",
        description="Boxes are upright and loose, lines are tilted: try the lines that fill a box and keep "
        "the one that reads best. The result is what `train ctc --quads` takes.",
    )
    verb.add_argument("--photos", type=Path, required=True, metavar="DIR", help="folder with train.csv")
    verb.add_argument("--weights", required=True, metavar="FILE", help="of ctc (.safetensors), or rapidocr")
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON file to write")
    verb.add_argument("--use", default="labelled", metavar="USE", help="default: %(default)s")
    verb.add_argument("--limit", type=bounded(int, 1), metavar="N", help="only the first N of them")
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Find, save, and say how well the lines agree with what is known of them."""
    labels = labels_of(options.photos / "train.csv")
    labels = [label for label in labels if label.use == options.use and label.box][: options.limit]
    if not labels:
        raise Refusal(f"{options.photos / 'train.csv'} has no boxed photos with use = {options.use}")

    from statistics import median

    from core.learn.crops import save_quads
    from core.learn.ctc.quads import best_quad
    from core.learn.ctc.train import CtcTrainConfig, build, frames_of
    from core.learn.warmstart import WarmStartError

    try:
        network = build(CtcTrainConfig(start=options.weights)).eval()
    except (WarmStartError, OSError) as error:
        raise Refusal(str(error)) from error
    shape = network.config
    quads, agreements = {}, []
    for label in progress(labels, "photos"):
        quad, _, agreement = best_quad(label, frames_of(network), (shape.width, shape.height))
        quads[label.path.name] = quad
        if len(label.vin) == 17:
            agreements.append(agreement)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_quads(quads, options.out)
    told = f", median agreement with the known text {median(agreements):.3f}" if agreements else ""
    say(f"{len(quads)} quads in {options.out}{told}")
    return 0
