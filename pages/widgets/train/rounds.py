"""Labelling rounds: start one, see what people say of its sample, take it back."""

from __future__ import annotations

import time
from html import escape

import streamlit as st

from core.interval import wilson
from core.jobs import queue
from core.jobs.labelling import RoundOrder, put_round
from core.store import Store, StoreError
from core.store.people import Person
from core.store.rounds import PseudoLabel, Round, labelling_rounds, pool_size, pseudo_labels, withdraw
from pages.widgets.train.changes import strip

SURE = 0.97
STATES = {"audit": "waits for its audit", "accepted": "accepted", "withdrawn": "withdrawn", "noted": "noted"}


def show(store: Store, person: Person) -> None:
    """The form, and every round with its audit."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        _start(store, person)
    with right:
        st.subheader("Rounds")
        found = labelling_rounds(store)
        if not found:
            st.caption("No round was made yet.")
        for one in found:
            _round(store, person, one)


def _start(store: Store, person: Person) -> None:
    st.subheader("Start a round")
    waiting = pool_size(store)
    st.write(
        f"The champions label the {waiting:,} photos that nobody has labelled. Of what they accept, a random "
        "sample goes to the Label desk; where people find too few of it right, the whole round is withdrawn."
    )
    with st.form("round_form", border=True):
        target = st.slider("Right, of the accepted photos, %", 90.0, 99.5, 97.0, 0.5, key="round_target")
        audit = st.number_input("Photos for people", 5, 500, 40, key="round_audit")
        if st.form_submit_button("Start the round", key="start_round", disabled=waiting == 0):
            try:
                made = put_round(store, person.id, RoundOrder(target / 100, int(audit)))
                queue.advance(store)
                st.toast(f"Job {made.id} is queued")
            except StoreError as error:
                st.text(f"That did not work: {error}")


def _round(store: Store, person: Person, one: Round) -> None:
    with st.container(border=True, key=f"round_{one.id}", gap="small"):
        st.html(_told(one))
        if one.audit.asked:
            st.progress(one.audit.answered / one.audit.asked)
        with st.expander("Sample and evidence"):
            _sample(store, one)
        if one.state in ("audit", "accepted") and st.button(
            "Withdraw", key=f"withdraw_{one.id}", icon=":material/undo:"
        ):
            try:
                withdraw(store, one.id, person.id, "on the Train desk")
                st.rerun()
            except StoreError as error:
                st.text(f"That did not work: {error}")


def _told(one: Round) -> str:
    audit = one.audit
    low, high = wilson(audit.right, audit.answered)
    purity = (
        f"audit {audit.answered} of {audit.asked}: {audit.right} right ({low:.1%} to {high:.1%}), "
        f"{audit.slots_right:,} of {audit.slots:,} characters"
    )
    at = time.strftime("%d %b %H:%M", time.localtime(one.at))
    slot = one.figures.get("slot")
    fitted = "fitted" if one.figures.get("fitted") else "the usual one: too few known photos to fit it"
    bound = f"threshold per character {slot:g} ({fitted}); " if slot is not None else ""
    return (
        f'<div class="vd-job"><b>Round {one.id}</b><span>{at}</span>'
        f'<span class="vd-state vd-{one.state}">{STATES.get(one.state, one.state)}</span>'
        f"<span>{one.accepted:,} of {one.photos:,} photos accepted, target {one.target:.1%}</span>"
        f'<span class="vd-told">{escape(bound + purity)}</span>'
        f'<span class="vd-told">{escape(one.reason)}; teachers {escape(one.teacher)}</span></div>'
    )


def _sample(store: Store, one: Round) -> None:
    for left in range(0, 12, 2):
        labels = pseudo_labels(store, one.id, "audit")[left : left + 2]
        for column, label in zip(st.columns(2), labels, strict=False):
            column.html(_label(store, label))


def _label(store: Store, label: PseudoLabel) -> str:
    sure = label.evidence.get("sure", [1.0] * len(label.text))
    text = "".join(
        f'<span title="{share:.1%}">{escape(c) if share >= SURE else f"<mark>{escape(c)}</mark>"}</span>'
        for c, share in zip(label.text, sure, strict=False)
    )
    readers = "".join(
        f"<tr><td>{escape(str(name))}</td><td><code>{escape(str(word))}</code></td></tr>"
        for name, word in label.evidence.get("readers", {}).items()
    )
    image = strip(store, label.sha256, [list(map(list, quad)) for quad in label.quads])
    shown = f'<img alt="Strip of photo {label.photo}" src="{image}">' if image else ""
    rows = f"<tr><td>kept</td><td><code>{text}</code></td></tr>{readers}"
    return f'<div class="vd-change">{shown}<table>{rows}</table></div>'
