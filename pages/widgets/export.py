"""Readings as JSON and CSV, for download."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import streamlit as st

from core import vin
from core.records import Reading
from pages.widgets.readings import Read

COLUMNS = (
    *("photo", "vin", "status", "confidence", "check_digit", "maker", "country", "model_year"),
    *("problems", "readers", "milliseconds", "error"),
)


def buttons(reads: Sequence[Read], what: str, key: str) -> None:
    """Two download buttons; ``what`` says in words what they hold, ``key`` keeps several pairs apart."""
    name = "readings" if len(reads) > 1 else "reading"
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            f"JSON of {what}",
            as_json(reads),
            file_name=f"{name}.json",
            mime="application/json",
            key=f"json_{key}",
            on_click="ignore",
        )
        st.download_button(
            f"CSV of {what}",
            as_csv(reads),
            file_name=f"{name}.csv",
            mime="text/csv",
            key=f"csv_{key}",
            on_click="ignore",
        )


def as_json(reads: Sequence[Read]) -> str:
    """One object for one photo, a list for many; the objects are those of ``read --json``."""
    entries = [read.reading.to_json(read.source.name) for read in reads]
    return json.dumps(entries[0] if len(entries) == 1 else entries, indent=2, ensure_ascii=False) + "\n"


def as_csv(reads: Sequence[Read]) -> bytes:
    """One line per photo; with a byte order mark, without which Excel takes UTF-8 for something else."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    for read in reads:
        writer.writerow({column: harmless(cell) for column, cell in row(read).items()})
    return file.getvalue().encode("utf-8-sig")


def harmless(cell: str | float) -> str | float:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def row(read: Read) -> dict[str, str | float]:
    """The columns of one photo."""
    reading = read.reading
    return {
        "photo": read.source.name,
        "vin": reading.vin or "",
        "status": reading.status,
        "confidence": round(reading.confidence, 4),
        "check_digit": reading.check_digit if reading.vin else "",
        **origin(reading),
        "problems": "; ".join(problem.kind for problem in reading.problems),
        "readers": "; ".join(f"{name} {text}" for name, text in _readers(reading).items()),
        "milliseconds": round(reading.milliseconds.get("total", 0.0), 1),
        "error": reading.error or "",
    }


def origin(reading: Reading) -> dict[str, str]:
    """Maker, country and model year in words; empty where the VIN does not tell."""
    maker = vin.maker(reading.vin) if reading.vin else None
    years = vin.model_year(reading.vin) if reading.vin else ()
    return {
        "maker": maker.name if maker else "",
        "country": (maker.country or maker.region) if maker else "",
        "model_year": " or ".join(map(str, years)),
    }


def _readers(reading: Reading) -> dict[str, str]:
    return reading.chosen.readers if reading.chosen else {}
