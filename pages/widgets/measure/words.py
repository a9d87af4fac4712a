"""Figures in words, and what they mean: one line per definition."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.measure.figures import FEW, Figure

DEFINED = {
    "photo": "<b>Which photos</b>: those with an approved label of 17 characters. A label with a ? never "
    "counts; a photo without a reading does not either.",
    "reading": "<b>Which reading</b>: the one made first. With one champion chosen that is its first reading "
    "of the photo; with all of them the very first, whichever champion made it. Each photo counts once.",
    "exact": "<b>Exact match</b>: all 17 characters are the label's. No VIN read counts as wrong.",
    "cer": "<b>CER</b>: Levenshtein distance to the label over 17, mean over photos; no VIN read counts "
    "as 100 %.",
    "interval": f"<b>Interval</b>: 95 %, Wilson. n: photos. Of fewer than {FEW} photos figures are faded.",
    "accepted": "<b>Accepted</b>: by the status that the reading had. Right if accepted: exact match among "
    "those.",
    "gold": "<b>Gold</b>: photos that only measure and never train.",
    "taught": "<b>May know it</b>: the photo was read after its label had gone into a training snapshot, or "
    "a run had begun that learnt from its pseudo-label. Not taught: the others. What networks learnt "
    "elsewhere is not known here.",
    "time": "<b>Over time</b>: by the day on which the photo was read; a dashed line marks a promotion.",
    "year": "<b>Model year</b>: of the tenth character; where it can mean two years, the later. "
    "<b>Maker</b>: the label's first three characters. <b>Trouble</b>: the label's tags; a photo may "
    "have several.",
    "pair": "<b>Confusion</b>: a slot whose label has one character and whose reading another; a photo "
    "counts once per pair. Photos without a VIN read mix up nothing.",
    "brier": "<b>Brier</b>: mean of (probability - right)². <b>NLL</b>: mean of -ln of the probability given "
    "to what was true. Both of readings with a VIN; lower is better.",
    "bins": "<b>Reliability</b>: readings in the order of their probability, in ten groups of one size; the "
    "diagonal is a probability that holds. <b>Gap</b>: mean distance from it.",
    "risk": "<b>Automatic</b>: share of all photos whose probability is at least the one chosen. <b>Wrong "
    "per 1,000</b>: of those, not exactly right. No VIN read is never automatic.",
    "stages": "<b>Times by stage</b>: as kept with each reading, of whatever machine read it; the newest "
    "5,000 readings that are no errors, labelled or not.",
    "pace": "<b>Seconds per VIN</b>: as the Label desk timed them, the newest 20,000 timed labels; typed by "
    "people only, imports have no time. Whose they are is not shown here.",
}


def defined(*names: str) -> None:
    """The definitions that a view rests on."""
    lines = "".join(f"<li>{DEFINED[name]}</li>" for name in names)
    st.html(f'<ul class="vd-defined" data-testid="definitions">{lines}</ul>')


def tiles(entries: Sequence[tuple[str, str, str, bool]], testid: str) -> None:
    """Large figures: ``(what, figure, beneath it, few)``; texts of others are shown as text."""
    cells = "".join(
        f"<div{' class=vd-few' if few else ''}><dt>{escape(what)}</dt><dd>{escape(said)}</dd>"
        f"<dd>{escape(beneath)}</dd></div>"
        for what, said, beneath, few in entries
    )
    st.html(f'<dl class="vd-tiles" data-testid="{testid}">{cells}</dl>')


def share(hits: int, count: int, interval: tuple[float, float]) -> tuple[str, str]:
    """A proportion and its interval with n."""
    if not count:
        return "–", "n = 0"
    low, high = interval
    return f"{hits / count:.1%}", f"{low:.1%} to {high:.1%}, n = {count:,}"


def percent(value: float | None, digits: int = 2) -> str:
    """A share in per cent."""
    return "–" if value is None else f"{value:.{digits}%}"


def row(one: Figure, what: str) -> dict[str, str | int | float | None]:
    """A figure as a line of a table; shares in per cent."""
    low, high = one.interval
    return {
        what: one.name,
        "n": one.count,
        "right": one.right,
        "exact match %": _hundred(one.share),
        "low %": _hundred(low),
        "high %": _hundred(high),
        "CER %": _hundred(one.cer),
        "accepted": one.accepted,
        "wrong accepted": one.slipped,
        "few": "few" if one.few else "",
    }


def _hundred(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 2)
