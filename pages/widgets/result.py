"""What one reading says: the VIN, what to make of it, where it comes from, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from core import vin
from core.records import BarCode, Reading, Status
from pages.widgets import export, guided
from pages.widgets.readings import Read


@dataclass(frozen=True)
class StatusWords:
    """A status for people.

    Attributes:
        label: its name.
        sign: tells it without colour.
        several: goes after a count of photos.
        advice: what to do.
    """

    label: str
    sign: str
    several: str
    advice: str


STATUS: dict[Status, StatusWords] = {
    "accepted": StatusWords("Accepted", "✓", "accepted", "Sure enough to use as it is."),
    "review": StatusWords(
        "Review", "!", "to review", "Compare it with the strip below before you use it, doubtful slots first."
    ),
    "retake": StatusWords(
        "Retake", "↻", "to retake", "The picture is too poor to be trusted: take it again."
    ),
    "no_vin": StatusWords(
        *("No VIN", "–", "without a VIN"),
        "No VIN was found: let it fill most of the picture's width, straight on and without glare.",
    ),
    "error": StatusWords("Error", "✕", "unreadable", "This photo could not be read."),
}


MANY = 6
"""From so many differing slots on they are counted, not listed."""


def verdict(read: Read) -> None:
    """The VIN, large and with a button to copy it, and the status with what to do."""
    reading = read.reading
    if reading.vin is not None:
        with st.container(key="reading_vin"):
            st.code(reading.vin, language=None)
    sure = f"<b>{percent(reading.confidence)}</b> sure. " if reading.vin is not None else ""
    advice = reading.error if reading.status == "error" and reading.error else STATUS[reading.status].advice
    st.html(
        f'<div class="vd-verdict" role="status">{badge(reading.status)}'
        f'<span>{sure}{escape(advice)}</span><span class="vd-file">{escape(read.source.name)}</span></div>'
        f"{_guide(read)}"
    )


def bar_codes(text: str | None, codes: Sequence[BarCode]) -> None:
    """What bar codes beside the VIN say: the same, something else, or all that there is."""
    same = [code for code in codes if code.vin == text]
    if same and len(same) == len(codes):
        st.html(
            '<div class="vd-note vd-done vd-code"><p>The bar code says the same</p>'
            f"{escape(same[0].format)}, decoded from the photo.</div>"
        )
        return
    for code in codes:
        if text is None:
            st.html(
                '<div class="vd-note vd-code" role="alert"><p>A bar code alone</p>No VIN was read from '
                f"letters, but a {escape(code.format)} carries one. Compare it with the car.</div>"
            )
            with st.container(key=f"bar_code_{code.vin}"):
                st.code(code.vin, language=None)
        elif code.vin != text:
            places = [str(k + 1) for k in range(vin.LENGTH) if code.vin[k] != text[k]]
            where = f"slot{'s' * (len(places) > 1)} {', '.join(places)}"
            if len(places) >= MANY:
                where = f"{len(places)} of {vin.LENGTH} slots"
            st.html(
                '<div class="vd-note vd-bad vd-code" role="alert"><p>The bar code says another VIN</p>'
                f"<ul><li>letters: <code>{escape(text)}</code></li>"
                f"<li>{escape(code.format)}: <code>{escape(code.vin)}</code></li></ul>"
                f"They differ in {where}. Look at the vehicle before you use either.</div>"
            )


def other_vins(reading: Reading) -> None:
    """Another car's VIN on the same photo: whose is wanted, only a person knows."""
    if not reading.other_vins:
        return
    lines = "".join(f"<li><code>{escape(text)}</code></li>" for text in reading.other_vins)
    st.html(
        '<div class="vd-note vd-bad vd-code" role="alert"><p>The photo shows another VIN, too</p>'
        f"<ul>{lines}</ul>Click its line on the photo below to read that one, or crop the photo to one "
        "car.</div>"
    )


def badge(status: Status) -> str:
    """The status as HTML: a word, a sign and a colour."""
    words = STATUS[status]
    sign = f'<span aria-hidden="true">{words.sign}</span>'
    return f'<span class="vd-badge vd-{status}">{sign} {words.label}</span>'


def facts(reading: Reading) -> None:
    """Check digit, maker, country, model year, size."""
    if reading.vin is None:
        return
    origin = export.origin(reading)
    entries = {
        "Check digit": _check_digit(reading),
        "Maker": origin["maker"] or f"not known ({reading.vin[:3]})",
        "Country": origin["country"] or "not known",
        "Model year": origin["model_year"] or "not told",
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in entries.items())
    st.html(f'<dl class="vd-facts">{rows}</dl>')


def problems(reading: Reading) -> None:
    """What spoils the picture, worst first, with advice."""
    if not reading.problems:
        return
    lines = []
    for problem in sorted(reading.problems, key=lambda problem: -problem.severity):
        grade = "strong" if problem.severity >= 0.5 else "slight"
        # The sentence says what and where before its colon, and what to do behind it.
        what, _, advice = problem.advice.partition(": ")
        todo = f"<br>{escape(advice[:1].upper() + advice[1:])}" if advice else ""
        lines.append(f"<li><b>{escape(what)}</b> <em>{grade}</em>{todo}</li>")
    st.html(f'<div class="vd-note vd-quality"><p>About the picture</p><ul>{"".join(lines)}</ul></div>')


def times(reading: Reading) -> None:
    """Time per stage as bars."""
    stages = {name: time for name, time in reading.milliseconds.items() if name != "total"}
    total = reading.milliseconds.get("total", sum(stages.values()))
    if not stages:
        return
    longest = max(*stages.values(), 1e-9)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{_milliseconds(time)}</td>'
        f'<td class="vd-bar"><div style="width:{100 * time / longest:.1f}%"></div></td></tr>'
        for name, time in stages.items()
    )
    width, height = reading.size
    st.html(
        f'<table class="vd-times"><caption>Read in {total:.0f} ms, photo of {width} × {height} pixels'
        f"</caption>{rows}</table>"
    )


def percent(share: float) -> str:
    """A probability for people: never a hundred per cent."""
    if share > 0.999:
        return "> 99.9 %"
    if share < 0.01:
        return "under 1 %"
    return f"{100 * share:.1f} %" if share >= 0.1 else f"{100 * share:.0f} %"


def _guide(read: Read) -> str:
    """One line on what the camera's guide frame was good for, nothing for other photos."""
    if read.source.region is None or read.reading.status in ("error", "retake"):
        return ""
    if read.source.pointed:
        told = "Read where you pointed, and nowhere else."
    elif guided.used(read.reading):
        told = "Read inside the camera's guide frame."
    elif read.reading.vin is not None:
        told = "The guide frame alone read poorly, so the whole photo was read."
    else:
        told = "Neither the guide frame nor the whole photo holds a VIN that can be read."
    return f'<p class="vd-hint vd-guided">{told}</p>'


def _milliseconds(time: float) -> str:
    return f"{time:.0f} ms" if time >= 1 else "< 1 ms"


def _check_digit(reading: Reading) -> str:
    text = reading.vin or ""
    if reading.check_digit == "valid":
        return f"{text[vin.CHECK_SLOT]}, agrees"
    if reading.check_digit == "invalid":
        return f"{text[vin.CHECK_SLOT]}, but {vin.check_digit(text)} would agree"
    return "not used where this VIN comes from"
