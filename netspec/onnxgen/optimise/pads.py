"""Zeros around a tensor become the pads of the window that reads them."""

from __future__ import annotations

from dataclasses import replace

from onnx import NodeProto

from netspec.onnxgen.optimise.rewriting import (
    attribute_of,
    lone_reader,
    numbers,
    wired,
    with_numbers,
)
from netspec.onnxgen.program import Program

_NO_PADS = [0, 0, 0, 0]


def merge_pads(program: Program) -> Program:
    """A Pad of rows and columns of zeros that one Conv or AveragePool reads goes into its pads.

    The pool counts its pads then, which is the same: what was padded before counted as well.
    """
    merged: dict[str, NodeProto] = {}  # readers by name, as they become
    gone: set[str] = set()
    for node in program.nodes:
        window = lone_reader(program, node.output[0]) if node.op_type == "Pad" else None
        pads = _rows_and_columns(program, node) if window is not None else None
        if window is None or pads is None or not _takes(window, pads):
            continue
        merged[window.name] = _with_pads(window, node.input[0], pads)
        gone.add(node.name)
    rest = (node for node in program.nodes if node.name not in gone)
    return replace(program, nodes=tuple(merged.get(node.name, node) for node in rest))


def _rows_and_columns(program: Program, pad: NodeProto) -> list[int] | None:
    """Zeros at the top, left, bottom and right; None where it pads otherwise."""
    if len(pad.input) > 2 or attribute_of(pad, "mode", b"constant") != b"constant":
        return None
    sizes = numbers(program, pad.input[1])
    if sizes is None or len(sizes) != 8 or min(sizes) < 0 or any((*sizes[:2], *sizes[4:6])):
        return None
    return [*sizes[2:4], *sizes[6:]]


def _takes(window: NodeProto, pads: list[int]) -> bool:
    """Whether a node computes the same with such pads of its own."""
    if window.op_type == "Conv":
        return window.input[0] not in window.input[1:]
    if window.op_type != "AveragePool":
        return False
    own, kernel = _pads_of(window), list(attribute_of(window, "kernel_shape", ()))
    both = [a + b for a, b in zip(own, pads, strict=True)]
    # What else there is, ONNX Runtime counts wrongly or refuses, see layers/pool.py.
    plain = attribute_of(window, "dilations", [1, 1]) == [1, 1]
    plain = plain and not attribute_of(window, "ceil_mode", 0)
    counted = own == _NO_PADS or attribute_of(window, "count_include_pad", 0) == 1
    return plain and counted and all(size < kernel[at % 2] for at, size in enumerate(both))


def _with_pads(window: NodeProto, source: str, pads: list[int]) -> NodeProto:
    """A window over what was padded, with such pads more."""
    both = [a + b for a, b in zip(_pads_of(window), pads, strict=True)]
    counting = {"count_include_pad": 1} if window.op_type == "AveragePool" else {}
    reads = wired(window, [source, *window.input[1:]], window.output)
    return with_numbers(reads, pads=both, **counting)


def _pads_of(window: NodeProto) -> list[int]:
    return list(attribute_of(window, "pads", _NO_PADS))
