"""Transcription: options and results, as the jobs and the recognition processes exchange them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Report: TypeAlias = "Callable[[Mapping[str, object]], None]"
"""Takes what a recognition process reports: what it recognised, how far it has come, how it ended."""

OFFLINE_MODEL = "tiny.en"
SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")  # noqa: RUF001 - Japanese is one of the languages
CLOSING = "\"')]»”’"  # noqa: RUF001 - quotation marks that follow a full stop
LONG_PAUSE = 1.0
"""Seconds of silence after which a new message begins."""
MOST_WORDS = 50
OWN_FAULT = "symbl-local failed by a fault of its own, which its log describes"
"""Why a job fails that no recording is to blame for."""
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
    """Words that belong together; never empty.

    :param speaker: who says it, from 1 in the order of their first sentences; None without speaker diarization.
    """

    words: tuple[SpokenWord, ...]
    speaker: int | None = None

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
class Transcription:
    """What a recording says.

    :param seconds: how long it is, silence included.
    :param channels: the sentences of each channel that was recognised apart.
    """

    seconds: float
    channels: tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True)
class TranscriptionOptions:
    """How to recognise a recording.

    There is no mode for the telephone: whatever its sample rate, a recording is brought to 16 kHz.

    :param language: two letters.
    :param vocabulary: words to expect.
    :param by_channel: each channel apart, or all of them mixed.
    :param only_mp4: whether any other container is refused.
    :param speaker_count: how many speakers diarization tells apart; None for no diarization.
    """

    language: str = "en"
    vocabulary: tuple[str, ...] = ()
    by_channel: bool = False
    only_mp4: bool = False
    speaker_count: int | None = None


def sentences(words: Iterable[SpokenWord]) -> Iterator[Sentence]:
    """Cut a run of words where a sentence ends, before a long pause, and where there is no end in sight.

    :param words: in order of time.
    :return: each sentence as soon as the word after it is there.
    """
    current: list[SpokenWord] = []
    for word in words:
        if current and _is_break(current, word):
            yield Sentence(tuple(current))
            current = []
        current.append(word)
    if current:
        yield Sentence(tuple(current))


def by_speaker(sentence: Sentence, speakers: Iterable[int]) -> Iterator[Sentence]:
    """Cut a sentence where the speaker changes.

    :param speakers: who says each of its words.
    """
    for speaker, pairs in groupby(zip(speakers, sentence.words, strict=True), key=itemgetter(0)):
        yield Sentence(tuple(word for _, word in pairs), speaker)


def _is_break(current: list[SpokenWord], following: SpokenWord) -> bool:
    last = current[-1]
    is_pause = following.start - last.end >= LONG_PAUSE
    return is_pause or len(current) >= MOST_WORDS or _ends_sentence(last.text)


def _ends_sentence(word: str) -> bool:
    bare = word.strip().rstrip(CLOSING)
    return bare.endswith(SENTENCE_ENDS) and bare.casefold() not in ABBREVIATIONS
