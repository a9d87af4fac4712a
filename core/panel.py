"""Both readers at work on the lines of one photo: who reads what, and how often it is looked at.

The CTC reader reads every line. What is left in the running is read by the
YOLO reader too; their words are joined. Where both together are not sure of the best line, it is turned,
shifted and cut a little for as long as that helps, and the best of these views are read by both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.choose import weigh
from core.recognize.ctc import CtcReader
from core.recognize.fuse import fuse, join, slots_of
from core.recognize.prior import VinPrior
from core.recognize.rules import Rules, apply_rules
from core.recognize.yolo import YoloReader
from core.records import Candidate, Line, Photo, SlotPosteriors, Strip
from core.rectify import EmptyQuad, drawn_out, rectify, trimmed, variants, windows
from core.vin import LENGTH

Lap = Callable[[str], None]
"""Told the name of a stage when a part of it is done."""
RIVAL = 8.0
"""What scores this much less than the best line is no match for it, whatever the second reader says."""
RIVALS = 2
"""Other lines that the second reader reads."""
DECENT = -2.0
"""Score below which a reading does not tell which way is up: a line cut short is garbled both ways."""
CERTAIN = 0.9
"""Least confidence of a line's slots from which on nobody asks whether it is upside down."""
VIEWS = 3
"""Views of the best line that the second reader reads, where it was looked at more than once."""
LIKELY = 2
"""Of the line's variants, those that are tried before the others."""
LOST = -30.0
"""The CTC reader's score below which no small move makes a VIN of a line: other text lies near -130."""


@dataclass(frozen=True)
class Panel:
    """The readers, and what their words count.

    Attributes:
        ctc: reads every line.
        yolo: reads the best line and its rivals.
        prior: what VINs usually look like.
    """

    ctc: CtcReader
    yolo: YoloReader
    prior: VinPrior | None = None

    def read(self, photo: Photo, lines: Sequence[Line], lap: Lap = lambda stage: None) -> list[Candidate]:
        """Candidates for the VIN, one per line that can be straightened, in any order."""
        heard = sorted(self._listen(photo, lines, lap), key=_score, reverse=True)
        if not heard:
            return []
        first, *others = heard
        least = first.candidate.score - RIVAL
        rivals = [one for one in others if one.candidate.score >= least][:RIVALS]
        joined, *answers = self._join([first, *rivals])
        # What both read alike the right way up does not stand on its head.
        if joined.score < self.enough:
            turned = self._turned(photo, first, lap)
            if turned is not None:
                first, (joined,) = turned, self._join([turned])
        looks = [(joined, first)]
        # Two readers may be sure together of what one alone is not: moves are tried where they are not.
        if max(joined.score, first.candidate.score) < self.enough:
            views = sorted(self._views(photo, first, lap), key=_score, reverse=True)[:VIEWS]
            for moved in (one for one in views if one is not first):
                looks += [(self._join([moved])[0], moved)]
                if looks[-1][0].score >= self.enough:
                    break
        best, view = max(looks, key=lambda look: look[0].score)
        bounded = self._bounded(photo, view, best, lap)
        best = max([best, *bounded], key=lambda candidate: candidate.score)
        lap("recognize")
        told = [best, *answers]
        least = min(candidate.score for candidate in told)
        # Best first, so the rivals are the first of the others. What one reader says of the rest cannot be
        # compared with what two say: it does not win by the doubts of one that was not asked.
        rest = [one.candidate for one in others[len(rivals) :]]
        return [*told, *(replace(one, score=min(one.score, least)) for one in rest)]

    def hear(self, photo: Photo, line: Line) -> dict[str, SlotPosteriors]:
        """What each reader says of one line, before their words are joined.

        Raises:
            EmptyQuad: the line cannot be straightened.
        """
        strip = rectify(photo, line)
        return {"ctc": self.ctc.read([strip])[0], "yolo": self.yolo.read([strip])[0]}

    def read_exactly(self, photo: Photo, line: Line) -> Candidate:
        """One line as it is, not moved and not turned: a person has said where it is and which way up.

        Raises:
            EmptyQuad: the line cannot be straightened.
        """
        opinions = self.hear(photo, line)
        return self._weighed(line, rectify(photo, line), opinions)

    @property
    def settings(self) -> dict[str, float]:
        """Weights, thresholds and calibration, from the CTC reader's card."""
        return self.ctc.network.card.settings

    @property
    def rules(self) -> Rules:
        """What is known of VINs, with the weights of the reader's card."""
        names = ("habit", "valid_digit", "invalid_digit", "custom_digit")
        return Rules(self.prior, *(self.settings.get(name, 0.0) for name in names))

    @property
    def weights(self) -> dict[str, float]:
        """How much each reader's word counts."""
        return {name: self.settings.get(f"fuse_{name}", 1.0) for name in ("ctc", "yolo")}

    @property
    def enough(self) -> float:
        """Score from which on one look is enough."""
        return self.settings.get("second_look", -1.0)

    def _turned(self, photo: Photo, heard: _Heard, lap: Lap) -> _Heard | None:
        """The line the other way up, where that reads better.

        8, 5 and Z on their heads are characters too: a line may be sure enough and still be upside down.
        """
        if min(slot.confidence for slot in heard.candidate.slots) >= CERTAIN:
            return None
        parts = tuple(part.turned() for part in reversed(heard.candidate.line.parts))
        for other in self._listen(photo, [replace(heard.candidate.line, parts=parts)], lap):
            if _score(other) > max(_score(heard), DECENT):
                return other
        return None

    def _join(self, heard: Sequence[_Heard]) -> list[Candidate]:
        joined = []
        for one, opinion in zip(heard, self.yolo.read([one.strip for one in heard]), strict=True):
            opinions = {"ctc": one.opinion, "yolo": opinion}
            joined.append(self._weighed(one.candidate.line, one.strip, opinions))
        return joined

    def _weighed(self, line: Line, strip: Strip, opinions: Mapping[str, SlotPosteriors]) -> Candidate:
        seen = join(opinions, self.weights)
        slots = slots_of(apply_rules(seen, self.rules), opinions, strip)
        # Kept without the rules: what is known of VINs is to be heard once, however many photos there are.
        return weigh(line, slots, opinions, seen.astype(np.float32), self.prior)

    def _views(self, photo: Photo, heard: _Heard, lap: Lap) -> list[_Heard]:
        """The line, and where it is not sure what it looks like drawn out, shifted, turned and cut a little.

        What helps most often is tried first, and as soon as a view is sure that is enough.
        """
        views = [heard]
        if not LOST < heard.candidate.score < self.enough:
            return views
        line = heard.candidate.line
        moved, inner = variants(line.parts), trimmed(line.parts, heard.opinion.extents)
        stages = [
            [*drawn_out(line.parts), *moved[:LIKELY], *([inner] if inner else [])],
            [*moved[LIKELY:], *windows(line.parts)],
        ]
        for options in stages:
            views += self._listen(photo, [replace(line, parts=parts) for parts in options], lap)
            if max(map(_score, views)) >= self.enough:
                break
        return views

    def _bounded(self, photo: Photo, heard: _Heard, best: Candidate, lap: Lap) -> list[Candidate]:
        """The line cut to the CTC reader's 17 characters, where a reader sees more of them on it.

        Stars, emblems and codes beside a VIN look like characters; told that there are 17, each reader
        leaves out another one, and what they say then does not fit together.
        """
        parts = best.line.parts
        if len(parts) != 1 or all(len(text) <= LENGTH for text in best.readers.values()):
            return []
        agreed = all(len(set(slot.opinions.values())) == 1 for slot in best.slots)
        if agreed and best.score >= self.enough:
            return []
        inner = trimmed(parts, heard.opinion.extents)
        return self._join(self._listen(photo, [replace(best.line, parts=inner)], lap)) if inner else []

    def _listen(self, photo: Photo, lines: Sequence[Line], lap: Lap) -> list[_Heard]:
        strips, kept = [], []
        for line in lines:
            try:
                strips.append(rectify(photo, line))
                kept.append(line)
            except EmptyQuad:
                continue
        lap("rectify")
        out = []
        for line, strip, opinion in zip(kept, strips, self.ctc.read(strips), strict=True):
            views = {"ctc": opinion}
            seen = join(views, self.weights).astype(np.float32)
            out.append(_Heard(strip, opinion, weigh(line, fuse(views, strip), views, seen, self.prior)))
        lap("recognize")
        return out


@dataclass(frozen=True, eq=False)
class _Heard:
    """What the CTC reader says of one line."""

    strip: Strip
    opinion: SlotPosteriors
    candidate: Candidate


def _score(one: _Heard) -> float:
    return one.candidate.score
