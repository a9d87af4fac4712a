"""Texts that a system found, and what they are worth: is the VIN in them, and how many characters are off.

The systems beside VIN Desk read all text in a photo and do not say which of it is the VIN. They are judged as
if a perfect chooser stood behind them: it may pick any text, any row joined from left to right, or all rows
in a string, and cut the VIN out of it. Look-alikes that no VIN holds (I, O, Q) count as 1 and 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LOOK_ALIKES = str.maketrans("IOQ", "100")


@dataclass(frozen=True)
class Text:
    """One text.

    Attributes:
        text: as it came.
        box: ``(left, top, right, bottom)`` in any one scale; None where only one text was asked for.
    """

    text: str
    box: tuple[float, float, float, float] | None = None


def normalised(text: str) -> str:
    """Capitals and digits of the VIN alphabet."""
    kept = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
    return kept.translate(_LOOK_ALIKES)


def joined(texts: Sequence[Text]) -> list[str]:
    """Everything that the perfect chooser may look at, normalised: texts, rows, and all rows in a string."""
    rows: list[list[Text]] = []
    for text in sorted((t for t in texts if t.box), key=lambda t: _middle(t)):
        for row in rows:
            if abs(_middle(row[0]) - _middle(text)) < 0.5 * min(_height(row[0]), _height(text)):
                row.append(text)
                break
        else:
            rows.append([text])
    lines = ["".join(t.text for t in sorted(row, key=lambda t: t.box[0] if t.box else 0.0)) for row in rows]
    seen = [*(t.text for t in texts), *lines, "".join(lines)]
    return list(dict.fromkeys(text for text in map(normalised, seen) if text))


def contains(vin: str, texts: Sequence[Text]) -> bool:
    """Whether the VIN stands in some text, row, or in all rows together."""
    return any(vin in text for text in joined(texts))


def oracle_cer(vin: str, texts: Sequence[Text]) -> float:
    """Least edit distance of the VIN to any piece of any text, over its length; 1 where there is no text."""
    distances = [nearest_piece(vin, text) for text in joined(texts)]
    return min([len(vin), *distances]) / len(vin)


def nearest_piece(pattern: str, text: str) -> int:
    """Least edit distance of ``pattern`` to any substring of ``text`` (Sellers 1980)."""
    row = list(range(len(pattern) + 1))
    best = row[-1]
    for character in text:
        diagonal = row[0]  # stays 0: a match may begin anywhere
        for j, wanted in enumerate(pattern, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (wanted != character))
        best = min(best, row[-1])
    return best


def _middle(text: Text) -> float:
    assert text.box
    return (text.box[1] + text.box[3]) / 2


def _height(text: Text) -> float:
    assert text.box
    return text.box[3] - text.box[1]
