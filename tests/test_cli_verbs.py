"""The verbs that measure, make and train, on a reader of straw and small counts."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from straw import VIN, StrawReader

from core.cli import main
from core.learn.loop import best_validation
from core.synth.vins import HARD

ROOT = Path(__file__).resolve().parents[1]


class TestEvaluate:
    @pytest.fixture
    def labels(self, photo: Path) -> Path:
        path = photo.parent / "train.csv"
        path.write_text(
            "photo,use,left,top,width,height,vin,read,tags\n"
            f'a.jpg,val,10,20,80,10,{VIN},twice,"clear,label"\n'
            f"a.jpg,val,200,20,80,10,2{VIN[1:]},twice,blur\n"
            "a.jpg,labelled,10,20,80,10,,illegible,blur\n"
            "a.jpg,pool,10,20,80,10,,,\n"
        )
        return path

    def test_the_figures_in_text(
        self, straw: StrawReader, labels: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["evaluate", str(labels), "--wrong"]) == 0
        out = capsys.readouterr().out
        assert "exact match         50.0 %  (1 of 2; 95 % interval 9.5 to 90.5)" in out
        assert "detection           50.0 %" in out
        assert "illegible accepted 100.0 %  (1 of 1" in out
        assert "models             ctc 1a2b3c4d" in out
        assert f"2{VIN[1:]}  {VIN}  accepted  0.987" in out

    def test_one_json_object_and_a_file(
        self, straw: StrawReader, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "scores.json"
        assert main(["evaluate", str(labels), "--use", "val", "--json", "--out", str(out)]) == 0
        printed, written = json.loads(capsys.readouterr().out), json.loads(out.read_text())
        assert printed["exact"] == {"share": 0.5, "hits": 1, "n": 2, "interval": [0.0945, 0.9055]}
        assert printed["photos"] == 2
        assert printed["unreadable_accepted"] == {}
        assert [entry["truth"] for entry in written.pop("wrong")] == ["2" + VIN[1:]]
        assert written == printed

    def test_the_true_box_is_handed_in(self, straw: StrawReader, labels: Path) -> None:
        assert main(["evaluate", str(labels), "--given-box", "--limit", "1", "--json"]) == 0
        (region,) = straw.regions
        assert region is not None
        assert region.bounds() == (10, 20, 80, 10)

    def test_a_missing_photo_is_an_error_that_counts_as_wrong(
        self, straw: StrawReader, labels: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (labels.parent / "a.jpg").unlink()
        assert main(["evaluate", str(labels), "--json"]) == 1
        captured = capsys.readouterr()
        assert json.loads(captured.out)["cer"] == 1.0
        assert "3 of 3 photos could not be read" in captured.err

    @pytest.mark.parametrize(
        ("text", "arguments", "words"),
        [
            (None, [], "cannot be read as a labels file"),
            ("name,text\na,b\n", [], "lacks the columns"),
            ("photo,vin,width\na.jpg,,10\n", [], "lacks the column 'left'"),
            ("photo,vin,read\na.jpg,,\n", [], "no transcribed photos"),
            (f"photo,vin\na.jpg,{VIN}\n", ["--given-box"], "does not give every photo's box"),
            (f"photo,vin\na.jpg,{VIN}\n", ["--use", "val"], "use = val"),
            (f"photo,vin\na.jpg,{VIN}\n", ["--out", "/nowhere/x.json"], "does not exist"),
        ],
    )
    def test_a_file_that_cannot_be_scored_is_refused(
        self,
        straw: StrawReader, tmp_path: Path, capsys: pytest.CaptureFixture[str],
        text: str | None, arguments: list[str], words: str,
    ) -> None:  # fmt: skip
        path = tmp_path / "labels.csv"
        if text is not None:
            path.write_text(text)
        assert main(["evaluate", str(path), *arguments]) == 2
        assert words in capsys.readouterr().err


class TestSynthesize:
    @pytest.fixture(autouse=True)
    def _fonts(self) -> None:
        from core.synth.glyphs import NoFonts, faces

        try:
            faces()
        except NoFonts as error:
            pytest.skip(str(error))

    @pytest.mark.parametrize("kind", [[], ["--scenes"]])
    def test_a_broken_off_run_ends_as_an_unbroken_one(self, tmp_path: Path, kind: list[str]) -> None:
        whole, pieces = tmp_path / "whole", tmp_path / "pieces"
        assert main(["synthesize", "--out", str(whole), "--count", "4", "--seed", "7", *kind]) == 0
        assert main(["synthesize", "--out", str(pieces), "--count", "2", "--seed", "7", *kind]) == 0
        # As if it had been stopped while it wrote the second label, and a picture was lost since.
        labels = pieces / "labels.csv"
        labels.write_bytes(labels.read_bytes()[:-9])
        next(pieces.glob("000000.*")).unlink()
        assert main(["synthesize", "--out", str(pieces), "--count", "4", "--seed", "7", *kind]) == 0
        names = sorted(path.name for path in whole.iterdir())
        assert names == sorted(path.name for path in pieces.iterdir())
        assert {"labels.csv", "recipe.json", "sheet.png"} < set(names)
        for name in names:
            assert (whole / name).read_bytes() == (pieces / name).read_bytes(), name

    def test_what_is_there_is_not_made_again(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for made in (3, 0):
            assert main(["synthesize", "--out", str(tmp_path / "s"), "--count", "3", "--seed", "1"]) == 0
            assert f"{made} strips made" in capsys.readouterr().out

    def test_series_do_not_mix(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out = tmp_path / "s"
        main(["synthesize", "--out", str(out), "--count", "1", "--seed", "1"])
        assert main(["synthesize", "--out", str(out), "--count", "1", "--seed", "2"]) == 2
        assert main(["synthesize", "--out", str(out), "--count", "1", "--seed", "1", "--scenes"]) == 2
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "mine.txt").touch()
        assert main(["synthesize", "--out", str(tmp_path / "other"), "--count", "1"]) == 2
        assert capsys.readouterr().err.count("name a") == 3

    def test_labels_say_where_the_text_is(self, tmp_path: Path) -> None:
        from core.learn.crops import read_labels

        main(["synthesize", "--out", str(tmp_path / "strips"), "--count", "2", "--seed", "3"])
        main(["synthesize", "--out", str(tmp_path / "scenes"), "--count", "6", "--seed", "3", "--scenes"])
        with (tmp_path / "strips" / "labels.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert np.array(json.loads(rows[0]["extents"])).shape == (17, 2)
        assert len(rows[0]["vin"]) == 17
        for label in read_labels(tmp_path / "scenes" / "labels.csv"):
            assert label.path.is_file()
            assert bool(label.vin) == (label.box is not None) == (label.read == "twice")


class TestTrain:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """What the loop was asked to do."""
        from core.learn import loop

        calls: list[Any] = []

        def train(task: Any, config: Any, report: Any) -> Path:
            calls.append((task, config))
            report({"step": 20, "minutes": 0.5, "loss": 1.25})
            return Path(config.folder) / "best.safetensors"

        monkeypatch.setattr(loop, "train", train)
        return calls

    @pytest.mark.parametrize("network", ["ctc", "craft", "yolo"])
    def test_options_reach_the_loop_and_the_task(
        self, asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], network: str
    ) -> None:
        options = ["--steps", "7", "--seed", "3", "--batch", "5", "--threads", "1", "--device", "cpu"]
        if network != "craft":
            options += ["--swap", "0.125", "--capture", "0.5"]
        run = str(tmp_path / "run")
        assert main(["train", network, "--run", run, "--start", "scratch", "--real", "0.25", *options]) == 0
        ((task, config),) = asked
        assert (config.folder, config.steps, config.seed, config.batch) == (run, 7, 3, 5)
        assert (config.threads, config.device, config.minutes) == (1, "cpu", 30.0)
        sources = task.config if network == "craft" else task.config.sources
        assert (task.config.start, sources.real) == ("scratch", 0.25)
        if network != "craft":
            assert (sources.swap, sources.strips.capture.jpeg) == (0.125, pytest.approx(0.5 * 0.85))
        assert "step     20     0.5 min  loss 1.25" in capsys.readouterr().out

    def test_what_readers_mix_up_is_drawn_more_often(self, asked: list[Any], tmp_path: Path) -> None:
        table = tmp_path / "confusions.csv"
        table.write_text("label,read,count\nW,V,30\nB,8,10\n")
        common = ["--run", str(tmp_path / "run"), "--start", "scratch"]
        assert (
            main(["train", "ctc", *common])
            == main(["train", "yolo", *common, "--confusions", str(table)])
            == 0
        )
        usual, told = (task.config.sources.strips for task, _ in asked)
        assert usual.hard == HARD and told.confusable > usual.confusable
        assert (
            told.hard.count("W")
            == told.hard.count("V")
            > 2 * told.hard.count("B")
            > 2 * told.hard.count("C")
            > 0
        )

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["craft", "--start", "missing.safetensors"], "missing.safetensors"),
            (["ctc", "--start", "missing.safetensors"], "missing.safetensors"),
            (["ctc", "--photos", "nowhere"], "train.csv is not there"),
            (["ctc", "--quads", "nowhere.json"], "`python -m core quads` makes it"),
            (["craft", "--capture", "0.5"], "not for craft"),
            (["craft", "--confusions", "store"], "not for craft"),
            (["ctc", "--start", "scratch", "--confusions", "nowhere.csv"], "columns label, read and count"),
        ],
    )
    def test_what_is_missing_is_told_before_anything_starts(
        self,
        asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str],
        arguments: list[str], words: str,
    ) -> None:  # fmt: skip
        assert main(["train", *arguments, "--run", str(tmp_path / "run")]) == 2
        assert words in capsys.readouterr().err
        assert asked == []
        assert not (tmp_path / "run").exists()


def test_the_card_gets_the_figures_of_the_weights_that_were_kept(tmp_path: Path) -> None:
    curves = tmp_path / "curves.jsonl"
    curves.write_text(
        '{"step": 20, "loss": 1.5}\n'
        '{"step": 30, "val_exact": 0.5, "val_score": 0.4}\n'
        '{"step": 40, "val_exact": 0.3, "val_score": 0.2}\n'
    )
    assert best_validation(curves) == {"exact": 0.5, "score": 0.4}


def test_quads_are_found_and_saved(
    photos_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.learn.crops import load_quads

    out = tmp_path / "quads.json"
    weights = ROOT / "models" / "champion" / "ctc.safetensors"
    arguments = ["--photos", str(photos_dir), "--weights", str(weights), "--out", str(out), "--limit", "2"]
    assert main(["quads", *arguments]) == 0
    assert len(load_quads(out)) == 2
    assert "2 quads in" in capsys.readouterr().out
