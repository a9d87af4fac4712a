"""The Train desk in Chromium: a run from start to roll-back, and jobs that outlive what started them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import AppServer, app_in, run_app, until
from learning_kit import drawn, filled
from playwright.sync_api import Page, expect

from core.jobs import process
from core.registry import CHAMPION
from core.store import Store
from core.store.jobs import Job, Owner, job, jobs, put_job
from core.store.ledger import changes
from core.store.people import add_person, find_person
from core.synth.vins import plausible_vin

LONG = 300_000
"""Milliseconds that a tiny run, or a gate over sixty photos, may take on a busy machine."""


@dataclass
class Train:
    """The app, its store, and networks of its own."""

    server: AppServer
    store: Store
    models: Path
    app: subprocess.Popen[bytes]

    def start_app(self) -> None:
        self.app = run_app(self.server, VIN_DESK_MODELS=str(self.models), VIN_DESK_THREADS="2")

    def running(self) -> Job:
        (found,) = jobs(self.store, states=("running",))
        return found


@pytest.fixture
def train(tmp_path: Path) -> Iterator[Train]:
    server = app_in(tmp_path)
    models = tmp_path / "models"
    shutil.copytree(CHAMPION, models, ignore=shutil.ignore_patterns("releases", "current"))
    store = Store.open(server.database, server.home)
    environment = {"VIN_DESK_MODELS": str(models), "VIN_DESK_THREADS": "2"}
    desk = Train(server, store, models, run_app(server, **environment))
    yield desk
    for entry in jobs(store, states=("running", "waiting")):
        if entry.pid:
            process.kill(Owner(entry.pid, entry.born or ""))
    desk.app.kill()
    desk.app.wait()


def enter(page: Page, train: Train, name: str = "Eve") -> None:
    page.goto(f"{train.server.url}/train?as={name}")
    expect(page.get_by_test_id("champion")).to_be_visible(timeout=90_000)


def fill(page: Page, key: str, value: str) -> None:
    box = page.locator(f".st-key-{key} input")
    box.fill(value)
    box.press("Tab")


def start(page: Page, steps: int, batch: int = 2) -> None:
    page.get_by_text("Shares and settings").click()
    fill(page, "start_steps", str(steps))
    fill(page, "start_batch", str(batch))
    fill(page, "start_workers", "0")
    # So small that nothing changes what is read: the candidate is as good as the champion.
    fill(page, "start_rate", "0.000001")
    page.locator(".st-key-start_run button").click()


def test_a_run_from_start_to_roll_back(browser_page: Page, train: Train) -> None:
    page = browser_page
    filled(train.store, train=4, val=2, gold=58)
    enter(page, train)
    shipped = page.get_by_test_id("champion").get_attribute("data-release")
    expect(page.locator(".st-key-roll_back button")).to_be_disabled()
    # Long enough to be seen to move, on a fast machine too: seconds, not minutes. Batch norm learns without
    # any rate: from batches of four, enough to be less sure of what it reads, and to be refused for it.
    start(page, steps=40, batch=16)
    run = page.get_by_test_id("job-1")
    expect(run).to_have_attribute("data-state", "running", timeout=LONG)
    # It is seen to move, without anybody touching the page.
    expect(run).to_contain_text("step", timeout=LONG)
    expect(page.locator(".vd-curves img").first).to_be_visible(timeout=LONG)
    expect(run).to_have_attribute("data-state", "done", timeout=LONG)
    expect(page.get_by_test_id("job-2")).to_have_attribute("data-state", "done", timeout=LONG)
    expect(page.get_by_test_id("gate-outcome")).to_have_text("passed", timeout=60_000)
    page.locator(".st-key-promote button").click()
    champion = page.get_by_test_id("champion")
    expect(champion).not_to_have_attribute("data-release", shipped or "", timeout=60_000)
    made = job(train.store, 1).metrics["candidate"]
    expect(page.get_by_test_id("champion")).to_contain_text(f"ctc {made}")

    # The app that runs reads with the new networks.
    vin = plausible_vin(np.random.default_rng(77))
    page.get_by_role("link", name="Read").click()
    page.locator(".st-key-photo_upload input[type=file]").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": drawn(vin, 77)[0]}
    )
    expect(page.locator(".st-key-reading_vin")).to_have_text(vin, timeout=90_000)
    with page.expect_download() as download:
        page.locator(".st-key-json_one button").click()
    assert json.loads(download.value.path().read_text())["models"]["ctc"] == made

    enter(page, train)
    page.locator(".st-key-roll_back button").click()
    expect(page.get_by_test_id("champion")).to_have_attribute("data-release", "shipped", timeout=60_000)
    assert [change.action for change in changes(train.store)] == ["roll_back", "promote"]
    assert {change.by for change in changes(train.store)} == {"Eve"}
    assert not (train.server.home / "runs" / "1" / "corrections.json").exists()


def test_jobs_outlive_the_app_and_are_missed_when_they_die(browser_page: Page, train: Train) -> None:
    page = browser_page
    filled(train.store, train=3, val=1)
    enter(page, train)
    start(page, steps=100_000)
    card = page.get_by_test_id("job-1")
    expect(card).to_contain_text("step", timeout=LONG)

    first = train.running()
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    killed = time.monotonic()
    expect(card).to_have_attribute("data-state", "dead", timeout=15_000)
    assert time.monotonic() - killed < 15
    expect(card).to_contain_text("without a word")
    page.locator(".st-key-resume_1 button").click()
    expect(card).to_have_attribute("data-state", "running", timeout=60_000)
    until(lambda: jobs(train.store)[0].pid not in (None, first.pid), 60)

    train.app.kill()
    train.app.wait()
    then = train.running()
    assert then.pid is not None
    until(lambda: (job(train.store, 1).heartbeat or 0) > (then.heartbeat or 0) + 3, 60)
    assert process.lives(then.pid, then.born or "")

    train.start_app()
    enter(page, train)
    expect(card).to_have_attribute("data-state", "running", timeout=60_000)
    page.locator(".st-key-pause_1 button").click()
    expect(card).to_have_attribute("data-state", "paused", timeout=LONG)
    assert (train.server.home / "runs" / "1" / "checkpoint.pt").exists()
    page.locator(".st-key-cancel_1 button").click()
    expect(card).to_have_attribute("data-state", "stopped", timeout=60_000)


def test_the_desk_is_for_data_scientists(browser_page: Page, train: Train) -> None:
    page = browser_page
    add_person(train.store, "Ann", ["labeller"])
    page.goto(f"{train.server.url}/train?as=Ann")
    expect(page.get_by_text("Ann may not learn")).to_be_visible(timeout=90_000)
    expect(page.locator(".st-key-start_run")).to_have_count(0)
    page.goto(f"{train.server.url}/label?as=Ann")
    expect(page.get_by_role("link", name="Label")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name="Train")).to_have_count(0)


def test_texts_of_others_are_inert(browser_page: Page, train: Train) -> None:
    hostile = '<img src=x onerror="window.hit=1">'
    add_person(train.store, "Eve", ["data scientist"])
    eve = find_person(train.store, "Eve")
    assert eve is not None
    put_job(train.store, eve.id, hostile, {})  # fails: there is no such kind
    enter(browser_page, train)
    card = browser_page.get_by_test_id("job-1")
    expect(card).to_have_attribute("data-state", "failed", timeout=90_000)
    expect(card).to_contain_text(hostile)
    assert browser_page.evaluate("window.hit") is None
