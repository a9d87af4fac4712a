"""What spoils the chosen line, slot by slot: which trouble, how bad, on which characters, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from core.quality.gauge import Evidence, Gauge
from core.quality.kinds import LEARNT, sentence
from core.quality.measures import GEOMETRY, HANDMADE, Finding, findings
from core.quality.view import View
from core.records import Candidate, Problem, Strip

SEEN = 0.25
"""Probability of a kind from which on it is told."""
HURTS = 0.5
"""How likely a character is hurt, from which on it is named."""
FAILS = 0.6
"""Severity, as the synthetic factory counts it, at which half of the readings fail."""
ALL = 15
"""So many hurt characters are all of them."""
LEAST = 0.25
"""Severity below which nothing is said."""


def inspect(strip: Strip, candidate: Candidate, gauge: Gauge | None = None) -> tuple[Problem, ...]:
    """Problems of a line, worst first.

    Args:
        strip: the chosen line.
        candidate: what was read on it; where its characters lie tells which are hurt.
        gauge: the network that names troubles; without one the hand-made measures have to do.
    """
    view = View.of(strip, candidate)
    if gauge is None:
        found = list(findings(view, HANDMADE))
    else:
        settings = gauge.network.card.settings
        found = joined([*learnt(gauge.look(view), settings), *findings(view, GEOMETRY)])
    told = [_problem(finding) for finding in found if finding.severity >= LEAST]
    return tuple(sorted(told, key=lambda problem: problem.severity, reverse=True))


def learnt(evidence: Evidence, settings: Mapping[str, float]) -> Iterator[Finding]:
    """What the network says, one finding per kind that it believes in."""
    top = max(evidence.kinds.values())
    for kind in LEARNT:
        share = evidence.kinds[kind]
        if share < settings.get("seen", SEEN):
            continue
        hurt = np.flatnonzero(evidence.slots[kind] >= settings.get(f"hurts_{kind}", HURTS))
        if not len(hurt):
            # It sees the trouble but not where: the likeliest character at least.
            hurt = np.array([int(evidence.slots[kind].argmax())])
        slots = () if len(hurt) >= ALL else tuple(int(slot) for slot in hurt)
        score = max(evidence.severity, 0.0) * (1 - evidence.none) * share / top
        yield Finding(kind, score, settings.get(f"fails_{kind}", FAILS), slots)


def joined(found: list[Finding]) -> list[Finding]:
    """One finding per kind: the worse one."""
    best: dict[str, Finding] = {}
    for finding in found:
        if finding.kind not in best or finding.severity > best[finding.kind].severity:
            best[finding.kind] = finding
    return list(best.values())


def _problem(finding: Finding) -> Problem:
    slots = finding.slots
    return Problem(finding.kind, finding.severity, slots, sentence(finding.kind, slots))
