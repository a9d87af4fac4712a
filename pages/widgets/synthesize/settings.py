"""What the pictures are made of: a slider for every effect, and where the VINs come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.learn.confusion import hard_characters
from core.store import Store
from core.store.learning import confusions
from core.synth.capture import CaptureConfig
from core.synth.scenes import SceneConfig
from core.synth.series import ANY, Recipe
from core.synth.strips import StripConfig
from core.synth.troubles import KINDS
from core.synth.vins import HARD

PICTURES = {"strips": "Strips", "scenes": "Scenes"}
VINS = {"usual": "Usual", "confused": "What readers mix up"}

CONFUSED = 0.6
"""Share of easily confused characters where a confusion matrix chooses them."""

_LISTED = 8


@dataclass(frozen=True)
class Effect:
    """One slider.

    Attributes:
        field: of the config.
        label: what it is called.
        help: what it does.
        most: its upper end; the lower one is 0.
        step: of it.
        name: of its key; the field's where that is not taken.
    """

    field: str
    label: str
    help: str
    most: float = 1.0
    step: float = 0.05
    name: str = ""

    @property
    def key(self) -> str:
        """Of the widget."""
        return f"synth_{self.name or self.field}"


STRIPS = (
    Effect("jitter", "Detector's errors", "How far off lines are cut: 0 cuts exactly, 1 is usual.", 3.0, 0.1),
    Effect("bent", "Bent lines", "Share of lines that are not quite straight."),
    Effect("marked", "Beside the VIN", "Share of lines with a star, an emblem, a code or a name beside it."),
)
SCENES = (
    Effect("empty", "Without a VIN", "Share of scenes that hold none."),
    Effect("turned", "Turned", "Share of scenes in which the text may read in any direction."),
    Effect("certification", "Certification labels", "Share of North American certification labels."),
    Effect(
        "marked",
        "Beside the VIN",
        "Share of other plates with a star, an emblem or a name beside it.",
        name="marked_scenes",
    ),
)
CAPTURE = (
    Effect("blur", "Defocus", "Upper bound of its sigma, as a share of a character's pitch.", 0.6, 0.02),
    Effect("motion", "Motion blur", "Share of pictures with it."),
    Effect("noise", "Noise", "Upper bound of its sigma, as a share of the picture's own contrast.", 1.0),
    Effect("sharpen", "Sharpening", "Share of pictures that the phone sharpens, halos included."),
    Effect("jpeg", "JPEG", "Share of pictures that are compressed, once or twice."),
    Effect("glare", "Glare", "Share of pictures with a bright patch."),
    Effect("lowcontrast", "Low contrast", "Share of pictures whose contrast is squeezed."),
)
_KINDS = {"strips": (STRIPS, StripConfig()), "scenes": (SCENES, SceneConfig())}


def chosen(store: Store) -> Recipe | None:
    """The settings as widgets, and what they say; None where nothing can be made of it."""
    kind = st.segmented_control(
        "Pictures", list(PICTURES), format_func=PICTURES.__getitem__, default="strips", required=True,
        key="synth_kind", label_visibility="collapsed",
    )  # fmt: skip
    seed = st.number_input("Seed of the series", 0, 2**31, 1, key="synth_seed")
    vins = _vins(store) if kind == "strips" else None
    with st.expander("Effects", expanded=True):
        st.button("Back to usual", key="synth_usual", on_click=_usual, icon=":material/restart_alt:")
        effects, usual = _KINDS[str(kind)]
        values: dict[str, Any] = {effect.field: _slider(effect, usual) for effect in effects}
        if kind == "strips":
            values["smallest"], values["largest"] = _pitch()
        capture: dict[str, Any] = {effect.field: _slider(effect, CaptureConfig()) for effect in CAPTURE}
        quality = st.slider(
            "JPEG quality from", 5, 95, CaptureConfig().quality, key="synth_quality",
            help="Lower bound; each picture draws its own above it.",
        )  # fmt: skip
    trouble, severity = _trouble()
    camera = CaptureConfig(**capture, quality=int(quality))
    if kind == "scenes":
        return Recipe("scenes", int(seed), trouble, severity, scenes=SceneConfig(**values, capture=camera))
    if vins is None:
        return None
    hard, share = vins
    strips = StripConfig(**values, hard=hard, confusable=share, capture=camera)
    return Recipe("strips", int(seed), trouble, severity, strips=strips)


def _vins(store: Store) -> tuple[str, float] | None:
    """Which characters are drawn more often than others, and how often."""
    way = st.segmented_control(
        "VINs", list(VINS), format_func=VINS.__getitem__, default="usual", required=True, key="synth_vins",
        help="Half of the VINs could exist, half are noise. This chooses what the noise is made of.",
    )  # fmt: skip
    if way == "usual":
        share = st.slider(
            "Easily confused characters", 0.0, 1.0, StripConfig().confusable, 0.05, key="synth_confusable",
            help="Share of the noise half's characters.",
        )  # fmt: skip
        return HARD, float(share)
    found = confusions(store)
    pool = hard_characters(found)
    if not pool:
        st.html(
            f'<div class="vd-note" data-testid="no-confusions"><p>Too little to go by</p>'
            f"{sum(found.values())} confusions are known; ten are needed. They are counted from photos that "
            "were read by the champion and labelled by a person since, gold and val left out.</div>"
        )
        return None
    share = st.slider(
        "Confused characters", 0.0, 1.0, CONFUSED, 0.05, key="synth_confused",
        help="Share of the noise half's characters that come from the confusion matrix.",
    )  # fmt: skip
    pairs = list(found.items())[:_LISTED]
    st.caption("Most often: " + ", ".join(f"{one} → {other} {times}" for (one, other), times in pairs))
    return pool, float(share)


def _trouble() -> tuple[str, float]:
    names = {"": "none", ANY: "any, another one each time"} | {kind: kind.replace("-", " ") for kind in KINDS}
    trouble = st.selectbox(
        "One trouble on top", list(names), format_func=names.__getitem__, key="synth_trouble",
        help="With a known severity and known victims, marked in orange.",
    )  # fmt: skip
    if not trouble:
        return "", 0.0
    severity = st.slider(
        "Severity", 0.0, 1.0, 0.6, 0.05, key="synth_severity", help="At 0 each picture has its own."
    )
    return str(trouble), float(severity)


def _slider(effect: Effect, usual: object) -> float:
    start = float(getattr(usual, effect.field))
    key = effect.key
    return float(st.slider(effect.label, 0.0, effect.most, start, effect.step, key=key, help=effect.help))


def _pitch() -> tuple[float, float]:
    usual = StripConfig()
    low, high = st.slider(
        "Pixels per character", 2.0, 40.0, (usual.smallest, usual.largest), 0.2, key="synth_pitch",
        help="In the small photo, before the line is enlarged. One strip in five goes past 14.",
    )  # fmt: skip
    return float(low), float(high)


def _usual() -> None:
    """Every slider as the generator has it."""
    usual = StripConfig()
    st.session_state["synth_pitch"] = (usual.smallest, usual.largest)
    st.session_state["synth_quality"] = CaptureConfig().quality
    for effects, config in (*_KINDS.values(), (CAPTURE, CaptureConfig())):
        for effect in effects:
            st.session_state[effect.key] = float(getattr(config, effect.field))
