"""What stands below blocks, and what is said of them where the mouse rests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from netspec.diagram import words
from netspec.diagram.volumes.blocks import Block
from netspec.graph import Graph, Node
from netspec.layers import TensorType
from netspec.text.printable import printable

_LONGEST, _NAME = 96, 24  # characters of a line of the spec, and of a name


def operations(blocks: Sequence[Block]) -> list[str]:
    """The layers that make some blocks: `CONV 3x3 x2`, `POOL 2x2 /2`."""
    said = []
    for made, run in groupby(operation(block) for block in blocks):
        count = len(list(run))
        said.append(f"{made} x{count}" if count > 1 else made)
    if any(node.layer.chances() for node in blocks[-1].bands):
        said.append(" ".join(node.kind for node in blocks[-1].bands if node.layer.chances()))
    return said


def operation(block: Block) -> str:
    """The layer that makes a block; of an input that has a name, the name too."""
    node = block.head
    made = f"{node.kind} {node.layer.summary()}".rstrip()
    if node.layer.source and node.name != node.kind.lower():
        return f"{made} {clipped(node.name, _NAME)}"
    return made


def results(blocks: Sequence[Block], graph: Graph) -> list[str]:
    """Which outputs of the net are among the blocks, where it has several."""
    names = {node.name for block in blocks for node in block.nodes}
    if len(graph.outputs) < 2:
        return []
    return [f"is {clipped(name, _NAME)}" for name, node in graph.outputs.items() if node in names]


def clipped(text: str, longest: int) -> str:
    """A text with what is not to be printed written out, and with so many characters at most."""
    shown = printable(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def shapes(blocks: Sequence[Block]) -> list[str]:
    """The shapes of some blocks of one height and width: `64x224x224`, or `64, 64, 256` channels
    and then `at 56x56`.
    """
    whole = list(dict.fromkeys(shape(block) for block in blocks))
    if len(whole) == 1:
        return whole
    channels = ", ".join(_size(block, 0) for block in blocks)
    return [channels, "at " + "x".join(map(str, blocks[0].type.shape[1:]))]


def shape(block: Block) -> str:
    """The shape of a block, and of those that it stands for: `64x56x56`, `96–256x56x56`."""
    return "x".join(_size(block, axis) for axis in range(block.type.rank)) or str(block.type)


def _size(block: Block, axis: int) -> str:
    sizes = [one.type.shape[axis] for one in (*block.others, block)]
    least, most = min(sizes), max(sizes)
    return str(least) if least == most else f"{least}–{most}"


def facts(graph: Graph, block: Block) -> str:
    """All that is known of a block: a line for each layer, and the line of the spec."""
    lines = [line for node in block.nodes for line in _said(graph, node)]
    if block.others:
        shown = ", ".join(f"{one.head.name} {one.type}" for one in block.others[:12])
        more = f" and {len(block.others) - 12} more" if len(block.others) > 12 else ""
        lines.append(f"and like it: {shown}{more}")
    return "\n".join((*lines, clipped(words.line(block.head), _LONGEST)))


def _said(graph: Graph, node: Node) -> Iterator[str]:
    layer = f"{node.name}: {node.kind} {node.layer.summary()}".rstrip()
    inputs = graph.input_types(node)
    source = f"{_types(inputs)} -> " if inputs else ""
    params = graph.params(node)
    macs = node.layer.macs(inputs, node.type) if inputs else 0
    said = [f"{layer}, {source}{node.type}"]
    said += [f"{params:,} parameters"] if params else []
    said += [f"{macs:,} multiply-adds"] if macs else []
    yield ", ".join(said)


def _types(types: Iterable[TensorType]) -> str:
    return " and ".join(map(str, types))
