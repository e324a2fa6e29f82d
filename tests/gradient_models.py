"""Gradients of a graph: in ONNX Runtime in float32, and by PyTorch's autograd in float64."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper

from netspec.autodiff.gradient import gradient_program
from netspec.graph import Graph
from netspec.onnxgen.model import compile_model
from netspec.weights.values import ArrayValues
from tests.torch_reference import RULES, TRAINING_RULES, flow, torch

Array = NDArray[Any]


class Answer(NamedTuple):
    """What a model with gradients answers: these by the names of their tensors, and the values of
    the outputs and of the layers.
    """

    gradients: dict[str, Array]
    values: dict[str, Array]


def learned(graph: Graph, of: str = "output") -> list[str]:
    """All that has a gradient: the inputs and learned tensors that an output depends on."""
    above = {graph.outputs[of]}
    for node in reversed(graph.nodes):
        if node.name in above:
            above.update(node.inputs)
    tensors = (name for name, weight in graph.all_weights() if weight.learned)
    return [
        *(name for name in graph.inputs if name in above),
        *(name for name in tensors if name.rpartition(".")[0] in above),
    ]


def random_seeds(graph: Graph, of: str = "output", batch: int = 2) -> dict[str, Array]:
    """A batch for each input, and the gradient of an output."""
    random = np.random.default_rng(7)
    kinds = {**graph.inputs, f"{of}.grad": graph.by_name[graph.outputs[of]].type}
    return {
        name: random.standard_normal((batch, *kind.shape), np.float32)
        for name, kind in kinds.items()
    }


def differentiated(
    graph: Graph,
    weights: Mapping[str, Array],
    feeds: Mapping[str, Array],
    of: str = "output",
    *,
    training: bool = False,
) -> Answer:
    """All gradients and the layers' values, in ONNX Runtime."""
    program = gradient_program(graph, of, learned(graph, of), training=training)
    model = compile_model(program, ArrayValues(program.graph, weights))
    onnx.checker.check_model(model, full_check=True)
    made = {name for node in model.graph.node for name in node.output}
    hidden = made & graph.by_name.keys() - set(program.outputs)
    model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in hidden
    )
    model.graph.ClearField("value_info")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [at.name for at in session.get_outputs()]
    read = {at.name for at in session.get_inputs()}
    fed = {name: array for name, array in feeds.items() if name in read}
    found = dict(zip(names, session.run(names, fed), strict=True))
    gradients = {name: found.pop(f"{name}.grad") for name in learned(graph, of)}
    return Answer(gradients, found)


def autograd(
    graph: Graph,
    weights: Mapping[str, Array],
    feeds: Mapping[str, Array],
    of: str = "output",
    *,
    at: Mapping[str, Array] | None = None,
    training: bool = False,
) -> dict[str, Array]:
    """The same gradients from PyTorch, in float64.  `at` are the layers' values in ONNX Runtime:
    the gradients are then those at this point, of the masks that DROPOUT had.
    """
    wanted = learned(graph, of)
    leaves = {
        name: torch.tensor(np.float64(array), requires_grad=name in wanted)
        for name, array in {**weights, **feeds}.items()
    }
    inputs, own = ({name: leaves[name] for name in names} for names in (graph.inputs, weights))
    there = None if at is None else {name: torch.from_numpy(array) for name, array in at.items()}
    if training and there:
        own |= masks(graph, there)
    values = flow(graph, inputs, own, TRAINING_RULES if training else RULES, there)
    values[graph.outputs[of]].backward(leaves[f"{of}.grad"])
    return {name: leaves[name].grad.numpy() for name in wanted}


def masks(graph: Graph, at: Mapping[str, Any]) -> dict[str, Any]:
    """What DROPOUT has multiplied by, seen from what is 0 behind it."""
    return {
        f"{node.name}.mask": (at[node.name] != 0).double() / (1 - vars(node.layer)["rate"])
        for node in graph.nodes
        if node.kind == "DROPOUT"
    }


def error(found: Array, expected: Array) -> float:
    """The largest difference, of the largest element."""
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-9))
