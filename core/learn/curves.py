"""What a run reports, a line of JSON each, so that it can be watched and drawn."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path


class Curves:
    """The reports of a run; a run that goes on drops those after its checkpoint, as they come again.

    Args:
        path: of the file.
        report: told of every line as well.
        step: where the run goes on.
    """

    def __init__(self, path: Path, report: Callable[[dict[str, float]], None] | None, step: int) -> None:
        self.path, self.report = path, report
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            partial = path.with_suffix(".partial")
            partial.write_text(
                "".join(f"{line}\n" for line in lines if _reached(line, step)), encoding="utf-8"
            )
            os.replace(partial, path)

    def write(self, figures: dict[str, float]) -> None:
        """One more report."""
        rounded = {name: round(value, 6) for name, value in figures.items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(rounded) + "\n")
        if self.report:
            self.report(rounded)


def _reached(line: str, step: int) -> bool:
    try:
        return json.loads(line).get("step", 0) <= step
    except json.JSONDecodeError:  # the run was killed while it wrote it
        return False
