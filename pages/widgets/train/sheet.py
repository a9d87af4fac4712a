"""The Train desk's own style; colours mix with the text's, so that one sheet serves light and dark."""

from __future__ import annotations

import streamlit as st


def apply() -> None:
    """Put the sheet into the page."""
    st.html(f"<style>{SHEET}</style>")


# Okabe and Ito's palette, made for colour-blind readers; lines differ in their dashes too.
SHEET = """
.stHtml dl.vd-figures { padding: 0; margin: 0; }
.vd-figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr)); gap: .5rem; }
.vd-figures div { padding: .45rem .7rem; border-radius: .4rem;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.vd-figures dt { font-size: .78rem; opacity: .7; }
.vd-figures dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.vd-job { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .7rem; }
.vd-job b { font-weight: 600; } .vd-job span { overflow-wrap: anywhere; }
.vd-job .vd-told { flex-basis: 100%; font-size: .85rem; opacity: .75; font-variant-numeric: tabular-nums; }
.vd-gate p { margin: .35rem 0 0; }
.vd-state { padding: .05rem .55rem; border-radius: 1rem; font-size: .8rem; font-weight: 600;
  border: 1.5px solid var(--vd); background: color-mix(in srgb, var(--vd) 18%, transparent); }
.vd-running, .vd-done, .vd-pass { --vd: #0a7fc2; } .vd-waiting, .vd-paused, .vd-stopped { --vd: #7f8c93; }
.vd-audit, .vd-unsure { --vd: #d99000; } .vd-failed, .vd-dead, .vd-refuse, .vd-withdrawn { --vd: #d55e00; }
.vd-curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: .6rem 1.2rem; }
.vd-curves figure { margin: 0; }
.vd-curves figcaption { font-size: .8rem; opacity: .75; }
.vd-curves img { display: block; width: 100%; max-width: 30rem; height: auto; }
.vd-keys { display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .82rem; margin-bottom: .3rem; }
.vd-keys img { width: 2rem; height: .7rem; display: inline-block; vertical-align: middle;
  margin-right: .3rem; }
.vd-change { margin: .2rem 0 .9rem; }
.vd-change img { display: block; width: 100%; max-width: 34rem; border-radius: .35rem; }
.vd-change code { font: 600 1.02rem/1.5 monospace; letter-spacing: .08em; background: none; padding: 0; }
.vd-change code mark { background: color-mix(in srgb, #d55e00 34%, transparent); color: inherit;
  border-radius: .15rem; }
.vd-change td { padding: 0 .8rem 0 0; font-size: .82rem; } .vd-change table { border-collapse: collapse; }
.st-key-champion_line { border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent);
  padding-bottom: .5rem; }
"""
