"""Where the model fails together: photos of one maker, with one trouble, or with one pair mixed up."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from core.interval import wilson
from core.store.connect import Store
from core.store.people import allowed
from core.store.selection import Selection, conditions, source
from core.vin import confusable_with

FEW = 50
"""Labelled photos of a maker below which more of them are the first thing to try."""

_TROUBLES = {
    "glare": "ask for a second photo from another angle, and draw more glare on synthetic strips",
    "blur": "ask for photos nearer by, and blur synthetic strips more",
    "dark": "ask for light, and darken synthetic strips more",
    "bright": "ask for photos without flash, and draw more overexposed strips",
    "small": "ask for photos nearer by: under 12 pixels a character is lost",
    "dirt": "ask to wipe the plate, and draw more dirt on synthetic strips",
    "damage": "label these by hand with ? where nobody can read; do not let them teach a guess",
    "cut": "ask for the whole plate; check that the region is not drawn too tight",
    "odd font": "label ten of them and look for a font like it for the synthetic strips",
}


@dataclass(frozen=True)
class Cluster:
    """Failures that have something in common.

    Attributes:
        by: ``maker``, ``trouble`` or ``pair``.
        value: WMI, tag, or two characters: of the label and of the reading.
        failures: photos whose reading differs from the label.
        photos: compared photos that have this in common; for a pair, all that were compared.
        share: of them that fail, with its 95 % Wilson interval.
        lift: that share over the share of all compared photos.
        advice: what to try, one line.
    """

    by: str
    value: str
    failures: int
    photos: int
    share: tuple[float, float, float]
    lift: float
    advice: str


def clusters(store: Store, viewer: int, selection: Selection, least: int = 2) -> list[Cluster]:
    """Clusters of at least ``least`` failures in the selected photos, those with most of them first.

    Raises:
        NotAllowed: the viewer may not review.
        Refused: a filter is none.
    """
    with store.reading() as db:
        allowed(db, viewer, "review")
        terms, values = conditions(selection)
        compared = f"FROM {source(selection)} WHERE {terms} AND wrong IS NOT NULL"
        makers = db.execute(f"SELECT wmi, COUNT(*), SUM(wrong > 0) {compared} GROUP BY 1", values).fetchall()
        tagged = db.execute(f"SELECT tags, COUNT(*), SUM(wrong > 0) {compared} GROUP BY 1", values).fetchall()
        pairs = db.execute(
            "SELECT label, read, COUNT(DISTINCT photo) FROM confusions WHERE photo IN "
            f"(SELECT id FROM photos WHERE {terms} AND wrong > 0) GROUP BY 1, 2",
            values,
        ).fetchall()
    everything = sum(count for _, count, _ in makers)
    failing = sum(wrong for _, _, wrong in makers)
    usual = failing / everything if everything else 0.0
    found = [
        _cluster("maker", maker, int(wrong), int(count), usual) for maker, count, wrong in makers if maker
    ]
    troubles: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for text, count, wrong in tagged:
        for tag in json.loads(text or "[]"):
            troubles[tag] += count
            failed[tag] += wrong
    found += [_cluster("trouble", tag, failed[tag], count, usual) for tag, count in troubles.items()]
    # Of all compared photos: how many hold the character is not worth a look into every label.
    found += [_cluster("pair", label + read, count, everything, usual) for label, read, count in pairs]
    return sorted(
        (one for one in found if one.failures >= least),
        key=lambda one: (-one.failures, one.by, one.value),
    )


def advice(by: str, value: str, photos: int, lift: float) -> str:
    """One line on what to try.

    Args:
        by: as in :class:`Cluster`.
        value: as there.
        photos: compared photos that have this in common.
        lift: how much oftener than usual they fail.
    """
    if by == "pair":
        label, read = value[0], value[1]
        if read in confusable_with(label):
            return f"{label} and {read} look alike: more real strips with both, fonts where they are close"
        return f"{label} and {read} do not look alike: check the labels first, then where the line was found"
    if by == "trouble":
        return _TROUBLES.get(
            value, "look at a dozen: if a person reads them at once, draw more of this trouble"
        )
    if photos < FEW:
        return (
            f"only {photos} photos of this maker are labelled: label more of them, the queue can be told to"
        )
    if lift > 1.5:
        return (
            "fails oftener than others: look for its font and material, and add them to the synthetic strips"
        )
    return "fails as often as others: no trouble of its own, look at the pairs and troubles instead"


def _cluster(by: str, value: str, failures: int, photos: int, usual: float) -> Cluster:
    low, high = wilson(failures, photos)
    share = failures / photos if photos else 0.0
    lift = share / usual if usual else 0.0
    told = advice(by, value, photos, lift)
    return Cluster(by, value, failures, photos, (share, low, high), lift, told)
