"""The kinds of work, by the first word of a job's kind."""

from __future__ import annotations

from collections.abc import Callable

from core.jobs.finetune import finetune
from core.jobs.gating import gate
from core.jobs.labelling import label_pool
from core.jobs.progress import Progress
from core.jobs.synthesis import synthesize
from core.store.connect import Store
from core.store.errors import Refused
from core.store.jobs import Job

Work = Callable[[Store, Job, Progress], str]
"""Does a job and says in a sentence how it went; raises where it cannot."""

KINDS: dict[str, Work] = {
    "train": finetune,
    "gate": gate,
    "round": label_pool,
    "synthesize": synthesize,
}


def work_of(kind: str) -> Work:
    """What does a job of this kind.

    Raises:
        Refused: there is no such kind.
    """
    work = KINDS.get(kind.split()[0] if kind.split() else "")
    if work is None:
        raise Refused(f"{kind[:40]!r} is no kind of job; there are {', '.join(KINDS)}")
    return work
