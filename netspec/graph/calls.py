"""Calls of blocks: arguments, defaults and the scope of the call become the block's own scope."""

from __future__ import annotations

from netspec.graph.evaluate import Entering, Refusal, evaluate, unbound
from netspec.graph.scope import Bound, Scope, Unknown
from netspec.text.blocks import Block, Parameter
from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.nearest import did_you_mean
from netspec.text.syntax import Argument, Call, Expr


def block_scope(
    block: Block,
    call: Call,
    scope: Scope,
    where: Scope,
    entering: Entering,
    diagnostics: list[Diagnostic],
) -> Scope:
    """The scope of a block's body in one call; mistakes are reported and their names are broken."""
    if not block.sound:
        return Scope(where, opaque=True)
    given = _arguments(block, call, diagnostics)
    inside = Scope(where)
    for parameter in block.parameters:
        try:
            bound = _bound(parameter, given, call, scope, inside, entering)
        except Refusal as refusal:
            diagnostics.append(refusal.diagnostic)
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
    refusal = unbound(parameter.name, scope)
    message = f"{call.name} needs `{name}`, which neither the call nor its surroundings give"
    refusal.diagnostic = Diagnostic(
        "missing-argument",
        message,
        call.span,
        (Note("the parameter", parameter.name.span),),
        f"write `{call.name}({name}=...)`, give it a default, or bind `{name}` in `where`",
    )
    raise refusal


def _arguments(block: Block, call: Call, diagnostics: list[Diagnostic]) -> dict[str, Expr]:
    names = [parameter.name.text for parameter in block.parameters]
    given: dict[str, Expr] = {}
    for at, argument in enumerate(call.arguments):
        name = _parameter(block, names, argument, at, diagnostics)
        if name is not None and name in given:
            message = f"{call.name} is given `{name}` twice"
            diagnostics.append(Diagnostic("argument-twice", message, argument.value.span))
        elif name is not None:
            given[name] = argument.value
    return given


def _parameter(
    block: Block,
    names: list[str],
    argument: Argument,
    at: int,
    diagnostics: list[Diagnostic],
) -> str | None:
    note = (Note("the block", block.name.span),)
    if argument.name is not None:
        if argument.name.text in names:
            return argument.name.text
        message = f"the block {block.name.text} has no parameter `{argument.name.text}`"
        help_text = did_you_mean(argument.name.text, names)
        diagnostics.append(
            Diagnostic("block-arguments", message, argument.name.span, note, help_text)
        )
        return None
    if at < len(names):
        return names[at]
    message = f"the block {block.name.text} takes {len(names)} argument{'s' * (len(names) != 1)}"
    diagnostics.append(Diagnostic("block-arguments", message, argument.value.span, note))
    return None
