"""What the Review desk shows as it stands in the page's address, so that every filter is a link to be shared.

Only ids and filter values go there: no name of a file, no VIN, nothing of a photo. Addresses come from
anywhere: what is no filter is left out.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlencode

from core.store.selection import COMPARED, MOST_IDS, ORDERS, WAITING, Selection
from core.vin import ALPHABET

VIEWS = {
    "photos": "Photos",
    "confusions": "Confusions",
    "clusters": "Clusters",
    "people": "People",
    "alerts": "Alerts",
}

ANY = "any"
"""Stands for all states: an address that names none means what waits for a reviewer."""

MOST_VALUES = 100
LONGEST = 200

_TEXTS = {"status": "statuses", "maker": "makers", "kind": "kinds", "tag": "tags", "models": "models"}
_DAY = 24 * 3600.0


@dataclass(frozen=True)
class Place:
    """Where somebody is on the desk.

    Attributes:
        view: of ``VIEWS``.
        selection: the filters.
        page: of the gallery, from 0.
        photo: the one that is looked at by itself, 0 for none.
    """

    view: str = "photos"
    selection: Selection = field(default_factory=lambda: Selection(states=WAITING))
    page: int = 0
    photo: int = 0

    def on(self, **changes: object) -> Place:
        """The same with other filters, on the first page of the gallery."""
        return replace(self, selection=replace(self.selection, **changes), page=0, photo=0, view="photos")  # type: ignore[arg-type]


def parse(params: Mapping[str, Sequence[str]]) -> Place:
    """An address's parameters, each with all its values."""

    def one(name: str) -> str:
        values = params.get(name) or [""]
        return values[-1][:LONGEST]

    def all_of(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for value in (params.get(name) or [])[:MOST_VALUES] if value))

    states = all_of("state")
    fields: dict[str, object] = {"states": () if ANY in states else states or WAITING}
    fields |= {name: all_of(key) for key, name in _TEXTS.items()}
    fields |= {name: one(name) if one(name) in COMPARED[name] else "" for name in COMPARED}
    fields["labellers"] = _numbers(all_of("labeller"))
    fields["ids"] = _numbers(",".join(params.get("ids") or []).split(","))[:MOST_IDS]
    fields["pair"] = pair_of(one("pair"))
    fields["since"], until = _day(one("since")), _day(one("until"))
    fields["until"] = None if until is None else until + _DAY
    fields["order"] = one("order") if one("order") in ORDERS else "failures"
    view = one("view") if one("view") in VIEWS else "photos"
    page, photo = (_number(one(name)) for name in ("page", "photo"))
    return Place(view, Selection(**fields), page, photo)  # type: ignore[arg-type]


def written(place: Place) -> dict[str, list[str]]:
    """The parameters that :func:`parse` reads; what is as it is anyway is left out."""
    selection = place.selection
    found: dict[str, list[str]] = {}
    if place.view != "photos":
        found["view"] = [place.view]
    if selection.states != WAITING:
        found["state"] = list(selection.states) or [ANY]
    for key, name in _TEXTS.items():
        if getattr(selection, name):
            found[key] = list(getattr(selection, name))
    for name in COMPARED:
        if getattr(selection, name):
            found[name] = [getattr(selection, name)]
    if selection.pair:
        found["pair"] = ["".join(selection.pair)]
    if selection.labellers:
        found["labeller"] = [str(key) for key in selection.labellers]
    if selection.ids:
        found["ids"] = [",".join(map(str, selection.ids))]
    if selection.since is not None:
        found["since"] = [_date(selection.since)]
    if selection.until is not None:
        found["until"] = [_date(selection.until - _DAY)]
    if selection.order != "failures":
        found["order"] = [selection.order]
    for name, number in (("page", place.page), ("photo", place.photo)):
        if number:
            found[name] = [str(number)]
    return found


def query(place: Place) -> str:
    """The same as text, for a link."""
    return urlencode(written(place), doseq=True)


def from_query(text: str) -> Place:
    """What :func:`query` wrote, or anything at all."""
    try:
        return parse(parse_qs(text.lstrip("?"), max_num_fields=2000))
    except ValueError:
        return Place()


def pair_of(text: str) -> tuple[str, str] | None:
    """Two characters of a VIN, as people write them: ``8B``, ``8 B``, ``8/B``."""
    letters = [letter for letter in text.upper() if letter in ALPHABET]
    return (letters[0], letters[1]) if len(letters) == 2 and letters[0] != letters[1] else None


def day_of(moment: float | None) -> datetime.date | None:
    """The day that a moment lies in, here."""
    return None if moment is None else datetime.datetime.fromtimestamp(moment).date()


def moment_of(day: datetime.date | None) -> float | None:
    """When a day begins here, seconds since 1970 UTC."""
    return None if day is None else datetime.datetime.combine(day, datetime.time()).timestamp()


def _day(text: str) -> float | None:
    try:
        return moment_of(datetime.date.fromisoformat(text))
    except (ValueError, OverflowError, OSError):
        return None


def _date(moment: float) -> str:
    # Noon: a day of 23 or 25 hours begins an hour off.
    return datetime.datetime.fromtimestamp(moment + _DAY / 2).date().isoformat()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _numbers(texts: Sequence[str]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(number for number in map(_number, texts) if number))
