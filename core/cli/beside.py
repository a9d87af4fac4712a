"""``evaluate`` with two detectors: the same photos, in turn, in one run."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.cli.console import Refusal, note, printable, progress, say
from core.cli.detectors import reader_with
from core.cli.photos import read_path

if TYPE_CHECKING:
    from core.learn.crops import LabelledPhoto
    from core.learn.evaluate import Evaluation, Proportion
    from core.reader import VinReader
    from core.records import Reading

ALL = 100
"""Lines of a photo that the oracle may choose from."""


def run(options: argparse.Namespace, labels: Sequence[LabelledPhoto]) -> int:
    """Read every photo with each detector, print the figures side by side; 1 when any photo had an error."""
    from core.learn.evaluate import Proportion, evaluate

    if options.given_box or options.atlas or options.wrong:
        raise Refusal("--given-box, --atlas and --wrong take one --detector; give each a run of its own")
    names = list(dict.fromkeys(options.detector))
    readers = {name: reader_with(name) for name in names}
    for reader in readers.values():  # the first photo would pay for what is made at first use
        read_path(reader, labels[0].path)
    pairs: dict[str, list[tuple[LabelledPhoto, Reading]]] = {name: [] for name in names}
    found: dict[str, list[bool]] = {name: [] for name in names}
    for number, label in enumerate(progress(labels, "photos")):
        for name in names if number % 2 else reversed(names):
            reading = read_path(readers[name], label.path)
            pairs[name].append((label, reading))
            if label.read == "twice" and label.box:
                found[name].append(best_follows(readers[name], label, reading))
    figures = {name: evaluate(pairs[name]) for name in names}
    best = {name: Proportion(sum(hits), len(hits)) for name, hits in found.items()}
    entries = {
        "labels": str(options.labels),
        "use": options.use,
        "photos": len(labels),
        "detectors": {name: figures[name].to_json() | {"oracle": best[name].to_json()} for name in names},
    }
    if options.out:
        options.out.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
    if options.json:
        say(json.dumps(entries))
    else:
        for line in report(figures, best):
            say(line)
    errors = [reading.error for some in pairs.values() for _, reading in some if reading.status == "error"]
    if errors:
        note(f"{len(errors)} readings failed; the first: {printable(errors[0] or '')}")
    return 1 if errors else 0


def best_follows(reader: VinReader, label: LabelledPhoto, reading: Reading) -> bool:
    """Whether any line of the detector's first look lies on the boxed VIN, chosen or not."""
    from core.detect.lines import LineConfig
    from core.learn.follow import follows

    if reading.maps is None or label.box is None:
        return False
    threshold = reader.detector.network.card.settings.get("threshold", LineConfig.threshold)
    everything = LineConfig(threshold=threshold, most=ALL, least=0.0)
    return any(follows(label.box, line) for line in reader.detector.lines(reading.maps, everything))


def report(figures: dict[str, Evaluation], best: dict[str, Proportion]) -> list[str]:
    """A line per figure, a column per detector."""
    names = list(figures)
    rows = [("", names)]
    rows += [
        ("line chosen", [_told(figures[name].line) for name in names]),
        ("best of its lines", [_told(best[name]) for name in names]),
        ("detection", [_told(figures[name].detection) for name in names]),
        ("exact match", [_told(figures[name].exact) for name in names]),
        ("CER", [_percent(figures[name].cer) for name in names]),
    ]
    for stage in ("detect", "total"):
        times = [figures[name].latency.get(stage) for name in names]
        rows.append(
            (f"{stage} ms", [f"{time.median:.1f} (95 %: {time.slow:.1f})" if time else "-" for time in times])
        )
        first = times[0].median if times[0] else 0.0
        if first and len(names) > 1:
            rows.append(
                ("  times the first", [f"{time.median / first:.1f}" if time else "-" for time in times])
            )
    rows.append(("network", [", ".join(figures[name].models.values()) for name in names]))
    return [f"{title:<19}" + "".join(f"{cell:<36}" for cell in cells).rstrip() for title, cells in rows]


def _told(part: Proportion | None) -> str:
    if part is None or part.share is None:
        return "-"
    low, high = (f"{100 * bound:.1f}" for bound in part.interval)
    return f"{100 * part.share:.1f} % ({part.hits} of {part.count}; {low}-{high})"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
