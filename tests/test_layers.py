"""The rooms of the house stay apart: who may import whom, and what reading a photo may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

GROUND = {"vin", "geometry", "records", "images", "registry", "champions", "interval", "disk", "clock"}
# In the order of the way: a stage may use what lies before it, never what comes after.
STAGES = (
    "detect",
    "rectify",
    "recognize",
    "choose",
    "panel",
    "closer",
    "framing",
    "quality",
    "missed",
    "verdict",
    "bar_codes",
    "several",
)
READING = GROUND | set(STAGES) | {"reader"}

# Room of core -> rooms that it may import besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(GROUND, GROUND),
    **{stage: GROUND | set(STAGES[:place]) for place, stage in enumerate(STAGES)},
    "reader": GROUND | set(STAGES),
    "synth": GROUND,
    "store": GROUND,
    "measure": GROUND | {"store"},
    "learn": READING | {"synth"},
    "jobs": READING | {"synth", "store", "learn"},
    "cli": READING | {"synth", "store", "learn", "jobs"},
    "__main__": {"cli"},
    "__init__": set(),
}

CORE = sorted((ROOT / "core").rglob("*.py"))
DESKS = [*sorted((ROOT / "pages").rglob("*.py")), ROOT / "app.py"]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", CORE, ids=named)
def test_imports_within_core_point_downwards(path: Path) -> None:
    room = path.relative_to(ROOT / "core").parts[0].removesuffix(".py")
    assert room in MAY_IMPORT, f"core/{room} is new: give it a place in MAY_IMPORT and docs/architecture.md"
    for module in imported_modules(path):
        if module.startswith("core."):
            target = module.split(".")[1]
            assert target == room or target in MAY_IMPORT[room], f"{named(path)} reaches up to {module}"


@pytest.mark.parametrize("path", CORE, ids=named)
def test_core_knows_neither_streamlit_nor_the_desks(path: Path) -> None:
    assert packages(path).isdisjoint({"streamlit", "streamlit_drawable_canvas", "pages", "app"})


@pytest.mark.parametrize("path", CORE, ids=named)
def test_torch_is_imported_in_learn_only(path: Path) -> None:
    if "learn" not in path.relative_to(ROOT / "core").parts:
        assert "torch" not in packages(path)


@pytest.mark.parametrize("path", DESKS, ids=named)
def test_desks_leave_training_and_sql_to_core(path: Path) -> None:
    assert packages(path).isdisjoint({"torch", "onnxruntime", "sqlite3", "sqlite_utils"})


@pytest.mark.parametrize("module", ["core.reader", "core.cli"])
def test_serving_loads_neither_torch_nor_streamlit(module: str) -> None:
    heavy = "{'torch', 'streamlit', 'onnx', 'pandas'}"
    code = f"import sys, {module}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imported_modules(path)}


def imported_modules(path: Path) -> Iterator[str]:
    """Full names of what a file imports, inside functions too; ``from core import x`` gives ``core.x``."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "core":
                yield from (f"core.{alias.name}" for alias in node.names)
            else:
                yield module
