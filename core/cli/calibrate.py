"""``calibrate``: fit the confidence and the threshold for acceptance on photos that trained nothing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.console import Refusal, Verbs, progress, say
from core.cli.photos import load_reader, read_path

if TYPE_CHECKING:
    from core.learn.crops import LabelledPhoto
    from core.reader import VinReader
    from core.records import Candidate, Reading

PAINTED, SCENES = 120, 60
"""Pictures without a VIN: photos painted over, and drawn scenes."""


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "calibrate",
        help="fit the confidence on labelled photos and write it into the reader's card",
        description="Read the photos of a labels file, fit how much each reader's word counts and the "
        "probability that a reading is right, choose the threshold for `accepted`, and write it all into the "
        "CTC reader's card.",
    )
    verb.add_argument("labels", type=Path, metavar="LABELS.csv", help="see docs/command-line.md")
    verb.add_argument("--use", default="val", metavar="USE", help="only rows with this `use` (default: val)")
    verb.add_argument("--dry", action="store_true", help="print, and leave the card as it is")
    verb.add_argument(
        "--report", type=Path, metavar="FILE.md", help="write a page with the reliability diagram"
    )
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Read, fit, write."""
    from core.learn.calibrate import calibrate
    from core.learn.crops import read_labels
    from core.synth.glyphs import NoFonts

    try:
        rows = read_labels(options.labels)
    except (OSError, ValueError) as error:
        raise Refusal(f"{options.labels} cannot be used: {error}") from error
    known = [label for label in rows if label.vin or label.read == "illegible"]
    labels = [label for label in known if label.use == options.use]
    if options.report and not options.report.parent.is_dir():
        raise Refusal(f"the folder of {options.report} does not exist; make it first")
    reader = load_reader()
    weights = _fusion(reader, labels)
    say("weights    " + ", ".join(f"{name} {weight:g}" for name, weight in weights.items()))
    # What an earlier calibration turned away as no VIN counts here. Nobody else is served by this.
    reader = _with(reader, weights | {"present": 0.0})
    pairs = [(label, read_path(reader, label.path)) for label in progress(labels, "photos")]
    try:
        fitted = calibrate(pairs)
        settings = weights | fitted.settings | _presence(reader, pairs)
    except (ValueError, NoFonts) as error:
        raise Refusal(str(error)) from error
    for name, value in settings.items():
        if name not in weights:
            say(f"{name:<10} {value:.4f}")
    say(f"Brier score {fitted.brier:.4f} on {fitted.count} photos")
    if not options.dry:
        _keep(settings)
    if options.report:
        _report(options, pairs)
    return 0


def _report(options: argparse.Namespace, pairs: Sequence[tuple[LabelledPhoto, Reading]]) -> None:
    from core.learn.diagram import write_page
    from core.learn.reliability import calibrated, uncalibrated, usable

    known = usable(pairs)
    forecasts = {"uncalibrated": uncalibrated(known), "calibrated": calibrated(known)}
    for name, forecast in forecasts.items():
        say(f"{name:<13} NLL {forecast.nll:.3f}  Brier {forecast.brier:.4f}  gap {forecast.gap:.1%}")
    told = f"{options.labels.name} --use {options.use}{' --dry' if options.dry else ''}"
    write_page(options.report, forecasts, f"python -m core calibrate {told} --report {options.report.name}")


def _presence(reader: VinReader, pairs: Sequence[tuple[LabelledPhoto, Reading]]) -> dict[str, float]:
    """When to say that there is no VIN: from the photos, some of them painted over, and drawn scenes."""
    from core.learn.absent import empty_scenes, painted_over
    from core.learn.calibrate import calibrate_presence

    seen = [(label, best) for label, reading in pairs if (best := _best(reading)) is not None]
    with_vin = [(best, best.text == label.vin) for label, best in seen if label.read != "illegible"]
    boxed = [label for label, _ in pairs if label.box and label.vin][:PAINTED]
    pictures = [*painted_over(boxed), *empty_scenes(SCENES, seed=41)]
    without = [_best(reader.read(pixels)) for pixels in progress(pictures, "photos without a VIN")]
    return calibrate_presence(with_vin, without, reader.panel.prior)


def _best(reading: Reading) -> Candidate | None:
    found = [*([reading.chosen] if reading.chosen else []), *reading.others]
    return max(found, key=lambda candidate: candidate.score, default=None)


def _fusion(reader: VinReader, labels: Sequence[LabelledPhoto]) -> dict[str, float]:
    """Fit the readers' weights and the rules' with the box given, so that detection has no say in it."""
    from core.framing import unframed
    from core.geometry import Quad
    from core.images import decode, read_file
    from core.learn.fusion import fit_fusion, fit_rules

    lines = []
    known = [label for label in labels if label.read == "twice" and label.box]
    for label in progress(known, "boxed photos"):
        photo = decode(read_file(label.path))
        reading = reader.read(photo, Quad.from_box(label.box)) if label.box else None
        if reading and reading.chosen:
            lines.append((label.vin, reader.panel.hear(photo, unframed(reading.chosen))))
    try:
        fusion = fit_fusion(lines)
    except ValueError as error:
        raise Refusal(str(error)) from error
    table = dict(fusion.table)
    weights = {f"fuse_{name}": weight for name, weight in fusion.weights.items()}
    if reader.panel.prior is not None:
        rules, table["and rules"] = fit_rules(lines, fusion.weights, reader.panel.prior)
        weights |= {"habit": rules.habit, "valid_digit": rules.valid, "invalid_digit": rules.invalid}
        weights["custom_digit"] = rules.custom
    for name, told in table.items():
        say(f"{name:<10} exact {told['exact']:.1%}  CER {told['cer']:.2%}  slots {told['slots']:.2%}")
    return weights


def _with(reader: VinReader, settings: dict[str, float]) -> VinReader:
    """The reader with other settings, which are written nowhere yet."""
    ctc = reader.panel.ctc
    card = replace(ctc.network.card, settings=ctc.network.card.settings | settings)
    return replace(
        reader, panel=replace(reader.panel, ctc=replace(ctc, network=replace(ctc.network, card=card)))
    )


def _keep(settings: dict[str, float]) -> None:
    from core.registry import champion_folder, load_card, write_card

    folder = champion_folder()
    card = load_card("ctc", folder)
    write_card(replace(card, settings=card.settings | settings), folder)
