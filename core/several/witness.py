"""Photos as witnesses of a VIN: which VINs are worth asking about, and how well each fits all photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.recognize.rules import Rules, check_weight, likeliest
from core.records import Candidate, Reading
from core.several.align import Doubt, encoded, likelihoods, places, ratios
from core.vin import ALPHABET, LENGTH

LINES = 3
"""Lines of a photo that may be its VIN: the one that was chosen, and those next to it."""
FEW = 6
"""Photos up to which all their lines say what is worth asking about."""
STARTS = 4
"""Photos from whose own reading a common one is looked for."""
ROUNDS = 3
"""How often the photos are laid onto the best VIN anew."""


@dataclass(frozen=True, eq=False)
class Witness:
    """One photo.

    Attributes:
        lines: the posteriors of its lines, ``(17, 33)``, as :func:`core.several.align.ratios`.
        shares: how far each line may be the one, sums to 1.
        doubt: how far it is trusted.
    """

    lines: tuple[np.ndarray, ...]
    shares: tuple[float, ...]
    doubt: Doubt

    def says(self, texts: np.ndarray) -> np.ndarray:
        """How much likelier the photo is under each VIN ``(n, 17)`` than by chance; ``broken`` at least."""
        return self.doubt.broken + (1 - self.doubt.broken) * self._shown(texts)

    def counted(self, text: np.ndarray) -> float:
        """How far the photo shows this VIN at all rather than something else, 0..1."""
        return float(1 - self.doubt.broken / self.says(text[None])[0])

    def line(self, text: np.ndarray) -> int:
        """The line that most likely shows this VIN."""
        return int(np.argmax([s * self._of(line, text[None])[0] for s, line in self._weighed()]))

    def laid(self, text: np.ndarray) -> np.ndarray:
        """Its posteriors, laid onto the slots of a VIN: ratios ``(17, 33)``, 1 where it shows nothing."""
        line = self.lines[self.line(text)]
        out = np.ones((LENGTH, len(ALPHABET)))
        for slot, place in enumerate(places(line, text, self.doubt.gap)):
            if place is not None:
                out[slot] = line[place]
        return out

    def _shown(self, texts: np.ndarray) -> np.ndarray:
        return np.sum([share * self._of(line, texts) for share, line in self._weighed()], axis=0)

    def _of(self, line: np.ndarray, texts: np.ndarray) -> np.ndarray:
        return likelihoods(line, texts, self.doubt.gap)

    def _weighed(self) -> list[tuple[float, np.ndarray]]:
        return list(zip(self.shares, self.lines, strict=True))


def witness(reading: Reading, doubt: Doubt) -> Witness | None:
    """The photo as a witness; None where nothing was read on it."""
    lines = evidence_of(reading)
    if not lines:
        return None
    scores = np.array([max(candidate.score, -30.0) for candidate in lines])
    shares = np.exp((scores - scores.max()) / 4)
    shares = np.maximum(shares, 0.02)
    seen = tuple(ratios(line.evidence, doubt) for line in lines if line.evidence is not None)
    return Witness(seen, tuple(shares / shares.sum()), doubt)


def evidence_of(reading: Reading) -> list[Candidate]:
    """The lines that may be the VIN, the chosen one first."""
    candidates = [*([reading.chosen] if reading.chosen else []), *reading.others]
    return [candidate for candidate in candidates if candidate.evidence is not None][:LINES]


def weigh_texts(
    witnesses: Sequence[Witness], rules: Rules, asked: int | None = None, photos: int | None = None
) -> tuple[list[str], np.ndarray]:
    """The VINs worth asking about, and the logarithm of how well each fits all photos and what is known.

    Args:
        witnesses: photos.
        rules: what is known of VINs.
        asked: so many of them, the first ones, say what is worth asking about; default all.
        photos: how many of them are photos; default all.

    Returns:
        Texts, best first, and their scores ``(n,)``, falling.
    """
    known: dict[str, float] = {}
    starts: list[str] = []
    few = (len(witnesses) if photos is None else photos) <= FEW
    for one in witnesses[:asked]:
        # Each of their texts is laid against every line of every photo: of many, the chosen lines do.
        lines = one.lines if few else one.lines[:1]
        mine = [text for line in lines for text in _add(known, line, rules)]
        starts.append(mine[0])
    # Where every photo has its own mistakes, none of their readings is right: the common one is looked for.
    best_starts = _ranked(list(dict.fromkeys(starts)), known, witnesses)[0][:STARTS]
    for text in best_starts:
        for _ in range(ROUNDS):
            codes = encoded([text])[0]
            logs = sum(one.counted(codes) * np.log(one.laid(codes)) for one in witnesses)
            found = _add(known, np.exp(logs - np.max(logs, axis=1, keepdims=True)), rules)
            better = _ranked([*found, text], known, witnesses)[0][0]
            if better == text:
                break
            text = better
    return _ranked(list(known), known, witnesses)


def _add(known: dict[str, float], weights: np.ndarray, rules: Rules) -> list[str]:
    """The likeliest readings of slots ``(17, 33)``, and what is known of VINs says of each; best first."""
    posterior = weights / weights.sum(axis=1, keepdims=True)
    found = []
    for text, score in likeliest(posterior, rules):
        if text not in known:
            seen = float(np.log(np.maximum(posterior[np.arange(LENGTH), encoded([text])[0]], 1e-12)).sum())
            known[text] = score - seen + check_weight(text, rules)
        found.append(text)
    return found


def _ranked(
    texts: list[str], known: dict[str, float], witnesses: Sequence[Witness]
) -> tuple[list[str], np.ndarray]:
    codes = encoded(texts)
    scores = np.array([known[text] for text in texts])
    for one in witnesses:
        scores = scores + np.log(one.says(codes))
    order = np.argsort(-scores, kind="stable")
    return [texts[place] for place in order], scores[order]
