"""A recognition process without a model: what becomes of a recording is written in the recording itself.

All but the model is symbl-local's own process. A recording is a text, one step a line:

================= ==================================================================
``say WORDS``     a sentence is recognised
``done SHARE``    so much of the recording is done, 0 to 1
``hang``          nothing comes any more
``die``           the process kills itself
``die once``      likewise, but the next process that gets the same file goes on
``fail REASON``   it cannot be recognised
``break TEXT``    a defect, whose error holds this text
================= ==================================================================
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.speech import worker
from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from airflow_provider_symbl.local_server.speech.transcription import Report, TranscriptionOptions

MODULE = "tests.support.scripted_worker"
HANGING_MODEL = "a model that is never loaded"
MISSING_MODEL = "a model that is not there"


class ScriptedPool(RecogniserPool):
    """A recogniser whose processes are such ones."""

    worker_module = MODULE


def recording(*steps: str) -> bytes:
    """Make a recording of some steps."""
    return "\n".join(steps).encode()


class ScriptedTranscriber:
    """Does with a recording what is written in it."""

    def transcribe(self, path: Path, _: TranscriptionOptions, report: Report) -> Mapping[str, object]:
        """Take one step after the other.

        :raises JobFailureError: a step says so.
        """
        steps = path.read_text().splitlines()
        for second, step in enumerate(steps):
            _take(step.split(" ", 1), second, path, report)
        return {"seconds": float(len(steps)), "channels": 1, "speakers": None}


def load(settings: Mapping[str, Any], report: Report) -> ScriptedTranscriber:
    """Take no time to load, unless the model's name says otherwise.

    :raises JobFailureError: the name says so.
    """
    report({"loading": f"the speech model {settings['name']}"})
    if settings["model"] == HANGING_MODEL:
        _hang()
    if settings["model"] == MISSING_MODEL:
        raise JobFailureError(f"The speech model {MISSING_MODEL} cannot be loaded")
    return ScriptedTranscriber()


def _take(step: list[str], second: int, path: Path, report: Report) -> None:
    match step:
        case ["say", words]:
            report({"channel": 0, "words": [[f" {word}", second, second + 1, 0.9] for word in words.split()]})
        case ["done", share]:
            report({"progress": float(share)})
        case ["fail", reason]:
            raise JobFailureError(reason)
        case ["break", text]:
            raise TypeError(text)
        case ["hang"]:
            _hang()
        case ["die", "once"] if path.with_suffix(".died").exists():
            pass
        case ["die", *_]:
            path.with_suffix(".died").touch()
            os.kill(os.getpid(), signal.SIGKILL)


def _hang() -> None:
    threading.Event().wait()


if __name__ == "__main__":
    worker.main(load)
