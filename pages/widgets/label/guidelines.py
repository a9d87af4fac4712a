"""The guidelines for labellers, with pictures that the project drew itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

PICTURES = Path(__file__).resolve().parents[3] / "assets" / "guidelines"


@dataclass(frozen=True)
class Rule:
    """One thing to decide.

    Attributes:
        picture: name of its file without the ending.
        shown: the picture in words.
        title: the rule in a few words.
        text: what to do, as Markdown.
    """

    picture: str
    shown: str
    title: str
    text: str


RULES = (
    Rule(
        "as-it-is",
        "A stamped VIN between two stars, each of its 17 characters framed",
        "1. As it is",
        "Type what is stamped or printed, not what would be right: a real plate may fail its check digit. "
        "Stars, dots and logos at the ends are no part of the VIN.",
    ),
    Rule(
        "unreadable",
        "A printed VIN with a blot over its fourteenth character",
        "2. In doubt, ?",
        "A character that you would not swear to is `?`. Training leaves it out; a guess would teach the "
        "guess. Neither the check digit nor the other VINs of the maker make it readable.",
    ),
    Rule(
        "look-alikes",
        "Pairs of characters that look alike: printed, in dots and stamped",
        "3. Look-alikes",
        "0 is narrower than D, and D has two square corners on its left. 8 has a waist on both sides, B on "
        "its right only. 5 has a corner at the top left, S has none. Hold them against the same "
        "character elsewhere on the plate, and against the examples beside the loupe. "
        "There is no I, O or Q.",
    ),
    Rule(
        "extents",
        "The same VIN twice: above well framed, below frames that cut characters or hold two",
        "4. Extents",
        "From the first to the last stroke of a character, as above. They need care only where they are "
        "clearly off, as below: a frame that cuts its character, or that holds two.",
    ),
    Rule(
        "wrong-line",
        "A label with five rows; the VIN's is framed",
        "5. The right line",
        "Type approvals, engine numbers, weights and what stands under a bar code are no VINs. Is the strip "
        "of another line, show the photo (`F10`) and draw a box around the VIN.",
    ),
    Rule(
        "troubles",
        "The same VIN under glare, out of focus, under dirt and in the dark",
        "6. Troubles",
        "Glare, blur, dirt, darkness: if it can be read, label it, and name the trouble (`F4`). Contrast "
        "(`F6`) and inversion (`F7`) help.",
    ),
    Rule(
        "hopeless",
        "A VIN so blurred that no character can be told",
        "7. Hopeless",
        "A photo in which nobody could read half of the VIN is rejected (`F3`), not guessed. So is one "
        "without a VIN. Skip (`Esc`) what somebody else may know better.",
    ),
)


def show() -> None:
    """All rules, two beside each other."""
    st.caption("The pictures are drawn. F1 in the editor lists the keys.")
    for row in range(0, len(RULES), 2):
        for column, rule in zip(st.columns(2, gap="large"), RULES[row : row + 2], strict=False):
            with column.container(key=f"guideline_{rule.picture.replace('-', '_')}", gap="small"):
                st.markdown(f"**{rule.title}**")
                st.image(str(PICTURES / f"{rule.picture}.jpg"), alt=rule.shown, width="stretch")
                st.markdown(rule.text)
