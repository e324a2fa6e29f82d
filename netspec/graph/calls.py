"""Calls of blocks: arguments, defaults and the scope of the call become the block's own scope."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial

from netspec.graph.evaluate import Entering, Refusal, evaluate
from netspec.graph.place import Findings
from netspec.graph.scope import Bound, Scope, Unknown
from netspec.layers import REGISTRY
from netspec.text.blocks import Block, Parameter
from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.nearest import did_you_mean
from netspec.text.syntax import Argument, Call, Expr


def misnamed_blocks(blocks: Mapping[str, Block]) -> Iterator[Diagnostic]:
    """A finding for each block that has the name of a layer kind."""
    for name, block in blocks.items():
        if name.upper() in REGISTRY:
            message = f"{name} is a layer kind and cannot name a block"
            yield Diagnostic("reserved-name", message, block.name.span, help="choose another name")


def uncallable(call: Call, around: tuple[str, ...]) -> Refusal | None:
    """Why a block cannot be called here, None where it can.

    `around` are the blocks in whose bodies the call stands, outermost first.
    """
    if call.branches is not None:
        return Refusal("branches", f"the block {call.name} takes no branches", call.span)
    if call.name in around:
        way = " -> ".join((*around[around.index(call.name) :], call.name))
        message = f"the block {call.name} uses itself: {way}"
        return Refusal("recursive-block", message, call.span)
    return None


def block_scope(
    block: Block,
    call: Call,
    scope: Scope,
    where: Scope,
    entering: Entering,
    findings: Findings,
) -> Scope:
    """The scope of a block's body in one call; mistakes are reported and their names are broken."""
    if not block.sound:
        return Scope(where, opaque=True)
    given = _arguments(block, call, findings)
    inside = Scope(where)
    for parameter in block.parameters:
        try:
            bound = _bound(parameter, given, call, scope, inside, entering)
        except Refusal as refusal:
            findings.keep(refusal)
            bound = Bound(None, call.span, broken=True)
        except Unknown:
            bound = Bound(None, call.span, broken=True)
        inside.values[parameter.name.text] = bound
    return inside


def _bound(
    parameter: Parameter,
    given: dict[str, Expr],
    call: Call,
    scope: Scope,
    inside: Scope,
    entering: Entering,
) -> Bound:
    name = parameter.name.text
    if name in given:
        return Bound(evaluate(given[name], scope, entering), given[name].span)
    if parameter.default is not None:
        return Bound(evaluate(parameter.default, inside, entering), parameter.default.span)
    found = scope.find(name)
    if found is not None:
        return found
    message = f"{call.name} needs `{name}`, which neither the call nor its surroundings give"
    advice = f"write `{call.name}({name}=...)`, give it a default, or bind `{name}` in `where`"
    note = Note("the parameter", parameter.name.span)
    raise Refusal("missing-argument", message, call.span, advice, note)


def _arguments(block: Block, call: Call, findings: Findings) -> dict[str, Expr]:
    names = {parameter.name.text: None for parameter in block.parameters}
    order = list(names)
    given: dict[str, Expr] = {}
    for at, argument in enumerate(call.arguments):
        name = _parameter(block, names, order[at : at + 1], argument, findings)
        if name is not None and name in given:
            message = f"{call.name} is given `{name}` twice"
            findings.keep(Refusal("argument-twice", message, argument.value.span))
        elif name is not None:
            given[name] = argument.value
    return given


def _parameter(
    block: Block,
    names: Collection[str],
    in_turn: list[str],
    argument: Argument,
    findings: Findings,
) -> str | None:
    note = Note("the block", block.name.span)
    if argument.name is not None:
        if argument.name.text in names:
            return argument.name.text
        message = f"the block {block.name.text} has no parameter `{argument.name.text}`"
        near = partial(did_you_mean, argument.name.text, names)
        findings.keep(Refusal("block-arguments", message, argument.name.span, near, note))
        return None
    if in_turn:
        return in_turn[0]
    message = f"the block {block.name.text} takes {len(names)} argument{'s' * (len(names) != 1)}"
    findings.keep(Refusal("block-arguments", message, argument.value.span, None, note))
    return None
