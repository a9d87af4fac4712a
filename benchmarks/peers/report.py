"""Results to a page: ``docs/benchmarks.md``."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.rows import Row
from benchmarks.peers.systems import SETUPS, SYSTEMS
from benchmarks.peers.texts import contains, oracle_cer
from core.interval import wilson
from core.learn.crops import LabelledPhoto
from core.learn.score import cer

OURS = "VIN Desk"
TITLES = {
    "dev whole": "Small photos (256 px), whole",
    "dev crop": "Small photos, the VIN's box given",
    "large whole": "Large photos from many places, whole",
}
QUIET = 0.1
"""Cores busy with other work from which on times are said to be disturbed."""


@dataclass
class Bench:
    """All that a page needs.

    Attributes:
        machine: in words.
        labels: task -> photos.
        rows: (task, system) -> photo -> row.
        about: system -> version and models.
        missing: system -> why it could not be had.
        sessions: per task and session its seconds and the cores that others kept busy.
    """

    machine: str
    labels: dict[str, list[LabelledPhoto]] = field(default_factory=dict)
    rows: dict[tuple[str, str], dict[str, Row]] = field(default_factory=dict)
    about: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    sessions: list[dict[str, Any]] = field(default_factory=list)


def page(bench: Bench) -> str:
    """Markdown."""
    blocks = [
        "# Benchmarks",
        "VIN Desk beside other systems on the same photos in the same run. The command writes this page:",
        "    make bench PHOTOS=../shared/photos",
        *(_section(bench, task) for task in bench.labels),
        *([_by_kind(bench)] if "large whole" in bench.labels else []),
        _systems(bench),
        _how(bench),
    ]
    return "\n\n".join(blocks) + "\n"


def exact(system: str, vin: str, row: Row) -> bool:
    """Ours says one VIN, which must be it; a peer's texts must hold it somewhere."""
    if system == OURS:
        return bool(row.texts) and row.texts[0].text == vin
    return contains(vin, row.texts)


def errors(system: str, vin: str, row: Row) -> float:
    """CER of our VIN, or of the piece of a peer's texts that is nearest to the truth."""
    if system == OURS:
        return cer(vin, row.texts[0].text if row.texts else "")
    return oracle_cer(vin, row.texts)


def _section(bench: Bench, task: str) -> str:
    labels = bench.labels[task]
    lines = [
        f"## {TITLES[task]}",
        "",
        f"n = {len(labels)}. Times from the file's bytes to the text.",
        "",
        "| system | exact match | 95 % interval | CER | median ms | 95 % ms | times ours | peak memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ours = bench.rows.get((task, OURS))
    base = float(np.median([row.ms for row in ours.values()])) if ours else None
    for system in SYSTEMS:
        rows = bench.rows.get((task, system))
        if rows is None:
            if system in bench.missing:
                lines.append(f"| {system} | could not be had: {_cell(bench.missing[system])} | | | | | | |")
            continue
        pairs = list(_pairs(labels, rows))
        hits = sum(exact(system, label.vin, row) for label, row in pairs)
        mean = 100 * np.mean([errors(system, label.vin, row) for label, row in pairs])
        times = [row.ms for _, row in pairs]
        middle = float(np.median(times))
        ratio = f"{middle / base:.1f}" if base else ""
        memory = max(row.peak for _, row in pairs) / 2**20
        lines.append(
            f"| {system} | {_share(hits, len(pairs))} | {_interval(hits, len(pairs))} | {mean:.1f} % "
            f"| {middle:.0f} | {np.percentile(times, 95):.0f} | {ratio} | {memory:.0f} MiB |"
        )
    return "\n".join(lines)


def _by_kind(bench: Bench) -> str:
    labels = bench.labels["large whole"]
    kinds = sorted({kind for label in labels for kind in label.tags})
    lines = [
        "Exact match by kind:",
        "",
        "| system | " + " | ".join(kind.replace("_", " ") for kind in kinds) + " |",
        "|---" * (len(kinds) + 1) + "|",
    ]
    for system in SYSTEMS:
        rows = bench.rows.get(("large whole", system))
        if rows is None:
            continue
        cells = []
        for kind in kinds:
            some = [(label, row) for label, row in _pairs(labels, rows) if kind in label.tags]
            cells.append(f"{sum(exact(system, label.vin, row) for label, row in some)} of {len(some)}")
        lines.append(f"| {system} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _systems(bench: Bench) -> str:
    lines = ["## The systems", "", "| system | version | models | set-up |", "|---|---|---|---|"]
    for system, about in bench.about.items():
        sizes = about["models"]
        told = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in sizes.items())
        setup = (
            ", ".join(f"{name} {value:g}" for name, value in SETUPS[system].told().items()) or "as it comes"
        )
        total = sum(sizes.values()) / 1e6
        lines.append(f"| {system} | {about['version']} | {total:.1f} MB ({told}) | {setup} |")
    lines += [
        f"| {system} | none | | could not be had: {_cell(why)} |" for system, why in bench.missing.items()
    ]
    failed = [
        f"{system}, {task}: {count} photos with an error"
        for (task, system), rows in bench.rows.items()
        if (count := sum(row.error is not None for row in rows.values()))
    ]
    return "\n".join([*lines, *([""] if failed else []), *failed])


def _how(bench: Bench) -> str:
    counted = set(bench.labels)
    used = [s for s in bench.sessions if s["task"] in counted]
    seconds = sum(s["seconds"] for s in used)
    others = sum(s["others"] * s["seconds"] for s in used) / seconds if seconds else 0.0
    disturbed = f"Other work kept {others:.2f} cores busy on average."
    if others > QUIET:
        disturbed = (
            f"**Other work kept {others:.1f} cores busy on average meanwhile:** exact match and CER do "
            "not change by it, milliseconds are too high, and ratios are rough."
        )
    return _HOW.format(
        machine=bench.machine,
        day=datetime.date.today().isoformat(),
        sessions=len({s["session"] for s in used}),
        disturbed=disturbed,
    ).strip()


_HOW = """
## How it was measured

- Machine: {machine}. {day}, in {sessions} session(s). {disturbed}
- Every system is in a process of its own, loaded and warmed with one photo. Each photo goes to all systems,
  one after the other, in turning order, each when the others have come to rest: threads of some stay awake
  for up to 60 ms after an answer. Peak memory is that of the process, Python and libraries included.
- VIN Desk answers with one VIN or none. The others read all text and do not say which is the VIN: **they
  count as right where any text contains the VIN**, where a row's texts joined from left to right do, or all
  rows together. Case, blanks and signs do not count, and I, O, Q are read as 1, 0, 0.
- CER of VIN Desk is that of its one answer; no answer counts 100 %. CER of the others is an oracle: the piece
  of any of these texts that is nearest to the truth. In both figures the others are better off than in use.
- Set-ups were chosen on `val` with `python -m benchmarks.peers.tune`, never on these photos. `zoom` enlarges
  photos under 700 px, `crop_zoom` crops; `only_vin`: told the 33 characters of a VIN.
- Box given: VIN Desk gets the true box as the region where the VIN is, the others the picture cut to it with
  the margin that served them best (`along`, `across`: shares of the box's width and height). They only
  recognise, unless `detect` says that their own detector looking for the line in the crop served better.
- The photos are real and stay out of the repository.
"""


def _pairs(labels: Iterable[LabelledPhoto], rows: dict[str, Row]) -> Iterable[tuple[LabelledPhoto, Row]]:
    by_name: Callable[[Path], str] = lambda path: "/".join(path.parts[-2:])  # noqa: E731
    return ((label, rows[name]) for label in labels if (name := by_name(label.path)) in rows)


def _share(hits: int, count: int) -> str:
    return f"**{100 * hits / count:.1f} %** ({hits})" if count else "none"


def _interval(hits: int, count: int) -> str:
    low, high = wilson(hits, count)
    return f"{100 * low:.1f}-{100 * high:.1f}"


def _cell(text: str) -> str:
    """Fit for a table's cell."""
    return text.replace("|", "/").replace("\n", " ")[:160]
