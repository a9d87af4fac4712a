"""Real strips beside synthetic ones: what the generator still gets wrong is seen here first."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.images import ImageError, encode_png
from core.jobs.real import real_strip
from core.store import Store, StoreError
from core.store.content import Content
from core.store.learning import Lesson, teachable, teachable_lessons
from core.synth.series import Recipe
from pages.widgets.synthesize import cards, gallery

SHOWN = 10
_TURN = "synth_turn"

_HEAD = "<thead><tr><th>Real</th><th>A new VIN on the same plate</th><th>Drawn</th></tr></thead>"
_EMPTY = """
<div class="vd-note" data-testid="no-real"><p>No real strips yet</p>
Photos of the label store stand here once people have labelled them with a line. Bring photos in with
<code>python -m core predict FOLDER</code> and label them on the Label desk. Gold
and val photos are never shown.
</div>"""


def show(store: Store, recipe: Recipe) -> None:
    """Three columns: a real line, a new VIN on its plate, and a plate that was drawn."""
    if recipe.kind != "strips":
        st.write("Strips are what readers see; choose them on the left to hold them against real ones.")
        return
    items = teachable(store)
    if not items:
        st.html(_EMPTY)
        return
    turn = st.session_state.setdefault(_TURN, 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Others", key="synth_others", icon=":material/casino:", type="primary", on_click=_next)
        st.caption(f"{len(items):,} labelled photos have a line; gold and val are left out.")
    shown = [int(key) for key in np.random.default_rng(turn).permutation(items)[:SHOWN]]
    lessons = teachable_lessons(store, shown)
    rows = [_row(store, lesson, recipe, turn * SHOWN + number) for number, lesson in enumerate(lessons)]
    st.html(f'<table class="vd-beside" data-testid="beside">{_HEAD}<tbody>{"".join(rows)}</tbody></table>')


def _row(store: Store, lesson: Lesson, recipe: Recipe, number: int) -> str:
    size = (recipe.strips.width, recipe.strips.height)
    try:
        real, swapped, text = _real(lesson.sha256, lesson.content, size, number, str(store.home), store)
    except (StoreError, ImageError):
        real, swapped, text = "", "", ""
    first = f'<img src="{real}" alt="Real">' if real else "This photo cannot be shown."
    second = f'<img src="{swapped}" alt="{text}">' if swapped else "Its text cannot be told from its ground."
    third = gallery.plain(recipe, number)
    return f"<tr><td>{first}</td><td>{second}</td><td>{third}</td></tr>"


@st.cache_data(show_spinner=False, max_entries=300)
def _real(
    sha256: str, content: Content, size: tuple[int, int], number: int, home: str, _store: Store
) -> tuple[str, str, str]:
    found = real_strip(_store, sha256, content, size, number)
    swapped = cards.address(encode_png(found.swapped)) if found.swapped is not None else ""
    return cards.address(encode_png(found.pixels)), swapped, found.other


def _next() -> None:
    st.session_state[_TURN] += 1
