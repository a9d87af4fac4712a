"""Which letter shapes the generator knows."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from core.images import encode_png
from core.synth.coverage import ALIKE, OWN, Coverage, coverage
from core.vin import ALPHABET
from pages.widgets.synthesize.cards import address

FEW = 40
"""Fonts below which more are worth installing."""


def show() -> None:
    """Every font and every kind of strokes with its 33 glyphs."""
    found = _coverage()
    fonts = sum(not one.own for one in found)
    whole = sum(one.distinct == len(ALPHABET) for one in found)
    st.markdown(
        f"**{fonts}** fonts of this machine write {1 - OWN:.0%} of the VINs, strokes of our own {OWN:.0%}. "
        f"{whole} of {len(found)} faces have 33 glyphs that all look different."
    )
    if fonts < FEW:
        st.caption(
            "`make fonts` installs more: OCR-A and B, DIN, condensed and monospaced faces. Restart after it."
        )
    rows = "".join(_row(one) for one in found)
    table = f'<table class="vd-glyphs" data-testid="glyphs">{_HEAD}<tbody>{rows}</tbody></table>'
    st.html(f'<div class="vd-scroll">{table}</div>')


_HEAD = (
    "<thead><tr><th>Face</th><th>VINs</th><th>Distinct</th><th>Closest pair</th>"
    "<th>0 to Z, without I, O and Q</th></tr></thead>"
)


@st.cache_data(show_spinner="Drawing glyphs")
def _coverage() -> list[Coverage]:
    return list(coverage())


def _row(one: Coverage) -> str:
    share = "own" if one.own else f"{one.share:.1%}"
    picture = address(encode_png(np.ascontiguousarray(255 - one.picture)))
    bad = ' class="vd-differs"' if one.distinct < len(ALPHABET) or one.alike > ALIKE else ""
    return (
        f"<tr{bad}><th>{escape(one.name)}</th><td>{share}</td><td>{one.distinct} / {len(ALPHABET)}</td>"
        f"<td><code>{escape(one.closest[0])} {escape(one.closest[1])}</code> {one.alike:.0%} alike</td>"
        f'<td><img src="{picture}" alt="{ALPHABET}"></td></tr>'
    )
