"""Learning from corrected labels: `?` is masked, extents and quads are used."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from core.geometry import Quad
from core.images import encode_png
from core.learn.corrections import Correction, crop_of, load_corrections, save_corrections
from core.learn.craft.train import CraftTask, CraftTrainConfig
from core.learn.crops import augmented
from core.learn.ctc.loss import ANY, masked_ctc
from core.learn.ctc.train import CtcTask, CtcTrainConfig
from core.learn.strips import StripSources, StripStream, classes_of
from core.learn.yolo.loss import YoloWeights, box_loss
from core.learn.yolo.network import YoloNetworkConfig
from core.learn.yolo.train import YoloTask, YoloTrainConfig
from core.vin import ALPHABET

VIN = "1M8GDM9AXKP042788"
OPEN = "1M8GD?9AXKP042788"
PITCH, LEFT, TOP = 36, 30, 60


def drawn(path: Path, text: str = VIN) -> Path:
    picture = np.full((160, 2 * LEFT + 17 * PITCH, 3), 70, np.uint8)
    for place, character in enumerate(text):
        spot = (LEFT + place * PITCH + 4, TOP + 34)
        cv2.putText(picture, character, spot, cv2.FONT_HERSHEY_SIMPLEX, 1.2, (240,) * 3, 3, cv2.LINE_AA)
    path.write_bytes(encode_png(picture))
    return path


def correction(path: Path, text: str = VIN, **changes: object) -> Correction:
    boxes = np.array([[0, (i + 0.05) / 17, 0.1, 0.9 / 17, 0.8] for i in range(17)])
    given: dict = {"characters": boxes, **changes}
    return Correction(path, text, (Quad.from_box((LEFT, TOP, 17 * PITCH, 40)),), **given)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "corrections.json"
    photo = drawn(tmp_path / "a.png")
    val = correction(photo, side="val")
    old = correction(photo, characters=None, source="replay")
    save_corrections(path, [correction(photo, OPEN), old, val, correction(tmp_path / "forgotten.png")])
    return path


def test_the_file_comes_back_and_is_private(file: Path) -> None:
    first, old, val, _ = load_corrections(file)
    assert (first.text, first.source, val.side, old.characters) == (OPEN, "new", "val", None)
    assert first.characters is not None and first.characters.shape == (17, 5)
    assert first.boxes()[0].shape == (17, 4, 2)
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("[]")
    with pytest.raises(ValueError, match="no file of corrections"):
        load_corrections(file)


class TestMaskedCtc:
    def frames(self, seed: int = 0, steps: int = 40, count: int = 3) -> torch.Tensor:
        logits = torch.randn(steps, count, 34, generator=torch.Generator().manual_seed(seed))
        return logits.requires_grad_()

    def test_without_gaps_it_is_torchs_loss(self) -> None:
        frames = self.frames().log_softmax(2)
        classes = torch.tensor([classes_of(VIN), classes_of("1FTFW1ET5DFC10312"), classes_of("1" * 17)]) + 1
        lengths = torch.full((3,), 40), torch.full((3,), 17)
        theirs = functional.ctc_loss(frames, classes, *lengths, zero_infinity=True)
        assert masked_ctc(frames, classes).item() == pytest.approx(theirs.item(), abs=1e-5)

    def test_a_gap_is_the_sum_over_all_characters_that_may_stand_there(self) -> None:
        # Short enough to sum by hand: one frame per character leaves a single alignment.
        frames = self.frames(steps=2, count=1).log_softmax(2)
        open_text = torch.tensor([[ANY, 7]])
        by_hand = torch.logsumexp(frames[0, 0, 1:], 0) + frames[1, 0, 7]
        assert masked_ctc(frames, open_text).item() == pytest.approx(-by_hand.item() / 2, abs=1e-5)

    def test_a_gap_teaches_no_character(self) -> None:
        logits = self.frames(steps=17, count=1)
        # No character twice in a row, so that 17 frames suffice.
        classes = torch.tensor([classes_of("1M8GD?9AXKP042768")]) + 1
        assert classes[0, 5] == ANY
        masked_ctc(logits.log_softmax(2), classes).backward()
        assert logits.grad is not None
        push = logits.grad[:, 0]
        # With 17 frames character k is told in frame k. At the gap all characters are pushed up alike, each
        # by its own probability; elsewhere one is pushed up and the others down.
        assert (push[5, 1:] < 0).all() and push[5, 0] > 0
        assert (push[4, 1:] < 0).sum() == 1

    def test_known_rows_of_the_same_batch_keep_their_loss(self) -> None:
        frames = self.frames(count=2).log_softmax(2)
        classes = torch.tensor([classes_of(OPEN), classes_of(VIN)]) + 1
        one = masked_ctc(frames[:, :1], classes[:1]), masked_ctc(frames[:, 1:], classes[1:])
        assert masked_ctc(frames, classes).item() == pytest.approx(
            sum(part.item() for part in one) / 2, rel=1e-4
        )


class TestExtents:
    def test_they_follow_the_characters_through_every_augmentation(self, tmp_path: Path) -> None:
        # White bars in place of characters: where they are can be measured in the strip.
        picture = np.zeros((160, 2 * LEFT + 17 * PITCH, 3), np.uint8)
        for place in range(17):
            picture[TOP - 20 : TOP + 60, LEFT + place * PITCH + 13 : LEFT + place * PITCH + 23] = 255
        path = tmp_path / "bars.png"
        path.write_bytes(encode_png(picture))
        boxes = np.array([[0, (place + 13 / 36) / 17, 0, 10 / 36 / 17, 1] for place in range(17)])
        crop = crop_of(correction(path, characters=boxes))
        missed = []
        for seed in range(40):
            strip, extents = augmented(crop, np.random.default_rng(seed), 960, 32)
            assert extents is not None
            row = strip[12:20].mean(axis=0)
            middles = (extents.mean(axis=1) * 960).round().astype(int)
            inside = [k for k in middles if 20 <= k < 940]
            gaps = [round((a + b) / 2) for a, b in pairwise(middles) if a >= 20 and b < 940]
            # The picture may have been turned into its negative: there is less of the bars than of the rest.
            sign = 1 if row.mean() > np.median(row) else -1
            missed.append(sign * (np.mean(row[inside]) - np.mean(row[gaps])) <= 10)
        # A smear or strong noise may hide a bar; the extents themselves must not wander.
        assert sum(missed) <= 2

    def test_two_lines_become_one_with_the_characters_in_order(self, tmp_path: Path) -> None:
        path = drawn(tmp_path / "a.png")
        half = 9 * PITCH
        quads = (Quad.from_box((LEFT, TOP, half, 40)), Quad.from_box((LEFT + half, TOP, 8 * PITCH, 40)))
        rows = [[0, i / 9, 0, 1 / 9, 1] for i in range(9)] + [[1, i / 8, 0, 1 / 8, 1] for i in range(8)]
        two = Correction(path, VIN, quads, np.array(rows))
        crop = crop_of(two)
        assert crop.extents is not None
        assert (np.diff(crop.extents[:, 0]) > 0).all()
        assert crop.extents[0, 0] == pytest.approx(0, abs=0.01)
        assert crop.extents[-1, 1] == pytest.approx(1, abs=0.01)
        assert [len(row) for row in two.boxes()] == [9, 8]


class TestTasks:
    def test_the_stream_draws_new_and_old_and_validates_on_val(self, file: Path) -> None:
        stream = StripStream(StripSources(corrections=str(file), real=1.0, replay=0.5), 320, 32)
        assert (len(stream.fresh), len(stream.crops), len(stream.lines)) == (1, 1, 1)
        rng = np.random.default_rng(0)
        drawn = [stream.draw(rng) for _ in range(40)]
        assert 10 <= sum(example.text == OPEN for example in drawn) <= 30
        assert all((example.extents is not None) == (example.text == OPEN) for example in drawn)

        def decode(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            slots = np.zeros((len(batch), 17, 33))
            for place, character in enumerate(VIN):
                slots[:, place, ALPHABET.index(character)] = 1
            return slots, np.zeros(len(batch))

        assert stream.validate(decode, 5) == {"exact": 1.0, "cer": 0.0, "n": 1.0, "score": 1.0}

    def test_ctc_and_yolo_learn_from_a_text_with_a_gap(self, file: Path) -> None:
        sources = StripSources(corrections=str(file), real=1.0, replay=0.0)
        ctc = CtcTask(CtcTrainConfig(sources, start="scratch"))
        batch = ctc.batch(0, 4, 1)
        assert (batch[1][:, 5] == ANY).all()
        loss, _ = ctc.loss(ctc.network, batch)
        assert torch.isfinite(loss)
        yolo = YoloTask(YoloTrainConfig(sources, start="scratch", network=YoloNetworkConfig(channels=16)))
        batch = yolo.batch(0, 4, 1)
        assert batch[3].all()  # corrected extents are boxes to learn from
        owned = batch[1][..., 0] > 0
        assert owned.sum() >= 4 * 15
        loss, told = yolo.loss(yolo.network, batch)
        assert torch.isfinite(loss)
        assert {"boxes", "place", "class"} <= told.keys()

    def test_a_box_whose_character_is_unknown_teaches_its_place_only(self, file: Path) -> None:
        sources = StripSources(corrections=str(file), real=1.0, replay=0.0)
        yolo = YoloTask(YoloTrainConfig(sources, start="scratch", network=YoloNetworkConfig(channels=16)))
        _, targets, classes, _ = yolo.batch(0, 4, 1)
        assert (classes[:, 5] == -1).all()
        unknown = (targets[..., 0] > 0) & (targets[..., 3] == -1)
        assert unknown.any()
        raw = torch.zeros(*targets.shape[:3], 36, requires_grad=True)
        loss, _ = box_loss(raw, targets, YoloWeights())
        loss.backward()
        assert raw.grad is not None
        assert raw.grad[..., 3:][unknown].abs().max() == 0
        assert raw.grad[..., 2][unknown].abs().min() > 0

    def test_the_detector_learns_from_corrected_quads_and_characters(self, file: Path) -> None:
        config = CraftTrainConfig(corrections=str(file), real=1.0, replay=0.0, start="scratch", side=160)
        task = CraftTask(config)
        pictures, targets, weights = task.batch(0, 2, 1)
        assert pictures.shape == (2, 3, 160, 160)
        assert targets[:, 2].amax(dim=(1, 2)).min() > 0.9
        assert targets[:, 0].amax(dim=(1, 2)).min() > 0.3
        assert 0 < weights[:, 0].mean() < 1
        loss, _ = task.loss(task.network, (pictures, targets, weights))
        assert torch.isfinite(loss)
        task.network.eval()
        assert 0 <= task.validate(task.network)["score"] <= 2

    def test_a_photo_that_is_forgotten_meanwhile_does_not_end_the_detectors_run(self, file: Path) -> None:
        config = CraftTrainConfig(corrections=str(file), real=1.0, replay=0.0, start="scratch")
        task = CraftTask(config)
        for one in (*task._real, *task._fresh, *task._val):
            one.path.write_bytes(b"no photo any more")
        assert task.batch(0, 2, 1)[0].shape == (2, 3, config.side, config.side)
        assert task.validate(task.network) == {"score": 0.0}
