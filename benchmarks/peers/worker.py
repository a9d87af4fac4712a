"""A process that holds one system: a JSON object per line in, one out.

In: ``{"photo": path, "box": null | [left, top, width, height]}``. Out: ``texts``, ``ms`` (from the file's
bytes to the texts), ``peak`` (bytes of memory that this process had at most so far), ``error``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.peers.systems import SETUPS, SYSTEMS, Setup


def main() -> None:
    # Whatever a system prints goes to stderr, never between our lines.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    asked = json.loads(sys.argv[1])
    setup = Setup(**asked["setup"]) if asked.get("setup") else SETUPS[asked["system"]]
    start = time.perf_counter()
    system = SYSTEMS[asked["system"]](setup)
    loading = time.perf_counter() - start
    _answer(answers, {"about": system.about(), "loading": loading, "setup": asdict(setup)})
    for line in sys.stdin:
        _answer(answers, _result(system, json.loads(line)))


def _result(system: Any, job: dict[str, Any]) -> dict[str, Any]:
    data = Path(job["photo"]).read_bytes()
    start = time.perf_counter()
    try:
        texts = system.whole(data) if job["box"] is None else system.crop(data, tuple(job["box"]))
        error = None
    except Exception as problem:  # one photo that a system cannot take is a miss, not the end
        texts, error = [], f"{type(problem).__name__}: {problem}"
    took = 1000 * (time.perf_counter() - start)
    return {"texts": [asdict(text) for text in texts], "ms": took, "peak": _peak(), "error": error}


def _peak() -> int:
    # ru_maxrss would count the memory of the process that started this one.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


def _answer(answers: Any, entries: dict[str, Any]) -> None:
    answers.write(json.dumps(entries) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
