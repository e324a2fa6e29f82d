"""Graph -> the programs that are looked into: what layers answer, and gradients of one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from netspec.autodiff.backward import Rule, gradients
from netspec.autodiff.simplified import simplified
from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.onnxgen.emit import INFERENCE, emit
from netspec.onnxgen.optimise.passes import optimise
from netspec.onnxgen.program import Program, operator
from netspec.onnxgen.target import DEFAULT
from netspec.text.printable import printable

#: The input with dL/d of a layer, and the suffixes of what is answered of a tensor: its value, and
#: dL/d of it. Layers have no such names.
SEED, VALUE, GRADIENT = "explain/seed", "/value", "/gradient"


def answering(graph: Graph, layers: Iterable[str]) -> Program:
    """The program that answers the values of layers, as `<layer>/value`."""
    program = emit(graph, DEFAULT)
    return optimise(_with_outputs(program, {name: name for name in layers}, {}))


def differentiating(graph: Graph, of: str, wrt: Iterable[str], rule: Rule) -> Program:
    """The program that takes dL/d`of` as SEED, of the shape of that layer, and answers dL/dT as
    `<T>/gradient` for each T of `wrt`, inputs and layers, with their values and that of `of`.

    UnusableError where `of` does not depend on one of them.
    """
    wanted = tuple(dict.fromkeys(wrt))
    made = gradients(emit(graph, DEFAULT), of, SEED, wanted, INFERENCE, rule)
    lost = [f"`{printable(name)}`" for name in wanted if name not in made.found]
    if lost:
        raise UnusableError(f"`{printable(of)}` does not depend on {', '.join(lost)}")
    values = {name: name for name in (of, *wanted) if name not in graph.inputs}
    program = _with_outputs(made.program, values, made.found)
    types = {**program.types, SEED: graph.by_name[of].type}
    return simplified(replace(program, types=types, inputs=(*program.inputs, SEED)))


def _with_outputs(program: Program, values: Mapping[str, str], found: Mapping[str, str]) -> Program:
    """The program with copies of tensors as its outputs, and no others."""
    copies = {name + VALUE: made for name, made in values.items()}
    copies |= {name + GRADIENT: made for name, made in found.items()}
    types = {name: program.graph.by_name[name.rpartition("/")[0]].type for name in copies}
    return replace(
        program,
        nodes=(
            *program.nodes,
            *(operator("Identity", [made], name) for name, made in copies.items()),
        ),
        types={**program.types, **types},
        outputs=tuple(copies),
    )
