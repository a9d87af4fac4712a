"""Which reading of which photo counts: one row per photo and set of networks, and no VIN in it.

Every photo counts once. A set of networks is heard once per photo (the store keeps its first reading); over
all sets together the very first reading of the photo counts, whichever made it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np

from core.measure.distance import distances
from core.store.connect import Store
from core.store.measured import Fact, measured
from core.vin import LENGTH, model_year

PHOTOS = {
    "all": "all approved photos",
    "untaught": "read before the label could teach",
    "gold": "gold only",
    "plain": "without gold",
}
"""Which photos count, beside all other filters."""


@dataclass(frozen=True, eq=False)
class Cases:
    """Readings of photos with an approved label of 17 known characters, in the order they were made.

    The arrays have one entry per reading; codes are indices into the lists of names.

    Attributes:
        photo: ids, int64.
        champion: codes into ``champions``.
        at: when it was read, float64, seconds since 1970 UTC.
        confidence: that all 17 characters are right, float64, 0..1.
        some: bool, whether any VIN was read.
        accepted: bool, whether the reading's own status was that.
        right: bool, all 17 characters are those of the label.
        apart: Levenshtein distance to the label, int64; all 17 where nothing was read.
        gold: bool, a photo that only measures.
        taught: bool, the label was in a snapshot or an accepted pseudo-label for training before the photo
            was read: the networks may know it by heart.
        newest: bool, no later reading of the photo is there.
        first: bool, no earlier reading of the photo is there.
        kind: codes into ``kinds``.
        maker: codes into ``makers``.
        year: codes into ``years``.
        tags: codes into ``troubles``.
        champions: sets of networks, see ``predictions.models_key``, in the order they first read.
        kinds: what carries the VIN, empty where not said.
        makers: WMIs.
        years: model years as text, empty where the tenth character means none.
        troubles: tags as JSON text, as a label holds them.
        pairs: of readings that are not right, index -> differing places as ``(label, read)``.
    """

    photo: np.ndarray
    champion: np.ndarray
    at: np.ndarray
    confidence: np.ndarray
    some: np.ndarray
    accepted: np.ndarray
    right: np.ndarray
    apart: np.ndarray
    gold: np.ndarray
    taught: np.ndarray
    newest: np.ndarray
    first: np.ndarray
    kind: np.ndarray
    maker: np.ndarray
    year: np.ndarray
    tags: np.ndarray
    champions: tuple[str, ...]
    kinds: tuple[str, ...]
    makers: tuple[str, ...]
    years: tuple[str, ...]
    troubles: tuple[str, ...]
    pairs: dict[int, tuple[tuple[str, str], ...]]

    def __len__(self) -> int:
        return len(self.photo)

    def where(self, which: np.ndarray) -> Cases:
        """Those that ``which``, bool ``(n,)``, is true of."""
        (kept,) = np.nonzero(which)
        arrays = {
            field.name: getattr(self, field.name)[kept]
            for field in fields(self)
            if isinstance(getattr(self, field.name), np.ndarray)
        }
        pairs = {place: self.pairs[old] for place, old in enumerate(kept.tolist()) if old in self.pairs}
        return replace(self, pairs=pairs, **arrays)


@dataclass(frozen=True)
class Wanted:
    """Which cases count; what is left empty does not matter.

    Attributes:
        since: read at this time or later, seconds since 1970 UTC.
        until: read before this time.
        champion: by this set of networks; empty: each photo's very first reading.
        kind: on photos of this kind.
        photos: key of ``PHOTOS``.
    """

    since: float | None = None
    until: float | None = None
    champion: str = ""
    kind: str = ""
    photos: str = "all"


@dataclass(frozen=True, eq=False)
class Gathered:
    """All that there is to measure with.

    Attributes:
        cases: every reading that could count.
        photos: in the store.
        readings: in the store.
        approved: photos with an approved label.
        gapped: of them those whose label has a ``?``; they never count.
        unread: of them those that no networks have read.
    """

    cases: Cases
    photos: int
    readings: int
    approved: int
    gapped: int
    unread: int


def gather(store: Store, viewer: int) -> Gathered:
    """Everything, of everybody.

    Raises:
        NotAllowed: the viewer may not measure.
    """
    found = measured(store, viewer)
    cases = cases_of(found.facts, found.taught, store.now())
    read = int(cases.first.sum())
    unread = found.approved - found.gapped - read
    return Gathered(cases, found.photos, found.readings, found.approved, found.gapped, unread)


def cases_of(facts: Iterable[Fact], taught: dict[int, float], now: float) -> Cases:
    """The store's rows as columns.

    Args:
        facts: in the order in which they were read.
        taught: photo -> when its label could first teach.
        now: seconds since 1970 UTC; model years end with the next.
    """
    columns = list(zip(*facts, strict=True)) or [()] * 14
    photo, models, right, read, label, some, confidence, at, status, told, kind, tags, gold, newest = columns
    photos, times = np.array(photo, np.int64), np.array(at, np.float64)
    apart = np.where(np.array(some, bool), 0, LENGTH)
    wrong = [k for k, text in enumerate(label) if text is not None]
    if wrong:
        apart[wrong] = distances([label[k] for k in wrong], [read[k] for k in wrong])
    pairs = {
        k: tuple(pair for pair in zip(label[k], read[k], strict=True) if pair[0] != pair[1])
        for k in wrong
        if len(read[k]) == LENGTH
    }
    first = np.zeros(len(photos), bool)
    first[np.unique(photos, return_index=True)[1]] = True
    champion, champions = _coded(models)
    kind_, kinds = _coded(kind)
    tags_, troubles = _coded(tags)
    told_, of_vins = _coded(told)
    # Few VINs differ in what tells maker and model year: each of those is looked at once.
    maker_, makers = _coded(text[:3] for text in of_vins)
    year_, years = _coded(_year(text, now) for text in of_vins)
    taught_ = np.zeros(len(photos), bool)
    if taught:
        taught_ = np.array([taught.get(key, np.inf) for key in photo], np.float64) < times
    states, words = _coded(status)
    return Cases(
        photos, champion, times, np.array(confidence, np.float64), np.array(some, bool),
        states == _code(words, "accepted"), np.array(right, bool), apart, np.array(gold, bool), taught_,
        np.array(newest, bool), first, kind_, maker_[told_], year_[told_], tags_, champions, kinds, makers,
        years, troubles, pairs,
    )  # fmt: skip


def counted(cases: Cases, wanted: Wanted) -> Cases:
    """The readings that count: each photo once.

    Raises:
        ValueError: no such choice of photos.
    """
    if wanted.photos not in PHOTOS:
        raise ValueError(f"{wanted.photos!r} is no choice of photos; there are {', '.join(PHOTOS)}")
    if wanted.champion:
        which = cases.champion == _code(cases.champions, wanted.champion)
    else:
        which = cases.first.copy()
    return cases.where(which & _asked(cases, wanted))


def by_champion(cases: Cases, wanted: Wanted) -> dict[str, Cases]:
    """Set of networks -> its readings; a photo counts once for each set that read it."""
    asked = _asked(cases, wanted)
    names = [wanted.champion] if wanted.champion else cases.champions
    found = {name: cases.where(asked & (cases.champion == _code(cases.champions, name))) for name in names}
    return {name: part for name, part in found.items() if len(part)}


def _asked(cases: Cases, wanted: Wanted) -> np.ndarray:
    which = np.ones(len(cases), bool)
    if wanted.since is not None:
        which &= cases.at >= wanted.since
    if wanted.until is not None:
        which &= cases.at < wanted.until
    if wanted.kind:
        which &= cases.kind == _code(cases.kinds, wanted.kind)
    if wanted.photos == "untaught":
        which &= ~cases.taught
    elif wanted.photos != "all":
        which &= cases.gold == (wanted.photos == "gold")
    return which


def _code(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name in names else -1


def _coded(values: Iterable[str | None]) -> tuple[np.ndarray, tuple[str, ...]]:
    given = list(values)
    known = dict.fromkeys(given)
    # In the order in which they come; None and nothing are one.
    names = {name: place for place, name in enumerate(dict.fromkeys(value or "" for value in known))}
    codes = {value: names[value or ""] for value in known}
    return np.fromiter(map(codes.__getitem__, given), np.int64, len(given)), tuple(names)


def _year(told: str, now: float) -> str:
    """The latest model year that it can mean; nothing else of a VIN has a say (``vin.model_year``)."""
    this = time.gmtime(now).tm_year
    found = model_year(f"{told[:3]}000{told[3]}00{told[4]}0000000", this)
    return str(found[0]) if found else ""
