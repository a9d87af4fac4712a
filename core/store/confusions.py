"""What the model mixes up: every slot in which the newest reading differs from the label in force."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.connect import Store, scalar
from core.store.people import allowed
from core.store.selection import Selection, conditions


@dataclass(frozen=True)
class Matrix:
    """Of a selection of photos.

    Attributes:
        cells: ``(label, read)`` -> photos with such a slot, most first.
        slots: the same -> slots; two in one photo count twice.
        photos: photos with any confusion.
        compared: photos that have both a label and a reading.
    """

    cells: dict[tuple[str, str], int]
    slots: dict[tuple[str, str], int]
    photos: int
    compared: int


def matrix(store: Store, viewer: int, selection: Selection) -> Matrix:
    """The confusions of the selected photos.

    Raises:
        NotAllowed: the viewer may not review.
        Refused: a filter is none.
    """
    with store.reading() as db:
        allowed(db, viewer, "review")
        terms, values = conditions(selection)
        chosen = f"SELECT id FROM photos WHERE {terms} AND wrong > 0"
        found = db.execute(
            "SELECT label, c.read, COUNT(DISTINCT photo), COUNT(*) FROM confusions c "
            f"WHERE photo IN ({chosen}) GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
            values,
        ).fetchall()
        photos = scalar(db, f"SELECT COUNT(*) FROM ({chosen}) p WHERE EXISTS "
                        "(SELECT 1 FROM confusions WHERE photo = p.id)", values)  # fmt: skip
        compared = scalar(db, f"SELECT COUNT(*) FROM photos WHERE {terms} AND wrong IS NOT NULL", values)
    cells = {(label, read): count for label, read, count, _ in found}
    slots = {(label, read): count for label, read, _, count in found}
    return Matrix(cells, slots, int(photos), int(compared))
