"""The gate: may a candidate take the champion's place? Paired, on frozen gold photos that trained neither.

Both read the same photos, so only the photos on which one is right and the other wrong say anything
(McNemar 1947). A candidate passes that is clearly better, or that is not behind and of which a loss of more
than the margin can be ruled out. It is refused where it is behind, overall or on a kind of photo, and,
however many it reads, where it knows less well when it is right: fewer right readings that nobody need look
at, or more accepted errors. Anything else is too little evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from core.interval import wilson
from core.learn.paired import Comparison, paired
from core.learn.score import cer

Outcome = Literal["pass", "refuse", "unsure"]


@dataclass(frozen=True)
class GateConfig:
    """What the gate asks for.

    Attributes:
        least: gold cars below which there is not enough evidence.
        stratum: cars from which on a kind, maker or trouble is judged by itself.
        margin: share of the cars by which a candidate that passes may at most be worse, 95 % sure.
        level: probability of chance below which a difference counts.
        slower: the candidate's median time over the champion's from which on that is remarked.
    """

    least: int = 50
    stratum: int = 20
    margin: float = 0.03
    level: float = 0.05
    slower: float = 1.25


@dataclass(frozen=True)
class Read:
    """What one set of networks made of one photo.

    Attributes:
        vin: None where it found none.
        confidence: calibrated, 0..1.
        accepted: whether a person need not look.
        milliseconds: in all.
    """

    vin: str | None
    confidence: float
    accepted: bool
    milliseconds: float


@dataclass(frozen=True)
class GoldPhoto:
    """One gold photo, read by both.

    Attributes:
        photo: id in the store, or another name.
        truth: 17 characters without ``?``.
        kind: what carries the VIN.
        tags: troubles.
        champion: its reading.
        candidate: its reading.
        car: which one it shows; photos of one car are one piece of evidence. Empty: no other photo's.
    """

    photo: int
    truth: str
    kind: str
    tags: tuple[str, ...]
    champion: Read
    candidate: Read
    car: str = ""

    @property
    def right(self) -> tuple[bool, bool]:
        """Champion, candidate."""
        return self.champion.vin == self.truth, self.candidate.vin == self.truth

    @property
    def unaided(self) -> tuple[bool, bool]:
        """Right, and accepted: nobody need look. Champion, candidate."""
        old, new = self.right
        return old and self.champion.accepted, new and self.candidate.accepted

    @property
    def spared(self) -> tuple[bool, bool]:
        """Not accepted though wrong: nobody is misled. Champion, candidate."""
        old, new = self.right
        return old or not self.champion.accepted, new or not self.candidate.accepted


@dataclass(frozen=True)
class Side:
    """Figures of one side over all photos.

    Attributes:
        exact: share read exactly, with its 95 % interval in ``interval``.
        cer: mean character error rate.
        brier: mean squared error of the confidence; None without photos.
        calibration: expected calibration error over ten bins.
        accepted: share accepted.
        precision: exact among these; None where none is accepted.
        median: milliseconds.
        slow: 95th percentile, milliseconds.
    """

    exact: float
    interval: tuple[float, float]
    cer: float
    brier: float
    calibration: float
    accepted: float
    precision: float | None
    median: float
    slow: float


@dataclass(frozen=True)
class Verdict:
    """What the gate says.

    Attributes:
        outcome: ``pass``, ``refuse`` or ``unsure`` (not enough evidence).
        reasons: why, in sentences; the first decides.
        remarks: what a person should know before confirming.
        overall: all photos.
        strata: those with enough photos, in the order of kind, maker, trouble.
        unaided: all photos; what counts is that a right reading is accepted.
        spared: all photos; what counts is that no wrong reading is accepted.
        champion: its figures; None without photos.
        candidate: its figures likewise.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    overall: Comparison
    strata: tuple[Comparison, ...]
    unaided: Comparison
    spared: Comparison
    champion: Side | None
    candidate: Side | None

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON keeps it."""
        return asdict(self)


def judge(photos: Sequence[GoldPhoto], config: GateConfig | None = None) -> Verdict:
    """Compare two sets of readings of the same photos."""
    config = config or GateConfig()
    overall = compare("all", photos)
    strata = tuple(
        one for name, members in _strata(photos) if (one := compare(name, members)).count >= config.stratum
    )
    unaided = paired("accepted and right", by_car(photos, lambda photo: photo.unaided))
    spared = paired("not accepted if wrong", by_car(photos, lambda photo: photo.spared))
    sides = (_side([(p.truth, p.champion) for p in photos]), _side([(p.truth, p.candidate) for p in photos]))
    unit = "photos" if overall.count == len(photos) else "cars"
    outcome, reasons = _decide(overall, strata, unaided, spared, config, unit)
    remarks = _remarks(spared, sides, config) if photos else ()
    return Verdict(outcome, reasons, remarks, overall, strata, unaided, spared, *sides)


def comparisons(verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All that a verdict, as JSON keeps it, compared; older ones did not ask what is accepted."""
    accepted = [verdict[name] for name in ("unaided", "spared") if name in verdict]
    return [verdict["overall"], *accepted, *verdict["strata"]]


def compare(name: str, photos: Sequence[GoldPhoto]) -> Comparison:
    """Exact readings on some photos, each car once."""
    return paired(name, by_car(photos, lambda photo: photo.right))


def by_car(
    photos: Sequence[GoldPhoto], went_well: Callable[[GoldPhoto], tuple[bool, bool]]
) -> list[tuple[bool, bool]]:
    """Champion and candidate on each car, because photos of one plate share its font, dirt and light.

    The side that does well on more of a car's photos is ahead on it; else both must do well on all of them.
    """
    cars: dict[tuple[str, int], list[tuple[bool, bool]]] = defaultdict(list)
    for number, photo in enumerate(photos):
        cars[photo.car, 0 if photo.car else number].append(went_well(photo))
    outcomes = []
    for seen in cars.values():
        old, new = sum(one for one, _ in seen), sum(other for _, other in seen)
        whole = old == new == len(seen)
        outcomes.append((whole or old > new, whole or new > old))
    return outcomes


def changed(photos: Iterable[GoldPhoto]) -> list[GoldPhoto]:
    """Photos that the two read differently, losses first, then gains, then what is wrong both times."""
    found = [photo for photo in photos if photo.champion.vin != photo.candidate.vin]
    return sorted(found, key=lambda photo: (photo.right != (True, False), photo.right != (False, True)))


def _decide(
    overall: Comparison,
    strata: Sequence[Comparison],
    unaided: Comparison,
    spared: Comparison,
    config: GateConfig,
    unit: str,
) -> tuple[Outcome, tuple[str, ...]]:
    told = (
        f"the candidate reads {overall.candidate} of {overall.count} gold {unit}, the champion "
        f"{overall.champion}: {overall.gained} gained, {overall.lost} lost"
    )
    if overall.count < config.least:
        return "unsure", (
            f"not enough evidence: {overall.count} gold {unit}, at least {config.least} are needed; approve "
            "more photos, freeze a snapshot, so that some become gold, and ask the gate again", told,
        )  # fmt: skip
    losers = [one for one in strata if _behind(one, config.level)]
    if overall.difference < 0 or overall.worse < config.level:
        return "refuse", (f"the candidate is behind: {told}",)
    if losers:
        named = ", ".join(f"{one.name} ({one.gained} gained, {one.lost} lost)" for one in losers)
        return "refuse", (f"the candidate is behind on {named}", told)
    if _behind(unaided, config.level / 2):  # two looks at the confidence
        return "refuse", (
            f"the candidate is less sure of what it reads: {unaided.candidate} right readings are accepted, "
            f"the champion's {unaided.champion}; wrong labels do that: look at those that it learnt from",
            told,
        )  # fmt: skip
    if _behind(spared, config.level / 2):
        accepted = _misled(spared)
        return "refuse", (
            f"the candidate is sure of what is wrong: it accepts {accepted[1]} wrong readings, the champion "
            f"{accepted[0]}; wrong labels do that: look at those that it learnt from", told,
        )  # fmt: skip
    if overall.better < config.level:
        return "pass", (f"the candidate is better: {told}; chance would do that in {overall.better:.1%}",)
    if overall.low >= -config.margin:
        return "pass", (
            f"the candidate is not behind, and a loss of over {config.margin:.0%} can be ruled out: {told}",
        )
    return "unsure", (
        f"not enough evidence: a loss of {-overall.low:.1%} cannot be ruled out, more than the margin of "
        f"{config.margin:.0%}; freeze a snapshot with more gold photos and ask the gate again", told,
    )  # fmt: skip


def _behind(one: Comparison, level: float) -> bool:
    return one.difference < 0 and one.worse < level


def _remarks(
    spared: Comparison, sides: tuple[Side | None, Side | None], config: GateConfig
) -> tuple[str, ...]:
    old, new = sides
    assert old is not None and new is not None
    remarks = []
    if new.median > config.slower * old.median:
        remarks.append(f"slower: {new.median:.0f} ms instead of {old.median:.0f} ms per photo (median)")
    if new.brier > old.brier + 0.01:
        remarks.append(
            f"less well calibrated: Brier score {new.brier:.3f} instead of {old.brier:.3f}; calibrate it anew"
        )
    if spared.difference < 0:
        remarks.append("accepts more wrong readings: {1} instead of {0}".format(*_misled(spared)))
    return tuple(remarks)


def _misled(spared: Comparison) -> tuple[int, int]:
    """Wrong readings that are accepted: champion, candidate."""
    return spared.count - spared.champion, spared.count - spared.candidate


def _strata(photos: Sequence[GoldPhoto]) -> list[tuple[str, list[GoldPhoto]]]:
    found: dict[tuple[int, str], list[GoldPhoto]] = defaultdict(list)
    for photo in photos:
        if photo.kind:
            found[0, f"kind {photo.kind}"].append(photo)
        found[1, f"maker {photo.truth[:3]}"].append(photo)
        for tag in photo.tags:
            found[2, f"trouble {tag}"].append(photo)
    return [(name, members) for (_, name), members in sorted(found.items(), key=lambda item: item[0])]


def _side(reads: Sequence[tuple[str, Read]]) -> Side | None:
    if not reads:
        return None
    count = len(reads)
    right = [read.vin == truth for truth, read in reads]
    accepted = [hit for hit, (_, read) in zip(right, reads, strict=True) if read.accepted]
    times = sorted(read.milliseconds for _, read in reads)
    return Side(
        exact=sum(right) / count,
        interval=wilson(sum(right), count),
        cer=sum(cer(truth, read.vin or "") for truth, read in reads) / count,
        brier=sum((read.confidence - hit) ** 2 for hit, (_, read) in zip(right, reads, strict=True)) / count,
        calibration=_calibration(
            [(read.confidence, hit) for hit, (_, read) in zip(right, reads, strict=True)]
        ),
        accepted=len(accepted) / count,
        precision=sum(accepted) / len(accepted) if accepted else None,
        median=times[count // 2],
        slow=times[min(count - 1, int(0.95 * count))],
    )


def _calibration(pairs: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error: how far confidence and truth lie apart, per bin, weighed by its photos."""
    held: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, hit in pairs:
        held[min(bins - 1, int(confidence * bins))].append((confidence, hit))
    return sum(abs(sum(c for c, _ in part) - sum(h for _, h in part)) for part in held.values()) / len(pairs)
