"""Speaker embeddings: vectors that say what a voice sounds like, by the model of the package or one that is given."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy

if TYPE_CHECKING:
    from collections.abc import Sequence

Numbers: TypeAlias = "numpy.ndarray[Any, numpy.dtype[Any]]"
Span: TypeAlias = tuple[int, int]
"""First sample and the one after the last."""

RATE = 16_000
PACKAGED_MODEL = Path(__file__).with_name("speaker_encoder.onnx")
MEL_BANDS = 40
FRAME = RATE * 25 // 1000
HOP = RATE * 10 // 1000
LOUDNESS = 0.03
"""Mean power of a mel band that each window is brought to: how loud a voice is says nothing of whose it is."""
BATCH = 32
"""Windows that the encoder is given at a time."""


class SpeakerEmbeddingModel(Protocol):
    """What voices are compared with."""

    def embeddings(self, sound: Numbers, spans: Sequence[Span], seconds: float) -> Numbers:
        """Tell what is heard in parts of a sound.

        :param sound: samples at 16 kHz.
        :param spans: the parts; none reaches beyond the sound.
        :param seconds: how long the model listens; what is shorter is repeated.
        :return: a vector for each, of length 1, or of zeros where there is nothing to hear.
        """


class SpeakerEncoder:
    """The model that the package carries: from mel spectra of shape (windows, frames, 40) to vectors.

    It uses one processor: with two, it took 1.6 times the processor time.
    """

    def __init__(self) -> None:
        runtime = importlib.import_module("onnxruntime")
        features = importlib.import_module("faster_whisper.feature_extractor")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = runtime.InferenceSession(str(PACKAGED_MODEL), options, providers=["CPUExecutionProvider"])
        self._filters = features.FeatureExtractor.get_mel_filters(RATE, FRAME, MEL_BANDS).T
        self._taper = numpy.hanning(FRAME + 1)[:-1].astype(numpy.float32)

    def embeddings(self, sound: Numbers, spans: Sequence[Span], seconds: float) -> Numbers:
        """Tell what is heard in parts of a sound, as :class:`SpeakerEmbeddingModel` says."""
        mel = self._mel(sound)
        length = round(seconds * RATE / HOP)
        vectors = [self._run(mel, spans[first : first + BATCH], length) for first in range(0, len(spans), BATCH)]
        return _unit(numpy.concatenate(vectors)) if vectors else numpy.empty((0, 1))

    def _mel(self, sound: Numbers) -> Numbers:
        """Give the power in each mel band, of shape (frames, 40), each frame about its middle."""
        padded = numpy.pad(sound, FRAME // 2)
        frames = numpy.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP] * self._taper
        mel: Numbers = numpy.square(numpy.abs(numpy.fft.rfft(frames))) @ self._filters
        return mel

    def _run(self, mel: Numbers, spans: Sequence[Span], length: int) -> Numbers:
        windows = numpy.stack([mel[_repeated(start // HOP, end // HOP, length)] for start, end in spans])
        power = windows.mean(axis=(1, 2), keepdims=True)
        level = numpy.divide(LOUDNESS, power, out=numpy.zeros_like(power), where=power > numpy.finfo("f4").tiny)
        given = (windows * level).astype(numpy.float32)
        vectors: Numbers = self._session.run(None, {"mel": given})[0]
        return numpy.where(level[:, 0] > 0, vectors, 0)


class SherpaModel:
    """A speaker-embedding model in sherpa-onnx's form, in memory.

    :param file: its ONNX file.
    :param threads: how many processors it may use.
    """

    def __init__(self, file: str, threads: int) -> None:
        sherpa = importlib.import_module("sherpa_onnx")
        config = sherpa.SpeakerEmbeddingExtractorConfig(model=file, num_threads=threads)
        self._extractor = sherpa.SpeakerEmbeddingExtractor(config)

    def embeddings(self, sound: Numbers, spans: Sequence[Span], seconds: float) -> Numbers:
        """Tell what is heard in parts of a sound, as :class:`SpeakerEmbeddingModel` says."""
        length = round(seconds * RATE)
        vectors = [self._embedding(sound[_repeated(start, end, length)]) for start, end in spans]
        return _unit(numpy.array(vectors)) if vectors else numpy.empty((0, 1))

    def _embedding(self, sound: Numbers) -> Numbers:
        if not sound.any():
            return numpy.zeros(self._extractor.dim)
        stream = self._extractor.create_stream()
        stream.accept_waveform(RATE, sound)
        stream.input_finished()
        return numpy.asarray(self._extractor.compute(stream))


def _repeated(start: int, end: int, length: int) -> Numbers:
    """Give the places of a part, again and again until there are enough."""
    return start + numpy.arange(length) % max(1, min(end - start, length))


def _unit(vectors: Numbers) -> Numbers:
    """Bring vectors to length 1; those that have none, or no number for one, to zeros."""
    lengths = numpy.linalg.norm(vectors, axis=1, keepdims=True)
    is_heard = numpy.isfinite(lengths) & (lengths > 0)
    return numpy.where(is_heard, vectors, 0) / numpy.where(is_heard, lengths, 1)
