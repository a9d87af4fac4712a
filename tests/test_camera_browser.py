"""The camera with its guide frame in Chromium, filming a plate that the test has drawn into a film."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from conftest import BROWSER_FLAGS, AppServer, find_browser
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from core.framing import unframed
from core.geometry import Quad
from core.images import decode, encode_jpeg
from core.reader import VinReader

SAMPLES = Path(__file__).resolve().parents[1] / "assets" / "samples"
NAME, VIN = next(iter(json.loads((SAMPLES.parent / "samples.json").read_text(encoding="utf-8")).items()))
WIDTH, HEIGHT = 1280, 720

# What the page did with the camera: a stream that nobody stops keeps its light on.
WATCH = """
window.streams = [];
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  window.wishes = [...(window.wishes ?? []), wish];
  const stream = await ask(wish);
  window.streams.push(stream);
  return stream;
};
"""
LIVE_TRACKS = (
    "() => window.streams.flatMap((one) => one.getTracks()).filter((t) => t.readyState === 'live').length"
)


def refuse(error: str) -> str:
    """A browser whose camera answers with this error."""
    return (
        f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('no', '{error}'); }};"
    )


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample's VIN, level and in the middle, as wide as a person would hold it: 68 % of the picture."""
    sample = decode((SAMPLES / NAME).read_bytes())
    chosen = VinReader.load().read(sample).chosen
    assert chosen is not None
    line = unframed(chosen).parts[0]
    around = Quad.from_line((line.centre[0], line.centre[1]), line.length, line.height, line.angle)
    size = 0.68 * WIDTH
    there = Quad.from_line((WIDTH / 2, HEIGHT / 2), size, size * line.height / line.length, 0.0)
    matrix = cv2.getPerspectiveTransform(around.corners, there.corners)
    picture = cv2.warpPerspective(
        sample.pixels, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    path = tmp_path_factory.mktemp("film") / "plate.mjpeg"
    path.write_bytes(encode_jpeg(picture, 95))  # one frame, shown again and again
    return path


@pytest.fixture(scope="module")
def browser(playwright: Playwright, film: Path) -> Iterator[Browser]:
    """Chromium with that film for a camera, which says yes when the page asks for it."""
    browser = playwright.chromium.launch(
        executable_path=find_browser(playwright),
        args=[
            *BROWSER_FLAGS,
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
        chromium_sandbox=os.geteuid() != 0,
    )
    yield browser
    browser.close()


def open_camera(page: Page, server: AppServer, script: str = WATCH) -> Locator:
    page.add_init_script(script)
    page.goto(server.url)
    page.locator(".st-key-use_camera label").click()
    camera = page.get_by_test_id("camera")
    camera.wait_for(state="attached")
    return camera


def test_a_photo_of_the_guide_frame_is_read_inside_it(browser_page: Page, app_server: AppServer) -> None:
    camera = open_camera(browser_page, app_server)
    expect(camera).to_have_attribute("data-mode", "live")
    expect(camera).to_contain_text("Fit the VIN into this frame")
    wish = browser_page.evaluate("window.wishes[0].video")
    assert wish["facingMode"] == {"ideal": "environment"}
    assert wish["width"]["ideal"] >= 1920

    stage = camera.get_by_test_id("camera-stage").bounding_box()
    guide = camera.get_by_test_id("camera-guide").bounding_box()
    assert stage and guide
    assert guide["width"] / stage["width"] == pytest.approx(0.8, abs=0.01)
    assert 7 < guide["width"] / guide["height"] < 13

    # By keyboard: the shutter, and then the retake that takes its place.
    shutter, retake = camera.get_by_test_id("camera-shutter"), camera.get_by_test_id("camera-retake")
    shutter.focus()
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator(".st-key-reading_vin")).to_have_text(VIN)
    expect(browser_page.locator(".vd-guided")).to_have_text("Read inside the camera's guide frame.")
    expect(browser_page.locator(".vd-times caption")).to_contain_text(f"{WIDTH} × {HEIGHT} pixels")
    assert camera.get_by_test_id("camera-still").evaluate("still => still.naturalWidth") == WIDTH
    assert browser_page.evaluate(LIVE_TRACKS) == 0
    expect(retake).to_be_focused()

    browser_page.wait_for_timeout(700)  # a double click on the shutter does not count as a retake
    browser_page.keyboard.press("Enter")
    expect(camera).to_have_attribute("data-mode", "live")
    expect(shutter).to_be_focused()
    expect(browser_page.locator(".st-key-reading_vin")).to_have_count(0)

    # A second photo counts on, and a click elsewhere neither reads again nor disturbs the camera.
    browser_page.keyboard.press("Space")
    expect(browser_page.locator(".st-key-reading_vin")).to_have_text(VIN)
    read_in = browser_page.locator(".vd-times caption").inner_text()
    picture = browser_page.get_by_role("img", name="Photo", exact=True)
    before = picture.get_attribute("src")
    browser_page.get_by_role("radio", name="VIN text").click()
    expect(picture).not_to_have_attribute("src", before or "")
    expect(camera).to_have_attribute("data-mode", "still")
    assert camera.get_by_test_id("camera-still").evaluate("still => still.naturalWidth") == WIDTH
    expect(browser_page.locator(".vd-times caption")).to_have_text(read_in)
    assert "camera.jpg" not in app_server.log.read_text(errors="replace")


def test_the_camera_stops_when_it_is_switched_off(browser_page: Page, app_server: AppServer) -> None:
    camera = open_camera(browser_page, app_server)
    expect(camera).to_have_attribute("data-mode", "live")
    assert browser_page.evaluate(LIVE_TRACKS) == 1
    browser_page.locator(".st-key-use_camera label").click()
    expect(camera).to_have_count(0)
    browser_page.wait_for_function(f"({LIVE_TRACKS})() === 0")


def test_a_phone_held_upright_shows_frame_and_shutter_at_once(
    browser_page: Page, app_server: AppServer
) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})
    camera = open_camera(browser_page, app_server)
    expect(camera).to_have_attribute("data-mode", "live")
    main = browser_page.locator(".stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    shutter = camera.get_by_test_id("camera-shutter").bounding_box()
    assert shutter and shutter["height"] >= 44
    # The film is wide; a phone's own picture is upright, and still leaves room for the shutter.
    camera.evaluate("camera => camera.style.setProperty('--ratio', '0.5625')")
    stage = camera.get_by_test_id("camera-stage").bounding_box()
    assert stage and stage["height"] < 0.65 * 844


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (refuse("NotAllowedError"), "The camera was refused. Allow it in the browser's address bar"),
        (refuse("NotFoundError"), "No camera was found"),
        (refuse("NotReadableError"), "in use elsewhere"),
        (refuse("<b>Odd</b>"), "The camera did not start (<b>Odd</b>)"),
        (
            "Object.defineProperty(window, 'isSecureContext', { get: () => false });",
            "only on HTTPS or localhost",
        ),
    ],
    ids=["refused", "missing", "busy", "odd", "insecure"],
)
def test_a_camera_that_does_not_come_says_why(
    browser_page: Page, app_server: AppServer, script: str, told: str
) -> None:
    camera = open_camera(browser_page, app_server, script)
    expect(camera).to_have_attribute("data-mode", "failed")
    message = camera.get_by_test_id("camera-message")
    expect(message).to_contain_text(told)
    expect(message.locator("b")).to_have_count(0)
    expect(camera.get_by_test_id("camera-again")).to_be_visible()
    expect(camera.get_by_test_id("camera-shutter")).to_be_hidden()


def test_several_cameras_can_be_chosen_from(browser_page: Page, app_server: AppServer) -> None:
    two = """
    const names = ["<i>Front</i>", "Rear"];
    navigator.mediaDevices.enumerateDevices = async () =>
      names.map((label, place) => ({ kind: "videoinput", deviceId: `camera-${place}`, label }));
    """
    camera = open_camera(browser_page, app_server, WATCH + two)
    choice = camera.get_by_test_id("camera-choice")
    expect(choice).to_be_visible()
    expect(choice.locator("option")).to_have_text(["<i>Front</i>", "Rear"])
    choice.select_option("camera-1")
    browser_page.wait_for_function("window.wishes.length === 2")
    assert browser_page.evaluate("window.wishes[1].video.deviceId") == {"exact": "camera-1"}
    # There is no such camera here: the message says so, and the choice stays.
    expect(camera.get_by_test_id("camera-message")).to_contain_text("This camera is gone")
    expect(choice).to_be_visible()
    assert browser_page.evaluate(LIVE_TRACKS) == 0
