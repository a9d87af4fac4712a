"""The Synthesize desk's own style."""

from __future__ import annotations

import streamlit as st


def apply() -> None:
    """Put the sheet into the page."""
    st.html(f"<style>{SHEET}</style>")


SHEET = """
.stHtml figure.vd-made { margin: 0; }
.vd-made .vd-strip { margin-bottom: 1.2rem; }
.vd-made .vd-strip span { border-width: 0; border-bottom-width: 3px; }
.vd-made .vd-strip b { font-size: clamp(.7rem, 3cqw, 1rem); }
.vd-made figcaption { font-size: .85rem; opacity: .85; } .vd-made figcaption span { opacity: .8; }
.vd-scene { position: relative; }
.vd-scene img { display: block; width: 100%; border-radius: .35rem; }
.vd-scene img + img { position: absolute; inset: 0; }
[class*="st-key-synth_pin_"] p { font-size: .8rem; opacity: .75; }
.vd-beside { width: 100%; table-layout: fixed; border-collapse: separate; border-spacing: .5rem .4rem; }
.vd-beside th { text-align: left; font-weight: 600; font-size: .9rem; }
.vd-beside td { font-size: .85rem; opacity: .95; }
.vd-beside img { display: block; width: 100%; border-radius: .3rem; }
.vd-glyphs { width: 100%; border-collapse: collapse; font-size: .85rem; }
.vd-glyphs th, .vd-glyphs td { text-align: left; padding: .18rem .7rem .18rem 0; white-space: nowrap; }
.vd-glyphs tbody th { font-weight: 400; }
.vd-glyphs td:last-child, .vd-glyphs th:last-child { width: 100%; padding-right: 0; }
.vd-glyphs img { display: block; width: 100%; min-width: 26rem; border-radius: .2rem; }
"""
