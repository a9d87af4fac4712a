"""Which characters are read for which."""

from __future__ import annotations

from dataclasses import dataclass

from core.measure.cases import Cases


@dataclass(frozen=True)
class Confusions:
    """Of some cases.

    Attributes:
        cells: ``(label, read)`` -> ids of the photos with such a slot, in the order they were
            read; most photos first.
        slots: the same -> slots; two in one photo count twice.
        photos: photos with any confusion.
        silent: photos in which nothing was read, which mixes up nothing.
        count: photos compared.
    """

    cells: dict[tuple[str, str], tuple[int, ...]]
    slots: dict[tuple[str, str], int]
    photos: int
    silent: int
    count: int


def confusions(cases: Cases) -> Confusions:
    """Slots in which the label has one character and the reading another."""
    ids = cases.photo.tolist()
    cells: dict[tuple[str, str], list[int]] = {}
    slots: dict[tuple[str, str], int] = {}
    for place, pairs in cases.pairs.items():
        for pair in pairs:
            slots[pair] = slots.get(pair, 0) + 1
        for pair in dict.fromkeys(pairs):
            cells.setdefault(pair, []).append(ids[place])
    ranked = dict(sorted(((pair, tuple(found)) for pair, found in cells.items()), key=_most))
    return Confusions(ranked, slots, len(cases.pairs), int((~cases.some).sum()), len(cases))


def _most(cell: tuple[tuple[str, str], tuple[int, ...]]) -> tuple[int, tuple[str, str]]:
    return -len(cell[1]), cell[0]
