"""Recognition processes: they are started when needed, replaced when they die, and never left behind.

No process here has a model: what becomes of a recording is written in it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server import app
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech import recogniser_pool as recogniser_module
from airflow_provider_symbl.local_server.speech.transcription import (
    OWN_FAULT,
    JobFailureError,
    StoppedError,
    TranscriptionOptions,
)
from tests.support import scripted_symbl_command
from tests.support.local_client import TIMEOUT, Local
from tests.support.recogniser_processes import are_gone, kill, workers
from tests.support.scripted_worker import HANGING_MODEL, MISSING_MODEL, ScriptedPool, recording
from tests.support.symbl_command import SymblCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool

pytestmark = pytest.mark.process


HELLO = recording("say Hello there.", "done 0.5", "say Goodbye.", "done 1.0")
HANGING = recording("say Hello there.", "done 0.5", "hang")
TEXTS = ["Hello there.", "Goodbye."]


@pytest.fixture
def started() -> Callable[[], list[int]]:
    """Return what lists the processes that the test has started; other tests' server has its own."""
    others = set(workers())
    return lambda: [pid for pid in workers() if pid not in others]


@pytest.fixture
def recogniser() -> Iterator[RecogniserPool]:
    """Return a recogniser of one process, which is gone afterwards."""
    with contextlib.closing(ScriptedPool(None, 1)) as made:
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a test puts its recording."""
    return tmp_path / "recording"


def hear(
    recogniser: RecogniserPool,
    path: Path,
    content: bytes = HELLO,
    *,
    report: Callable[[float], None] = lambda _: None,
    stopped: threading.Event | None = None,
) -> list[str]:
    """Hear a recording to its end, and give what was said."""
    path.write_bytes(content)
    transcription = recogniser.recognise(path, TranscriptionOptions(), stopped or threading.Event(), report)
    return [sentence.text for sentences in transcription.channels for sentence in sentences]


def test_a_process_is_started_with_the_first_recording_and_hears_the_next_too(
    recogniser: RecogniserPool, started: Callable[[], list[int]], path: Path
) -> None:
    """Loading the model takes longer than most recordings do."""
    assert started() == []
    assert hear(recogniser, path) == TEXTS
    (process,) = started()
    assert hear(recogniser, path) == TEXTS
    assert started() == [process]


def test_all_processes_can_be_started_beforehand(started: Callable[[], list[int]]) -> None:
    """As many as there are workers, and none is left when the recogniser is closed."""
    with contextlib.closing(ScriptedPool(None, 2)) as recogniser:
        recogniser.load()
        first = started()
        assert len(first) == 2
        recogniser.load()
        assert started() == first
    assert started() == []


def test_closing_does_not_wait_for_a_model_to_be_loaded(started: Callable[[], list[int]]) -> None:
    """Whoever waits for the model is told."""
    told: list[BaseException] = []

    def load() -> None:
        with pytest.raises(StoppedError) as stopped:
            closing.load()
        told.append(stopped.value)

    closing = ScriptedPool(HANGING_MODEL, 1)
    waiting = threading.Thread(target=load)
    waiting.start()
    while not (loading := started()):
        pass
    os.kill(loading[0], signal.SIGSTOP)
    closing.close()
    waiting.join(TIMEOUT)
    assert len(told) == 1
    assert are_gone(loading)


def test_recognition_stops_when_nobody_waits(
    recogniser: RecogniserPool, started: Callable[[], list[int]], path: Path
) -> None:
    """The process is killed in the middle of it; the next recording has another."""
    stopped = threading.Event()
    busy: list[int] = []

    def report(_: float) -> None:
        busy.extend(started())
        stopped.set()

    with pytest.raises(StoppedError):
        hear(recogniser, path, HANGING, report=report, stopped=stopped)
    assert len(busy) == 1
    assert are_gone(busy)
    assert hear(recogniser, path) == TEXTS


def test_a_process_that_dies_is_replaced_once(
    recogniser: RecogniserPool, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The recording is heard from its beginning, and nothing of it twice."""
    assert hear(recogniser, path, recording("say Hello there.", "done 0.5", "die once", "say Goodbye.")) == TEXTS
    assert "A recognition process ended (SIGKILL); its recording is tried once more" in caplog.text


def test_a_process_that_died_idle_is_replaced(
    recogniser: RecogniserPool, started: Callable[[], list[int]], path: Path
) -> None:
    """It is noticed with the next recording."""
    hear(recogniser, path)
    (idle,) = started()
    kill(idle)
    assert are_gone([idle])
    assert hear(recogniser, path) == TEXTS


def test_a_recording_of_which_two_processes_die_is_given_up(recogniser: RecogniserPool, path: Path) -> None:
    """The reason says what became of them; another recording is heard."""
    expected = r"The recognition process ended before it was done \(SIGKILL\), and so did a second one"
    with pytest.raises(JobFailureError, match=expected):
        hear(recogniser, path, recording("done 0.5", "die"))
    assert hear(recogniser, path) == TEXTS


def test_a_process_that_hangs_is_given_up(
    recogniser: RecogniserPool, started: Callable[[], list[int]], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job does not hang with it for ever."""
    monkeypatch.setattr(recogniser_module, "PROGRESS_TIMEOUT", 0.6)
    recogniser.load()
    hung = started()
    with pytest.raises(JobFailureError, match=r"The recognition made no progress for 0\.01 minutes"):
        hear(recogniser, path, HANGING)
    assert are_gone(hung)


def test_a_failed_recording_costs_no_process(
    recogniser: RecogniserPool, started: Callable[[], list[int]], path: Path
) -> None:
    """Its reason is told, and the next recording is heard by the same one."""
    with pytest.raises(JobFailureError, match=r"^The recording cannot be decoded$"):
        hear(recogniser, path, recording("fail The recording cannot be decoded"))
    before = started()
    assert hear(recogniser, path) == TEXTS
    assert started() == before


def test_a_defect_is_told_by_its_kind_and_place_alone(
    recogniser: RecogniserPool, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its text may hold what was said."""
    with pytest.raises(JobFailureError, match=f"^{OWN_FAULT}$"):
        hear(recogniser, path, recording("break what somebody said"))
    assert "in transcribe" in caplog.text
    assert "what somebody said" not in caplog.text


def test_a_model_that_cannot_be_loaded_is_named_to_each_who_asks() -> None:
    """The process ends with it, and the next who asks has another."""
    with contextlib.closing(ScriptedPool(MISSING_MODEL, 1)) as recogniser:
        for _ in range(2):
            with pytest.raises(JobFailureError, match=f"The speech model {MISSING_MODEL} cannot be loaded"):
                recogniser.load()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_the_server(number: signal.Signals) -> None:
    """However that ends, and in the middle of a recording."""
    with SymblCommand("--workers", "2", module=scripted_symbl_command.MODULE) as server:
        for _ in range(2):
            server.submit(HANGING)
        server.wait_until_all_are_heard()
        busy = workers(server.process.pid)
        assert len(busy) == 2
        server.process.send_signal(number)
        assert server.process.wait(TIMEOUT) == (0 if number != signal.SIGKILL else -number)
        assert are_gone(busy)


def test_a_killed_process_costs_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its own nor that of the process beside it."""
    monkeypatch.setattr(app, "RecogniserPool", ScriptedPool)
    with LocalServer(workers=2) as server:
        local = Local(server)
        dying = recording("say Hello there.", "done 0.5", "die once", "say Goodbye.")
        submitted = [local.submit("audio", data=data) for data in (dying, HELLO)]
        while any(local.job(ids)["status"] != "completed" for ids in submitted):
            pass
        assert [local.texts(ids) for ids in submitted] == [TEXTS, TEXTS]
        local.session.close()


def test_a_process_leaves_the_processors_to_the_server(
    recogniser: RecogniserPool, started: Callable[[], list[int]]
) -> None:
    """It gives way to whatever answers requests."""
    recogniser.load()
    own, lowest = os.getpriority(os.PRIO_PROCESS, 0), 19
    assert os.getpriority(os.PRIO_PROCESS, started()[0]) >= min(own + 1, lowest)
