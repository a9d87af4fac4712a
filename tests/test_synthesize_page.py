"""The Synthesize desk without a browser: what settings make, what stands beside it, series as jobs."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from learning_kit import approved_photo, filled
from streamlit.testing.v1 import AppTest

from core.images import decode
from core.jobs import queue, runner
from core.jobs.progress import Progress
from core.jobs.real import real_strip
from core.jobs.series import LABELS
from core.jobs.synthesis import PICTURES, SeriesOrder, put_series, sheet_of, synthesize
from core.jobs.work import work_of
from core.store import Store
from core.store.errors import NotAllowed, Refused
from core.store.files import path_of
from core.store.jobs import Job, Owner, job, jobs
from core.store.learning import teachable, teachable_lessons
from core.store.people import add_person
from core.store.predictions import save_prediction
from core.synth.coverage import FAMILIES, coverage
from core.synth.scenes import SceneConfig
from core.synth.series import Recipe, picture
from core.synth.strips import StripConfig
from core.vin import ALPHABET
from pages.widgets.synthesize import cards, settings

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("VIN_DESK_DB", str(tmp_path / "labels.db"))
    monkeypatch.setenv("VIN_DESK_HOME", str(tmp_path / "home"))
    store = Store.open()
    add_person(store, "Eve", ["data scientist"])
    add_person(store, "Ann", ["labeller"])
    return store


def opened(name: str = "Eve") -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.query_params["as"] = name
    at.run()
    at.switch_page("pages/synthesize.py").run()
    assert not at.exception
    return at


def made(at: AppTest) -> list[str]:
    return [one.proto.body for one in at.get("html") if 'testid="made-' in one.proto.body]


def numbers(at: AppTest) -> list[int]:
    return [int(number) for body in made(at) for number in re.findall(r'data-testid="made-(\d+)"', body)]


class TestTheGallery:
    def test_shows_the_series_with_every_extent(self, store: Store) -> None:
        at = opened()
        assert sorted(numbers(at)) == list(range(12))
        body = next(body for body in made(at) if 'made-3"' in body)
        wanted = picture(Recipe(), 3)
        assert "".join(re.findall(r"<b>(.)</b>", body)) == wanted.text
        data = re.search(r'src="data:image/png;base64,([^"]+)"', body)
        assert data is not None and base64.b64decode(data[1]) == wanted.data

    def test_a_slider_changes_the_pictures_and_back_to_usual_brings_them_back(self, store: Store) -> None:
        at = opened()
        before = made(at)
        at.slider(key="synth_blur").set_value(0.6).run()
        assert made(at) != before
        at.button(key="synth_usual").click().run()
        assert made(at) == before and at.slider(key="synth_blur").value == 0.1

    def test_a_kept_one_stays_while_others_come(self, store: Store) -> None:
        at = opened()
        at.checkbox(key="synth_pin_5").check().run()
        at.button(key="synth_other").click().run()
        assert 5 in numbers(at) and set(numbers(at)) - {5} == set(range(12, 23))
        at.checkbox(key="synth_pin_5").uncheck().run()
        assert 5 not in numbers(at)
        at.button(key="synth_first").click().run()
        assert sorted(numbers(at)) == list(range(12))

    def test_scenes_have_their_own_effects(self, store: Store) -> None:
        at = opened()
        at.segmented_control(key="synth_kind").set_value("scenes").run()
        assert not at.exception and sorted(numbers(at)) == list(range(9))
        at.slider(key="synth_empty").set_value(1.0).run()
        assert all("no VIN" in body for body in made(at))

    def test_a_trouble_is_told_and_marked(self, store: Store) -> None:
        at = opened()
        at.selectbox(key="synth_trouble").set_value("occlusion").run()
        at.slider(key="synth_severity").set_value(1.0).run()
        assert all("occlusion 1" in body for body in made(at))
        assert any("vd-unsure" in body for body in made(at))

    def test_every_field_has_its_slider(self) -> None:
        of_strips = {effect.field for effect in settings.STRIPS} | {"smallest", "largest", "confusable"}
        elsewhere = {"width", "height", "hard", "capture"}
        assert of_strips == set(asdict(StripConfig())) - elsewhere
        assert {effect.field for effect in settings.SCENES} == set(asdict(SceneConfig())) - {
            "side",
            "capture",
        }
        capture = {effect.field for effect in settings.CAPTURE} | {"quality"}
        assert capture == set(asdict(StripConfig())["capture"])

    def test_texts_of_others_are_inert(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hostile = "<img src=x onerror=alert(1)>"
        item = picture(Recipe(), 0)
        row = {**item.row, "trouble": hostile, "severity": "1"}
        monkeypatch.setattr(cards, "picture", lambda *_: replace(item, text=hostile[:17], row=row))
        assert "<img src=x" not in cards.of(Recipe(), 0).html


class TestWhoMayComeIn:
    def test_a_labeller_is_told_which_role_it_takes(self, store: Store) -> None:
        at = opened("Ann")
        assert any("data scientist" in text.value for text in at.text)
        assert not made(at)


class TestConfusions:
    def test_too_few_are_said(self, store: Store) -> None:
        at = opened()
        at.segmented_control(key="synth_vins").set_value("confused").run()
        assert any("no-confusions" in one.proto.body for one in at.get("html"))
        assert not at.exception and not made(at)

    def test_the_matrix_of_the_store_chooses_the_characters(self, store: Store) -> None:
        from test_store_kit import reading

        for seed in range(1, 13):
            key = approved_photo(store, seed, "train")
            vin = str(store_vin(store, key))
            # Each reading is wrong in its last character.
            save_prediction(store, key, reading(vin[:-1] + ("8" if vin[-1] != "8" else "B"), 0.6))
        at = opened()
        usual = made(at)
        at.segmented_control(key="synth_vins").set_value("confused").run()
        assert not at.exception and made(at) != usual
        assert any("Most often" in caption.value for caption in at.caption)
        letters = "".join("".join(re.findall(r"<b>(.)</b>", body)) for body in made(at))
        before = "".join("".join(re.findall(r"<b>(.)</b>", body)) for body in usual)
        assert letters.count("8") > before.count("8")


def store_vin(store: Store, key: int) -> str | None:
    from core.store.photos import photo

    return photo(store, key).vin


class TestBesideRealOnes:
    def test_an_empty_store_says_what_to_do(self, store: Store) -> None:
        at = opened()
        at.segmented_control(key="synthesize_way").set_value("beside").run()
        assert any("no-real" in one.proto.body for one in at.get("html"))

    def test_only_photos_that_teach_are_shown(self, store: Store) -> None:
        filled(store, train=3, val=2, gold=2)
        found = teachable_lessons(store, teachable(store))
        assert len(found) == 3 and all(lesson.side == "train" for lesson in found)
        at = opened()
        at.segmented_control(key="synthesize_way").set_value("beside").run()
        (table,) = [one.proto.body for one in at.get("html") if 'testid="beside"' in one.proto.body]
        assert not at.exception and table.count("<tr>") == 1 + 3
        real = re.search(r'src="data:image/png;base64,([^"]+)" alt="Real"', table)
        assert real is not None and decode(base64.b64decode(real[1])).pixels.shape[:2] == (48, 320)

    def test_a_new_vin_stands_on_the_same_plate(self, store: Store) -> None:
        filled(store, train=1, val=0)
        (lesson,) = teachable_lessons(store, teachable(store))
        one = real_strip(store, lesson.sha256, lesson.content, (320, 48), 1)
        assert one.pixels.shape == (48, 320) and one.swapped is not None
        assert len(one.other) == 17 and one.other != lesson.content.text
        assert np.abs(one.pixels.astype(float) - one.swapped).mean() > 2

    def test_a_photo_that_is_gone_spoils_nothing(self, store: Store) -> None:
        filled(store, train=2, val=0)
        path_of(store, teachable_lessons(store, teachable(store))[0].sha256).unlink()
        at = opened()
        at.segmented_control(key="synthesize_way").set_value("beside").run()
        assert not at.exception
        assert any("cannot be shown" in one.proto.body for one in at.get("html"))


class TestGlyphs:
    def test_every_face_has_33_different_glyphs(self) -> None:
        found = list(coverage())
        assert {one.name for one in found if one.own} == set(FAMILIES)
        assert all(one.distinct == len(ALPHABET) for one in found), [one.name for one in found]
        assert sum(one.share for one in found) == pytest.approx(0.65)
        alike = {one.name: (one.closest, one.alike) for one in found}
        assert all(0.3 < share <= 1 for _, share in alike.values())
        # Strokes so bold that nothing is left between them.
        assert alike["narrow and bold"][0] == "MN" and alike["narrow and bold"][1] > 0.95
        for one in found:
            cells = np.split(one.picture, len(ALPHABET), axis=1)
            assert all(cell.any() for cell in cells), one.name

    def test_the_desk_shows_them(self, store: Store) -> None:
        at = opened()
        at.segmented_control(key="synthesize_way").set_value("glyphs").run()
        (table,) = [one.proto.body for one in at.get("html") if 'data-testid="glyphs"' in one.proto.body]
        assert not at.exception and table.count("<img") == len(list(coverage()))


class TestSeries:
    def test_a_started_series_is_queued_with_the_settings_of_the_desk(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queue, "advance", lambda _store: [])
        at = opened()
        at.slider(key="synth_noise").set_value(0.5).run()
        at.segmented_control(key="synthesize_way").set_value("series").run()
        at.number_input(key="series_count").set_value(12)
        at.number_input(key="series_shards").set_value(0)
        at.button(key="start_series").click().run()
        (queued,) = jobs(store)
        order = SeriesOrder.of(queued.config)
        assert (queued.kind, queued.state, order.count, order.shards) == (
            "synthesize strips",
            "waiting",
            12,
            0,
        )
        assert order.recipe.strips.capture.noise == 0.5

    def test_the_job_makes_the_series_and_its_sheet(self, store: Store) -> None:
        done = run(store, SeriesOrder(Recipe(seed=3), 6, 0, 0))
        assert done.state == "done" and "6 strips" in done.reason
        rows = (Path(done.folder) / PICTURES / LABELS).read_text().splitlines()
        assert len(rows) == 7
        assert sheet_of(done).startswith(b"\x89PNG")

    def test_it_goes_on_where_it_was_broken_off(self, store: Store) -> None:
        eve = add_person(store, "Eve", ["data scientist"]).id
        queued = put_series(store, eve, SeriesOrder(Recipe(seed=3), 6, 0, 0))
        calls: list[int] = []

        class Stopped(Progress):
            def tell(self, share=None, text=None, metrics=None) -> None:  # type: ignore[no-untyped-def]
                calls.append(1)
                if len(calls) == 4:
                    raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            synthesize(store, queued, Stopped(store, queued, Owner(1, "x")))
        progress = Progress(store, queued, Owner(1, "x"))
        told: dict = {}
        progress.tell = lambda share=None, text=None, metrics=None: told.update(metrics or {})  # type: ignore[method-assign]
        synthesize(store, queued, progress)
        assert told == {"pictures": 6, "made": 3}

    def test_what_cannot_be_is_refused(self, store: Store) -> None:
        good = json.loads(json.dumps(asdict(SeriesOrder(Recipe(), 5))))
        assert SeriesOrder.of(good) == SeriesOrder(Recipe(), 5)
        for wrong in (
            {**good, "count": 0},
            {**good, "shards": -1},
            {**good, "colour": "red"},
            {**good, "recipe": {**good["recipe"], "trouble": "ghosts"}},
            {**good, "recipe": {**good["recipe"], "strips": {}}},
            {"count": 4},
        ):
            with pytest.raises(Refused):
                SeriesOrder.of(wrong)
        ann = add_person(store, "Ann", ["labeller"]).id
        with pytest.raises(NotAllowed):
            put_series(store, ann, SeriesOrder(Recipe(), 5))
        assert work_of("synthesize strips") is synthesize


def run(store: Store, order: SeriesOrder) -> Job:
    eve = add_person(store, "Eve", ["data scientist"]).id
    queued = put_series(store, eve, order)
    runner.run(store, queued.id)
    return job(store, queued.id)
