"""What stands beside a VIN on its line keeps its distance; the VIN's own extents stay where they are."""

from __future__ import annotations

import numpy as np
import pytest

from core.synth import marks
from core.synth.glyphs import Face
from core.synth.marks import beside, emblem, square_code
from core.synth.plates import Canvas, text_width, write
from core.synth.scenes import SceneConfig, synthetic_scene
from core.synth.strips import StripConfig, synthetic_strip
from core.synth.strokes import StrokeFamily

VIN = "1M8GDM9AXKP042788"
FACE = Face(StrokeFamily(width=0.6, weight=0.12))


def line(seed: int) -> tuple[Canvas, Canvas, tuple[float, float], tuple[float, float]]:
    """A VIN alone, the same with something beside it, the VIN's ends and the line's."""
    start, size = 300.0, 36
    vin = (start, start + text_width(VIN, FACE, size))
    alone, marked = (Canvas(np.zeros((200, 1100), np.uint8)) for _ in range(2))
    ends = beside(marked, np.random.default_rng(seed), FACE, size, vin, 110)
    for canvas in (alone, marked):
        write(canvas, VIN, FACE, size, start, 110, vin=True)
    return alone, marked, vin, ends


def test_it_stands_beside_the_vin_and_never_on_it() -> None:
    for seed in range(200):
        alone, marked, vin, ends = line(seed)
        added = (marked.ink > 0) & (alone.ink == 0)
        assert added.any()
        assert ends[0] <= vin[0] and ends[1] >= vin[1]
        columns = np.nonzero(added.any(axis=0))[0]
        assert columns[0] >= ends[0] - 6 and columns[-1] <= ends[1] + 6
        inside = added[85:110, round(vin[0]) : round(vin[1])]
        assert not inside.any(), seed
        row = next(row for row in marked.rows if row.vin)
        assert (row.boxes == alone.rows[0].boxes).all()


def test_at_the_canvas_edge_it_is_cut_off() -> None:
    for seed in range(60):
        canvas = Canvas(np.zeros((40, 60), np.uint8))
        ends = beside(canvas, np.random.default_rng(seed), FACE, 36, (5.0, 55.0), 33)
        assert canvas.ink.shape == (40, 60) and ends[0] <= 5 and ends[1] >= 55


@pytest.mark.parametrize("height", [1, 5, 12, 48])
def test_emblems_have_ink_and_differ(height: int) -> None:
    made = [emblem(np.random.default_rng(seed), height) for seed in range(80)]
    assert all(0.02 < picture.mean() / 255 < 0.98 for picture in made)
    if height >= 12:
        assert len({picture.tobytes() for picture in made}) >= 75  # plain polygons come twice
        assert {picture.shape[0] for picture in made} == {height}


def test_square_codes_have_a_finder_pattern() -> None:
    for seed in range(20):
        code = square_code(np.random.default_rng(seed), 52)
        assert code.shape == (52, 52)
        # Data Matrix: left and bottom edges are solid; QR: the corner's eye is.
        assert code[:12, 0].min() > 127
        assert 0.3 < code.mean() / 255 < 0.7


def test_no_lone_letter_is_drawn_as_an_emblem(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(marks, "_OFTEN", (0.0, 0.0, 0.0, 1.0))
    monkeypatch.setattr(marks, "_letter", lambda *arguments: seen.append(arguments))
    monkeypatch.setattr(marks, "_INSIDES", (marks._star, marks._letter))
    for seed in range(30):
        emblem(np.random.default_rng(seed), 30)
    assert not seen


def test_marks_on_strips_are_outside_of_the_extents() -> None:
    """Extents stay in order, and start well inside of the strip where the detector took a mark along."""
    share = {}
    for marked in (0.0, 1.0):
        config = StripConfig(marked=marked)
        made = [synthetic_strip(np.random.default_rng(seed), config) for seed in range(120)]
        assert all((np.diff(strip.extents.mean(axis=1)) > 0).all() for strip in made)
        share[marked] = np.mean([strip.extents[0, 0] > 0.1 or strip.extents[-1, 1] < 0.9 for strip in made])
    assert share[1.0] > share[0.0] + 0.1


def test_marks_in_scenes_leave_the_vin_where_it_is() -> None:
    changed = 0
    for seed in range(12):
        plain, marked = (
            synthetic_scene(
                np.random.default_rng(seed),
                SceneConfig(side=256, empty=0.0, certification=0.0, marked=share),
            )
            for share in (0.0, 1.0)
        )
        assert marked.vin is not None and len(marked.characters[marked.vin]) == 17
        places = marked.quads[marked.vin].to_frame(marked.characters[marked.vin].mean(axis=1))
        assert ((places > -0.01) & (places < 1.01)).all()
        changed += int((plain.pixels != marked.pixels).any())
    assert changed == 12
