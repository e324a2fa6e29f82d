"""Graph -> the program of the graph with gradients as further outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from netspec.autodiff.backward import gradients
from netspec.graph.graph import Graph
from netspec.layers import TensorType, Weight
from netspec.machine.errors import UnusableError
from netspec.onnxgen.emit import emit
from netspec.onnxgen.optimise.constants import share_constants
from netspec.onnxgen.optimise.equals import merge_equals
from netspec.onnxgen.optimise.identities import drop_identities
from netspec.onnxgen.optimise.outputs import name_outputs
from netspec.onnxgen.optimise.unused import drop_unused
from netspec.onnxgen.optimise.views import merge_views
from netspec.onnxgen.program import Program, operator
from netspec.onnxgen.target import DEFAULT, Target
from netspec.text.nearest import did_you_mean
from netspec.text.printable import printable

#: Not among them is what folds tensors into others: backward they are read as they are.
_PASSES = (
    merge_equals,
    drop_identities,
    merge_views,
    name_outputs,
    share_constants,
    merge_equals,
    drop_unused,
)


def gradient_program(
    graph: Graph,
    of: str = "output",
    wrt: Sequence[str] = (),
    opset: int = DEFAULT.opset,
    batch: int | None = None,
    *,
    training: bool = False,
) -> Program:
    """The program of a graph that also answers dL/dT as `<T>.grad`, for each tensor T of `wrt`.

    L is any scalar, by its gradient with respect to the tensor `of`, an output or a layer: the
    model takes it as a further input, `<of>.grad`, of the shape of `of`. `wrt` names inputs, layers
    and learned tensors (`conv1.weight`); none is all inputs. A tensor that `of` does not depend on
    has no gradient: UnusableError, as for names that there are not. In `training` noise is added
    and BN takes the batch's statistics. Everything is computed in float32.
    """
    source = graph.outputs.get(of, of)
    _check_layer(graph, source)
    wanted = tuple(dict.fromkeys(wrt or graph.inputs))
    weights = dict(graph.all_weights())
    for name in wanted:
        _check_tensor(graph, weights, name)
    seed = f"{of}.grad"
    forward = emit(graph, Target(opset, batch), training=training)
    program, found = gradients(forward, source, seed, wanted, training=training)
    lost = [printable(name) for name in wanted if name not in found]
    if lost:
        raise UnusableError(f"`{printable(of)}` does not depend on {', '.join(lost)}")
    program = _with_outputs(program, {f"{name}.grad": made for name, made in found.items()}, seed)
    types = {**program.types, seed: graph.by_name[source].type, **dict(_types(graph, wanted))}
    whole = frozenset(f"{name}.grad" for name in wanted if name not in graph.by_name)
    program = replace(program, types=types, whole=whole, exact=frozenset())
    return reduce(lambda made, each: each(made), _PASSES, program)


def _with_outputs(program: Program, found: dict[str, str], seed: str) -> Program:
    copies = (operator("Identity", [made], name) for name, made in found.items())
    return replace(
        program,
        nodes=(*program.nodes, *copies),
        inputs=(*program.inputs, seed),
        outputs=(*program.outputs, *found),
    )


def _types(graph: Graph, wanted: Sequence[str]) -> Iterator[tuple[str, TensorType]]:
    weights = dict(graph.all_weights())
    for name in wanted:
        node = graph.by_name.get(name)
        yield f"{name}.grad", node.type if node else TensorType(weights[name].shape)


def _check_layer(graph: Graph, name: str) -> None:
    if name not in graph.by_name:
        shown = printable(name)
        names = (*graph.outputs, *graph.by_name)
        raise UnusableError(f"no layer or output `{shown}`", help=did_you_mean(shown, names))


def _check_tensor(graph: Graph, weights: Mapping[str, Weight], name: str) -> None:
    """UnusableError unless it is an input, a layer, or a tensor that training learns."""
    if name in graph.by_name:
        return
    shown = printable(name)
    if name not in weights:
        near = did_you_mean(shown, (*graph.by_name, *weights))
        raise UnusableError(f"no input, layer or learned tensor `{shown}`", help=near)
    if not weights[name].learned:
        raise UnusableError(f"`{shown}` is a {weights[name].role}, which is not learned")
