"""The authors' CRAFT as a detector: conversion of a made-up checkpoint, what is refused, maps to lines."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from straw import VIN, StrawReader, plate

from core import registry
from core.cli import main
from core.detect.lines import LineConfig
from core.detect.original import NAME, SETTINGS, OriginalCraft, cached, joined, words
from core.geometry import Quad
from core.images import encode_png, from_array
from core.learn.craft import original
from core.learn.craft.original import MEAN, OriginalError, OriginalNetwork, convert
from core.learn.craft.targets import affinity_map, evenly_spaced, region_map
from core.records import HeatMaps
from core.registry import Card, Network

NARROW = 16
SHAPE = (120, 300)


@pytest.fixture(scope="module")
def network() -> OriginalNetwork:
    torch.manual_seed(3)
    network = OriginalNetwork(NARROW)
    for name, values in network.named_buffers():
        if name.endswith("running_var"):
            values.uniform_(0.5, 2.0)
    return network.eval()


@pytest.fixture
def checkpoint(network: OriginalNetwork, tmp_path: Path) -> Path:
    """As the authors save theirs: from a network spread over several devices."""
    path = tmp_path / "craft_mlt_25k.pth"
    torch.save({f"module.{name}": value for name, value in network.state_dict().items()}, path)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TestConversion:
    def test_onnx_runtime_gives_what_torch_gives(
        self, network: OriginalNetwork, checkpoint: Path, tmp_path: Path
    ) -> None:
        card = convert(checkpoint, tmp_path / "cache", sha256(checkpoint), NARROW)
        loaded = registry.load(NAME, tmp_path / "cache")
        photos = np.random.default_rng(0).uniform(-1, 1, (1, 3, 64, 160)).astype(np.float32)
        with torch.inference_mode():
            ours = network(torch.from_numpy(photos)).numpy()
        assert ours.shape == (1, 2, 32, 80)
        assert np.abs(loaded.run(photos)[0] - ours).max() < 1e-5
        assert card.settings == SETTINGS and sha256(checkpoint) in card.origin
        assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [
            f"{NAME}.json",
            f"{NAME}.onnx",
        ]

    def test_photos_are_told_apart_from_the_mean_colour(self, network: OriginalNetwork) -> None:
        seen = []
        hook = network.basenet.slice1.register_forward_pre_hook(lambda _module, given: seen.append(given[0]))
        with torch.inference_mode():
            network(torch.tensor(MEAN).view(1, 3, 1, 1).expand(1, 3, 32, 32) * 2 - 1)
        hook.remove()
        assert seen[0].abs().max() < 1e-6

    def test_another_file_is_refused_unopened(self, checkpoint: Path, tmp_path: Path) -> None:
        with pytest.raises(OriginalError, match=r"sha256 .* not opened.*make craft-original"):
            convert(checkpoint, tmp_path / "cache")
        assert not (tmp_path / "cache").exists()

    def test_a_pickle_that_runs_code_is_refused(self, tmp_path: Path) -> None:
        path, mark = tmp_path / "craft_mlt_25k.pth", tmp_path / "ran"
        torch.save({"module.basenet": Touch(mark)}, path)
        with pytest.raises(OriginalError, match="does not hold CRAFT's weights"):
            convert(path, tmp_path / "cache", sha256(path), NARROW)
        assert not mark.exists()

    def test_weights_of_another_network_are_refused(self, checkpoint: Path, tmp_path: Path) -> None:
        with pytest.raises(OriginalError, match="does not hold CRAFT's weights"):
            convert(checkpoint, tmp_path / "cache", sha256(checkpoint), NARROW // 2)

    def test_a_damaged_or_foreign_copy_is_not_served(self, checkpoint: Path, tmp_path: Path) -> None:
        folder = tmp_path / "cache"
        assert cached(folder) is None
        convert(checkpoint, folder, sha256(checkpoint), NARROW)
        assert cached(folder) is None  # its card names another checkpoint than the authors'
        (folder / f"{NAME}.onnx").write_bytes(b"cut off")
        assert cached(folder) is None


class Touch:
    """Writes a file when it is unpickled without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def maps_of(*rows: tuple[Quad, int]) -> HeatMaps:
    characters = [evenly_spaced(quad, count) for quad, count in rows]
    region, affinity = region_map(characters, SHAPE), affinity_map(characters, SHAPE)
    return HeatMaps(region, affinity, np.maximum(region, affinity), 0.5)


def detector() -> OriginalCraft:
    return OriginalCraft(Network(Card(NAME, {}, {}, (0, 0), 0, "", "", 0, "", settings=SETTINGS), None))  # type: ignore[arg-type]


class TestLines:
    CONFIG = LineConfig(threshold=0.4)

    @pytest.mark.parametrize("degrees", [0, 12, -15])
    def test_a_line_is_found_where_it_is(self, degrees: float) -> None:
        quad = Quad.from_line((150, 60), 204, 16, np.deg2rad(degrees))
        (line,) = detector().lines(maps_of((quad, 17)), self.CONFIG)
        found = line.parts[0].scaled(0.5)
        assert np.abs(found.centre - quad.centre).max() < 2
        assert abs(np.rad2deg(found.angle - quad.angle)) < 2
        assert found.length == pytest.approx(quad.length, rel=0.08)
        assert found.height == pytest.approx(quad.height, rel=0.4)

    def test_seventeen_characters_come_before_other_rows(self) -> None:
        rows = [
            (Quad.from_line((150, 20), 108, 14, 0.0), 9),
            (Quad.from_line((150, 60), 204, 14, 0.0), 17),
            (Quad.from_line((150, 100), 276, 14, 0.0), 30),
        ]
        lines = detector().lines(maps_of(*rows), self.CONFIG)
        assert len(lines) == 3
        assert lines[0].parts[0].scaled(0.5).centre[1] == pytest.approx(60, abs=2)
        assert lines[0].score > lines[1].score

    def test_a_vin_in_two_words_is_one_line(self) -> None:
        maps = maps_of((Quad.from_box((20, 50, 96, 14)), 8), (Quad.from_box((126, 50, 108, 14)), 9))
        assert len(words(maps)) == 2
        (quad,) = joined(words(maps))
        assert quad.bounds()[0] == pytest.approx(20, abs=4)
        assert quad.length == pytest.approx(214, abs=8)

    def test_neighbouring_rows_and_far_words_stay_apart(self) -> None:
        rows = [(20, 40), (20, 60), (210, 40)]
        maps = maps_of(*((Quad.from_box((left, top, 84, 14)), 7) for left, top in rows))
        assert len(joined(words(maps))) == 3

    def test_a_region_leaves_out_what_lies_elsewhere(self) -> None:
        maps = maps_of((Quad.from_box((40, 20, 204, 14)), 17), (Quad.from_box((40, 80, 204, 14)), 17))
        region = Quad.from_box((60, 150, 440, 50))  # photo pixels: twice those of the map
        (line,) = detector().lines(maps, self.CONFIG, region)
        assert line.parts[0].centre[1] == pytest.approx(174, abs=4)

    def test_nothing_is_no_line(self) -> None:
        assert detector().lines(maps_of(), self.CONFIG) == []


def test_maps_fit_the_photo_and_stay_within_bounds(checkpoint: Path, tmp_path: Path) -> None:
    convert(checkpoint, tmp_path / "cache", sha256(checkpoint), NARROW)
    maps = OriginalCraft(registry.load(NAME, tmp_path / "cache")).maps(from_array(plate()), zoom=0.25)
    # 640 x 240 pixels: 1.5 times as large is 960, a quarter of it 240, and maps are half of that.
    assert maps.region.shape == maps.affinity.shape == maps.vin.shape == (45, 120)
    assert maps.scale == pytest.approx(120 / 640)
    assert maps.vin.min() >= 0 and maps.vin.max() <= 1


class TestCommandLine:
    @pytest.fixture
    def labels(self, tmp_path: Path) -> Path:
        (tmp_path / "a.png").write_bytes(encode_png(plate()))
        path = tmp_path / "labels.csv"
        path.write_text(f"photo,left,top,width,height,vin,read\na.png,10,20,80,10,{VIN},twice\n")
        return path

    def test_without_the_package_it_says_what_to_do(
        self,
        labels: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("VIN_DESK_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(original, "find_spec", lambda name: None)
        assert main(["read", str(tmp_path / "a.png"), "--detector", NAME]) == 2
        assert "make craft-original" in capsys.readouterr().err

    def test_two_detectors_stand_side_by_side(
        self, labels: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        readers = {"craft": StrawReader(), NAME: StrawReader(vin="1" * 17)}
        monkeypatch.setattr("core.cli.beside.reader_with", readers.__getitem__)
        command = ["evaluate", str(labels), "--detector", "craft", "--detector", NAME]
        assert main(command) == 0
        rows = {line[:19].strip(): line[19:] for line in capsys.readouterr().out.splitlines()}
        assert rows[""].split() == ["craft", NAME]
        assert "100.0 % (1 of 1" in rows["exact match"] and "0.0 % (0 of 1" in rows["exact match"]
        assert "2.0 (95 %: 2.0)" in rows["total ms"]
        assert main([*command, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)["detectors"]
        assert told["craft"]["exact"]["hits"] == 1 and told[NAME]["exact"]["hits"] == 0
        assert told["craft"]["oracle"]["n"] == 1

    def test_a_given_box_leaves_detectors_no_say(
        self, labels: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command = ["evaluate", str(labels), "--given-box", "--detector", "craft", "--detector", NAME]
        assert main(command) == 2
        assert "one --detector" in capsys.readouterr().err
