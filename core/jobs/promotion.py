"""Promotion and roll-back: a person confirms what the gate allows, and it is written down."""

from __future__ import annotations

from core import champions
from core.champions import Release
from core.jobs.gating import candidate_of, newest_gate, result
from core.registry import ModelError, champion_folder
from core.store.connect import Store
from core.store.errors import Refused
from core.store.jobs import Job, job
from core.store.ledger import Made, change_champion, changes


def promotable(store: Store, trained: Job) -> str:
    """Why a candidate cannot be promoted now; empty where it can."""
    try:
        _grounds(store, trained)
    except (Refused, ModelError) as error:
        return str(error)
    return ""


def promote(store: Store, person: int, trained: int) -> Release:
    """Make a job's candidate the champion.

    Raises:
        Refused: the gate has not let it pass, or was asked about another champion.
        NotAllowed: the person may not ``learn``.
        core.registry.ModelError: the candidate is damaged, or the disk refuses; the champion stays.
    """
    made: list[Release] = []

    def make() -> Made:
        # Under the store's lock: of two who promote at once the second sees the first one's champion.
        entry = job(store, trained)
        gated, found = _grounds(store, entry)
        grounds = {"gate": gated, "reasons": found["verdict"]["reasons"]}
        expected = found["champion"]
        made.append(champions.promote(candidate_of(entry), expected, {"run": trained, **grounds}))
        return made[0].name, made[0].before, made[0].networks, grounds

    change_champion(store, person, "promote", make, trained)
    return made[0]


def roll_back(store: Store, person: int, to: str = "") -> Release:
    """Let the release before the champion serve again, or a certain one.

    Raises:
        NotAllowed: the person may not ``learn``.
        core.registry.ModelError: there is none before, or it is damaged; the champion stays.
    """
    made: list[Release] = []

    def make() -> Made:
        before = champions.serving()
        made.append(champions.roll_back(to, _followed(store, before)))
        return made[0].name, before, made[0].networks, {}

    change_champion(store, person, "roll_back", make)
    return made[0]


def _followed(store: Store, release: str) -> str:
    """What a release followed when it was promoted; empty where nobody wrote it down."""
    promoted = (one for one in changes(store) if one.action == "promote" and one.release == release)
    return next((one.before for one in promoted), "")


def _grounds(store: Store, trained: Job) -> tuple[int, dict]:
    candidate = candidate_of(trained)
    gated = newest_gate(store, trained.id)
    found = result(gated) if gated is not None else None
    if gated is None or gated.state != "done" or found is None:
        state = f"is {gated.state}" if gated is not None and gated.state != "done" else "has not been asked"
        raise Refused(f"the gate {state}; a candidate is promoted when it has passed")
    if found["verdict"]["outcome"] != "pass":
        raise Refused(found["verdict"]["reasons"][0])
    if found["champion"] != champions.champion().networks:
        raise Refused("another champion serves since the gate was asked; ask it again")
    if found.get("cards", now := champions.cards(champion_folder())) != now:
        raise Refused("the champion was calibrated anew since the gate was asked; ask it again")
    name = trained.kind.split()[-1]
    if champions.fingerprint_in(candidate, name) != found["candidate"][name]:
        raise Refused("the candidate is not the one that passed the gate; ask it again")
    return gated.id, found
