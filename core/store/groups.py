"""Which photos show the same car: by VIN, by a VIN with gaps that fits, and by looks.

A network must never be measured on a car that it was trained on, so groups are drawn generously: a photo too
many in a group costs nothing, one too few flatters the figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
from sqlite_utils import Database

from core.store.connect import Store, rows
from core.vin import LENGTH, UNREAD

NEAR = 6
"""Bits of 64 in which the perceptual hashes of two pictures of one scene may differ; set on the training
photos, where two cars with known VINs differ in 8 at least."""

BAND = 8
"""Bits per band: two hashes of eight bands that differ in six bits agree in two bands at least."""

KNOWN = 10
"""Characters that a VIN with gaps must show before it is matched with others."""

VIN_OF = "COALESCE(vin, CASE WHEN status = 'accepted' THEN read END)"
"""What is known of a photo's VIN: its label, or an accepted reading."""


def regroup(store: Store) -> int:
    """Give every photo its group anew, from labels, accepted readings and looks; returns how many."""
    with store.reading() as db:
        found = rows(
            db,
            f"SELECT id, sha256, phash, vin_group, {VIN_OF} AS vin FROM photos "
            "WHERE state != 'forgotten' ORDER BY id",
        )
    group = groups([row["vin"] or "" for row in found], [row["phash"] or "" for row in found])
    names: dict[int, str] = {}
    for row, number in zip(found, group, strict=True):
        names[number] = min(names.get(number, row["sha256"]), row["sha256"])
    moved = [
        (names[number], row["id"])
        for row, number in zip(found, group, strict=True)
        if row["vin_group"] != names[number]
    ]
    for start in range(0, len(moved), 5000):
        with store.writing() as db:
            _write(db, moved[start : start + 5000])
    return len(names)


def groups(vins: list[str], hashes: list[str]) -> list[int]:
    """A group number per photo.

    Args:
        vins: 17 characters with ``?`` where one is not known, empty where none is.
        hashes: 16 hex digits, empty where there is none.
    """
    leader = np.arange(len(vins))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = int(leader[place])
        return place

    for one, other in _pairs(vins, hashes):
        leader[find(other)] = find(one)
    return [find(place) for place in range(len(vins))]


def fitting(texts: Sequence[str], vins: Iterable[str]) -> list[bool]:
    """Which of ``texts`` may be one of ``vins``, by the rule that makes two photos one car.

    Both have ``?`` where a character is not known; what has not 17 characters fits nothing.
    """
    there = sorted({vin for vin in vins if _is_full(vin)})
    fit = {vin for vin in there if UNREAD not in vin}
    asked = sorted({text for text in texts if _is_full(text)} - fit)
    # Most have no gap, on either side, and need not be held against each other.
    gapped = [vin for vin in there if UNREAD in vin]
    fit |= _alike([text for text in asked if UNREAD not in text], gapped)
    fit |= _alike([text for text in asked if UNREAD in text], there)
    return [text in fit for text in texts]


def _alike(texts: list[str], vins: list[str]) -> set[str]:
    """Those of ``texts`` that may be one of ``vins``; one by one on the side that has fewer."""
    if not texts or not vins:
        return set()
    if len(texts) <= len(vins):
        letters = _letters(vins)
        return {text for text in texts if len(_fits(letters, _letters([text])[0]))}
    letters = _letters(texts)
    return {texts[place] for vin in vins for place in _fits(letters, _letters([vin])[0])}


def near_pairs(hashes: np.ndarray) -> np.ndarray:
    """Pairs of places whose hashes differ in at most :data:`NEAR` bits.

    Args:
        hashes: uint64 ``(n,)``.

    Returns:
        ints ``(m, 2)``, the smaller place first, in rising order.
    """
    found = [np.zeros((0, 2), np.int64)]
    for one, other in combinations(range(64 // BAND), 2):
        both = _band(hashes, one) << np.uint16(BAND) | _band(hashes, other)
        order = np.argsort(both, kind="stable")
        ranked = both[order]
        # Each against its successors in the same bucket, one step further each time.
        first = np.arange(len(order))
        step = 1
        while len(first := first[first < len(order) - step]):
            first = first[ranked[first] == ranked[first + step]]
            left, right = order[first], order[first + step]
            near = np.bitwise_count(hashes[left] ^ hashes[right]) <= NEAR
            found.append(np.stack([left[near], right[near]], axis=1))
            step += 1
    return np.unique(np.sort(np.vstack(found), axis=1), axis=0)


def _band(hashes: np.ndarray, place: int) -> np.ndarray:
    return (hashes >> np.uint64(BAND * place) & np.uint64(2**BAND - 1)).astype(np.uint16)


def _pairs(vins: list[str], hashes: list[str]) -> Iterator[tuple[int, int]]:
    yield from _same(vin if UNREAD not in vin else "" for vin in vins)
    yield from _same(hashes)
    yield from _fitting(vins)
    # Equal hashes are joined above; a thousand copies of one picture would make a million pairs.
    first = {text: place for place, text in reversed(list(enumerate(hashes))) if text}
    places = list(first.values())
    values = np.array([int(text, 16) for text in first], dtype=np.uint64)
    for one, other in near_pairs(values).tolist():
        yield places[one], places[other]


def _same(texts: Iterable[str]) -> Iterator[tuple[int, int]]:
    seen: dict[str, int] = {}
    for place, text in enumerate(texts):
        if text:
            yield seen.setdefault(text, place), place


def _fitting(vins: list[str]) -> Iterator[tuple[int, int]]:
    places = [place for place, vin in enumerate(vins) if _is_full(vin)]
    letters = _letters([vins[place] for place in places])
    gaps = letters == ord(UNREAD)
    for row in np.flatnonzero(gaps.any(axis=1) & (gaps.sum(axis=1) <= LENGTH - KNOWN)):
        for other in _fits(letters, letters[row]):
            yield places[row], places[other]


def _is_full(vin: str) -> bool:
    return len(vin) == LENGTH and vin.isascii()


def _letters(vins: Sequence[str]) -> np.ndarray:
    return np.frombuffer("".join(vins).encode(), np.uint8).reshape(-1, LENGTH)


def _fits(letters: np.ndarray, one: np.ndarray) -> np.ndarray:
    """Rows that may be the same VIN as ``one``: nothing differs, and enough is known of both."""
    left = np.arange(len(letters))
    # The serial number comes last and leaves few rows: a desk asks this for thousands of texts.
    for place in np.flatnonzero(one != ord(UNREAD))[::-1]:
        column = letters[left, place]
        left = left[(column == one[place]) | (column == ord(UNREAD))]
    either = (letters[left] == ord(UNREAD)) | (one == ord(UNREAD))
    return np.asarray(left[LENGTH - either.sum(axis=1) >= KNOWN])


def _write(db: Database, moved: list[tuple[str, int]]) -> None:
    db.conn.executemany("UPDATE photos SET vin_group = ? WHERE id = ? AND state != 'forgotten'", moved)
