"""Strips without a VIN: they are drawn, cut out beside real lines, and teach the readers to be silent."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.geometry import Quad
from core.learn.crops import Crop, beside
from core.learn.ctc.loss import BLANK, masked_ctc
from core.learn.strips import NOTHING, StripSources, StripStream, classes_of
from core.learn.yolo.loss import silence_loss
from core.learn.yolo.train import YoloTask, YoloTrainConfig
from core.synth import others
from core.synth.capture import CaptureConfig
from core.synth.glyphs import Face
from core.synth.others import other_row
from core.synth.strips import StripConfig
from core.synth.strokes import StrokeFamily

VIN = "1M8GDM9AXKP042788"


def test_other_rows_have_text_and_no_two_are_alike() -> None:
    config = StripConfig()
    made = [other_row(np.random.default_rng(seed), config) for seed in range(30)]
    assert {strip.shape for strip in made} == {(config.height, config.width)}
    assert len({strip.tobytes() for strip in made}) == 30
    again = other_row(np.random.default_rng(7), config)
    assert (again == made[7]).all()


def test_a_font_without_cyrillic_letters_writes_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    face = Face(StrokeFamily(width=0.6, weight=0.12))
    monkeypatch.setattr(others, "vin_style", lambda *_, **__: (face, 0.0, None))
    monkeypatch.setattr(others, "filler", lambda rng: "МЕСТ")
    strip = other_row(np.random.default_rng(1), StripConfig(capture=CaptureConfig().times(0)))
    assert strip.std() > 5


def test_beside_a_line_is_the_row_above_or_below_it() -> None:
    """Three rows of different grey: the strip shows the middle one never."""
    pixels = np.repeat(np.repeat(np.array([40, 128, 220], np.uint8), 30)[:, None], 300, axis=1)
    crop = Crop(pixels, Quad.from_line((150, 45), 200, 20, 0.0), VIN)
    seen = set()
    for seed in range(20):
        other = beside(crop, np.random.default_rng(seed))
        assert other.text == "" and other.quad.length == pytest.approx(crop.quad.length)
        x, y = other.quad.corners.mean(axis=0)
        assert 23.9 <= abs(y - 45) <= 30.1 and x == pytest.approx(150)
        seen.add(int(pixels[int(y), int(x)]))
    assert seen == {40, 220}


def test_as_many_strips_without_a_vin_as_asked_for() -> None:
    stream = StripStream(StripSources(others=0.3), 320, 48)
    drawn = [stream.draw(np.random.default_rng(seed)) for seed in range(120)]
    silent = [example for example in drawn if not example.text]
    assert 20 <= len(silent) <= 55
    assert all(example.extents is None and example.pixels.shape == (48, 320) for example in silent)
    assert classes_of("") == [NOTHING] * 17 and NOTHING not in classes_of(VIN)


def test_a_ctc_reader_is_right_there_when_every_frame_is_blank() -> None:
    silent, told = torch.tensor([classes_of("")]) + 1, torch.tensor([classes_of(VIN)]) + 1
    quiet = torch.full((40, 1, 34), -20.0)
    quiet[..., BLANK] = 20.0
    loud = torch.zeros(40, 1, 34)
    frames = [one.log_softmax(2) for one in (quiet, loud)]
    assert masked_ctc(frames[0], silent) < 1e-6 < masked_ctc(frames[1], silent)
    # One row of a batch does not change what the others are told.
    both = masked_ctc(frames[1].repeat(1, 2, 1), torch.cat([silent, told]))
    alone = (masked_ctc(frames[1], silent) + masked_ctc(frames[1], told)) / 2
    assert both.item() == pytest.approx(alone.item(), rel=1e-5)


def test_a_yolo_reader_is_right_there_when_no_box_holds_anything() -> None:
    raw = torch.zeros(2, 30, 5, 36)
    quiet = raw.clone()
    quiet[..., 2] = -20
    assert silence_loss(quiet) < 1e-5 < silence_loss(raw)
    assert silence_loss(raw).item() == pytest.approx(30 * 5 * np.log(2) / 17, rel=1e-5)


def test_the_yolo_task_learns_from_batches_with_and_without_vins() -> None:
    for share in (0.4, 1.0):
        task = YoloTask(YoloTrainConfig(StripSources(others=share), start="scratch"))
        loss, told = task.loss(task.network, task.batch(0, 8, seed=1))
        assert torch.isfinite(loss) and "others" in told
        loss.backward()
        assert ("boxes" in told) == (share < 1)
