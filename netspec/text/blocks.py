"""`blocks`: keys `NAME(params)` and their patterns."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.text.bindings import BUILT_IN
from netspec.text.diagnostics import Diagnostic
from netspec.text.expression import WORDS, parse_signature
from netspec.text.lexer import fragment_of
from netspec.text.pattern import read_pattern
from netspec.text.syntax import Argument, Chain, Expr, Name
from netspec.text.tree import Mapping, Tree


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter of a block, and its default if it has one."""

    name: Name
    default: Expr | None


@dataclass(frozen=True, eq=False)
class Block:
    """A named pattern with parameters."""

    name: Name
    parameters: tuple[Parameter, ...]
    body: Chain
    sound: bool  # whether all its parameters could be read


def read_blocks(tree: Tree | None, diagnostics: list[Diagnostic]) -> dict[str, Block]:
    """The blocks of a spec by name; what is wrong with them goes to `diagnostics`."""
    blocks: dict[str, Block] = {}
    if not isinstance(tree, Mapping):
        return blocks
    for key, value in tree.entries:
        name, arguments, faults = parse_signature(fragment_of(key))
        if name is None:
            message = f"a block's key is NAME or NAME(parameters): {faults[-1].message}"
            faults = [Diagnostic("block", message, key.span, help=faults[-1].help)]
        diagnostics.extend(faults)
        body = read_pattern(value, diagnostics)
        if name is None:
            continue
        if name.text in blocks:
            line = blocks[name.text].name.span.line
            message = f"the block {name.text} is defined twice; the first is on line {line}"
            diagnostics.append(Diagnostic("duplicate-block", message, name.span))
            continue
        before = len(diagnostics)
        parameters = _parameters(arguments, diagnostics)
        blocks[name.text] = Block(name, parameters, body, len(diagnostics) == before)
    return blocks


def _parameters(
    arguments: tuple[Argument, ...], diagnostics: list[Diagnostic]
) -> tuple[Parameter, ...]:
    found: dict[str, Parameter] = {}
    for argument in arguments:
        name = argument.name or argument.value
        if not isinstance(name, Name) or name.text in BUILT_IN or name.text in WORDS:
            message = "a parameter is a name, which is neither a word of the language nor C, H or W"
            diagnostics.append(Diagnostic("block", message, name.span))
        elif name.text in found:
            message = f"two parameters are named `{name.text}`"
            diagnostics.append(Diagnostic("block", message, name.span))
        else:
            default = argument.value if argument.name else None
            found[name.text] = Parameter(name, default)
    return tuple(found.values())
