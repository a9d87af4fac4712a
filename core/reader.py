"""The whole way of a photo: bytes in, reading out. A list of calls and nothing more."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core import images, registry
from core.choose import choose, weigh
from core.detect.craft import CraftDetector
from core.detect.lines import LineConfig, find_lines
from core.geometry import Quad
from core.quality.inspect import inspect
from core.quality.screen import screen
from core.recognize.ctc import CtcReader
from core.recognize.fuse import fuse
from core.recognize.prior import VinPrior
from core.recognize.rules import Rules
from core.recognize.yolo import YoloReader
from core.records import Candidate, HeatMaps, Line, Photo, Problem, Reading, SlotPosteriors, Strip
from core.rectify import EmptyQuad, quads_in_box, rectify, trimmed, variants, windows
from core.verdict import confidence, verdict
from core.vin import check_digit_status

HOPELESS = -4.0
"""Score of a candidate that may well be another row: the photo is looked at again."""
FAINT = 0.2
"""Threshold of the *VIN text* map where the usual one found nothing."""
RIVAL = 8.0
"""What scores this much less than the best candidate is no match for it, whatever the second reader says."""
RIVALS = 3
LOOKS = 3
"""Rounds of small moves around the best line, where it is not sure."""
BOXED = 0.5
"""Belief in a line that a person's box suggests, where the detector has its own in the range 0..1."""
TILTS = 7
LARGE = 700
"""Pixels of a photo's long side from which small text is worth a closer look."""

Source = bytes | np.ndarray | Photo


@dataclass(frozen=True)
class VinReader:
    """Reads VINs with the champion networks.

    Attributes:
        detector: finds the line.
        ctc: reads every candidate.
        yolo: reads the best candidate too; its word is joined with the other's.
        prior: what VINs usually look like.
    """

    detector: CraftDetector
    ctc: CtcReader
    yolo: YoloReader
    prior: VinPrior | None = None

    @classmethod
    def load(cls, folder: Path | None = None) -> VinReader:
        """The champions of ``folder`` (default ``models/champion``).

        Raises:
            registry.ModelError: a network is missing or damaged.
        """
        craft, ctc, yolo = (registry.load(name, folder) for name in ("craft", "ctc", "yolo"))
        prior = VinPrior.from_json(registry.load_text("prior", folder))
        return cls(CraftDetector(craft), CtcReader(ctc), YoloReader(yolo), prior)

    def read(self, source: Source, region: Quad | None = None) -> Reading:
        """Read one photo.

        Args:
            source: the file's bytes, upright RGB pixels uint8 ``(H, W, 3)``, or a decoded photo.
            region: where the VIN is, if that is known, in pixels of the upright photo.

        Returns:
            The reading; a photo that cannot be decoded gives status ``error`` and says why.
        """
        clock = _Clock()
        try:
            photo = _decoded(source)
        except images.ImageError as error:
            return self._without("error", clock, error=str(error))
        clock.stop("decode")
        hopeless = screen(photo)
        clock.stop("screen")
        if hopeless:
            return self._without("retake", clock, photo, problems=(hopeless,))
        maps = self.detector.maps(photo)
        lines = self._lines(maps, region)
        clock.stop("detect")
        candidates = self._read_lines(photo, lines, clock)
        for zoom in (1.0, *_zooms(photo)) if region is None else ():
            if any(candidate.score > HOPELESS for candidate in candidates):
                break
            again = self._lines(maps if zoom == 1.0 else self.detector.maps(photo, zoom), None, FAINT)
            clock.stop("detect")
            candidates += self._read_lines(photo, again, clock)
        chosen, others = choose(candidates, self.settings.get("least", -60.0))
        clock.stop("choose")
        if chosen is None:
            return self._without("no_vin", clock, photo, maps=maps, others=others)
        problems = inspect(rectify(photo, chosen.line), chosen.slots)
        clock.stop("inspect")
        probability = confidence(chosen, self.settings)
        return Reading(
            vin=chosen.text,
            status=verdict(probability, problems, self.settings.get("accept", 0.95)),
            confidence=probability,
            check_digit=check_digit_status(chosen.text),
            chosen=chosen,
            others=others,
            problems=problems,
            maps=maps,
            milliseconds=clock.times(),
            models=self.models,
            size=photo.size,
        )

    def read_many(self, sources: Iterable[Source]) -> Iterator[Reading]:
        """Read photo after photo, in order; a bad one gives a reading with status ``error``."""
        for source in sources:
            yield self.read(source)

    def hear(self, photo: Photo, line: Line) -> dict[str, SlotPosteriors]:
        """What each reader says of one line, before their words are joined.

        Raises:
            EmptyQuad: the line cannot be straightened.
        """
        strip = rectify(photo, line)
        return {"ctc": self.ctc.read([strip])[0], "yolo": self.yolo.read([strip])[0]}

    @property
    def settings(self) -> dict[str, float]:
        """Thresholds and calibration, from the reader's card."""
        return self.ctc.network.card.settings

    @property
    def models(self) -> dict[str, str]:
        """Network name -> fingerprint."""
        return {
            network.card.name: network.card.fingerprint
            for network in (self.detector.network, self.ctc.network, self.yolo.network)
        }

    def _lines(self, maps: HeatMaps, region: Quad | None, threshold: float | None = None) -> list[Line]:
        threshold = threshold or self.detector.network.card.settings.get("threshold", 0.5)
        lines = find_lines(maps, LineConfig(threshold=threshold), region)
        if region is None:
            return lines
        # A person's region is believed even where the detector sees nothing in it.
        lines = [
            replace(line, origin="region") for line in lines if line.parts[0].length > 0.6 * region.length
        ]
        # A box around the text says more than the detector's band where it fits tightly: the readers tell.
        return lines + [Line((quad,), BOXED, "region") for quad in _tilts(region)]

    def _read_lines(self, photo: Photo, lines: list[Line], clock: _Clock) -> list[Candidate]:
        """Every candidate by the CTC reader, the best one and its rivals by both.

        Where the best one is not sure, it is read turned and shifted a little as well.
        """
        heard = self._hear(photo, lines, clock)
        if not heard:
            return []
        heard.sort(key=lambda one: one.candidate.score, reverse=True)
        heard[0] = self._closer(photo, heard[0], clock)
        least = heard[0].candidate.score - RIVAL
        rivals = [one for one in heard if one.candidate.score >= least][:RIVALS]
        joined = []
        for one, opinion in zip(rivals, self.yolo.read([one.strip for one in rivals]), strict=True):
            opinions = {"ctc": one.opinion, "yolo": opinion}
            slots = fuse(opinions, one.strip, self.weights, self.rules)
            joined.append(weigh(one.candidate.line, slots, opinions))
        clock.stop("recognize")
        return joined + [one.candidate for one in heard if one not in rivals]

    def _closer(self, photo: Photo, best: _Heard, clock: _Clock) -> _Heard:
        """The line turned, shifted and cut a little, again and again, for as long as that makes it surer."""
        enough = self.settings.get("second_look", -1.0)
        for _ in range(LOOKS):
            if best.candidate.score >= enough:
                break
            line = best.candidate.line
            options = [*variants(line.parts), *windows(line.parts), trimmed(line.parts, best.opinion.extents)]
            again = self._hear(photo, [replace(line, parts=parts) for parts in options if parts], clock)
            better = max([best, *again], key=lambda one: one.candidate.score)
            if better is best:
                break
            best = better
        return best

    def _hear(self, photo: Photo, lines: list[Line], clock: _Clock) -> list[_Heard]:
        strips, kept = [], []
        for line in lines:
            try:
                strips.append(rectify(photo, line))
                kept.append(line)
            except EmptyQuad:
                continue
        clock.stop("rectify")
        out = []
        for line, strip, opinion in zip(kept, strips, self.ctc.read(strips), strict=True):
            views = {"ctc": opinion}
            out.append(_Heard(strip, opinion, weigh(line, fuse(views, strip), views)))
        clock.stop("recognize")
        return out

    @property
    def rules(self) -> Rules:
        """What is known of VINs, with the weights of the reader's card."""
        names = ("habit", "valid_digit", "invalid_digit")
        habit, valid, invalid = (self.settings.get(name, 0.0) for name in names)
        return Rules(self.prior, habit, valid, invalid)

    @property
    def weights(self) -> dict[str, float]:
        """How much each reader's word counts."""
        return {name: self.settings.get(f"fuse_{name}", 1.0) for name in ("ctc", "yolo")}

    def _without(
        self,
        status: str,
        clock: _Clock,
        photo: Photo | None = None,
        problems: tuple[Problem, ...] = (),
        maps: HeatMaps | None = None,
        others: tuple[Candidate, ...] = (),
        error: str | None = None,
    ) -> Reading:
        return Reading(
            vin=None,
            status=status,  # type: ignore[arg-type]
            confidence=0.0,
            check_digit="not_applicable",
            others=others,
            problems=problems,
            maps=maps,
            milliseconds=clock.times(),
            models=self.models,
            size=photo.size if photo else (0, 0),
            error=error,
        )


@dataclass(frozen=True, eq=False)
class _Heard:
    """What the CTC reader says of one line."""

    strip: Strip
    opinion: SlotPosteriors
    candidate: Candidate


class _Clock:
    """Adds up milliseconds per stage."""

    def __init__(self) -> None:
        self._last = self._first = time.perf_counter()
        self._stages: dict[str, float] = {}

    def stop(self, stage: str) -> None:
        now = time.perf_counter()
        self._stages[stage] = self._stages.get(stage, 0.0) + 1000 * (now - self._last)
        self._last = now

    def times(self) -> dict[str, float]:
        return {**self._stages, "total": 1000 * (time.perf_counter() - self._first)}


def _decoded(source: Source) -> Photo:
    if isinstance(source, Photo):
        return source
    return images.decode(source) if isinstance(source, bytes) else images.from_array(source)


def _zooms(photo: Photo) -> tuple[float, ...]:
    """Further looks where the first finds nothing: smaller for close-ups, larger for small text."""
    return (0.5, 2.0) if max(photo.pixels.shape[:2]) >= LARGE else (0.5,)


def _tilts(region: Quad) -> list[Quad]:
    """Lines that fill a region: the tilts of an upright box, or the region itself where it is turned."""
    upright = min(
        abs(region.corners[0, 1] - region.corners[1, 1]), abs(region.corners[0, 0] - region.corners[3, 0])
    )
    return quads_in_box(region.bounds(), TILTS) if upright < 1.0 else [region]
