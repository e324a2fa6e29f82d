"""How well nets in half precision agree with float32: the share of inputs with the same highest
class, and the largest difference of an output beside the largest output.

    python tests/benchmarks/half.py [--inputs N] [NET ...]

Weights and inputs are random, but those of `digits`, which has trained weights and real pictures.
ONNX Runtime computes float16 on the CPU through float32 and drops the casts between, and bfloat16
not at all. So the model is run in float32 with each result rounded to the 11 or 8 bits that it
would have, which is what a GPU's tensor cores do: exact products, sums in float32, one rounding.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

import netspec
from netspec.graph.graph import Graph
from netspec.onnxgen.build import build
from netspec.onnxgen.model import compile_model
from netspec.onnxgen.program import Program
from netspec.onnxgen.target import Target
from netspec.runtime.images import read_picture
from netspec.weights.values import ArrayValues, Values, choose_values
from tests.net_models import Array, random_weights

NETS = ("digits", "resnet18", "resnet50", "vgg11", "googlenet", "densenet121")
DIGITS = ROOT / "specs" / "digits"
BATCH = 5
#: Bits of float32's mantissa that a type leaves out.
LEFT_OUT = {"float16": 13, "bfloat16": 16}


def main() -> None:
    """Print a line a net and type."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nets", nargs="*", default=NETS)
    parser.add_argument("--inputs", type=int, default=50)
    options = parser.parse_args()
    for net in options.nets:
        graph, values, inputs = subject(net, options.inputs)
        whole = run(compile_model(build(graph), values), inputs)
        for dtype in LEFT_OUT:
            program = build(graph, Target.choose(None, None, dtype))
            narrow = run(rounded(program, values), inputs)
            print(f"{net:12} {dtype:8} {compared(whole, narrow)}", flush=True)


def subject(net: str, count: int) -> tuple[Graph, Values, Array]:
    """A net, its weights, and what it is run on."""
    if net == "digits":
        graph = netspec.load(DIGITS / "lenet5.yaml").elaborate()
        image = graph.spec.inputs[0].image
        assert image is not None
        pictures = sorted((DIGITS / "samples").glob("*.png"))
        inputs = np.stack([read_picture(path, image, (1, 32, 32)) for path in pictures])
        return graph, choose_values(graph), inputs
    graph = netspec.load(net).elaborate()
    (kind,) = graph.inputs.values()
    inputs = blotches((count, *kind.shape))
    return graph, ArrayValues(graph, random_weights(graph)), inputs


def blotches(shape: tuple[int, ...]) -> Array:
    """Noise in patches of several sizes: of noise pixel by pixel, a net sees one average."""
    rng = np.random.default_rng(1)
    made: Array = np.zeros(shape, np.float32)
    for side in (1, 7, 28, 112, 224):
        cells = [-(-size // side) for size in shape[2:]]
        coarse = rng.standard_normal((*shape[:2], *cells), np.float32)
        made += coarse.repeat(side, 2).repeat(side, 3)[:, :, : shape[2], : shape[3]]
    return made


def run(model: ModelProto, inputs: Array) -> Array:
    """The first output."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    (name,) = (at.name for at in session.get_inputs())
    batches = (inputs[at : at + BATCH] for at in range(0, len(inputs), BATCH))
    return np.concatenate([session.run(None, {name: batch})[0] for batch in batches])


def compared(whole: Array, narrow: Array) -> str:
    """How two answers to the same inputs agree."""
    best, second = (np.sort(whole, axis=1)[:, -n] for n in (1, 2))
    error = np.abs(whole - narrow).max() / np.abs(whole).max()
    same = whole.argmax(1) == narrow.argmax(1)
    classes = len(np.unique(whole.argmax(1)))
    margin = np.median(best - second) / np.abs(whole).max()
    return (
        f"same top-1 on {same.mean():6.1%} of {len(whole)} inputs ({classes} classes, "
        f"median margin {margin:.1e}), largest difference {error:.1e} of the largest value"
    )


def rounded(program: Program, values: Values) -> ModelProto:
    """The model of a program in half precision, in float32 with rounding."""
    model = compile_model(program, values)
    nodes = list(model.graph.node)
    model.graph.ClearField("node")
    model.graph.ClearField("value_info")
    for tensor in model.graph.initializer:
        tensor.CopyFrom(in_float32(tensor))
    for node in nodes:
        model.graph.node.extend(_rounded(node, program.dtypes, program.target.dtype))
    return model


def _rounded(node: NodeProto, dtypes: Mapping[str, str], half: str) -> Iterator[NodeProto]:
    """A node in float32, and its result rounded: x -> c - (c - x), c = (2^k + 1) * x, leaves out k
    bits (Dekker 1971, "A floating-point technique for extending the available precision").
    """
    (name,) = node.output
    if node.op_type == "Constant":
        tensor = node.attribute[0].t
        yield helper.make_node("Constant", [], [name], value=in_float32(tensor))
        return
    made = NodeProto()
    made.CopyFrom(node)
    if node.op_type == "Cast":
        made = helper.make_node("Identity", node.input, node.output)
    if dtypes.get(name) == "float32" or (node.op_type == "Cast" and _widens(node)):
        yield made
        return
    made.output[0] = f"{name}/exact"
    factor = helper.make_tensor("", TensorProto.FLOAT, [], [2.0 ** LEFT_OUT[half] + 1])
    yield made
    yield helper.make_node("Constant", [], [f"{name}/factor"], value=factor)
    yield helper.make_node("Mul", [f"{name}/exact", f"{name}/factor"], [f"{name}/c"])
    yield helper.make_node("Sub", [f"{name}/c", f"{name}/exact"], [f"{name}/rest"])
    yield helper.make_node("Sub", [f"{name}/c", f"{name}/rest"], [name])


def _widens(node: NodeProto) -> bool:
    return any(at.name == "to" and at.i == TensorProto.FLOAT for at in node.attribute)


def in_float32(tensor: TensorProto) -> TensorProto:
    """The tensor with half precision widened."""
    if tensor.data_type not in (TensorProto.FLOAT16, TensorProto.BFLOAT16):
        return tensor
    values = numpy_helper.to_array(tensor).astype(np.float32)
    return numpy_helper.from_array(values, tensor.name)


if __name__ == "__main__":
    main()
