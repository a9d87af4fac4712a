"""Readings of one car's photos to one reading: who agrees, who is counted, and how sure all of them are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.bar_codes import with_codes
from core.recognize.glyphs import Look
from core.recognize.rules import Rules
from core.records import BarCode, Candidate, Reading, Status
from core.several.align import Doubt, encoded
from core.several.records import CarReading, FusedSlot, PhotoPart
from core.several.shapes import SecondLook, laid_out, likeness, read_again
from core.several.witness import Witness, evidence_of, weigh_texts, witness
from core.several.words import COUNTED, as_read, fused_slots, words_of
from core.verdict import DIFFERENT
from core.vin import ALPHABET, LENGTH, check_digit_status

DOUBT = Doubt()
"""Set by hand; `python -m benchmarks.several --fit` compares others, on seeds that are not scored."""
CALIBRATION = (-0.32, 0.61)
"""Logistic calibration (Platt 1999) of the fused VIN's probability: bias, and weight of its log-odds.
Fitted on 50 drawn plates, two and three views each: photos of one plate share its font and its damage."""
STRANGE = 9.0
"""A photo shows another VIN where that explains it better by this natural logarithm: two sure slots."""
SURE = 0.5
"""Least confidence of a photo's own reading for it to speak of another VIN."""
AGREE = 2
"""Photos that must read a VIN themselves for a third one's beginning to be called misread."""
YEAR = 9
"""Slot from which on year, plant and serial number are written (ISO 3779)."""
MANY = 8
"""Photos, and VINs, from which on those are told by their own word: all ways to join them take too long."""
HELPS = 9
"""Slots for which a photo without a VIN of its own must vouch to be heard: other rows are no evidence."""
CAUTIOUS = 0.9
"""What a VIN may be believed at most that a second look at its photos had to decide."""


def fuse_photos(
    readings: Sequence[Reading],
    rules: Rules,
    settings: Mapping[str, float],
    doubt: Doubt = DOUBT,
    look_again: Callable[[CarReading], SecondLook | None] | None = None,
) -> CarReading:
    """Join the readings of photos that are said to show one car.

    Args:
        readings: one per photo.
        rules: what is known of VINs; heard once.
        settings: thresholds, from the CTC reader's card.
        doubt: how far a photo is trusted.
        look_again: asked once the photos are joined, what a closer look at them says: one more witness, but
            no photo.

    Returns:
        The common reading. One photo alone is told as it was read. The same picture given twice counts once.
    """
    same = _repeated(readings)
    seen = {
        k: one for k, reading in enumerate(readings) if k not in same and (one := witness(reading, doubt))
    }
    asked = {k: one for k, one in seen.items() if readings[k].vin is not None}
    if not asked:
        return _nothing(readings, same)
    # Only photos with a VIN of their own say which VINs there are; the others may help one of them.
    groups = _groups(readings, asked, rules)
    codes = tuple({code.vin: code for reading in readings for code in reading.bar_codes}.values())
    told = _told(readings, seen, groups, same, rules, settings, codes)
    look = look_again(told) if look_again and len(groups) == 1 else None
    if look is None:
        return told
    # It is made of photos that were heard already: it may say which character, but makes nobody surer.
    more = witness(look.stacked, doubt) if look.stacked else None
    again = {k: witness(read_again(readings[k], one), doubt) for k, one in look.looks.items() if k in seen}
    heard = seen | {k: one for k, one in again.items() if one is not None}
    anew = _told(readings, heard, groups, same, rules, settings, codes, more, look.looks)
    if anew.vin is None or anew.vin == told.vin:
        return replace(told, stacked=look.photos)
    if not look.looks:
        compared: tuple[int, ...] = ()
    else:
        # What the stack alone would have changed is not told as the closer look's word.
        plain = _told(readings, seen, groups, same, rules, settings, codes, more) if more else told
        before = [vin for vin in (told.vin, plain.vin) if vin]
        compared = tuple(slot for slot in range(LENGTH) if all(anew.vin[slot] != vin[slot] for vin in before))
    sure, status = with_codes(anew.vin, min(anew.confidence, CAUTIOUS), "review", codes)
    return replace(anew, confidence=sure, status=status, stacked=look.photos, compared=compared)


def _repeated(readings: Sequence[Reading]) -> set[int]:
    """Photos that are the same picture as one before them: they say nothing new."""
    found: set[int] = set()
    for k, reading in enumerate(readings):
        mine = evidence_of(reading)
        for earlier in range(k):
            theirs = evidence_of(readings[earlier])
            if mine and theirs and _bytes(mine[0]) == _bytes(theirs[0]):
                found.add(k)
    return found


def _bytes(candidate: Candidate) -> bytes:
    return candidate.evidence.tobytes() if candidate.evidence is not None else b""


def _groups(
    readings: Sequence[Reading], seen: Mapping[int, Witness], rules: Rules
) -> list[tuple[str, list[int]]]:
    """VINs that photos show, and which photos; the one that most photos show first."""
    left, groups = dict(seen), []
    if len(left) > MANY:
        # A day's photos of many cars: those that are sure of another VIN need not be weighed with the rest.
        votes = Counter(readings[k].vin for k in left if readings[k].status == "accepted")
        common = next(iter(votes.most_common(1)), ("", 0))[0] or ""
        groups = _by_own_word(readings, [k for k in left if _surely_apart(readings[k], common)])
        left = {k: one for k, one in left.items() if not any(k in photos for _, photos in groups)}
    while left:
        if len(groups) >= MANY:
            groups += _by_own_word(readings, list(left))
            break
        texts, _ = weigh_texts(list(left.values()), rules)
        vin = texts[0]
        strangers = [k for k, one in left.items() if _shows_another(readings[k], one, vin)]
        if len(strangers) == len(left):
            # Nobody's VIN: an average of two. The surest photo speaks for itself.
            first = max(left, key=lambda k: readings[k].confidence)
            vin = readings[first].vin or vin
            strangers = [k for k in left if k != first and _shows_another(readings[k], left[k], vin)]
        if sum(readings[k].vin == vin for k in left) >= AGREE:
            strangers = [k for k in strangers if not _misread_in_front(readings[k], left[k], vin)]
        mine = [k for k in left if k not in strangers]
        groups.append((vin, mine))
        left = {k: left[k] for k in strangers}
    return sorted(groups, key=lambda group: _voices(readings, seen, group), reverse=True)


def _surely_apart(reading: Reading, vin: str) -> bool:
    differs = sum(a != b for a, b in zip(reading.vin or "", vin, strict=False))
    return reading.status == "accepted" and differs >= DIFFERENT


def _by_own_word(readings: Sequence[Reading], photos: Sequence[int]) -> list[tuple[str, list[int]]]:
    """Photos in groups by the VIN that each was read as."""
    found: dict[str, list[int]] = {}
    for k in photos:
        found.setdefault(readings[k].vin or "", []).append(k)
    return list(found.items())


def _shows_another(reading: Reading, one: Witness, vin: str) -> bool:
    if reading.vin is None or reading.vin == vin or reading.confidence < SURE:
        return False
    own, common = one.says(encoded([reading.vin, vin]))
    return bool(math.log(own) - math.log(common) > STRANGE)


def _misread_in_front(reading: Reading, one: Witness, vin: str) -> bool:
    """Year, plant and serial number are the same: hardly another car, as long as nobody is sure of it."""
    same = reading.vin is not None and reading.vin[YEAR:] == vin[YEAR:] and reading.status != "accepted"
    return same and one.counted(encoded([vin])[0]) >= COUNTED


def _voices(
    readings: Sequence[Reading], seen: Mapping[int, Witness], group: tuple[str, list[int]]
) -> tuple[int, float]:
    vin, photos = group
    text = encoded([vin])[0]
    mine = [k for k in photos if seen[k].counted(text) >= COUNTED]
    return len(mine), sum(readings[k].confidence for k in mine)


def _told(
    readings: Sequence[Reading],
    seen: Mapping[int, Witness],
    groups: list[tuple[str, list[int]]],
    same: set[int],
    rules: Rules,
    settings: Mapping[str, float],
    codes: tuple[BarCode, ...],
    more: Witness | None = None,
    looks: Mapping[int, Look] | None = None,
) -> CarReading:
    mine = groups[0][1]
    first = encoded([groups[0][0]])[0]
    helpers = [k for k, one in seen.items() if readings[k].vin is None and _helps(readings[k], one, first)]
    heard = [*mine, *helpers]
    extra = [more] if more else []
    witnesses = [*extra, *(seen[k] for k in heard)]
    texts, scores = weigh_texts(witnesses, rules, len(extra) + len(mine), len(heard))
    if looks:
        texts, scores = _compared(texts, scores, {k: seen[k] for k in heard if k in looks}, looks)
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    text = encoded([texts[0]])[0]
    counted = [k for k in heard if seen[k].counted(text) >= COUNTED]
    voices = [k for k in counted if k in mine]
    probability = calibrated(shares)
    alone = len(counted) == len(voices) == 1 and not more and not looks
    if alone:
        # One photo alone is told as it was read, whatever unclear ones lie beside it.
        texts, shares = [readings[voices[0]].vin or texts[0]], np.ones(1)
        text = encoded(texts)[0]
        probability = readings[voices[0]].confidence
    elif voices and all(readings[k].vin == texts[0] for k in voices):
        # What every photo reads is not less sure than the surest of them.
        probability = max(probability, *(readings[k].confidence for k in voices))
    vin = texts[0]
    words = {k: words_of(readings[k], seen[k], text) for k in heard}
    if len(groups) > 1:
        # Which of the VINs is the car's, nobody knows better than by the photos' number.
        probability *= len(mine) / sum(len(photos) for _, photos in groups)
    accept = settings.get("accept", 0.95)
    binding = check_digit_status(vin) != "invalid"
    status: Status = "accepted" if probability >= accept and voices and binding else "review"
    with_bars, status = with_codes(vin, probability, status, codes)
    if len(groups) > 1:
        # A bar code on one of two cars does not make them one.
        probability, status = min(with_bars, probability), "review"
    else:
        probability = with_bars
    slots = fused_slots(texts, shares, words, len(readings))
    if alone:
        slots = as_read(slots, readings[voices[0]])
    strangers = {k for _, photos in groups[1:] for k in photos}
    parts = tuple(
        _part(k, readings[k], seen.get(k), slots, heard, strangers, same, text) for k in range(len(readings))
    )
    others = tuple((other, tuple(photos)) for other, photos in groups[1:])
    return CarReading(
        vin,
        status,
        probability,
        check_digit_status(vin),
        slots=slots,
        photos=parts,
        others=others,
        bar_codes=codes,
    )


def _compared(
    texts: list[str], scores: np.ndarray, seen: Mapping[int, Witness], looks: Mapping[int, Look]
) -> tuple[list[str], np.ndarray]:
    """The texts and their scores once it was heard which of their characters look alike, best first."""
    best = encoded(texts[:1])[0]
    laid = [
        laid_out(looks[k].same, one.lines[0], best, one.doubt.gap)
        for k, one in seen.items()
        if one.line(best) == 0 and one.counted(best) >= COUNTED  # the chosen line's characters were compared
    ]
    if laid:
        scores = scores + likeness(texts, laid)
    order = np.argsort(-scores, kind="stable")
    return [texts[place] for place in order], scores[order]


def _helps(reading: Reading, one: Witness, text: np.ndarray) -> bool:
    said = words_of(reading, one, text)
    agreeing = sum(
        word is not None and word.character == ALPHABET[c] for word, c in zip(said, text, strict=True)
    )
    return agreeing >= HELPS


def calibrated(shares: np.ndarray) -> float:
    """Probability that the likeliest VIN is right, from how it stands against all others ``(n,)``."""
    rest = float(np.sort(shares)[:-1].sum())
    odds = math.log(max(1 - rest, 1e-9)) - math.log(max(rest, 1e-9))
    bias, weight = CALIBRATION
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, bias + weight * odds))))


def _part(
    k: int,
    reading: Reading,
    one: Witness | None,
    slots: tuple[FusedSlot, ...],
    heard: list[int],
    strangers: set[int],
    same: set[int],
    text: np.ndarray,
) -> PhotoPart:
    counted = one.counted(text) if one is not None else 0.0
    agreeing = sum(k in slot.vouched for slot in slots)
    if k in same:
        part = "same"
    elif k in strangers:
        part = "other"
    elif one is None or (reading.vin is None and k not in heard):
        part = "nothing"
    elif counted < COUNTED:
        part = "unclear"
    else:
        part = "agrees" if agreeing == LENGTH else "outvoted"
    return PhotoPart(part, reading.vin, reading.confidence, counted, agreeing)  # type: ignore[arg-type]


def _nothing(readings: Sequence[Reading], same: set[int]) -> CarReading:
    parts = tuple(
        PhotoPart("same" if k in same else "nothing", None, 0.0, 0.0, 0) for k in range(len(readings))
    )
    codes = tuple({code.vin: code for reading in readings for code in reading.bar_codes}.values())
    return CarReading(None, "no_vin", 0.0, "not_applicable", photos=parts, bar_codes=codes)
