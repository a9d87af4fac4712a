"""Cars that measure: the files and VINs that must not train, wherever they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from core.store.connect import rows
from core.store.groups import VIN_OF, fitting


@dataclass(frozen=True)
class HeldOut:
    """What is kept from training.

    Attributes:
        files: sha256 of photos.
        vins: of their cars, ``?`` where a character is not known.
    """

    files: frozenset[str]
    vins: frozenset[str]

    def fit(self, texts: Sequence[str]) -> list[bool]:
        """Which of these texts may be the VIN of such a car."""
        return fitting(texts, self.vins)


def held_out(db: Database, sides: Sequence[str] = ("gold", "val")) -> HeldOut:
    """All photos of the cars on these sides, and what is known of their VINs."""
    marks = ", ".join("?" * len(sides))
    found = rows(
        db,
        f"SELECT sha256, {VIN_OF} AS vin FROM photos WHERE side IN ({marks}) OR vin_group IN "
        f"(SELECT vin_group FROM photos WHERE side IN ({marks}))",
        [*sides, *sides],
    )
    return HeldOut(
        frozenset(row["sha256"] for row in found), frozenset(row["vin"] for row in found if row["vin"])
    )
