"""The command line: a verb per file, see docs/command-line.md.

Each verb's file has ``add(verbs)``, which describes its arguments, and a function that runs it and returns
the exit status: 0 all went well, 1 some photo could not be read, 2 nothing could be done. Networks, OpenCV
and torch are imported only where a verb runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from core.cli import (
    calibrate,
    evaluate,
    jobs,
    models,
    predict,
    prior,
    quads,
    read,
    rounds,
    store,
    synthesize,
    train,
)
from core.cli.console import Refusal, printable

VERBS = (read, predict, store, evaluate, synthesize, train, quads, rounds, prior, calibrate, jobs, models)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb.

    Args:
        arguments: without the program's name; default ``sys.argv[1:]``.

    Returns:
        The exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no Cyrillic must not end a batch.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(given)
    options.command = given
    try:
        status = options.execute(options)
        sys.stdout.flush()
        return status
    except Refusal as refusal:
        print(f"error: {printable(str(refusal))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever listened has enough (`| head`); Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def parser() -> argparse.ArgumentParser:
    """The arguments of all verbs."""
    top = argparse.ArgumentParser(prog="python -m core", description="Read VINs from photos, and learn to.")
    verbs = top.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in VERBS:
        verb.add(verbs)
    return top
