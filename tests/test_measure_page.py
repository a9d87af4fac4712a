"""The Measure desk without a browser: hints, filters, views, and who may come in."""

from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path
from typing import Any

import pytest
from measure_kit import Bench
from streamlit.testing.v1 import AppTest
from test_store_kit import VINS

from core.bar_codes import AGREED
from core.store import Store
from core.store.people import add_person
from core.store.selection import MOST_IDS, Selection
from pages.widgets.measure import certainty, charts, confused, parts
from pages.widgets.measure.filters import DAY, moment_of_next
from pages.widgets.review import address

ROOT = Path(__file__).resolve().parents[1]
HOSTILE = '<img src=x onerror="alert(1)">'
AT = 1_790_000_000.0
VIEWS = ("accuracy", "groups", "confusions", "certainty", "speed")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("VIN_DESK_DB", str(tmp_path / "labels.db"))
    monkeypatch.setenv("VIN_DESK_HOME", str(tmp_path / "home"))
    store = Store.open()
    for name, role in (("Eve", "data scientist"), ("Rita", "reviewer"), ("Ann", "labeller")):
        add_person(store, name, [role])
    return store


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store)


def opened(name: str = "Eve") -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.query_params["as"] = name
    at.run()
    at.switch_page("pages/measure.py").run()
    assert not at.exception
    return at


def turned(at: AppTest, view: str) -> AppTest:
    at.segmented_control(key="measure_view").set_value(view).run()
    assert not at.exception
    return at


def html(at: AppTest, testid: str) -> list[str]:
    return [one.proto.body for one in at.get("html") if f'data-testid="{testid}"' in one.proto.body]


def specs(at: AppTest) -> list[dict[str, Any]]:
    return [json.loads(one.proto.spec) for one in at.get("vega_lite_chart")]


def ten(bench: Bench) -> None:
    """Ten photos: eight right, one slip, one without a VIN; a promotion in between."""
    for k in range(10):
        key = bench.photo(VINS[k % 8], kind="label" if k % 2 else "stamped", tags=("glare",), gold=k == 0)
        read = VINS[k % 8]
        if k == 8:
            read = "B" + read[1:]
        number = bench.read(key, None if k == 9 else read, 0.0 if k == 9 else 0.9 + k / 100, "review",
                            at=AT + k * DAY)  # fmt: skip
        bench.label(key, VINS[k % 8], 4.0 + k, number, at=AT + k * DAY)
    bench.promoted({"ctc": "1a2b3c4d"}, "ctc-1a2b3c4d", AT + 2 * DAY)


class TestEmpty:
    def test_a_new_store_says_how_work_gets_in(self, store: Store) -> None:
        at = opened()
        assert any("No photos yet" in one.value for one in at.subheader)
        assert not at.segmented_control

    def test_each_step_that_is_missing_is_named(self, store: Store, bench: Bench) -> None:
        key = bench.photo(VINS[0], state="open")
        assert "Nothing was read yet" in html(opened(), "measure-hint")[0]
        bench.read(key, VINS[0])
        assert "No approved label yet" in html(opened(), "measure-hint")[0]
        bench.photo(VINS[1][:16] + "?")
        assert "1 have a ?" in html(opened(), "measure-hint")[0]
        bench.photo(VINS[2])
        assert "were not read yet" in html(opened(), "measure-hint")[0]
        bench.read(bench.photo(VINS[3]), VINS[3])
        assert not html(opened(), "measure-hint")

    def test_speed_needs_no_label(self, store: Store, bench: Bench) -> None:
        bench.read(bench.photo(VINS[0], state="open"), VINS[0])
        at = turned(opened(), "speed")
        assert "30 ms" in html(at, "measure-latency")[0] and "No timed label" in html(at, "measure-none")[0]

    def test_filters_that_leave_no_times(self, store: Store, bench: Bench) -> None:
        ten(bench)
        at = opened()
        at.date_input(key="measure_until").set_value(datetime.date(2020, 1, 1)).run()
        turned(at, "speed")
        hints = html(at, "measure-hint")
        assert len(hints) == 2 and all("No photo is left" in one for one in hints)
        assert not html(at, "measure-none")

    def test_filters_that_leave_nothing(self, store: Store, bench: Bench) -> None:
        bench.read(bench.photo(VINS[0]), VINS[0])
        at = opened()
        at.selectbox(key="measure_photos").set_value("gold").run()
        for view in VIEWS[:4]:
            assert "No photo is left" in html(turned(at, view), "measure-hint")[0]


class TestTenPhotos:
    def test_accuracy(self, store: Store, bench: Bench) -> None:
        ten(bench)
        at = opened()
        (tiles,) = html(at, "measure-tiles")
        assert "80.0%" in tiles and "n = 10" in tiles
        assert "10.59%" in tiles  # (1 + 17) / 170
        assert "vd-few" in tiles  # ten photos say little
        (plot,) = specs(at)
        over_time, champions = (table.value for table in at.dataframe)
        assert len(over_time) == 10 and set(over_time["champion"]) == {"ctc-1a2b3c4d"}
        assert set(over_time["few"]) == {"few"}
        assert champions["gold n"].tolist() == [1] and champions["right"].tolist() == [8]
        assert [layer["mark"]["type"] for layer in plot["layer"]][-2:] == ["rule", "text"]  # the promotion
        for words in ("Levenshtein", "17 characters", "Wilson", "made first"):
            assert words in html(at, "definitions")[0]

    def test_a_store_that_changed_shows_new_numbers(self, store: Store, bench: Bench) -> None:
        ten(bench)
        at = opened()
        bench.read(bench.photo(VINS[0]), VINS[0])
        at.run()
        assert "n = 11" in html(at, "measure-tiles")[0]

    def test_filters(self, store: Store, bench: Bench) -> None:
        ten(bench)
        at = opened()
        at.selectbox(key="measure_kind").set_value("label").run()
        assert "n = 5" in html(at, "measure-tiles")[0]
        at.selectbox(key="measure_kind").set_value("").run()
        at.selectbox(key="measure_photos").set_value("gold").run()
        assert "n = 1" in html(at, "measure-tiles")[0]
        at.selectbox(key="measure_photos").set_value("all").run()
        day = datetime.datetime.fromtimestamp(AT + DAY).date()
        at.date_input(key="measure_since").set_value(day)
        at.date_input(key="measure_until").set_value(day).run()
        assert "n = 1<" in html(at, "measure-tiles")[0]  # that whole day, and no other

    def test_groups(self, store: Store, bench: Bench) -> None:
        ten(bench)
        at = turned(opened(), "groups")
        for by, first in (("kind", "label"), ("maker", "1M8"), ("year", "19"), ("trouble", "glare")):
            at.segmented_control(key="measure_by").set_value(by).run()
            assert not at.exception
            table = at.dataframe[0].value
            assert int(table["n"].sum()) == 10 and str(table.iloc[0, 0]).startswith(first)

    def test_certainty_and_its_slider(self, store: Store, bench: Bench) -> None:
        ten(bench)
        at = turned(opened(), "certainty")
        assert "Accept at 99.5 %: <b>0.0% automatic</b>" in html(at, "measure-says")[0]
        at.select_slider(key="measure_accept").set_value(95.0).run()
        (said,) = html(at, "measure-says")
        # 0.95, 0.96, 0.97 and 0.98; the last of them is wrong.
        assert "<b>40.0% automatic</b>, <b>250.0 wrong per 1,000</b>" in said
        assert "(95 %: 45.6 to 699.4; 1 of 4), n = 10" in said
        assert "Brier" in html(at, "measure-scores")[0] and "n = 9" in html(at, "measure-scores")[0]
        assert len(specs(at)) == 2

    def test_what_a_bar_code_confirms_is_accepted_from_its_own_probability(
        self, store: Store, bench: Bench
    ) -> None:
        bench.read(bench.photo(VINS[0]), VINS[0], AGREED, "accepted")
        at = turned(opened(), "certainty")
        at.select_slider(key="measure_accept").set_value(99.9).run()
        assert "Accept at 99.9 %: <b>100.0% automatic</b>" in html(at, "measure-says")[0]
        table = next(one.value for one in at.dataframe if "automatic %" in one.value)
        assert table.set_index("from probability %").loc[99.9, "accepted"] == 1

    def test_every_stop_of_the_slider_is_the_probability_that_it_says(self) -> None:
        for percent in certainty.THRESHOLDS:
            assert certainty.threshold(percent) == float(f"0.{f'{percent:g}'.replace('.', '')}")

    def test_speed(self, store: Store, bench: Bench) -> None:
        ten(bench)
        at = turned(opened(), "speed")
        (pace,) = html(at, "measure-pace")
        assert "7.5 s" in pace and "n = 8" in pace  # kept as read: 4 to 11 seconds
        assert len(specs(at)) == 2


class TestConfusions:
    def test_reviewers_get_links_and_others_numbers(self, store: Store, bench: Bench) -> None:
        ten(bench)
        assert any("opens its photos" in one.value for one in turned(opened("Rita"), "confusions").markdown)
        assert any("Reviewers can" in one.value for one in turned(opened("Eve"), "confusions").markdown)

    def test_a_cell_names_exactly_its_photos(self) -> None:
        place = address.from_query(confused.link((3, 9)))
        assert place.selection == Selection(ids=(3, 9))

    def test_of_more_photos_than_can_be_named_the_newest_are(self) -> None:
        ids = tuple(range(1, MOST_IDS + 3))
        place = address.from_query(confused.link(ids))
        assert place.selection == Selection(ids=ids[2:])
        assert confused.told(("8", "B"), len(ids), True) == "8 read as B: 502 photos, opens the newest 500"
        assert confused.told(("8", "B"), len(ids), False) == "8 read as B: 502 photos"
        assert confused.told(("8", "B"), MOST_IDS, True) == "8 read as B: 500 photos"

    def test_nothing_mixed_up(self, store: Store, bench: Bench) -> None:
        bench.read(bench.photo(VINS[0]), VINS[0])
        assert "Nothing is mixed up in 1" in html(turned(opened(), "confusions"), "measure-none")[0]


class TestWhoMayComeIn:
    def test_a_labeller_is_told_which_role_it_takes(self, store: Store, bench: Bench) -> None:
        ten(bench)
        at = opened("Ann")
        assert any("reviewer, data scientist, admin" in one.value for one in at.text)
        assert not html(at, "measure-tiles")


class TestTextsOfOthers:
    def test_are_inert(self, store: Store, bench: Bench) -> None:
        for k in range(3):
            key = bench.photo(VINS[0], kind=HOSTILE, tags=(HOSTILE,))
            bench.read(key, "9" * 17 if k else None, models=f"ctc={HOSTILE}", stages={HOSTILE: 3.0})
            bench.label(key, VINS[0], 3.0)
        bench.promoted({"ctc": HOSTILE}, HOSTILE, AT)
        at = opened()
        for view in VIEWS:
            turned(at, view)
            assert not any("<img" in one.proto.body for one in at.get("html"))
            assert not any("<img" in one.value for one in (*at.markdown, *at.caption))
        for by in ("maker", "trouble"):
            turned(at, "groups").segmented_control(key="measure_by").set_value(by).run()
            assert not at.exception

    def test_no_cell_is_a_formula(self) -> None:
        text = parts.as_csv([{"kind": '=HYPERLINK("x")', "n": 3}, {"kind": "a,b", "n": -1}])
        assert text.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
        assert rows == [["kind", "n"], ['\'=HYPERLINK("x")', "3"], ["a,b", "-1"]]
        assert parts.as_csv([]).strip() == b"\xef\xbb\xbf"

    def test_plots_take_texts_as_data_only(self) -> None:
        rows = [{"name": HOSTILE, "share": 0.5, "low": 0.1, "high": 0.9, "cer": 0.1, "n": 3, "told": "n = 3",
                 "few": True}]  # fmt: skip
        spec = charts.grouped(rows, [HOSTILE])
        layers = json.dumps(spec["layer"])
        assert layers.count(json.dumps(HOSTILE)) == layers.count(
            '"sort"'
        )  # in the order of names, as a value


def test_the_next_day_begins_at_midnight() -> None:
    for day in range(0, 365, 7):
        begin = datetime.datetime(2026, 1, 1) + datetime.timedelta(day)
        assert moment_of_next(begin.timestamp()) == (begin + datetime.timedelta(1)).timestamp()
