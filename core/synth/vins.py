"""Invented VINs to train on: half could exist, half are uniform noise so that no reader memorises makers."""

from __future__ import annotations

import numpy as np

from core.vin import ALPHABET, check_digit

# Europe, Russia and the neighbours, China, Korea, Japan, India, the Americas: as met on the road.
_WMIS = """
    WVW WVG WV1 WV2 WAU WBA WBS WDB WDC WDD WDF W0L WF0 WP0 WP1 WMA SAL SAJ SB1 SJN SCC SHH VF1 VF3
    VF7 VF6 VSS VNK ZFA ZAR ZFF TMB TMA TRU U5Y UU1 YV1 YS2 YS3 XTA XTT XTH X7L X7M X4X XW8 XW7 XWE
    XWF XWB XUU XUF XMC X9F Z94 Z8N Z8T Z8U Z6F MX1 MXC JTD JTE JTM JN1 JHM JMB JMZ JSA JF1 KMH KNA
    KNE KNM KPT LVV LVT LSG LSJ LGW LB3 L6T LFV LJD LS4 LSV MA3 MAK MAL MAT MBH NMT NM0 RUM 1FA 1FM
    1FT 1G1 1G6 1GC 1GN 1HG 1J4 1C3 1N4 2HG 2T1 2C3 3VW 3FA 3N1 4T1 4S3 4V4 5YJ 5UX 5XY 5NP 5TD 9BW
    93H 8AF
""".split()  # noqa: SIM905 (a list of this length hides its words)
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"


HARD = "0D8B5S6G2ZCPFMNVUHK1LT"
"""Characters that readers mix up, where nothing better is known."""


def random_vin(rng: np.random.Generator, confusable: float = 0.0, hard: str = HARD) -> str:
    """One VIN of 17 characters.

    Args:
        rng: source of randomness.
        confusable: share of the noise half's characters that are drawn from those that readers mix up.
        hard: these characters; one that stands there twice is drawn twice as often.
    """
    return plausible_vin(rng) if rng.random() < 0.5 else noise_vin(rng, confusable, hard)


def plausible_vin(rng: np.random.Generator) -> str:
    """A VIN that could exist: real WMI, year code, numeric serial, valid check digit where it binds."""
    wmi = _WMIS[rng.integers(len(_WMIS))]
    descriptor = "".join(_draw(rng, ALPHABET, 6))
    if wmi[0] in "WVTX" and rng.random() < 0.3:
        descriptor = "ZZZ" + descriptor[:2] + "Z"
    elif rng.random() < 0.4:
        descriptor = "".join(_draw(rng, "0123456789", 5)) + descriptor[-1]
    serial = "".join(_draw(rng, "0123456789", 6))
    tail = _YEARS[rng.integers(len(_YEARS))] + ALPHABET[rng.integers(33)] + serial
    if wmi[0] == "X" and rng.random() < 0.3:
        tail = "".join(_draw(rng, "0123456789", 8))
    vin = wmi + descriptor + tail
    if wmi[0] in "12345L":
        vin = vin[:8] + check_digit(vin) + vin[9:]
    return vin


def noise_vin(rng: np.random.Generator, confusable: float = 0.0, hard: str = HARD) -> str:
    """17 characters drawn evenly from the alphabet, or from often confused ones."""
    pairs = zip(_draw(rng, ALPHABET, 17), _draw(rng, hard, 17), strict=True)
    return "".join(h if rng.random() < confusable else c for c, h in pairs)


def _draw(rng: np.random.Generator, characters: str, count: int) -> list[str]:
    return [characters[index] for index in rng.integers(len(characters), size=count)]
