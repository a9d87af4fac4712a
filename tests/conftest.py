"""What tests share: the real photographs, the running app, and a browser to look at it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from straw import StrawReader, plate

from core.images import encode_jpeg
from core.reader import VinReader
from core.registry import CHAMPION

ROOT = Path(__file__).resolve().parents[1]
SECONDS_TO_START = 60
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=30_000)
"""A shared machine may be busy for seconds; what is waited for is the same."""


@dataclass(frozen=True)
class AppServer:
    """The running app.

    Attributes:
        url: its address, without a slash at the end.
        database: its labels.db.
        home: where it keeps photo files.
        log: what it printed so far.
    """

    url: str
    database: Path
    home: Path
    log: Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test is marked by what it asks for, so that no mark is forgotten."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "browser_page" in fixtures:
            item.add_marker(pytest.mark.browser)
        if "photos_dir" in fixtures:
            item.add_marker(pytest.mark.photos)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped networks, where promotions may do as they like."""
    folder = tmp_path / "models"
    shutil.copytree(CHAMPION, folder, ignore=shutil.ignore_patterns("releases", "current"))
    monkeypatch.setenv("VIN_DESK_MODELS", str(folder))
    return folder


@pytest.fixture(scope="session")
def photos_dir() -> Path:
    """The folder with the real photographs; tests that ask for it are skipped where it is absent."""
    folder = Path(os.environ.get("VIN_DESK_PHOTOS", ROOT.parent / "shared" / "photos"))
    if not (folder / "train.csv").is_file():
        pytest.skip("the real photographs are not here; set VIN_DESK_PHOTOS to their folder (with train.csv)")
    return folder


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The app on a free port of this machine, with a database and a home of its own."""
    folder = tmp_path_factory.mktemp("app")
    server = app_in(folder)
    process = run_app(server)
    try:
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def app_in(folder: Path) -> AppServer:
    """An app that keeps everything in this folder; :func:`run_app` starts it."""
    url = f"http://127.0.0.1:{_free_port()}"
    return AppServer(url, folder / "labels.db", folder / "home", folder / "server.log")


def run_app(server: AppServer, **environment: str) -> subprocess.Popen[bytes]:
    """Start an app and wait until it answers."""
    with server.log.open("ab") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", "app.py"),
                *("--server.address", "127.0.0.1", "--server.port", server.url.rpartition(":")[2]),
                *("--server.headless", "true", "--server.fileWatcherType", "none"),
                *("--browser.gatherUsageStats", "false"),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "VIN_DESK_DB": str(server.database),
                "VIN_DESK_HOME": str(server.home),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    _wait_until_healthy(server, process)
    return process


# Playwright's loop occupies the thread while it is up, so it lives no longer than one test file.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


def launched(playwright: Playwright) -> Browser:
    """Chromium without a window; the caller closes it."""
    return playwright.chromium.launch(
        executable_path=find_browser(playwright),
        args=list(BROWSER_FLAGS),
        chromium_sandbox=os.geteuid() != 0,  # Chromium's sandbox refuses to run as root
    )


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launched(playwright)
    yield browser
    browser.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """An empty page of laptop size, with no memory of other tests; use ``set_viewport_size`` for a phone."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def settled(page: Page) -> None:
    """Wait until the page's script has run to its end: a key pressed before belongs to nothing yet."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def until(condition: Callable[[], object], seconds: float = 30, what: str = "it did not happen") -> None:
    """Wait for what the store or a process shall come to hold."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def find_browser(playwright: Playwright) -> str:
    """The Chromium or Chrome to test with: the same places, in the same order, as in scripts/setup.sh."""
    named = os.environ.get("VIN_DESK_BROWSER")
    installed = next(filter(None, map(_running, BROWSERS)), None)
    own = playwright.chromium.executable_path
    found = named or installed or (own if Path(own).exists() else None)
    if not found:
        pytest.fail(
            "no Chromium or Chrome for the interface tests: `make browser` installs one, VIN_DESK_BROWSER "
            "names one, `make test ARGS='-m \"not browser\"'` leaves these tests out",
            pytrace=False,
        )
    return found


def _running(name: str) -> str | None:
    # Ubuntu ships a chromium-browser that only says where to get it, so it must answer.
    path = shutil.which(name)
    if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
        return path
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(server: AppServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    state = "did not answer in time" if process.poll() is None else f"ended with status {process.returncode}"
    tail = "\n".join(server.log.read_text(errors="replace").splitlines()[-20:])
    pytest.fail(f"the app {state}; it printed:\n{tail}", pytrace=False)


@pytest.fixture
def straw(monkeypatch: pytest.MonkeyPatch) -> StrawReader:
    """A reader without networks in place of the champion."""
    reader = StrawReader()
    monkeypatch.setattr(VinReader, "load", classmethod(lambda _cls, _folder=None: reader))
    return reader


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A drawn plate as a file."""
    path = tmp_path / "a.jpg"
    path.write_bytes(encode_jpeg(plate()))
    return path
