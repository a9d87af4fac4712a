"""What a reader does where nothing is sure: look again, closer, fainter, larger, the other way up.

The first look is enough for nine photos of ten. The others are worth a second's work: each further look is
taken only where those before it found nothing that reads as a VIN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core.detect.detector import Detector
from core.detect.lines import LineConfig
from core.detect.views import View, on_its_side, surroundings
from core.detect.words import find_words
from core.panel import Lap, Panel
from core.records import Candidate, HeatMaps, Line, Photo
from core.rectify import photo_as_line

HOPELESS = -4.0
"""Score of a candidate that may well be another row: the whole photo is looked at again."""
FAINT = 0.2
"""Threshold of the *VIN text* map where the usual one found nothing."""
CLOSER = 2
"""Candidates whose surroundings are looked at, where none is sure."""
CLOSE = 0.75
"""Side of that look over the detector's usual one."""
BOXED = 0.5
"""Belief in a line that the photo's edge suggests; the detector's own is 0..1."""
LONG = 4 / 3
"""Sides of a usual photo. By its long side alone a panorama would be looked at as if from afar."""
PANORAMA = 1.2
"""From how much longer on a look at a panorama shows more than the usual one."""
LARGE = 700
"""Pixels of a photo's long side from which small text is worth a closer look."""


def first_zoom(photo: Photo, settings: Mapping[str, float]) -> float:
    """Size of the first look over the detector's usual one: no photo is enlarged for it without need.

    Args:
        photo: to be read.
        settings: of the detector's card: ``side`` of the usual look and ``smallest`` of a first one, pixels.
    """
    side = settings.get("side", 1.0)
    return float(np.clip(max(photo.pixels.shape[:2]) / side, settings.get("smallest", side) / side, 1.0))


def stretched(photo: Photo) -> float:
    """How much longer the long side of a look may be, for a photo as many times its height as a panorama is.

    The look costs as much as that at a photo of usual shape with the same long side.
    """
    sides = photo.pixels.shape[:2]
    return float(np.sqrt(max(max(sides) / min(sides) / LONG, 1.0)))


@dataclass(frozen=True)
class CloserLook:
    """Further looks at one photo.

    Attributes:
        detector: finds lines in every view.
        panel: reads them.
        is_vin: whether a candidate may be one; prose of 17 letters reads well, and ends no search.
        lap: told the name of a stage when a part of it is done.
    """

    detector: Detector
    panel: Panel
    is_vin: Callable[[Candidate], bool]
    lap: Lap

    def candidates(
        self, photo: Photo, maps: HeatMaps, first: list[Candidate], zoom: float = 1.0
    ) -> list[Candidate]:
        """Further candidates; none where the ``first`` ones hold one that is sure.

        ``zoom`` is that of the look in which they were found, see :func:`first_zoom`.
        """
        if self._best(first) >= self.panel.enough:
            return []
        if zoom == 1:
            return self._further(photo, maps, first)
        maps = self.detector.maps(photo)
        lines = self._lines(maps)
        self.lap("detect")
        usual = self.panel.read(photo, lines, self.lap)
        if self._best(usual) >= self.panel.enough:
            return usual
        return usual + self._further(photo, maps, first + usual)

    def _further(self, photo: Photo, maps: HeatMaps, first: list[Candidate]) -> list[Candidate]:
        """What other looks than the usual one show; that one, whose ``maps`` these are, was not enough."""
        # Where the *VIN text* map shows half a VIN or another row, the maps of all text know better.
        words = find_words(maps)
        self.lap("detect")
        found = self.panel.read(photo, words, self.lap)
        if self._best(found) >= self.panel.enough:
            return found
        cut = [Line((quad,), BOXED) for quad in photo_as_line(photo.size)]
        found += self.panel.read(photo, cut, self.lap)
        looks = self._elsewhere(photo, maps)
        # Asked before the next look is taken: the detector has worked for it when it comes.
        while self._best(first + found) <= HOPELESS and (lines := next(looks, None)) is not None:
            self.lap("detect")
            found += self.panel.read(photo, lines, self.lap)
        if self._best(first + found) >= self.panel.enough:
            return found
        return found + self._around(photo, first + found)

    def _elsewhere(self, photo: Photo, maps: HeatMaps) -> Iterator[list[Line]]:
        """Lines of the whole photo that the first look did not show, the cheapest look first."""
        yield self._lines(maps, FAINT)
        # Close-ups have larger characters than the detector learnt from.
        yield self._lines(self.detector.maps(photo, 0.5), FAINT)
        for quarters in (2, 1, 3):
            yield self._seen(on_its_side(photo, quarters), words=True)
        if max(photo.pixels.shape[:2]) >= LARGE:
            yield self._lines(self.detector.maps(photo, 2.0), FAINT)
            if (longer := stretched(photo)) > PANORAMA:
                yield self._lines(self.detector.maps(photo, 2.0 * longer), FAINT)

    def _around(self, photo: Photo, candidates: list[Candidate]) -> list[Candidate]:
        """What is seen around the best candidates, made level, and on its head where that helps nothing."""
        ranked = sorted(candidates, key=lambda one: (self.is_vin(one), one.score), reverse=True)[:CLOSER]
        found: list[Candidate] = []
        hopeless = self._best(candidates) <= HOPELESS
        for turn in (0.0, np.pi):
            lines = []
            for candidate in ranked:
                view = surroundings(photo, candidate.line, turn)
                lines += self._seen(view, CLOSE, words=hopeless) if view is not None else []
            self.lap("detect")
            found += self.panel.read(photo, lines, self.lap)
            if self._best(candidates + found) > HOPELESS:
                break
        return found

    def _seen(self, view: View, zoom: float = 1.0, words: bool = False) -> list[Line]:
        """Lines of a view; ``words`` asks the maps of all text too, as the first look does."""
        maps = self.detector.maps(view.photo, zoom)
        lines = self._lines(maps) + (find_words(maps) if words else [])
        return [view.in_photo(line) for line in lines]

    def _lines(self, maps: HeatMaps, threshold: float | None = None) -> list[Line]:
        usual = self.detector.network.card.settings.get("threshold", 0.5)
        return self.detector.lines(maps, LineConfig(threshold=threshold or usual))

    def _best(self, candidates: Iterable[Candidate]) -> float:
        """The highest score of what may be a VIN."""
        return max((one.score for one in candidates if self.is_vin(one)), default=-1e9)
