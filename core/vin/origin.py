"""Where a vehicle comes from and when: maker, country and region (ISO 3780), model year (49 CFR 565)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from vininfo.dicts import COUNTRIES, REGIONS, WMI

from core.vin.digit import check_digit_binds
from core.vin.text import ALPHABET, is_vin


@dataclass(frozen=True)
class Maker:
    """Who built it.

    Attributes:
        name: of the maker, empty where the WMI is not known.
        country: that registered the WMI, empty where not assigned.
        region: continent.
        wmi: the World Manufacturer Identifier, the first three characters.
    """

    name: str
    country: str
    region: str
    wmi: str


def maker(text: str) -> Maker | None:
    """The maker by its WMI; where the three characters are not known, by the first two.

    The data are vininfo's, which hold most makers but not all: an empty name says nothing against a VIN.

    Args:
        text: a VIN or its beginning, three characters at least.

    Returns:
        None where the text is too short or its first character belongs to no region.
    """
    wmi = text[:3]
    region = _REGION_OF.get(text[:1])
    if len(wmi) < 3 or region is None:
        return None
    entry = WMI.get(wmi) or _ALSO.get(wmi) or WMI.get(wmi[:2]) or ""
    name = entry if isinstance(entry, str) else entry.manufacturer
    return Maker(name, COUNTRIES.get(wmi[:2], ""), region, wmi)


def wmi_starts(text: str) -> float:
    """How many of the makers that are known have a WMI that begins so, 0 to 3 characters.

    A maker whose third character is open counts with an equal share of each.
    """
    return _STARTS.get(text, 0.0)


def model_year(text: str, this_year: int | None = None) -> tuple[int, ...]:
    """The model years that slot 9 (the tenth character) can mean, the latest first; none is after next year.

    The code repeats every 30 years from 1980. In North America slot 6 tells the cycle (49 CFR 565.15(b): a
    digit up to 2009, a letter from 2010), which leaves one year; that rule is for vehicles up to 10,000 lb,
    so a heavy truck's or a motorcycle's year can be 30 years off. Elsewhere the code is a custom, not a law:
    VW, Opel or Volvo follow it, Mercedes, BMW or Toyota in Europe put something else there.

    Args:
        text: a VIN.
        this_year: calendar year now; the clock's by default.

    Returns:
        Empty where it is no VIN or the code (``0``, ``U``, ``Z``) means no year.
    """
    if not is_vin(text) or text[9] not in _YEAR_CODES:
        return ()
    latest = (this_year or datetime.datetime.now(datetime.UTC).year) + 1
    first = 1980 + _YEAR_CODES.index(text[9])
    years = tuple(range(first, latest + 1, 30))[::-1]
    if text[0] in _NORTH_AMERICA and check_digit_binds(text):
        cycle = first if text[6].isdigit() else first + 30
        return (cycle,) if cycle in years else years
    return years


_YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"
_NORTH_AMERICA = "123457"

# D and H were assigned after vininfo's table was made (ISO 3780).
_REGION_OF = {character: name for characters, name in REGIONS.items() for character in characters} | {
    "D": "Africa",
    "H": "Asia",
}

# Assigned WMIs that vininfo lacks and that are frequent where our photos come from.
_ALSO = {
    "LS4": "Changan",
    "LVT": "Chery",
    "X4X": "BMW (Avtotor)",
    "X9F": "Ford",
    "X9L": "Chevrolet (GM-AvtoVAZ)",
    "XTH": "GAZ",
    "XTT": "UAZ",
    "XW7": "Toyota",
    "XZG": "Haval",
    "Y4K": "Geely (BelGee)",
    "Z6F": "Ford",
    "Z8N": "Nissan",
    "Z94": "Hyundai",
}

_STARTS: dict[str, float] = {}
for _known in {**WMI, **_ALSO}:
    for _third in [""] if len(_known) == 3 else ALPHABET:
        for _length in range(4):
            _start = (_known + _third)[:_length]
            _STARTS[_start] = _STARTS.get(_start, 0.0) + (1 / len(ALPHABET) if _third else 1.0)
