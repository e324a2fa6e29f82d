"""Graph -> the program of the graph with gradients as further outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from netspec.autodiff.backward import Rule, gradients
from netspec.autodiff.simplified import simplified
from netspec.graph.graph import Graph
from netspec.layers import TensorType, Weight
from netspec.machine.errors import UnusableError
from netspec.onnxgen.emit import INFERENCE, Mode, emit
from netspec.onnxgen.half import in_half
from netspec.onnxgen.program import Program, operator
from netspec.onnxgen.target import DEFAULT, Target
from netspec.text.nearest import did_you_mean
from netspec.text.printable import printable


def gradient_program(
    graph: Graph,
    of: str = "output",
    wrt: Sequence[str] = (),
    target: Target = DEFAULT,
    *,
    training: bool = False,
    rule: Rule = "plain",
) -> Program:
    """The program of a graph that also answers dL/dT as `<T>.grad`, for each tensor T of `wrt`.

    L is any scalar, by its gradient with respect to the tensor `of`, an output or a layer: the
    model takes it as a further input, `<of>.grad`, of the shape of `of`. `wrt` names inputs, layers
    and learned tensors (`conv1.weight`); none is all inputs. A tensor that `of` does not depend on
    has no gradient: UnusableError, as for names that there are not. In `training` noise is added
    and BN takes the batch's statistics. Inputs and outputs are float32 whatever the target's type:
    in 16 bits gradients below its smallest number are lost, and L may have to be scaled.
    `rule` says how they pass rectifiers.
    """
    source = graph.outputs.get(of, of)
    _check_layer(graph, source)
    wanted = tuple(dict.fromkeys(wrt or graph.inputs))
    weights = dict(graph.all_weights())
    for name in wanted:
        _check_tensor(graph, weights, name)
    seed = f"{of}.grad"
    mode = Mode.of_all(graph) if training else INFERENCE
    made = gradients(emit(graph, target, mode=mode), source, seed, wanted, mode, rule)
    lost = [printable(name) for name in wanted if name not in made.found]
    if lost:
        raise UnusableError(f"`{printable(of)}` does not depend on {', '.join(lost)}")
    answers = {f"{name}.grad": gradient for name, gradient in made.found.items()}
    program = _with_outputs(made.program, answers, seed)
    types = {**program.types, seed: graph.by_name[source].type}
    for name in wanted:
        node = graph.by_name.get(name)
        types[f"{name}.grad"] = node.type if node else TensorType(weights[name].shape)
    whole = frozenset(f"{name}.grad" for name in wanted if name not in graph.by_name)
    return in_half(simplified(replace(program, types=types, whole=whole)))


def _with_outputs(program: Program, found: dict[str, str], seed: str) -> Program:
    copies = (operator("Identity", [made], name) for name, made in found.items())
    return replace(
        program,
        nodes=(*program.nodes, *copies),
        inputs=(*program.inputs, seed),
        outputs=(*program.outputs, *found),
    )


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
