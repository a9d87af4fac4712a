"""What readings are worth: labels and readings in, figures with their intervals out.

Pure functions over pairs of (label, reading); reading the photos and printing the figures is the command
line's part (``python -m core evaluate``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.geometry import Box
from core.interval import wilson
from core.learn.crops import LabelledPhoto
from core.learn.follow import follows
from core.learn.score import cer
from core.records import Reading
from core.vin import LENGTH

BOX_MARGIN = 0.3
"""Share of its height by which the true box is widened before a quad's centre must lie in it."""

UNREADABLE = ("doubtful", "illegible")
"""Values of ``read`` whose photos a good reader does not accept."""

Pair = tuple[LabelledPhoto, Reading]


@dataclass(frozen=True)
class Proportion:
    """Hits out of a count, with a 95 % Wilson interval.

    Attributes:
        hits: how many.
        count: out of how many.
    """

    hits: int
    count: int

    @property
    def share(self) -> float | None:
        """0..1; None where nothing was counted."""
        return self.hits / self.count if self.count else None

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound, 0..1."""
        return wilson(self.hits, self.count)

    def to_json(self) -> dict:
        """``share``, ``hits``, ``n`` and ``interval``."""
        share = None if self.share is None else round(self.share, 4)
        return {
            "share": share,
            "hits": self.hits,
            "n": self.count,
            "interval": [round(bound, 4) for bound in self.interval],
        }


@dataclass(frozen=True)
class Latency:
    """Times of one stage over all photos, milliseconds.

    Attributes:
        median: half of the photos are faster.
        slow: 95th percentile.
    """

    median: float
    slow: float


@dataclass(frozen=True)
class Wrong:
    """A photo whose reading is not its label.

    Attributes:
        photo: path.
        truth: the label.
        vin: what was read, None where nothing was.
        status: of the reading.
        confidence: of the reading, 0..1.
        tags: of the label.
        error: of the reading.
    """

    photo: str
    truth: str
    vin: str | None
    status: str
    confidence: float
    tags: tuple[str, ...]
    error: str | None

    def to_json(self) -> dict:
        """All fields."""
        return {
            "photo": self.photo,
            "truth": self.truth,
            "vin": self.vin,
            "status": self.status,
            "confidence": round(self.confidence, 4),
            "tags": list(self.tags),
            "error": self.error,
        }


@dataclass(frozen=True)
class Evaluation:
    """Figures of one evaluation; all but ``unreadable`` and ``latency`` are on photos read ``twice``.

    Attributes:
        exact: all 17 characters right.
        cer: mean character error rate over photos; a missing VIN counts 1.
        slots: share of the 17 places that hold the right character, 0..1; a missing VIN has none.
        detection: the chosen quads' centre lies in the widened true box; None where that cannot be said.
        line: the chosen line runs along the boxed text from end to end (``follow.py``); None likewise.
        statuses: status -> count.
        precision: exact among the accepted.
        coverage: accepted among all.
        unreadable: ``doubtful`` and ``illegible``, where the file has them -> accepted among them.
        contradicted: ``doubtful`` -> readings that deny a character people agreed on, among the accepted.
        by_tag: tag or kind -> exact match.
        by_vin: VINs that are read right on every photo that shows them: photos of one car are hard alike.
        latency: stage -> times over all readings that are no errors.
        models: network -> fingerprint.
        wrong: the photos that are not exact.
    """

    exact: Proportion
    cer: float | None
    slots: float | None
    detection: Proportion | None
    line: Proportion | None
    statuses: dict[str, int]
    precision: Proportion
    coverage: Proportion
    unreadable: dict[str, Proportion]
    contradicted: dict[str, Proportion]
    by_tag: dict[str, Proportion]
    by_vin: Proportion
    latency: dict[str, Latency]
    models: dict[str, str]
    wrong: tuple[Wrong, ...]

    def to_json(self) -> dict:
        """Everything but the list of wrong photos, with shares rounded to four digits."""
        return {
            "exact": self.exact.to_json(),
            "cer": _rounded(self.cer),
            "slots": _rounded(self.slots),
            "detection": self.detection.to_json() if self.detection else None,
            "line": self.line.to_json() if self.line else None,
            "statuses": dict(self.statuses),
            "accepted": {"precision": self.precision.to_json(), "coverage": self.coverage.to_json()},
            "unreadable_accepted": {kind: part.to_json() for kind, part in self.unreadable.items()},
            "accepted_contradicting": {kind: part.to_json() for kind, part in self.contradicted.items()},
            "exact_by_tag": {tag: part.to_json() for tag, part in self.by_tag.items()},
            "exact_by_vin": self.by_vin.to_json(),
            "milliseconds": {
                stage: {"median": round(times.median, 1), "p95": round(times.slow, 1)}
                for stage, times in self.latency.items()
            },
            "models": dict(self.models),
        }


def measurable(labels: Iterable[LabelledPhoto]) -> list[LabelledPhoto]:
    """The photos that say something: transcribed, or known to be unreadable."""
    return [label for label in labels if label.read == "twice" or label.read in UNREADABLE]


def evaluate(pairs: Sequence[Pair], given_box: bool = False) -> Evaluation:
    """Score readings.

    Args:
        pairs: label and reading of every photo.
        given_box: the true box was handed in, so that detection cannot be judged.
    """
    counted = [(label, reading) for label, reading in pairs if label.read == "twice"]
    accepted = [pair for pair in counted if pair[1].status == "accepted"]
    errors = [cer(label.vin, reading.vin or "") for label, reading in counted]
    return Evaluation(
        exact=_exact(counted),
        cer=float(np.mean(errors)) if errors else None,
        slots=slots_right(counted),
        detection=None if given_box else _detection(counted),
        line=None if given_box else _line(counted),
        statuses=dict(sorted(Counter(reading.status for _, reading in counted).items())),
        precision=_exact(accepted),
        coverage=Proportion(len(accepted), len(counted)),
        unreadable=_unreadable(pairs),
        contradicted=_contradicted(pairs),
        by_tag=_by_tag(counted),
        by_vin=_by_vin(counted),
        latency=_latency([reading for _, reading in pairs if reading.status != "error"]),
        models={name: mark for _, reading in pairs for name, mark in reading.models.items()},
        wrong=tuple(_wrong(*pair) for pair in counted if pair[1].vin != pair[0].vin),
    )


def slots_right(pairs: Sequence[Pair]) -> float | None:
    """Share of the 17 places per photo that hold the right character; None without photos."""
    if not pairs:
        return None
    hits = sum(
        sum(a == b for a, b in zip(label.vin, reading.vin or "", strict=False)) for label, reading in pairs
    )
    return hits / (LENGTH * len(pairs))


def finds(box: Box, reading: Reading) -> bool:
    """Whether the middle of the chosen quads lies in the true box, widened by ``BOX_MARGIN``."""
    if reading.chosen is None:
        return False
    left, top, width, height = box
    x, y = np.mean([quad.centre for quad in reading.chosen.line.parts], axis=0)
    more = BOX_MARGIN * height
    return bool(left - more <= x <= left + width + more and top - more <= y <= top + height + more)


def _exact(pairs: Sequence[Pair]) -> Proportion:
    return Proportion(sum(reading.vin == label.vin for label, reading in pairs), len(pairs))


def _detection(pairs: Sequence[Pair]) -> Proportion | None:
    boxed = [(label.box, reading) for label, reading in pairs if label.box is not None]
    return Proportion(sum(finds(box, reading) for box, reading in boxed), len(boxed)) if boxed else None


def _line(pairs: Sequence[Pair]) -> Proportion | None:
    boxed = [(label.box, reading.chosen) for label, reading in pairs if label.box is not None]
    hits = sum(chosen is not None and follows(box, chosen.line) for box, chosen in boxed)
    return Proportion(hits, len(boxed)) if boxed else None


def _unreadable(pairs: Sequence[Pair]) -> dict[str, Proportion]:
    out = {}
    for kind in UNREADABLE:
        statuses = [reading.status for label, reading in pairs if label.read == kind]
        if statuses:
            out[kind] = Proportion(statuses.count("accepted"), len(statuses))
    return out


def _contradicted(pairs: Sequence[Pair]) -> dict[str, Proportion]:
    accepted = [
        pair
        for pair in pairs
        if pair[0].read == "doubtful" and len(pair[0].vin) == LENGTH and pair[1].status == "accepted"
    ]
    if not accepted:
        return {}
    hits = sum(
        any(known not in ("?", read) for known, read in zip(label.vin, reading.vin or "", strict=False))
        for label, reading in accepted
    )
    return {"doubtful": Proportion(hits, len(accepted))}


def _by_tag(pairs: Sequence[Pair]) -> dict[str, Proportion]:
    tags = sorted({tag for label, _ in pairs for tag in label.tags})
    return {tag: _exact([pair for pair in pairs if tag in pair[0].tags]) for tag in tags}


def _by_vin(pairs: Sequence[Pair]) -> Proportion:
    vins = {label.vin for label, _ in pairs}
    missed = {label.vin for label, reading in pairs if reading.vin != label.vin}
    return Proportion(len(vins - missed), len(vins))


def _latency(readings: Sequence[Reading]) -> dict[str, Latency]:
    # In the order in which the stages come, which is that of the readings' own entries.
    stages = list(dict.fromkeys(stage for reading in readings for stage in reading.milliseconds))
    out = {}
    for stage in stages:
        times = [reading.milliseconds[stage] for reading in readings if stage in reading.milliseconds]
        out[stage] = Latency(float(np.median(times)), float(np.percentile(times, 95)))
    return out


def _wrong(label: LabelledPhoto, reading: Reading) -> Wrong:
    return Wrong(
        photo=str(label.path),
        truth=label.vin,
        vin=reading.vin,
        status=reading.status,
        confidence=reading.confidence,
        tags=tuple(sorted(label.tags)),
        error=reading.error,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
