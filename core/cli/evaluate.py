"""``evaluate``: how well a labels file's photos are read."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli import beside
from core.cli.console import Refusal, Verbs, bounded, note, printable, progress, say
from core.cli.detectors import add_detector, reader_with
from core.cli.photos import labels_of, read_path

if TYPE_CHECKING:
    from core.learn.crops import LabelledPhoto
    from core.learn.evaluate import Evaluation, Proportion, Wrong


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "evaluate",
        help="score the readings of a labels file's photos",
        description="Read the photos of a labels file and report exact match, CER, detection, abstention and "
        "latency. Rows that were not transcribed are left out.",
    )
    verb.add_argument("labels", type=Path, metavar="LABELS.csv", help="see docs/command-line.md")
    verb.add_argument("--given-box", action="store_true", help="hand in the true box as region")
    verb.add_argument("--use", metavar="USE", help="only rows with this `use`, such as val")
    verb.add_argument("--limit", type=bounded(int, 1), metavar="N", help="only the first N of the rows")
    verb.add_argument("--json", action="store_true", help="print one JSON object")
    verb.add_argument("--wrong", action="store_true", help="list the photos that were not read exactly")
    verb.add_argument("--out", type=Path, metavar="FILE", help="also write the object, wrong photos included")
    verb.add_argument("--atlas", type=Path, metavar="DIR", help="write a page with every wrong photo")
    add_detector(verb, several=True)
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Read, score, print; 1 when any photo had an error."""
    from core.geometry import Quad
    from core.learn.evaluate import evaluate

    labels = _chosen(options)
    if options.out and not options.out.parent.is_dir():
        raise Refusal(f"the folder of {options.out} does not exist; make it first")
    if len(set(options.detector or ())) > 1:
        return beside.run(options, labels)
    reader = reader_with(options.detector[0] if options.detector else None)
    pairs = []
    for label in progress(labels, "photos"):
        region = Quad.from_box(label.box) if options.given_box and label.box else None
        pairs.append((label, read_path(reader, label.path, region)))
    evaluation = evaluate(pairs, options.given_box)
    asked = {"labels": str(options.labels), "use": options.use, "given_box": options.given_box}
    wrong = {"wrong": [photo.to_json() for photo in evaluation.wrong]}
    entries = asked | {"photos": len(pairs)} | evaluation.to_json()
    if options.out:
        options.out.write_text(json.dumps(entries | wrong, indent=2) + "\n", encoding="utf-8")
    if options.json:
        say(json.dumps(entries | wrong if options.wrong else entries))
    else:
        for line in report(evaluation, options.wrong):
            say(line)
    if options.atlas:
        from core.learn.atlas import write_atlas

        title = f"{options.labels.name}{', box given' if options.given_box else ''}"
        note(f"atlas: {write_atlas(options.atlas, pairs, title)}; it shows the photos: keep it as private")
    errors = [reading.error for _, reading in pairs if reading.status == "error"]
    if errors:
        first = printable(errors[0] or "")
        note(f"{len(errors)} of {len(pairs)} photos could not be read; of the first: {first}")
    return 1 if errors else 0


def report(evaluation: Evaluation, wrong: bool = False) -> list[str]:
    """The figures as lines of text."""
    lines = [f"exact match        {_told(evaluation.exact)}"]
    if evaluation.by_vin.count < evaluation.exact.count:
        lines.append(f"VINs always right  {_told(evaluation.by_vin)}")
    if evaluation.cer is not None and evaluation.slots is not None:
        lines += [
            f"CER                {100 * evaluation.cer:.2f} %",
            f"characters right   {100 * evaluation.slots:.2f} %",
        ]
    if evaluation.detection:
        lines.append(f"detection          {_told(evaluation.detection)}")
    if evaluation.line:
        lines.append(f"line               {_told(evaluation.line)}")
    lines += [
        f"accepted           {_told(evaluation.coverage)}",
        f"right if accepted  {_told(evaluation.precision)}",
        "status             "
        + ", ".join(f"{status} {count}" for status, count in evaluation.statuses.items()),
    ]
    lines += [f"{kind + ' accepted':<19}{_told(part)}" for kind, part in evaluation.unreadable.items()]
    lines += [f"{'contradicted':<19}{_told(part)} of those" for part in evaluation.contradicted.values()]
    if evaluation.by_tag:
        lines += ["", "exact match by tag"]
        lines += [f"  {printable(tag):<17}{_told(part)}" for tag, part in evaluation.by_tag.items()]
    if evaluation.latency:
        lines += ["", "milliseconds         median      95 %"]
        times = evaluation.latency.items()
        lines += [f"  {stage:<15}{time.median:>10.1f}{time.slow:>10.1f}" for stage, time in times]
    lines += [
        "",
        "models             " + ", ".join(f"{name} {mark}" for name, mark in evaluation.models.items()),
    ]
    if wrong:
        lines += ["", "wrong", *(_line(photo) for photo in evaluation.wrong)]
    return lines


def _chosen(options: argparse.Namespace) -> list[LabelledPhoto]:
    from core.learn.evaluate import measurable

    labels = labels_of(options.labels)
    if options.use is not None:
        labels = [label for label in labels if label.use == options.use]
    labels = measurable(labels)[: options.limit]
    if not labels:
        which = f" with use = {options.use}" if options.use is not None else ""
        raise Refusal(f"{options.labels} has no transcribed photos{which}; there is nothing to score")
    if options.given_box and not all(label.box for label in labels):
        raise Refusal(f"{options.labels} does not give every photo's box; leave out --given-box")
    return labels


def _told(part: Proportion) -> str:
    if part.share is None:
        return "none"
    low, high = (f"{100 * bound:.1f}" for bound in part.interval)
    return f"{100 * part.share:5.1f} %  ({part.hits} of {part.count}; 95 % interval {low} to {high})"


def _listed(entries: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in entries.items())


def _line(photo: Wrong) -> str:
    said = printable(photo.error or "") if photo.status == "error" else f"{photo.vin or '-':<17}"
    return f"  {printable(photo.photo)}  {photo.truth}  {said}  {photo.status}  {photo.confidence:.3f}"
