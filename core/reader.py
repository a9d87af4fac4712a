"""The whole way of a photo: bytes in, reading out. A list of calls and nothing more."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core import images, registry
from core.bar_codes import bar_codes, bar_codes_near, with_codes, worth_a_closer_look
from core.choose import choose
from core.clock import Clock
from core.closer import CloserLook, first_zoom
from core.detect.craft import CraftDetector
from core.detect.detector import Detector
from core.detect.lines import LineConfig
from core.framing import framed, inside
from core.geometry import Quad
from core.missed import placeless, weighed, why
from core.panel import Panel
from core.quality.enlarged import pixels_missing
from core.quality.gauge import Gauge
from core.quality.inspect import inspect
from core.quality.overview import Overview
from core.quality.screen import screen
from core.recognize.ctc import CtcReader
from core.recognize.glyphs import Glyphs, Look
from core.recognize.prior import VinPrior
from core.recognize.yolo import YoloReader
from core.records import BarCode, Candidate, HeatMaps, Line, Photo, Problem, Reading, Status
from core.rectify import EmptyQuad, fits, quads_in_box, rectify
from core.several import CarReading, SecondLook, doubtful, fuse_photos, stack, torn
from core.verdict import RETAKE, confidence, held_back, other_vins, presence, verdict
from core.vin import LENGTH, check_digit_status

BOXED = 0.5
"""Belief in a line that a person's box suggests; the detector's own is 0..1."""
TILTS = 7
"""Lines that are tried in a person's box."""
UNSURE = 0.5
"""Confidence below which the whole photo is asked too what spoils the chosen line."""
DOUBTED = 0.2
"""Confidence below which a clean row is taken for another than the VIN's, as far as troubles go."""
SHARPEST = 4300
"""Pixels of the long side up to which a photo is decoded whole for a bar code's sake: 12 megapixels, as
phones take them."""

Source = bytes | np.ndarray | Photo


@dataclass(frozen=True)
class VinReader:
    """Reads VINs with the champion networks.

    Attributes:
        detector: finds the line.
        panel: reads it.
        gauge: names what spoils it; without one the hand-made measures have to do.
        overview: names what spoils a photo in which no VIN was found; without one its rows have to tell.
        glyphs: compares the characters of a line where several photos leave a VIN in doubt.
    """

    detector: Detector
    panel: Panel
    gauge: Gauge | None = None
    overview: Overview | None = None
    glyphs: Glyphs | None = None

    @classmethod
    def load(cls, folder: Path | None = None) -> VinReader:
        """The champions of ``folder`` (default ``models/champion``).

        Raises:
            registry.ModelError: a network is missing or damaged.
        """
        craft, ctc, yolo = (registry.load(name, folder) for name in ("craft", "ctc", "yolo"))
        prior = VinPrior.from_json(registry.load_text("prior", folder))
        panel = Panel(CtcReader(ctc), YoloReader(yolo), prior)
        more = Gauge.load(folder), Overview.load(folder), Glyphs.load(folder)
        return cls(CraftDetector(craft), panel, *more)

    def read(self, source: Source, region: Quad | None = None) -> Reading:
        """Read one photo.

        Args:
            source: the file's bytes, upright RGB pixels uint8 ``(H, W, 3)``, or a decoded photo.
            region: where the VIN is, if that is known, in pixels of the upright photo.

        Returns:
            The reading; a photo that cannot be decoded gives status ``error`` and says why.
        """
        clock = Clock()
        try:
            photo = _decoded(source)
        except images.ImageError as error:
            return self._without("error", clock, error=str(error))
        clock.stop("decode")
        # Where a person says that a VIN is, that is not for the whole picture's brightness to decide.
        hopeless = screen(photo) if region is None else None
        clock.stop("screen")
        if hopeless:
            return self._without("retake", clock, photo, problems=(hopeless,))
        # A person's region is looked at once, so at the usual size.
        zoom = 1.0 if region else first_zoom(photo, self.detector.network.card.settings)
        maps = self.detector.maps(photo, zoom)
        lines = self._lines(maps, region)
        clock.stop("detect")
        candidates = self.panel.read(photo, lines, clock.stop)
        if region is None:
            closer = CloserLook(self.detector, self.panel, self._is_vin, clock.stop)
            candidates += closer.candidates(photo, maps, candidates, zoom)
        likely = candidates if region is not None else [one for one in candidates if self._is_vin(one)]
        chosen, _ = choose(likely, self.panel.settings.get("least", -60.0), self.panel.prior)
        seen = tuple(sorted(candidates, key=lambda one: one.score, reverse=True))
        others = tuple(inside(one) for one in seen if one is not chosen)
        clock.stop("choose")
        if chosen is None:
            problems = pixels_missing(self._why(photo, seen, maps), photo)
            clock.stop("inspect")
            codes = _bar_codes(source, photo, seen[0].line if seen else None)
            clock.stop("bar codes")
            return self._without("no_vin", clock, photo, problems, maps, others, codes=codes)
        around = framed(chosen)
        # Room for a character may reach beyond the photo's border by more than can be straightened.
        shown = inside(around if fits(around.line, photo.size) else chosen)
        probability = confidence(chosen, self.panel.settings)
        # What a person has pointed at is not doubted for the sake of what lies beside.
        problems = self._problems(photo, shown, probability if region is None else 1.0, seen, maps)
        clock.stop("inspect")
        status = self._verdict(probability, problems)
        strangers = other_vins(chosen, likely, self.panel.settings) if region is None else ()
        if status == "accepted" and held_back(chosen, problems, strangers):
            status = "review"
        codes = _bar_codes(source, photo, chosen.line if status != "accepted" else None)
        probability, status = with_codes(chosen.text, probability, status, codes)
        if strangers and status == "accepted":
            # A bar code on one of two cars' labels does not tell which car is meant.
            status = "review"
        clock.stop("bar codes")
        return Reading(
            vin=chosen.text,
            status=status,
            confidence=probability,
            check_digit=check_digit_status(chosen.text),
            chosen=shown,
            others=others,
            problems=problems,
            maps=maps,
            milliseconds=clock.times(),
            models=self.models,
            size=photo.size,
            bar_codes=codes,
            other_vins=strangers,
        )

    def read_many(self, sources: Iterable[Source]) -> Iterator[Reading]:
        """Read photo after photo, in order; a bad one gives a reading with status ``error``."""
        for source in sources:
            yield self.read(source)

    def one_car(
        self, readings: Sequence[Reading], photo_of: Callable[[int], Photo] | None = None
    ) -> CarReading:
        """The readings of photos that show one car, joined; see docs/several-photos.md.

        Args:
            readings: one per photo.
            photo_of: gives a photo by its number, so that those in doubt can be laid on top of each other. It
                may raise an ``ImageError``.
        """
        look_again = None if photo_of is None else lambda car: self._look_again(readings, car, photo_of)
        return fuse_photos(readings, self.panel.rules, self.panel.settings, look_again=look_again)

    def _look_again(
        self, readings: Sequence[Reading], car: CarReading, photo_of: Callable[[int], Photo]
    ) -> SecondLook | None:
        """Lay lines that leave a VIN in doubt on top of each other, and compare the characters of each."""
        looks: dict[int, Look] = {}

        def lines() -> Iterator[tuple[int, Photo, Candidate]]:
            for number in doubtful(car):
                chosen = readings[number].chosen
                if chosen is None or len(chosen.line.parts) != 1 or len(chosen.slots) != LENGTH:
                    continue
                with suppress(images.ImageError, EmptyQuad):  # gone meanwhile: the others may do
                    photo = photo_of(number)
                    if self.glyphs and chosen.evidence is not None:
                        looks[number] = self.glyphs.look(rectify(photo, chosen.line), chosen.slots)
                    yield number, photo, chosen

        seen = lines()
        laid = stack(seen) if torn(car) else None
        deque(seen, maxlen=0)  # what was not laid on anything is looked at all the same
        if laid is None:
            return SecondLook(None, looks=looks) if looks else None
        read = self.panel.read_exactly(laid.photo, laid.line)
        sure = confidence(read, self.panel.settings)
        reading = Reading(read.text, "review", sure, check_digit_status(read.text), chosen=read)
        return SecondLook(reading, laid.used, looks)

    @property
    def models(self) -> dict[str, str]:
        """Network name -> fingerprint, of those that a photo's reading depends on."""
        networks = [self.detector.network, self.panel.ctc.network, self.panel.yolo.network]
        networks += [one.network for one in (self.gauge, self.overview) if one]
        return {network.card.name: network.card.fingerprint for network in networks}

    def _problems(
        self, photo: Photo, shown: Candidate, sure: float, seen: Sequence[Candidate], maps: HeatMaps
    ) -> tuple[Problem, ...]:
        """What spoils the line that was taken; how ``sure`` its reading is tells whom else to ask."""
        problems = inspect(rectify(photo, shown.line), shown, self.gauge)
        if not problems and sure < DOUBTED:
            # Nothing spoils this row, and yet it makes no VIN: it may well be another one. What hurts that
            # one's characters says nothing of those shown here.
            problems = placeless(self._why(photo, seen, maps))
        elif self.overview and sure < UNSURE:
            problems = weighed([problems], self.overview.look(photo))
        return pixels_missing(problems, photo)

    def _why(self, photo: Photo, seen: Sequence[Candidate], maps: HeatMaps) -> tuple[Problem, ...]:
        return why(photo, seen, maps, self.panel, self.gauge, self.overview)

    def _verdict(self, probability: float, problems: tuple[Problem, ...]) -> Status:
        accept = self.panel.settings.get("accept", 0.95)
        gate = self.gauge.network.card.settings if self.gauge else {}
        return verdict(probability, problems, accept, gate.get("accept_spoilt"), gate.get("retake", RETAKE))

    def _is_vin(self, candidate: Candidate) -> bool:
        return presence(candidate, self.panel.prior, self.panel.settings) >= self.panel.settings.get(
            "present", 0.0
        )

    def _lines(self, maps: HeatMaps, region: Quad | None, threshold: float | None = None) -> list[Line]:
        threshold = threshold or self.detector.network.card.settings.get("threshold", 0.5)
        lines = self.detector.lines(maps, LineConfig(threshold=threshold), region)
        if region is None:
            return lines
        # A person's region is believed even where the detector sees nothing in it.
        lines = [
            replace(line, origin="region")
            for line in lines
            if sum(part.length for part in line.parts) > 0.6 * region.length
        ]
        # A box around the text says more than the detector's band where it fits tightly: the readers tell.
        return lines + [Line((quad,), BOXED, "region") for quad in _tilts(region)]

    def _without(
        self,
        status: str,
        clock: Clock,
        photo: Photo | None = None,
        problems: tuple[Problem, ...] = (),
        maps: HeatMaps | None = None,
        others: tuple[Candidate, ...] = (),
        error: str | None = None,
        codes: tuple[BarCode, ...] = (),
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
            bar_codes=codes,
        )


def _decoded(source: Source) -> Photo:
    if isinstance(source, Photo):
        return source
    return images.decode(source) if isinstance(source, bytes) else images.from_array(source)


def _bar_codes(source: Source, photo: Photo, doubtful: Line | None) -> tuple[BarCode, ...]:
    """On the whole photo; where that shows none and the reading is in doubt, around its line too."""
    found = bar_codes(photo)
    if found or doubtful is None or not worth_a_closer_look(photo, doubtful):
        return found
    if photo.scale < 1 and isinstance(source, bytes):
        photo = images.decode(source, SHARPEST)
    return bar_codes_near(photo, doubtful)


def _tilts(region: Quad) -> list[Quad]:
    """Lines that fill a region: the tilts of an upright box, or the region itself where it is turned."""
    upright = min(
        abs(region.corners[0, 1] - region.corners[1, 1]), abs(region.corners[0, 0] - region.corners[3, 0])
    )
    return quads_in_box(region.bounds(), TILTS) if upright < 1.0 else [region]
