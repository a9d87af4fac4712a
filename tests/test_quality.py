"""The quality gate: what is told of a spoilt line, on which characters, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core import registry
from core.geometry import Quad
from core.quality.features import COLUMNS, LOCAL, WHOLE, features
from core.quality.gauge import Evidence, Gauge, evidence, to_input
from core.quality.inspect import certain, inspect, joined, weakest
from core.quality.kinds import KINDS, LEARNT, named, sentence
from core.quality.measures import HANDMADE, Ends, Finding, Glare, Light, Pitch, Steep, findings
from core.quality.screen import screen, suspect
from core.quality.view import HEIGHT, WIDTH, View
from core.records import Candidate, Line, Photo, Problem, Slot, Strip
from core.rectify import rectify
from core.synth.capture import CaptureConfig
from core.synth.scenes import SceneConfig, SyntheticScene, synthetic_scene
from core.synth.steep import steep
from core.synth.troubles import trouble
from core.verdict import verdict
from pages.widgets import slots

CLEAN = CaptureConfig(blur=0.0, motion=0.0, noise=0.05, sharpen=0.0, jpeg=0.0, glare=0.0, lowcontrast=0.0)


@pytest.fixture(scope="module")
def scenes() -> list[SyntheticScene]:
    """Level plates with ten pixels per character and more."""
    config = SceneConfig(empty=0.0, turned=0.0, certification=0.0, capture=CLEAN)
    made = (synthetic_scene(np.random.default_rng([77, seed]), config) for seed in range(60))
    return [scene for scene in made if scene.quads[scene.vin or 0].length > 200][:8]


@pytest.fixture(scope="module")
def gauge() -> Gauge:
    return Gauge.load(registry.CHAMPION)


def read(pixels: np.ndarray, scene: SyntheticScene, unsure: tuple[int, ...] = ()) -> tuple[Strip, Candidate]:
    """The scene's line as if it had been read without a fault; of some characters nobody is sure."""
    assert scene.vin is not None
    line = Line((scene.quads[scene.vin],), 1.0)
    frame = scene.quads[scene.vin].to_frame(scene.characters[scene.vin].reshape(-1, 2))[:, 0].reshape(-1, 4)
    read = tuple(
        Slot(character, 0.3 if k in unsure else 0.99, (), 0, (float(places.min()), float(places.max())))
        for k, (character, places) in enumerate(zip(scene.text, frame, strict=True))
    )
    return rectify(Photo(pixels), line), Candidate(line, read, {"ctc": scene.text}, 0.0, "")


def spoilt(
    kind: str, scene: SyntheticScene, severity: float, seed: int
) -> tuple[np.ndarray, tuple[int, ...]]:
    assert scene.vin is not None
    rng = np.random.default_rng([78, seed])
    return trouble(kind, scene.pixels, scene.characters[scene.vin], severity, rng)


def told(kind: str, scene: SyntheticScene, seed: int, gauge: Gauge | None) -> tuple[Problem, ...]:
    pixels, hurt = spoilt(kind, scene, 0.9, seed)
    return inspect(*read(pixels, scene, unsure=hurt), gauge)


@pytest.mark.parametrize(
    ("slots", "words"),
    [((2,), "3"), ((8, 9, 10), "9-11"), ((0, 3, 4, 5, 8), "1, 4-6 and 9"), ((16, 15), "16-17")],
)
def test_characters_are_named_as_people_count_them(slots: tuple[int, ...], words: str) -> None:
    assert named(slots) == words


def test_each_kind_has_one_sentence_that_says_where_and_what_to_do() -> None:
    assert sentence("glare", (8, 9, 10)) == "Glare on characters 9-11: tilt the phone a little up."
    assert sentence("glare", (15,)) == "Glare on character 16: tilt the phone a little to the left."
    assert sentence("damaged", (4,)).startswith("Character 5 is scratched or worn: ")
    for kind in KINDS:
        for hurt in ((), (3,), (3, 4, 5)):
            text = sentence(kind, hurt)
            assert text[0].isupper() and text.endswith(".") and text.count(": ") == 1
            assert "{" not in text and ("4" in text) == bool(hurt)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("glare", "glare"), ("too-dark", "dark"), ("defocus", "defocus"), ("too-bright", "bright")],
)
def test_hand_made_measures_name_what_is_plain_to_see(
    kind: str, name: str, scenes: list[SyntheticScene]
) -> None:
    worst = [
        problems[0].kind if (problems := told(kind, scene, seed, None)) else ""
        for seed, scene in enumerate(scenes)
    ]
    assert worst.count(name) >= 5, worst


def test_nothing_is_told_of_a_clean_line(scenes: list[SyntheticScene], gauge: Gauge) -> None:
    for how, most in ((None, 1), (gauge, 0)):
        strong = [
            problem
            for scene in scenes
            for problem in inspect(*read(scene.pixels, scene), how)
            if problem.severity >= 0.5
        ]
        assert len(strong) <= most, strong


def test_glare_is_told_on_the_characters_that_it_covers(scenes: list[SyntheticScene]) -> None:
    view = View.of(*read(scenes[0].pixels, scenes[0]))
    grey = np.full_like(view.grey, 90)
    start, end = (int(place * WIDTH) for place in (view.places[8, 0], view.places[10, 1]))
    grey[:, start:end] = 255
    found = Glare()(replace(view, grey=grey))
    assert found.slots == (8, 9, 10) and found.severity >= 0.5
    shade = Light("dark", 26.0)(replace(view, grey=np.where(grey == 255, 4, grey).astype(np.uint8)))
    assert shade.slots == (8, 9, 10) and shade.severity >= 0.5


def test_pitch_angle_and_ends_are_seen_in_the_line_itself() -> None:
    def view(quad: Quad, text: str = "X" * 17) -> View:
        photo = Photo(np.full((200, 400, 3), 128, np.uint8))
        parts = tuple(Slot("X", 0.9, (), 0, (k / 17, (k + 1) / 17)) for k in range(17))
        line = Line((quad,), 1.0)
        return View.of(Strip(photo, (quad,)), Candidate(line, parts, {"ctc": text}, 0.0, ""))

    usual = view(Quad.from_box((60, 80, 280, 24)))
    assert all(measure(usual).severity < 0.5 for measure in (Pitch(), Steep(), Ends()))
    assert Pitch()(view(Quad.from_box((60, 80, 17 * 3, 5)))).severity >= 0.5
    assert Steep()(view(Quad.from_box((150, 40, 17 * 5, 90)))).severity >= 0.5
    cut = Ends()(view(Quad.from_box((2, 80, 280, 24)), "X" * 14))
    assert cut.slots == (0, 1, 2) and cut.severity >= 0.5
    assert Ends()(view(Quad.from_box((118, 80, 280, 24)), "X" * 15)).slots == (15, 16)
    both = Ends()(view(Quad.from_box((2, 80, 396, 24)), "X" * 14))
    assert both.slots == () and both.severity >= 0.5
    assert sentence("cut", both.slots).startswith("An end of the line is cut off")


@pytest.mark.parametrize("kind", ["defocus", "glare", "too-dark", "low-contrast", "occlusion", "scratches"])
def test_the_network_names_the_trouble(kind: str, scenes: list[SyntheticScene], gauge: Gauge) -> None:
    names = {"too-dark": "dark", "low-contrast": "contrast", "occlusion": "dirt", "scratches": "damaged"}
    first = [
        problems[0].kind if (problems := told(kind, scene, seed, gauge)) else ""
        for seed, scene in enumerate(scenes)
    ]
    assert first.count(names.get(kind, kind)) >= 6, first


def test_the_network_finds_the_characters_that_are_hurt(scenes: list[SyntheticScene], gauge: Gauge) -> None:
    both = claimed = true = 0
    for kind in ("glare", "occlusion", "shadow"):
        for seed, scene in enumerate(scenes):
            pixels, hurt = spoilt(kind, scene, 0.8, seed)
            problems = inspect(*read(pixels, scene, unsure=hurt), gauge)
            mine = set(problems[0].slots or range(17)) if problems else set()
            both, claimed, true = both + len(mine & set(hurt)), claimed + len(mine), true + len(hurt)
    assert 2 * both / (claimed + true) > 0.7


def test_what_the_network_says_is_read_at_the_characters_places() -> None:
    output = np.full((1 + COLUMNS, 2 + len(LEARNT)), -8.0, np.float32)
    output[0, 2 + LEARNT.index("glare")] = 8.0
    output[1:9, 2 + LEARNT.index("glare")] = 8.0
    extents = np.stack([np.arange(17) / 17, np.arange(1, 18) / 17], axis=1)
    seen = evidence(output, extents)
    assert seen.kinds["glare"] > 0.99 and seen.none < 0.01
    assert (seen.slots["glare"] > 0.5).tolist() == [True] * 3 + [False] * 14
    whole, local = features(np.zeros((HEIGHT, WIDTH, 3), np.uint8), 8.0, 12.0)
    assert whole.shape == (WHOLE,) and local.shape == (COLUMNS, LOCAL)
    brown = np.full((HEIGHT, WIDTH, 3), (130, 100, 70), np.uint8)
    grey = np.full_like(brown, 105)
    assert (features(brown, 8.0, 12.0)[1][:, 17] > features(grey, 8.0, 12.0)[1][:, 17] + 0.5).all()
    assert np.isfinite(to_input(whole, local)).all() and to_input(whole, local).shape[1:] == (41, WHOLE)


def test_a_folder_without_the_network_gets_the_shipped_one(tmp_path: Path, gauge: Gauge) -> None:
    assert Gauge.load(tmp_path).network.card.fingerprint == gauge.network.card.fingerprint


def test_of_two_findings_of_a_kind_the_worse_one_is_told() -> None:
    kept = joined([Finding("small", 0.4, 1.0), Finding("small", 2.0, 1.0), Finding("cut", 1.0, 1.0, (0,))])
    assert [(finding.kind, finding.severity) for finding in kept] == [("small", 1.0), ("cut", 0.5)]
    assert {finding.kind for finding in findings(View.of(*_plain()), HANDMADE)} <= set(KINDS)


@dataclass(frozen=True, eq=False)
class Fixed(Gauge):
    """A network that has made up its mind."""

    seen: Evidence = field(default_factory=lambda: thinks(1.0))

    def look(self, view: View) -> Evidence:
        return self.seen


def thinks(none: float, severity: float = 0.0, **kinds: float) -> Evidence:
    slots = {kind: np.full(17, 0.9) for kind in LEARNT}
    return Evidence(none, {kind: kinds.get(kind, 0.0) for kind in LEARNT}, severity, slots)


def test_where_the_whole_reading_is_in_doubt_something_is_wrong(gauge: Gauge) -> None:
    """Seventeen characters at 0.9 are a guess (0.17), though none of them is in doubt by itself."""
    faint = Fixed(gauge.network, thinks(0.6, 0.25, dirt=0.4))
    assert inspect(*_plain(0.99), faint) == ()
    assert [problem.kind for problem in inspect(*_plain(0.9), faint)] == ["dirt"]
    candidate = _plain(0.9)[1]
    assert certain(candidate) == pytest.approx(0.9**17) and weakest(candidate) == 0.9
    assert inspect(*_plain(0.9), faint, sure=weakest(candidate)) == ()


def test_seen_from_the_side_characters_are_narrow_for_that_reason(gauge: Gauge) -> None:
    narrow = Quad.from_box((10, 10, 17 * 3, 24))
    first = [
        inspect(*_plain(0.9, narrow), Fixed(gauge.network, seen))[0].kind
        for seen in (thinks(0.0, 0.8, steep=1.0), thinks(0.0, 0.8, small=1.0), thinks(1.0))
    ]
    assert first == ["steep", "small", "small"]


def _plain(confidence: float = 0.9, quad: Quad | None = None) -> tuple[Strip, Candidate]:
    quad = quad or Quad.from_box((10, 10, 170, 14))
    parts = tuple(Slot("X", confidence, (), 0, (k / 17, (k + 1) / 17)) for k in range(17))
    photo = Photo(np.full((40, 190, 3), 90, np.uint8))
    return Strip(photo, (quad,)), Candidate(Line((quad,), 1.0), parts, {}, 0.0, "")


def test_hopeless_photos_are_screened_and_no_others(scenes: list[SyntheticScene]) -> None:
    for scene in scenes:
        assert screen(Photo(scene.pixels)) is None
    rng = np.random.default_rng(1)
    shape = (300, 400, 3)
    kinds = {
        "dark": rng.integers(0, 6, shape, np.uint8),
        "bright": np.full(shape, 252, np.uint8),
        "contrast": rng.integers(120, 123, shape, np.uint8),
        "small": rng.integers(0, 255, (20, 30, 3), np.uint8),
        "defocus": cv2.GaussianBlur(scenes[0].pixels, (0, 0), 40),
    }
    for kind, pixels in kinds.items():
        problem = screen(Photo(pixels))
        assert problem is not None and problem.kind == kind and problem.severity == 1.0
    faint = suspect(Photo((scenes[0].pixels // 8 + 5).astype(np.uint8)))
    assert faint is not None and faint.kind == "dark" and faint.severity < 1.0


def test_a_spoilt_picture_has_to_be_surer() -> None:
    glare = Problem("glare", 0.8, (8, 9), "")
    assert verdict(0.96, (glare,), 0.93, accept_spoilt=0.98) == "review"
    assert verdict(0.985, (glare,), 0.93, accept_spoilt=0.98) == "accepted"
    assert verdict(0.96, (replace(glare, severity=0.3),), 0.93, accept_spoilt=0.98) == "accepted"
    assert verdict(0.15, (glare,), 0.93, retake=0.1) == "review"


def test_a_steep_angle_moves_the_characters(scenes: list[SyntheticScene]) -> None:
    scene = scenes[0]
    assert scene.vin is not None
    corners = scene.characters[scene.vin]
    pixels, same = steep(scene.pixels, corners, 0.0, np.random.default_rng(1))
    assert np.array_equal(pixels, scene.pixels) and np.array_equal(same, corners)
    pixels, moved = steep(scene.pixels, corners, 0.9, np.random.default_rng(1))
    assert pixels.shape == scene.pixels.shape
    areas = [sum(cv2.contourArea(c.astype(np.float32)) for c in all_) for all_ in (corners, moved)]
    assert areas[1] < 0.5 * areas[0]


def test_hurt_characters_are_hatched_and_told(scenes: list[SyntheticScene]) -> None:
    strip, candidate = read(scenes[0].pixels, scenes[0])
    problem = Problem("glare", 0.8, (8, 9), sentence("glare", (8, 9)))
    assert slots.hurting(8, [problem]) == ["Glare"] and slots.hurting(7, [problem]) == []
    cell = slots._cell(8, candidate.slots[8], slots.hurting(8, [problem]))
    assert "vd-hurt" in cell and "picture: glare" in cell
    marked = slots.figure(
        strip.photo, candidate.line.parts[0], list(candidate.slots), hurt={candidate.slots[8]}
    )
    assert marked.count("vd-hurt") == 1
