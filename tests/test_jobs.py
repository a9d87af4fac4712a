"""Jobs: one queue, signs of life, pause, cancel, resume; the dead are recognised, and no two do one job."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_store_kit import Desk

from core.cli import main
from core.jobs import process, queue, runner
from core.jobs.progress import Progress
from core.jobs.work import work_of
from core.store.connect import Store
from core.store.errors import NotAllowed, Refused
from core.store.jobs import (
    GONE,
    SILENT,
    START,
    Job,
    Owner,
    ask,
    beat,
    claim,
    end_job,
    job,
    jobs,
    put_job,
    sign,
    take_job,
    tidy,
)
from core.store.people import add_person

ME = Owner(4711, "boot:1")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.open(tmp_path, photos=0)


def put(desk: Desk, kind: str = "train ctc", **given: object) -> Job:
    return put_job(desk.store, desk.adm, kind, {}, **given)  # type: ignore[arg-type]


def alive(_pid: int, _born: str) -> bool:
    return True


def gone(_pid: int, _born: str) -> bool:
    return False


class TestRows:
    def test_a_job_is_queued_claimed_signed_and_done(self, desk: Desk) -> None:
        made = put(desk, threads=2)
        assert (made.state, made.threads, made.folder) == ("waiting", 2, str(desk.store.home / "runs" / "1"))
        claimed = claim(desk.store)
        assert claimed is not None and claimed.state == "running" and claimed.pid is None
        sign(desk.store, made.id, ME)
        assert beat(desk.store, made.id, ME, 0.5, "half", {"loss": 1.0}) == ""
        beat(desk.store, made.id, ME, metrics={"exact": 0.9})
        now = job(desk.store, made.id)
        assert (now.progress, now.told, now.metrics) == (0.5, "half", {"loss": 1.0, "exact": 0.9})
        end_job(desk.store, made.id, ME, "done", "all well")
        now = job(desk.store, made.id)
        assert (now.state, now.progress, now.reason, now.pid) == ("done", 1.0, "all well", None)

    def test_one_runs_at_a_time_in_the_order_they_came(self, desk: Desk) -> None:
        first, second = put(desk), put(desk)
        assert claim(desk.store) is not None
        assert claim(desk.store) is None
        assert claim(desk.store, most=2) is not None
        assert [entry.state for entry in jobs(desk.store)] == ["running", "running"]
        assert first.id < second.id

    def test_only_who_may_learn_may_queue_and_ask(self, desk: Desk) -> None:
        made = put(desk)
        for person in (desk.ann, desk.rev):
            with pytest.raises(NotAllowed):
                put_job(desk.store, person, "train ctc", {})
            with pytest.raises(NotAllowed):
                ask(desk.store, made.id, person, "cancel")
        eve = add_person(desk.store, "Eve", ["data scientist"]).id
        assert ask(desk.store, made.id, eve, "cancel").reason == "stopped by Eve"

    def test_wishes_reach_what_waits_at_once_and_what_runs_with_its_next_sign(self, desk: Desk) -> None:
        made = put(desk)
        assert ask(desk.store, made.id, desk.adm, "pause").state == "paused"
        assert ask(desk.store, made.id, desk.adm, "resume").state == "waiting"
        claim(desk.store)
        sign(desk.store, made.id, ME)
        assert ask(desk.store, made.id, desk.adm, "pause").state == "running"
        assert beat(desk.store, made.id, ME) == "pause"
        end_job(desk.store, made.id, ME, "paused", "paused on request")
        assert ask(desk.store, made.id, desk.adm, "resume").state == "waiting"
        with pytest.raises(Refused, match="cannot be done"):
            ask(desk.store, made.id, desk.adm, "resume")
        with pytest.raises(Refused, match="no job 99"):
            ask(desk.store, 99, desk.adm, "pause")

    def test_the_dead_are_found_by_process_and_silence(self, desk: Desk) -> None:
        made = put(desk)
        claim(desk.store)
        sign(desk.store, made.id, ME)
        beat(desk.store, made.id, ME)
        assert tidy(desk.store, gone) == []  # it spoke just now; perhaps we only cannot see it
        desk.clock.at += GONE + 1
        assert tidy(desk.store, alive) == []
        assert tidy(desk.store, lambda _pid, _born: None) == []
        assert [one.id for one in tidy(desk.store, gone)] == [made.id]
        now = job(desk.store, made.id)
        assert now.state == "dead" and "without a word" in now.reason
        assert beat(desk.store, made.id, ME) == "lost"
        assert GONE + 2 + 2 < 15  # silence, sign of life, and a look of the desk

    def test_a_clock_that_was_set_back_keeps_no_dead_job_alive(self, desk: Desk) -> None:
        made = put(desk)
        claim(desk.store)
        sign(desk.store, made.id, ME)
        desk.clock.at -= 3600
        assert [one.id for one in tidy(desk.store, gone)] == [made.id]

    def test_a_new_job_never_goes_on_in_the_folder_of_another(self, desk: Desk) -> None:
        """Ids are dealt out again after a restore, and by every store beside the same photos."""
        old = Path(put(desk).folder)
        other = old.with_name(str(int(old.name) + 1))
        other.mkdir(parents=True)
        (other / "checkpoint.pt").write_bytes(b"of another run")
        made = put(desk)
        assert Path(made.folder) != other and not Path(made.folder).exists()
        assert made.log.startswith(made.folder)

    def test_where_processes_cannot_be_seen_silence_alone_tells(self, desk: Desk) -> None:
        made = put(desk)
        claim(desk.store)
        sign(desk.store, made.id, ME)
        desk.clock.at += SILENT + 1
        assert [one.id for one in tidy(desk.store, lambda _pid, _born: None)] == [made.id]

    def test_a_process_that_never_came_is_dead(self, desk: Desk) -> None:
        made = put(desk)
        claim(desk.store)
        assert tidy(desk.store, gone) == []
        desk.clock.at += START + 1
        assert [one.id for one in tidy(desk.store, gone)] == [made.id]

    def test_a_job_has_one_owner(self, desk: Desk) -> None:
        made = put(desk)
        claim(desk.store)
        sign(desk.store, made.id, ME)
        other = Owner(4712, "boot:2")
        with pytest.raises(Refused, match="in the hands of process 4711"):
            take_job(desk.store, made.id, other, alive)
        assert take_job(desk.store, made.id, other, gone).pid == other.pid
        assert beat(desk.store, made.id, ME) == "lost"
        end_job(desk.store, made.id, ME, "failed", "too late")
        assert job(desk.store, made.id).state == "running"


class TestProcess:
    def test_a_pid_that_was_used_again_is_another_process(self) -> None:
        me = process.myself()
        assert process.lives(me.pid, me.born)
        assert process.lives(me.pid, me.born[:-1] + "x") is False

    def test_a_zombie_does_not_live(self) -> None:
        child = subprocess.Popen([sys.executable, "-c", "pass"])
        born = process.born(child.pid) or ""
        deadline = time.monotonic() + 20
        while process.lives(child.pid, born):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        child.wait()

    def test_only_that_very_process_is_killed(self) -> None:
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
        )
        born = process.born(child.pid) or ""
        assert not process.kill(Owner(child.pid, "boot:0"))
        assert child.poll() is None
        assert process.kill(Owner(child.pid, born))
        assert child.wait(10) == -signal.SIGKILL

    def test_what_a_killed_leader_left_behind_is_ended(self) -> None:
        nested = (
            "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; "
            "time.sleep(60)']); print('up', flush=True); time.sleep(60)"
        )
        leader = subprocess.Popen(
            [sys.executable, "-c", nested], start_new_session=True, stdout=subprocess.PIPE, text=True
        )
        assert leader.stdout is not None and leader.stdout.readline() == "up\n"
        assert process.end_orphans(leader.pid) == 0  # it lives
        leader.kill()
        leader.wait()
        assert process.end_orphans(leader.pid) == 1
        leader.stdout.close()


Work = Callable[[Store, Job, Progress], str]


class TestRunner:
    @pytest.fixture(autouse=True)
    def handlers(self) -> object:  # the runner sets them for its process
        kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        umask = os.umask(0o022)
        yield
        os.umask(umask)
        for number, handler in kept.items():
            signal.signal(number, handler)

    @pytest.fixture
    def store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
        monkeypatch.setattr("core.jobs.progress.EVERY", 0.05)
        monkeypatch.setattr(runner, "NICE", 0)
        return Store.open(tmp_path / "labels.db", tmp_path / "home")

    def carry_out(self, store: Store, work: Work, monkeypatch: pytest.MonkeyPatch) -> Job:
        monkeypatch.setattr(runner, "work_of", lambda _kind: work)
        monkeypatch.setattr(queue, "advance", lambda _store: [])
        made = put_job(store, add_person(store, "Eve", ["data scientist"]).id, "train ctc", {})
        runner.run(store, made.id)
        return job(store, made.id)

    def test_work_that_ends_well_is_done(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        def work(_store: Store, _job: Job, progress: Progress) -> str:
            progress.tell(0.25, "a quarter", {"loss": 2.0, "val_cer": float("nan")})
            assert progress.folder.is_dir()
            return "one candidate"

        now = self.carry_out(store, work, monkeypatch)
        assert (now.state, now.reason, now.told, now.metrics) == (
            "done",
            "one candidate",
            "a quarter",
            {"loss": 2.0},
        )

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (Refused("nothing to learn"), "nothing to learn"),
            (KeyError("x"), "KeyError: 'x'; the log tells where"),
        ],
    )
    def test_an_error_is_told(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
    ) -> None:
        def work(*_given: object) -> str:
            raise error

        now = self.carry_out(store, work, monkeypatch)
        assert (now.state, now.reason) == ("failed", reason)

    @pytest.mark.parametrize(("wish", "state"), [("pause", "paused"), ("cancel", "stopped")])
    def test_a_wish_interrupts_as_ctrl_c_does_once(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, wish: str, state: str
    ) -> None:
        saved = []

        def work(_store: Store, entry: Job, _progress: Progress) -> str:
            ask(store, entry.id, entry.person or 0, wish)
            try:
                time.sleep(20)
            finally:
                time.sleep(0.3)  # saving takes a while, and must not be interrupted again
                saved.append(True)
            return "never"

        now = self.carry_out(store, work, monkeypatch)
        assert (now.state, saved) == (state, [True])

    def test_work_that_does_not_end_is_killed(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        killed: list[Owner] = []
        monkeypatch.setattr("core.jobs.progress.PATIENCE", 0.2)
        monkeypatch.setattr("core.jobs.progress.kill", killed.append)

        def work(_store: Store, entry: Job, _progress: Progress) -> str:
            ask(store, entry.id, entry.person or 0, "cancel")
            while not killed:
                with contextlib.suppress(KeyboardInterrupt):
                    time.sleep(0.05)
            return "too late"

        now = self.carry_out(store, work, monkeypatch)
        assert killed[0] == process.myself()
        assert (now.state, now.reason) == ("stopped", "it did not end by itself and was killed")

    def test_sigterm_is_a_pause(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        def work(*_given: object) -> str:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
            return "never"

        assert self.carry_out(store, work, monkeypatch).state == "paused"

    def test_an_unknown_kind_fails_with_a_reason(self, store: Store) -> None:
        with pytest.raises(Refused, match="no kind of job"):
            work_of("dance")


class TestCommands:
    @pytest.fixture
    def place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("VIN_DESK_DB", str(tmp_path / "labels.db"))
        monkeypatch.setenv("VIN_DESK_HOME", str(tmp_path / "home"))
        return tmp_path

    def test_a_job_in_a_process_of_its_own_fails_with_its_reason_in_row_and_log(
        self, place: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # The gate without a candidate needs no network, and ends by itself.
        store = Store.open()
        made = put_job(store, add_person(store, "Eve", ["data scientist"]).id, "gate", {})
        assert main(["jobs", "list"]) == 0
        deadline = time.monotonic() + 60
        while job(store, made.id).state in ("waiting", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        now = job(store, made.id)
        assert now.state == "failed" and "needs the training job" in now.reason
        capsys.readouterr()
        assert main(["jobs", "list"]) == 0
        assert "failed" in capsys.readouterr().out
        assert main(["jobs", "log", str(made.id)]) == 0
        assert "Traceback" in capsys.readouterr().out
        assert Path(now.log).stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize(
        "arguments",
        [
            ["jobs", "train", "ctc", "--snapshot", "none"],
            ["jobs", "cancel", "7"],
            ["jobs", "run", "7"],
            ["jobs", "log", "7"],
            ["models", "gate", "7"],
            ["models", "promote", "7", "--yes"],
        ],
        ids=lambda arguments: " ".join(arguments[:2]),
    )
    def test_what_cannot_be_done_is_refused_in_one_line(
        self, place: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(arguments) == 2
        err = capsys.readouterr().err
        assert err.startswith("error: ") and len(err.splitlines()) == 1
