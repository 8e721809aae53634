"""Speaker diarization: embeddings and clustering.

A speaker-embedding model says what each sentence sounds like, and agglomerative clustering (Ward's method) which
sentences are one speaker's. The clustering is our own: it weighs sentences by their length, which scipy's does not.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_symbl.local_server.speech.transcription import Sentence

Numbers: TypeAlias = "numpy.ndarray[Any, numpy.dtype[Any]]"

RATE = 16_000
SHORT = 1.0
"""Seconds of speech below which a sentence says too little about a voice, and is taken with its neighbour."""
MOST_COMPARED = 1_000
"""Time and memory for comparing each with each go with the square of their number: half a second for these."""


class SpeakerEmbeddingModel:
    """A speaker-embedding model in sherpa-onnx's form, in memory.

    :param file: its ONNX file.
    :param threads: how many processors it may use.
    """

    def __init__(self, file: str, threads: int) -> None:
        sherpa = importlib.import_module("sherpa_onnx")
        config = sherpa.SpeakerEmbeddingExtractorConfig(model=file, num_threads=threads)
        self._extractor = sherpa.SpeakerEmbeddingExtractor(config)

    def embedding(self, sound: Numbers) -> Numbers | None:
        """Tell what a voice sounds like.

        :param sound: samples at 16 kHz.
        :return: a vector of length 1; None if there is too little to hear.
        """
        stream = self._extractor.create_stream()
        stream.accept_waveform(RATE, sound)
        stream.input_finished()
        if not self._extractor.is_ready(stream):
            return None
        vector = numpy.asarray(self._extractor.compute(stream))
        length = float(numpy.linalg.norm(vector))
        return vector / length if 0 < length < numpy.inf else None


class Diarizer:
    """Tells the speakers of one recording apart.

    :param model: says what they sound like.
    :param most: how many there are at most.
    """

    def __init__(self, model: SpeakerEmbeddingModel, most: int) -> None:
        self._model = model
        self._most = most
        self._vectors: list[Numbers] = []
        self._seconds: list[float] = []
        self._entries: list[int] = []

    def add(self, said: Sequence[Sentence], sound: Numbers, offset: float) -> None:
        """Take the embeddings of sentences.

        :param said: in order of time, after those that were added before.
        :param sound: samples at 16 kHz that hold them.
        :param offset: where the sound begins, in seconds from the recording's beginning.
        """
        for group in merge_short_sentences(said):
            pieces = [sound[_sample(one.start - offset) : _sample(one.end - offset)] for one in group]
            vector = self._model.embedding(numpy.concatenate(pieces))
            if vector is not None:
                self._vectors.append(vector)
                self._seconds.append(_seconds(group))
            self._entries += [max(0, len(self._vectors) - 1)] * len(group)

    def speakers(self) -> list[int]:
        """Say who speaks each sentence, from 1 in the order of the speakers' first sentences.

        A sentence with too little to hear is taken for the speaker's before it.
        """
        if not self._vectors:
            return [1] * len(self._entries)
        labels = cluster(numpy.array(self._vectors), numpy.array(self._seconds), self._most)
        numbers = {label: number for number, label in enumerate(dict.fromkeys(labels), 1)}
        return [numbers[labels[entry]] for entry in self._entries]


def merge_short_sentences(said: Sequence[Sentence]) -> list[list[Sentence]]:
    """Put each sentence by itself, but a short one to its nearer neighbour.

    :param said: in order of time.
    """
    groups = [[sentence] for sentence in said]
    while len(groups) > 1:
        short = next((index for index, group in enumerate(groups) if _seconds(group) < SHORT), None)
        if short is None:
            break
        first = max(0, min(len(groups) - 2, short if _is_nearer_to_next(groups, short) else short - 1))
        groups[first : first + 2] = [groups[first] + groups[first + 1]]
    return groups


def cluster(vectors: Numbers, weights: Numbers, most: int) -> list[int]:
    """Clustering: put vectors into groups by the angle between them.

    Of many vectors some are grouped, evenly chosen; each goes to the group whose middle is nearest.

    :param vectors: of length 1, one a row.
    :param weights: how much each counts.
    :param most: how many groups there may be.
    :return: a group's label for each.
    """
    chosen = numpy.unique(numpy.linspace(0, len(vectors) - 1, MOST_COMPARED).astype(int))
    middles = _middles(vectors[chosen], weights[chosen], most)
    middles /= numpy.linalg.norm(middles, axis=1, keepdims=True)
    return [int(label) for label in (vectors @ middles.T).argmax(axis=1)]


def _middles(vectors: Numbers, weights: Numbers, most: int) -> Numbers:
    """Join the two groups whose join moves their members least, until few enough are left (Ward's method)."""
    middles, weights = vectors.astype(float), weights.astype(float)
    costs = numpy.array([_costs(middles, weights, index) for index in range(len(middles))])
    for _ in range(len(middles) - most):
        kept, gone = divmod(int(costs.argmin()), len(middles))
        middles[kept] = numpy.average(middles[[kept, gone]], axis=0, weights=weights[[kept, gone]])
        weights[kept] += weights[gone]
        weights[gone] = 0
        costs[gone] = costs[:, gone] = numpy.inf
        costs[kept] = costs[:, kept] = _costs(middles, weights, kept)
    return middles[weights > 0]


def _costs(middles: Numbers, weights: Numbers, index: int) -> Numbers:
    """Say what it would cost to join a group with each other; groups without weight are gone."""
    shares = weights * weights[index] / (weights + weights[index])
    costs: Numbers = shares * numpy.square(middles - middles[index]).sum(axis=1)
    costs[weights == 0] = numpy.inf
    costs[index] = numpy.inf
    return costs


def _is_nearer_to_next(groups: Sequence[Sequence[Sentence]], index: int) -> bool:
    if index in {0, len(groups) - 1}:
        return index == 0
    before = groups[index][0].start - groups[index - 1][-1].end
    return groups[index + 1][0].start - groups[index][-1].end < before


def _seconds(group: Sequence[Sentence]) -> float:
    return sum(one.end - one.start for one in group)


def _sample(seconds: float) -> int:
    return max(0, round(seconds * RATE))
