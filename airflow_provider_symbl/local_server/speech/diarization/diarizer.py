"""Speaker diarization: embeddings and clustering.

A speaker-embedding model says what each sentence, and each word of a long one, sounds like; clustering finds as many
voices as are asked for; each sentence is the voice's that it is most like. It is our own: the libraries for it bring
torch or want a second model, which finds turns, and know nothing of the words.
"""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy

from airflow_provider_symbl.local_server.speech.diarization.clustering import centroids, labels
from airflow_provider_symbl.local_server.speech.diarization.speaker_changes import word_speakers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_symbl.local_server.speech.diarization.speaker_embeddings import SpeakerEmbeddingModel
    from airflow_provider_symbl.local_server.speech.transcription import Sentence

Numbers: TypeAlias = "numpy.ndarray[Any, numpy.dtype[Any]]"
Times: TypeAlias = tuple[float, float]
"""Beginning and end, in seconds from the recording's beginning."""

RATE = 16_000
WINDOW = 1.6
"""Seconds that an embedding is made of, as the packaged model was trained."""
STEP = 0.8
"""Seconds from one window of a sentence to the next, at most."""
WORD_WINDOW = 1.0
"""Seconds about a word by which it is heard who says it."""
SHORT = 0.8
"""Seconds below which a sentence is heard with some of the pauses about it: times of words are not exact."""
MARGIN = 0.4
"""Seconds of such a pause, at most."""
CLEAR = 1.0
"""Seconds from which a sentence says enough of a voice to find the voices by."""
DIVISIBLE = 1.8
"""Seconds from which a sentence may be two speakers'."""


class Diarizer:
    """Tells the speakers of one recording apart.

    What it keeps are vectors, about 15 MB for each hour of speech, and nothing of the sound.

    :param model: says what they sound like.
    :param count: how many there are: exactly so many are found, if there are as many sentences.
    """

    def __init__(self, model: SpeakerEmbeddingModel, count: int) -> None:
        self._model = model
        self._count = count
        self._sentences: list[Sentence] = []
        self._voices: list[Numbers] = []
        """Of each sentence, the vectors of its windows in which anything is heard."""
        self._words: list[Numbers] = []
        """Of each sentence that may be two speakers', a vector for each word; else none."""

    def add(self, said: Sequence[Sentence], sound: Numbers, offset: float) -> None:
        """Take the embeddings of sentences.

        :param said: in order of time, after those that were added before.
        :param sound: samples at 16 kHz that hold them.
        :param offset: where the sound begins, in seconds from the recording's beginning.
        """
        heard = _with_pauses(said, offset, offset + len(sound) / RATE)
        self._sentences += said
        voices = self._embeddings([_windows(*times) for times in heard], WINDOW, sound, offset)
        self._voices += [vectors[vectors.any(axis=1)] for vectors in voices]
        self._words += self._embeddings([_word_windows(sentence) for sentence in said], WORD_WINDOW, sound, offset)

    def speakers(self) -> list[list[int]]:
        """Say who speaks each word of each sentence, from 1 in the order in which they begin.

        A sentence in which nothing is heard is taken for the speaker's before it.
        """
        heard = [index for index, voice in enumerate(self._voices) if len(voice)]
        if not heard:
            return [[1] * len(sentence.words) for sentence in self._sentences]
        voices = centroids(self._clear(heard), min(self._count, len(heard)))
        scores = numpy.array([self._voices[index].mean(axis=0) @ voices.T for index in heard])
        own = dict(zip(heard, labels(scores).tolist(), strict=True))
        found, speaker = [], own[heard[0]]
        for index, sentence in enumerate(self._sentences):
            speaker = own.get(index, speaker)
            found.append(self._of_words(index, sentence, voices, speaker))
        numbers = {label: number for number, label in enumerate(dict.fromkeys(chain(*found)), 1)}
        return [[numbers[label] for label in sentence] for sentence in found]

    def _embeddings(
        self, windows: Sequence[Sequence[Times]], seconds: float, sound: Numbers, offset: float
    ) -> list[Numbers]:
        """Give the vectors of some windows of each sentence."""
        last = len(sound) - 1
        spans = [
            (min(last, _sample(start - offset)), min(last + 1, _sample(end - offset))) for start, end in chain(*windows)
        ]
        vectors = self._model.embeddings(sound, spans, seconds)
        return numpy.split(vectors, numpy.cumsum([len(times) for times in windows])[:-1]) if windows else []

    def _clear(self, heard: Sequence[int]) -> Numbers:
        """Choose the vectors that voices are found by: those of long sentences, if there are enough of these."""
        lasting = [index for index in heard if _seconds(self._sentences[index]) >= CLEAR]
        chosen = lasting if len(lasting) >= self._count else heard
        return numpy.concatenate([self._voices[index] for index in chosen])

    def _of_words(self, index: int, sentence: Sentence, voices: Numbers, speaker: int) -> list[int]:
        if not len(self._words[index]):
            return [speaker] * len(sentence.words)
        return word_speakers(sentence, self._words[index] @ voices.T, speaker)


def _with_pauses(said: Sequence[Sentence], begin: float, end: float) -> list[Times]:
    """Say where each sentence is heard: a short one with some of the pauses about it, never with its neighbours.

    :param begin: of the sound, in seconds.
    :param end: likewise.
    """
    befores = [begin, *(sentence.end for sentence in said)]
    afters = [*(sentence.start for sentence in said[1:]), end]
    return [
        (sentence.start, sentence.end)
        if _seconds(sentence) >= SHORT
        else (
            min(sentence.start, max(before, sentence.start - MARGIN)),
            max(sentence.end, min(after, sentence.end + MARGIN)),
        )
        for sentence, before, after in zip(said, befores, afters, strict=False)
    ]


def _windows(start: float, end: float) -> list[Times]:
    """Cover some time with windows, which overlap; where it is short, it is one."""
    if end - start <= WINDOW:
        return [(start, end)]
    count = math.ceil((end - start - WINDOW) / STEP) + 1
    return [(first, first + WINDOW) for first in numpy.linspace(start, end - WINDOW, count).tolist()]


def _word_windows(sentence: Sentence) -> list[Times]:
    """Give the time about each word, within the sentence; none, if it cannot be two speakers'."""
    if len(sentence.words) == 1 or _seconds(sentence) < DIVISIBLE:
        return []
    middles = [(word.start + word.end) / 2 for word in sentence.words]
    half = WORD_WINDOW / 2
    return [(max(sentence.start, middle - half), min(sentence.end, middle + half)) for middle in middles]


def _seconds(sentence: Sentence) -> float:
    return sentence.end - sentence.start


def _sample(seconds: float) -> int:
    return max(0, round(seconds * RATE))
