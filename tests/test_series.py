"""Series: the same bytes whoever draws them, resumed where they stopped, shards that other tools can read."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.cli import main
from core.geometry import Quad
from core.images import decode
from core.jobs.series import write_series
from core.store.errors import Refused
from core.store.exchange import read_set
from core.synth import series
from core.synth.capture import CaptureConfig
from core.synth.scenes import SceneConfig
from core.synth.series import Recipe, confused, picture, pictures
from core.synth.strips import StripConfig
from core.synth.troubles import KINDS


def write(recipe: Recipe, folder: Path, count: int, workers: int = 0, shards: int = 0) -> int:
    """How many pictures had to be made."""
    return sum(write_series(recipe, folder, count, workers, shards))


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("recipe", [Recipe(seed=4, trouble="any"), Recipe("scenes", 4, "glare", 0.7)])
def test_the_number_of_workers_changes_no_byte(recipe: Recipe) -> None:
    alone = list(pictures(recipe, range(20)))
    for workers in (1, 2):
        together = list(pictures(recipe, range(20), workers))
        assert [one.index for one in together] == list(range(20))
        assert [one.data for one in together] == [one.data for one in alone]
        assert [one.row for one in together] == [one.row for one in alone]


def test_a_place_has_the_same_picture_whatever_was_drawn_before() -> None:
    recipe = Recipe(seed=2)
    assert [one.data for one in pictures(recipe, [9, 3])] == [picture(recipe, i).data for i in (9, 3)]
    assert picture(recipe, 3).data != picture(replace(recipe, seed=3), 3).data


def test_a_trouble_comes_on_top_of_the_same_plate() -> None:
    clean, spoilt = picture(Recipe(seed=5), 2), picture(Recipe(seed=5, trouble="occlusion", severity=1.0), 2)
    assert clean.text == spoilt.text and clean.row["extents"] == spoilt.row["extents"]
    assert (spoilt.row["trouble"], spoilt.row["severity"]) == ("occlusion", "1")
    hurt = json.loads(spoilt.row["hurt"])
    before, after = (decode(one.data).pixels[..., 0].astype(float) for one in (clean, spoilt))
    columns = np.nonzero((np.abs(before - after) > 12).any(axis=0))[0]
    start = json.loads(clean.row["extents"])[hurt[0]][0] * before.shape[1]
    end = json.loads(clean.row["extents"])[hurt[-1]][1] * before.shape[1]
    assert 0 < len(hurt) < 10 and columns[0] < end and columns[-1] > start


def test_any_trouble_is_every_trouble_by_and_by() -> None:
    rows = [picture(Recipe(trouble="any"), index).row for index in range(120)]
    assert {row["trouble"] for row in rows} == set(KINDS)
    assert len({row["severity"] for row in rows}) > 60


@pytest.mark.parametrize("shards", [0, 4])
def test_a_broken_off_series_goes_on(tmp_path: Path, shards: int) -> None:
    recipe = Recipe(seed=7)
    assert write(recipe, tmp_path / "whole", 11, shards=shards) == 11
    steps = write_series(recipe, tmp_path / "pieces", 11, 0, shards)
    for _ in range(6):
        next(steps)
    steps.close()
    again = write(recipe, tmp_path / "pieces", 11, 1, shards)
    # Of a broken-off shard nothing counts: two of its four are drawn again.
    assert again == (7 if shards else 5)
    names = {path.name for path in (tmp_path / "whole").iterdir()}
    assert {one for one in content(tmp_path / "pieces") if not one.endswith(".partial")} == names
    for name in names:
        assert content(tmp_path / "whole")[name] == content(tmp_path / "pieces")[name], name
    assert write(recipe, tmp_path / "pieces", 11, 0, shards) == 0


def test_more_shards_are_added_and_a_short_last_one_is_made_anew(tmp_path: Path) -> None:
    recipe = Recipe(seed=7)
    write(recipe, tmp_path / "grown", 6, shards=4)
    assert write(recipe, tmp_path / "grown", 11, shards=4) == 7
    write(recipe, tmp_path / "whole", 11, shards=4)
    assert content(tmp_path / "grown") == content(tmp_path / "whole")
    # A damaged one counts as missing.
    shard = tmp_path / "grown" / "train-000001.tar"
    shard.write_bytes(shard.read_bytes()[:5000])
    assert write(recipe, tmp_path / "grown", 11, shards=4) == 4
    assert content(tmp_path / "grown") == content(tmp_path / "whole")


@pytest.mark.parametrize("kind", ["strips", "scenes"])
def test_shards_are_read_like_those_of_the_store(tmp_path: Path, kind: str) -> None:
    recipe = Recipe(kind, 3, scenes=SceneConfig(side=256, empty=0.2))
    write(recipe, tmp_path / "s", 8, shards=5)
    found = list(read_set(tmp_path / "s"))
    made = list(pictures(recipe, range(8)))
    assert [one.item.content.text for one in found] == [one.text for one in made]
    for one, other in zip(found, made, strict=True):
        assert one.load() == other.data if one.load else False
        if not other.text:
            assert not one.item.content.quads
            continue
        (corners,) = one.item.content.quads
        assert other.quad is not None and np.allclose(corners, other.quad.corners, atol=0.1)
        assert "".join(character.text for character in one.item.content.characters) == other.text
        boxes = np.array([character.box for character in one.item.content.characters])
        assert ((boxes >= 0) & (boxes <= 1)).all() and (np.diff(boxes[:, 0]) > 0).all()


def test_boxes_of_strips_lie_where_the_extents_do() -> None:
    made = picture(Recipe(seed=3), 0)
    assert isinstance(made.quad, Quad)
    extents = np.array(json.loads(made.row["extents"])).clip(0, 1)
    assert np.allclose(made.boxes[:, 0], extents[:, 0], atol=1e-3)
    assert np.allclose(made.boxes[:, 0] + made.boxes[:, 2], extents[:, 1], atol=1e-3)


def test_other_fonts_or_recipes_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(Recipe(), tmp_path, 2)
    for recipe, shards in (
        (Recipe(trouble="dirt"), 0),
        (Recipe(strips=StripConfig(width=480)), 0),
        (Recipe(), 9),
    ):
        with pytest.raises(Refused, match="name another folder"):
            write(recipe, tmp_path, 2, shards=shards)
    fewer = series.faces()[:-1]
    monkeypatch.setattr(series, "faces", lambda: fewer)
    with pytest.raises(Refused, match="fonts"):
        write(Recipe(), tmp_path, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Recipe("pictures"),
        lambda: Recipe(seed=-1),
        lambda: Recipe(trouble="ghosts"),
        lambda: Recipe(trouble="dirt", severity=1.5),
        lambda: Recipe(severity=0.5),
        lambda: confused(Recipe("scenes"), "B8", 0.5),
        lambda: StripConfig(smallest=9, largest=8),
        lambda: StripConfig(confusable=1.2),
        lambda: StripConfig(jitter=-1),
        lambda: StripConfig(hard="OIQ"),
        lambda: SceneConfig(side=20),
        lambda: SceneConfig(empty=-0.1),
        lambda: CaptureConfig(jpeg=2),
        lambda: CaptureConfig(quality=0),
        lambda: CaptureConfig(blur=float("nan")),
        lambda: CaptureConfig().times(1.5),
    ],
)
def test_bad_parameters_are_refused_by_name(make: Any) -> None:
    with pytest.raises(ValueError, match=r"\w+ .*"):
        make()


class TestCommand:
    def run(self, out: Path, *more: str) -> int:
        return main(["synthesize", "--out", str(out), "--count", "9", "--seed", "6", *more])

    def test_workers_and_shards(self, tmp_path: Path) -> None:
        assert self.run(tmp_path / "a", "--shards", "5") == 0
        assert self.run(tmp_path / "b", "--shards", "5", "--workers", "2") == 0
        assert content(tmp_path / "a") == content(tmp_path / "b")
        assert {"train-000000.tar", "train-000001.tar", "sheet.png", "recipe.json"} == set(
            content(tmp_path / "a")
        )

    def test_troubles_stand_in_the_labels(self, tmp_path: Path) -> None:
        assert self.run(tmp_path / "a", "--trouble", "glare", "--severity", "0.9") == 0
        with (tmp_path / "a" / "labels.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert {(row["trouble"], row["severity"]) for row in rows} == {("glare", "0.9")}
        assert any(json.loads(row["hurt"]) for row in rows)

    def test_confusions_choose_the_characters(self, tmp_path: Path) -> None:
        table = tmp_path / "confusions.csv"
        table.write_text("label,read,count\n8,B,30\nB,8,30\n")
        assert self.run(tmp_path / "a", "--confusions", str(table)) == 0
        assert self.run(tmp_path / "b") == 0
        counts = []
        for folder in ("a", "b"):
            with (tmp_path / folder / "labels.csv").open() as file:
                counts.append(
                    sum(character in "8B" for row in csv.DictReader(file) for character in row["vin"])
                )
        assert counts[0] > 1.5 * counts[1]

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            (["--trouble", "ghosts"], "there are any, glare"),
            (["--severity", "0.5"], "needs a trouble"),
            (["--confusions", "nowhere.csv"], "columns label, read and count"),
            (["--scenes", "--confusable", "0.5"], "leave scenes out"),
        ],
    )
    def test_what_cannot_be_is_said(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
    ) -> None:
        assert self.run(tmp_path / "a", *options) == 2
        assert told in capsys.readouterr().err
        assert not (tmp_path / "a").exists()

    def test_too_few_confusions_are_said(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for text, told in (
            ("label,read,count\n8,B,3\n", "ten are needed"),
            ("label,read,count\n8,?,3\n", "no conf"),
        ):
            table = tmp_path / "confusions.csv"
            table.write_text(text)
            assert self.run(tmp_path / "a", "--confusions", str(table)) == 2
            assert told in capsys.readouterr().err

    @pytest.mark.parametrize("option", [["--workers", "-1"], ["--shards", "0"], ["--severity", "2"]])
    def test_numbers_have_bounds(self, tmp_path: Path, option: list[str]) -> None:
        with pytest.raises(SystemExit):
            self.run(tmp_path / "a", *option)

    def test_the_sheet_shows_troubles(self, tmp_path: Path) -> None:
        assert self.run(tmp_path / "a", "--trouble", "occlusion", "--severity", "1") == 0
        sheet = cv2.imread(str(tmp_path / "a" / "sheet.png"))
        assert (sheet == (0, 94, 213)).all(axis=2).any()
