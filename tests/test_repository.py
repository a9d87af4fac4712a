"""What the repository promises about itself: pinned packages, small files, commands that exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))
LONGEST_MODULE = 330  # lines; a file that grows past about 300 usually holds two things
LARGEST_FILE = 25 * 2**20
LITTER = {".git", ".venv", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", "data", "runs"}

# Written so that this file does not hold what it looks for.
HOME_FOLDERS = "|".join(["work", "root", "farm"])
IN_TEXT = re.compile(rf"(?<![\w.~}})\]-])/(?:{HOME_FOLDERS})/".encode())
IN_BINARY = re.compile(rf"/(?:{HOME_FOLDERS})/".encode())


def tracked_files() -> list[Path]:
    """What is committed or would be: git's list without the ignored; all but the usual litter without git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        paths = [ROOT / name for name in done.stdout.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if LITTER.isdisjoint(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_and_says_why(path: Path) -> None:
    lines = [
        line for line in path.read_text().splitlines() if line.strip() and not line.startswith(("#", "-r "))
    ]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[\w.-]+==[\w.]+ +# \S.*", line), f"{path.name}: {line!r}"


def test_no_file_holds_a_path_of_the_machine_it_was_made_on() -> None:
    guilty = []
    for path in tracked_files():
        content = path.read_bytes()
        if (IN_BINARY if b"\0" in content else IN_TEXT).search(content):
            guilty.append(path.relative_to(ROOT).as_posix())
    assert guilty == []


def test_no_file_is_too_large_for_the_repository() -> None:
    large = {
        path.relative_to(ROOT).as_posix() for path in tracked_files() if path.stat().st_size > LARGEST_FILE
    }
    assert large == set()


def test_modules_are_short_enough_to_read() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for room in ("core", "pages")
        for path in (ROOT / room).rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines >= LONGEST_MODULE} == {}


def test_commands_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    told = set(re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / "README.md").read_text(), flags=re.MULTILINE))
    assert {"app", "test"} <= told
    assert told <= targets
