"""The desks' own style; colours mix with the text's, so that one sheet serves light and dark."""

from __future__ import annotations

import streamlit as st


def apply(wide: bool = False) -> None:
    """Put the style sheet into the page; every desk calls it first.

    Args:
        wide: the desk uses the whole screen, as a strip of 17 characters does.
    """
    st.html(f"<style>{SHEET}{WIDE if wide else ''}</style>")


WIDE = ".stMainBlockContainer { max-width: 110rem; padding: 3.9rem 2.5rem 2rem; }"

# Blue to orange of Okabe and Ito's palette, made for colour-blind readers.
SHEET = """
.stMainBlockContainer { max-width: 74rem; padding-top: 3.2rem; padding-bottom: 3rem; }
.st-key-reading_vin pre { padding: .55rem .9rem; }
.st-key-reading_vin code, .st-key-reading_vin pre {
  font-size: clamp(1.1rem, 6vw, 2.5rem); font-weight: 600; letter-spacing: .04em; line-height: 1.3; }
.st-key-reading_vin .stCode > :last-child { opacity: 1; visibility: visible; }
.vd-verdict { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .8rem; }
.vd-badge { padding: .15rem .65rem; border-radius: 1rem; font-weight: 600; white-space: nowrap;
  border: 1.5px solid var(--vd); background: color-mix(in srgb, var(--vd) 18%, transparent); }
.vd-accepted { --vd: #0a7fc2; } .vd-review { --vd: #d99000; } .vd-retake { --vd: #d55e00; }
.vd-no_vin { --vd: #7f8c93; } .vd-error, .vd-bad { --vd: #d55e00; }
.vd-file { margin-left: auto; opacity: .65; font-size: .85rem; overflow-wrap: anywhere; }
.vd-sure { --vd: #0a7fc2; --mix: 16%; } .vd-likely { --vd: #56b4e9; --mix: 8%; }
.vd-doubtful { --vd: #e69f00; --mix: 30%; } .vd-unsure { --vd: #d55e00; --mix: 46%; }
.vd-strip { position: relative; margin: 0 0 1.9rem; container-type: inline-size; }
.vd-strip img { display: block; width: 100%; border-radius: .4rem; }
.vd-strip span { position: absolute; top: 0; bottom: 0; box-sizing: border-box;
  border: solid color-mix(in srgb, var(--vd) 55%, transparent); border-width: 0 1px;
  border-bottom: 3px solid var(--vd); }
.vd-strip b { position: absolute; top: 100%; left: 50%; transform: translateX(-50%); padding-top: .15rem;
  font: 600 clamp(.7rem, 2.2cqw, 1.35rem)/1.2 monospace; }
.vd-wrap { container-type: inline-size; }
.vd-slots { display: grid; grid-template-columns: repeat(17, minmax(0, 1fr)); gap: .25rem; }
.vd-slot { position: relative; text-align: center; padding: 1.05rem .1rem .3rem; border-radius: .35rem;
  border: 1px solid color-mix(in srgb, var(--vd) 60%, transparent); border-bottom: 3px solid var(--vd);
  background: color-mix(in srgb, var(--vd) var(--mix), transparent); cursor: default; }
.vd-slot i { position: absolute; top: .15rem; left: .3rem; font: .65rem sans-serif; opacity: .6; }
.vd-slot s { position: absolute; top: .1rem; right: .25rem; font: 700 .8rem sans-serif;
  text-decoration: none; }
.vd-slot b { display: block; font: 600 1.6rem/1.2 monospace; }
.vd-slot em, .vd-slot u { display: block; font: .75rem/1.3 sans-serif; text-decoration: none; opacity: .85; }
.vd-slot u { font-weight: 600; opacity: 1; }
.vd-group { margin-left: .45rem; }
@container (max-width: 640px) {
  .vd-slots { grid-template-columns: repeat(9, minmax(0, 1fr)); gap: .2rem; }
  .vd-slot b { font-size: 1.25rem; } .vd-slot em, .vd-slot u { font-size: .65rem; }
  .vd-group { margin-left: 0; } }
.vd-legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin-top: .5rem;
  font-size: .8rem; opacity: .85; }
.vd-legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .35rem; border-radius: .2rem;
  vertical-align: -.08rem; border: 1px solid var(--vd); border-bottom-width: 3px;
  background: color-mix(in srgb, var(--vd) var(--mix), transparent); }
.stHtml dl.vd-facts { margin: 0; padding: 0; }
.vd-facts div { display: flex; justify-content: space-between; gap: 1rem; padding: .35rem 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.vd-facts dt { opacity: .7; white-space: nowrap; }
.vd-facts dd { margin: 0; text-align: right; font-weight: 600; }
.vd-note { --vd: #d99000; border-left: 4px solid var(--vd); border-radius: .3rem; padding: .6rem .9rem;
  background: color-mix(in srgb, var(--vd) 12%, transparent); overflow-wrap: anywhere; }
.vd-note.vd-bad { --vd: #d55e00; }
.vd-note p { margin: 0 0 .2rem; font-weight: 600; }
.stHtml .vd-note ul, .stHtml ul.vd-list { margin: 0; padding-left: 1.2rem; }
.stHtml .vd-quality li { margin: .15rem 0 .35rem; }
.vd-quality em { font: .75rem sans-serif; padding: 0 .4rem; border-radius: .6rem; margin-left: .2rem;
  border: 1px solid color-mix(in srgb, var(--vd) 70%, transparent); white-space: nowrap; }
.vd-strip span.vd-hurt, .vd-slot.vd-hurt, .vd-legend i.vd-hurt { --hatch: #d55e00;
  background-image: repeating-linear-gradient(135deg, transparent 0 5px,
    color-mix(in srgb, var(--hatch) 55%, transparent) 5px 7px); }
.vd-legend i.vd-hurt { --vd: #d55e00; --mix: 0%; }
.vd-times { width: 100%; border-collapse: collapse; font-size: .85rem; }
.vd-times caption { caption-side: top; text-align: left; padding-bottom: .3rem; opacity: .7; }
.vd-times th { font-weight: 400; text-align: left; padding: .15rem .8rem .15rem 0; }
.vd-times td { text-align: right; white-space: nowrap; padding: .15rem 0;
  font-variant-numeric: tabular-nums; }
.vd-times .vd-bar { width: 55%; padding-left: .8rem; }
.vd-bar div { height: .6rem; min-width: 2px; border-radius: .2rem; background: #27828c; }
.vd-scroll { overflow-x: auto; }
.vd-table { width: 100%; min-width: 32rem; border-collapse: collapse; font-size: .9rem; }
.vd-table th, .vd-table td { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.vd-table th { font-weight: 600; } .vd-table code { font-size: 1rem; }
.vd-table tbody th { font-weight: 400; white-space: nowrap; }
.vd-opinions { min-width: 0; } .vd-opinions td:nth-child(3) { white-space: nowrap; }
.vd-opinions th, .vd-opinions td { padding-right: .6rem; }
.vd-differs { --vd: #e69f00; background: color-mix(in srgb, var(--vd) 16%, transparent); }
.vd-differs th:first-child { box-shadow: inset 3px 0 var(--vd); }
.vd-opinions th:first-child { padding-left: .6rem; }
.vd-table code.vd-other { outline: 2px solid #d55e00; font-weight: 700; }
.vd-agree { margin: 0; font-size: 1.15rem; font-weight: 600; padding: .5rem .9rem; border-radius: .3rem;
  border-left: 4px solid var(--vd); background: color-mix(in srgb, var(--vd) 14%, transparent); }
.vd-side { margin-bottom: .5rem; }
.vd-letter { display: inline-grid; place-items: center; width: 1.7rem; height: 1.7rem; border-radius: .3rem;
  background: color-mix(in srgb, currentColor 14%, transparent); }
.vd-bare { margin-bottom: .2rem; }
.vd-bare b { display: none; }
.vd-bare span { border: 0; border-bottom: 5px solid #d55e00;
  background: color-mix(in srgb, #d55e00 26%, transparent); }
.vd-pair { width: 100%; table-layout: fixed; border-collapse: separate; border-spacing: .16rem; }
.vd-pair th, .vd-pair td { padding: 0; text-align: center; }
.vd-pair thead th { font: .7rem sans-serif; opacity: .65; }
.vd-pair thead th.vd-apart { opacity: 1; font-weight: 700; }
.vd-pair tbody td { font: 600 clamp(.85rem, 3vw, 1.5rem)/1.5 monospace; border-radius: .25rem;
  background: color-mix(in srgb, var(--vd) var(--mix), transparent); }
.vd-pair tbody td.vd-apart { box-shadow: inset 0 0 0 2px #d55e00; }
.vd-pair tbody td.vd-none { background: none; font: 1rem sans-serif; opacity: .7; }
.vd-pair .vd-signs td { background: none; line-height: 1; color: #d55e00; font-size: 1rem; }
.vd-car .vd-all td { font-size: clamp(.95rem, 3.3vw, 1.75rem); border-bottom: 3px solid var(--vd); }
.vd-car .vd-all th { font: 600 .85rem sans-serif; } .vd-car tbody tr th { font-size: .85rem; opacity: .8; }
.vd-car .vd-unseen { background: none; opacity: .45; }
.vd-car .vd-vouched td { background: none; font: .85rem/1.6 sans-serif; opacity: .8; }
.vd-code code { font-size: 1rem; font-weight: 600; }
.vd-triage { margin: 0; }
.vd-triage img { display: block; width: 100%; height: 3.4rem; object-fit: fill; border-radius: .3rem; }
.vd-twin { display: block; max-width: 100%; max-height: 14rem; object-fit: contain; border-radius: .3rem; }
[class*="st-key-triage_card"] label strong { font: 600 1.2rem monospace; letter-spacing: .03em; }
.st-key-signed_in_bar { position: fixed; top: .65rem; right: 4.5rem; z-index: 1000001; width: auto; }
.st-key-signed_in_bar > div { width: auto; } .st-key-signed_in_bar { align-items: center; }
.vd-candidate p { margin: 0 0 .25rem; display: flex; flex-wrap: wrap; align-items: center; gap: .2rem .8rem; }
.vd-candidate code { font-size: 1.1rem; font-weight: 600; }
.vd-candidate .vd-terms { font-size: .85rem; opacity: .85; margin-top: .25rem; }
.vd-candidate .vd-hint { margin: 0; }
.st-key-read_region, .st-key-label_region { overflow-x: auto; }
.st-key-page_pulse { display: none; }
.st-key-label_way { margin-bottom: -.6rem; }
.vd-hint { margin: .6rem 0 .2rem; font-size: .85rem; opacity: .75; }
.vd-note.vd-done { --vd: #0a7fc2; }
.vd-long { display: block; width: 100%; max-height: 15rem; object-fit: contain; border-radius: .4rem;
  background: #0d1214; }
.vd-sides { border-collapse: separate; border-spacing: .14rem; width: 100%; }
.vd-sides th { font: .78rem sans-serif; text-align: left; white-space: nowrap; padding-right: .6rem; }
.vd-sides th span { opacity: .65; } .vd-sides thead th { text-align: center; padding: 0; opacity: .65; }
.vd-sides thead th.vd-apart { opacity: 1; font-weight: 700; color: #d55e00; }
.vd-sides td { font: 600 1.25rem/1.5 monospace; text-align: center; border-radius: .25rem; min-width: 1.35rem;
  background: color-mix(in srgb, currentColor 5%, transparent); }
.vd-sides td.vd-apart { box-shadow: inset 0 0 0 2px #d55e00;
  background: color-mix(in srgb, #d55e00 18%, transparent); }
.vd-sides td.vd-none { font: .9rem sans-serif; text-align: left; padding-left: .6rem; opacity: .75; }
.vd-sides .vd-side-label td { background: color-mix(in srgb, #0a7fc2 13%, transparent); }
.vd-counts { margin: -.5rem 0 0; font-size: .78rem; opacity: .75; overflow-wrap: anywhere; }
.vd-counts b { font-variant-numeric: tabular-nums; }
.vd-comments { margin-top: .4rem; overflow-wrap: anywhere; }
.vd-event { display: flex; flex-wrap: wrap; align-items: baseline; gap: .15rem .7rem; font-size: .88rem; }
.vd-event time, .vd-event small { opacity: .65; font-variant-numeric: tabular-nums; }
.vd-event span, .vd-event i { opacity: .75; font-style: normal; } .vd-event em { font-style: normal; }
.vd-event q { flex-basis: 100%; padding-left: 1rem; overflow-wrap: anywhere; white-space: pre-wrap; }
.vd-event code { font-size: .95rem; }
"""
