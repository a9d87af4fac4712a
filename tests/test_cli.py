"""The command line: ``read`` on a hostile folder in a process of its own, and on a reader of straw."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from straw import VIN, StrawReader, plate
from test_images import flat_png

from core.cli import main, parser
from core.cli.console import Refusal, printable
from core.cli.photos import find
from core.images import encode_jpeg, encode_png

ROOT = Path(__file__).resolve().parents[1]
KEYS = {
    *("photo", "vin", "status", "confidence", "check_digit", "quads", "candidates", "characters", "readers"),
    *("quality", "milliseconds", "models", "error", "bar_codes", "other_vins"),
}

# ru_maxrss would count the memory of the process that started this one.
MEASURED = """
import sys
from core.cli import main
status = main(sys.argv[1:])
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak, *sorted({"torch", "onnx", "pandas", "streamlit", "tqdm"} & set(sys.modules)), file=sys.stderr)
sys.exit(status)
"""


def core(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    (folder / "good.png").write_bytes(encode_png(plate()))
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("not a photo\n")
    (folder / "truncated.jpg").write_bytes(encode_jpeg(noise)[:20_000])
    (folder / "bomb.png").write_bytes(flat_png(20_000, 10_000))
    (folder / "twenty.png").write_bytes(flat_png(5472, 3648))
    (folder / ".hidden.jpg").write_bytes(b"")
    below = folder / "more"
    below.mkdir()
    Image.fromarray(plate()).save(below / "two\nlines.webp")
    return folder


@pytest.fixture(scope="module")
def done(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", MEASURED, "read", "--json", str(folder), str(folder / "missing.jpg")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


class TestReadInItsOwnProcess:
    def test_every_file_has_its_line_and_nothing_else_has(self, folder: Path, done: Any) -> None:
        readings = [json.loads(line) for line in done.stdout.splitlines()]
        names = [os.path.relpath(reading["photo"], folder) for reading in readings]
        assert names == [
            *("bomb.png", "empty.jpg", "good.png", "more/two\nlines.webp", "text.jpg"),
            *("truncated.jpg", "twenty.png", "missing.jpg"),
        ]
        assert all(reading.keys() == KEYS for reading in readings)

    def test_bad_files_say_what_is_wrong_and_good_ones_are_read(self, folder: Path, done: Any) -> None:
        readings = {Path(entry["photo"]).name: entry for entry in map(json.loads, done.stdout.splitlines())}
        for name, words in {
            "bomb.png": "200 megapixels",
            "empty.jpg": "empty",
            "text.jpg": "is text",
            "truncated.jpg": "ends early",
            "missing.jpg": "does not exist",
        }.items():
            assert readings[name]["status"] == "error"
            assert words in readings[name]["error"]
            assert readings[name]["vin"] is None
        for name in ("good.png", "twenty.png", "two\nlines.webp"):
            assert readings[name]["status"] != "error"
            assert readings[name]["error"] is None
            assert readings[name]["milliseconds"]["total"] > 0

    def test_the_exit_status_tells_and_stderr_holds_no_traceback(self, done: Any) -> None:
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1

    def test_it_stays_small_and_loads_nothing_heavy(self, done: Any) -> None:
        peak, *heavy = done.stderr.split()
        assert int(peak) / 1024 < 600
        assert heavy == []

    def test_python_m_core_works_and_is_quiet(self, folder: Path) -> None:
        done = core("read", folder / "good.png")
        assert done.returncode == 0
        assert done.stderr == ""
        assert done.stdout.count("\n") == 1


class TestRead:
    def test_a_line_of_text(
        self, straw: StrawReader, photo: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["read", str(photo)]) == 0
        assert capsys.readouterr().out == f"{photo}\t{VIN}\taccepted\t0.987\n"

    def test_no_vin_is_no_error(
        self, straw: StrawReader, photo: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        straw.vin, straw.status = None, "no_vin"
        assert main(["read", str(photo)]) == 0
        assert "\t-\tno_vin\t" in capsys.readouterr().out

    def test_the_name_is_told_as_given(
        self,
        straw: StrawReader,
        photo: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(photo.parent)
        main(["read", "--json", "./a.jpg", "."])
        names = [json.loads(line)["photo"] for line in capsys.readouterr().out.splitlines()]
        assert names == ["./a.jpg", "./a.jpg"]

    def test_odd_names_are_printed_safely(
        self, straw: StrawReader, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        names = [b"\xff.jpg", b"a\nb.jpg", b"\x1b[2J.jpg", "Фото.jpg".encode(), "a\u202eb.jpg".encode()]
        for name in names:
            (tmp_path / os.fsdecode(name)).write_bytes(encode_jpeg(plate()))
        assert main(["read", str(tmp_path)]) == 0
        assert main(["read", "--json", str(tmp_path)]) == 0
        lines = capfdbinary.readouterr().out.decode().splitlines()
        assert len(lines) == 2 * len(names)
        assert not any(set("\n\r\x1b\u202e") & set(line) for line in lines)
        given = {os.fsencode(Path(json.loads(line)["photo"]).name) for line in lines[len(names) :]}
        assert given == set(names)

    def test_an_ascii_terminal_ends_no_batch(self, tmp_path: Path) -> None:
        (tmp_path / "Фото.jpg").write_bytes(b"")
        done = core("read", tmp_path, PYTHONIOENCODING="ascii")
        assert done.returncode == 1
        assert "\\u0424" in done.stdout

    @pytest.mark.parametrize("json_too", [[], ["--json"]])
    def test_what_is_not_there_has_a_line(
        self, straw: StrawReader, tmp_path: Path, capsys: pytest.CaptureFixture[str], json_too: list[str]
    ) -> None:
        (tmp_path / "nothing").mkdir()
        (tmp_path / "dangling.jpg").symlink_to(tmp_path / "gone")
        assert main(["read", *json_too, str(tmp_path / "missing.jpg"), str(tmp_path / "nothing"), ""]) == 1
        assert main(["read", *json_too, str(tmp_path)]) == 1
        out = capsys.readouterr().out
        assert len(out.splitlines()) == 4
        assert out.count("error") >= 4

    def test_a_fault_of_ours_costs_one_line(
        self, straw: StrawReader, photo: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        straw.raises = ZeroDivisionError("oops")
        assert main(["read", str(photo), str(photo)]) == 1
        out = capsys.readouterr().out
        assert out.count("ZeroDivisionError: oops") == 2

    def test_ctrl_c_stops_it(
        self, straw: StrawReader, photo: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        straw.raises = KeyboardInterrupt()
        assert main(["read", str(photo)]) == 130
        assert capsys.readouterr().err == "stopped\n"

    def test_a_missing_network_is_told_and_nothing_is_read(self, photo: Path, tmp_path: Path) -> None:
        done = core("read", photo, VIN_DESK_MODELS=str(tmp_path))
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.startswith("error: ")
        assert "craft" in done.stderr
        assert "Traceback" not in done.stderr

    def test_whoever_stops_listening_is_left_in_peace(self) -> None:
        command = [sys.executable, "-m", "core", "read", "--json", *["missing.jpg"] * 2000]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()
        process.stderr.close()
        assert process.wait() == 141
        assert complaint == ""

    def test_a_folder_is_read_in_order_without_hidden_files_and_pipes(self, tmp_path: Path) -> None:
        for name in ("b.jpg", "a.txt", ".c.jpg", "d/e.jpg", ".f/g.jpg"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        os.mkfifo(tmp_path / "pipe.jpg")
        (tmp_path / "d" / "loop").symlink_to(tmp_path)
        assert [os.path.relpath(path, tmp_path) for path, _ in find([str(tmp_path)])] == [
            "a.txt",
            "b.jpg",
            "d/e.jpg",
        ]


@pytest.mark.parametrize("verb", ["read", "evaluate", "synthesize", "train", "quads"])
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([verb, "--help"])
    assert ended.value.code == 0
    assert f"usage: python -m core {verb}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["read"],
        ["frobnicate"],
        ["synthesize", "--out", "x", "--count", "0"],
        ["train", "ctc", "--run", "x", "--real", "1.5"],
        ["train", "ctc", "--run", "x", "--minutes", "nan"],
    ],
)
def test_wrong_arguments_are_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_printable_keeps_letters_and_escapes_the_rest() -> None:
    assert printable("Фото 1.jpg") == "Фото 1.jpg"
    assert printable("a\n\x1b[2J\udcff\u202e") == "a\\n\\x1b[2J\\udcff\\u202e"
    assert str(Refusal("why")) == "why"
