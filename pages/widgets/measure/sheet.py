"""The Measure desk's own style; colours mix with the text's, so that one sheet serves light and dark."""

from __future__ import annotations

import streamlit as st


def apply() -> None:
    """Put the sheet into the page."""
    st.html(f"<style>{SHEET}</style>")


SHEET = """
.stHtml dl.vd-tiles { padding: 0; margin: 0; }
.vd-tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .6rem; }
.vd-tiles div { padding: .5rem .8rem; border-radius: .4rem;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.vd-tiles dt { font-size: .8rem; opacity: .75; }
.vd-tiles dd { margin: 0; font-size: 1.4rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.vd-tiles dd + dd { font-size: .8rem; font-weight: 400; opacity: .75; }
.vd-tiles .vd-few dd { opacity: .45; } .vd-tiles .vd-few dd + dd { opacity: .75; }
.vd-says { margin: 0; font-size: 1.15rem; } .vd-says b { font-variant-numeric: tabular-nums; }
.vd-says small { opacity: .75; }
.stHtml ul.vd-defined { margin: .4rem 0 0; padding-left: 1.1rem; font-size: .82rem; }
.vd-defined li { opacity: .8; } .vd-defined b { font-weight: 600; }
.st-key-measure_filters > div { min-width: 9.5rem; }
"""
