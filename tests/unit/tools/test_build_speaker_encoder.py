"""The script that builds the speaker encoder: what it makes of weights, and which it refuses."""

from __future__ import annotations

import importlib
import io
import os
import pickle
import zipfile
from typing import TYPE_CHECKING

import numpy
import onnx
import pytest

from airflow_provider_symbl.local_server.speech.diarization.speaker_embeddings import PACKAGED_MODEL
from tools.build_speaker_encoder import CELLS, LAYERS, MEL_BANDS, WEIGHTS, Numbers, TensorIndex, encoder, weights

if TYPE_CHECKING:
    from pathlib import Path


def made_up() -> dict[str, Numbers]:
    """Make weights up, in half precision, so that nothing is lost."""
    chance = numpy.random.default_rng(7)
    shapes: dict[str, tuple[int, ...]] = {"linear.weight": (CELLS, CELLS), "linear.bias": (CELLS,)}
    for layer in range(LAYERS):
        shapes[f"lstm.weight_ih_l{layer}"] = (4 * CELLS, CELLS if layer else MEL_BANDS)
        shapes[f"lstm.weight_hh_l{layer}"] = (4 * CELLS, CELLS)
        shapes[f"lstm.bias_ih_l{layer}"] = shapes[f"lstm.bias_hh_l{layer}"] = (4 * CELLS,)
    return {name: chance.normal(0, 0.1, shape).astype("<f2").astype("<f4") for name, shape in shapes.items()}


def expected(given: dict[str, Numbers], sound: Numbers) -> Numbers:
    """Compute what torch's documentation of LSTM says, for one window of shape (frames, bands)."""
    for layer in range(LAYERS):
        hidden = cell = numpy.zeros(CELLS)
        states = []
        for frame in sound:
            total = given[f"lstm.weight_ih_l{layer}"] @ frame + given[f"lstm.bias_ih_l{layer}"]
            total = total + given[f"lstm.weight_hh_l{layer}"] @ hidden + given[f"lstm.bias_hh_l{layer}"]
            into, forget, new, out = numpy.split(total, 4)
            cell = _sigmoid(forget) * cell + _sigmoid(into) * numpy.tanh(new)
            hidden = _sigmoid(out) * numpy.tanh(cell)
            states.append(hidden)
        sound = numpy.array(states)
    result: Numbers = numpy.maximum(0, given["linear.weight"] @ sound[-1] + given["linear.bias"])
    return result


def test_the_encoder_computes_what_torch_would() -> None:
    """The order of an LSTM's gates is the pitfall."""
    given = made_up()
    sound = numpy.random.default_rng(8).random((2, 5, MEL_BANDS)).astype(numpy.float32)
    runtime = importlib.import_module("onnxruntime")
    session = runtime.InferenceSession(encoder(given).SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(None, {"mel": sound})[0]
    assert numpy.allclose(found, [expected(given, window) for window in sound], atol=1e-5)


def test_the_packaged_encoder_is_built_by_this_script() -> None:
    """The same graph, but for the numbers in it."""
    packaged, built = onnx.load(PACKAGED_MODEL), encoder(made_up())
    for model in (packaged, built):
        for tensor in model.graph.initializer:
            tensor.raw_data = b""
    assert packaged == built


def test_other_weights_are_refused(tmp_path: Path) -> None:
    """Another version of the wheel would make another model."""
    wheel = tmp_path / "Resemblyzer-0.1.5.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(WEIGHTS, b"others")
    with pytest.raises(ValueError, match=r"in Resemblyzer-0.1.5.whl: got sha256 .*; allowed: "):
        weights(wheel)


def test_no_code_in_a_file_of_weights_is_run() -> None:
    """A pickle may name any function."""
    with pytest.raises(pickle.UnpicklingError, match=r"got posix\.getcwd; allowed: "):
        TensorIndex(io.BytesIO(pickle.dumps(os.getcwd))).load()


def _sigmoid(value: Numbers) -> Numbers:
    result: Numbers = 1 / (1 + numpy.exp(-value))
    return result
