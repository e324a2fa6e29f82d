"""Weights of a net that lays a CxHxW tensor out as a vector in another order.

TensorFlow keeps channels last, so that flattening gives H*W*C; ours is PyTorch's, C*H*W. The
weights of the first FC after it are in that order, as are those of all that lies between the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.graph.graph import Graph, Node
from netspec.layers import Shape
from netspec.machine.errors import UnusableError
from netspec.text.printable import printable
from netspec.weights.initial import FloatArray, Seeded

if TYPE_CHECKING:
    from netspec.weights.values import Values

#: Orders in which channels, rows and columns may have been flattened; the first is ours.
ORDERS = ("CHW", "HWC")
#: Elements that are laid out anew at once.
_BLOCK = 1 << 18


def in_order(order: str, graph: Graph, values: Values) -> Values:
    """The values of a net that flattens in that order, for ours.  UnusableError where none can."""
    if order not in ORDERS:
        raise UnusableError(f"flattening order {printable(order)}: there are {', '.join(ORDERS)}")
    if isinstance(values, Seeded):
        raise UnusableError("a flattening order is that of given weights; these are seeded")
    return values if order == ORDERS[0] else FromHWC(graph, values)


class FromHWC:
    """Values of a net that flattens to H*W*C, for ours.

    UnusableError, naming the layer, where one does more with such a vector than another order of
    its weights can stand for.
    """

    def __init__(self, graph: Graph, values: Values) -> None:
        self._values, self._flattened = values, flattened_axes(graph)

    def read(self, name: str) -> FloatArray:
        """The values of one of our tensors, in an array that the caller may change."""
        values = self._values.read(name)
        shape = self._flattened.get(name)
        if shape is not None:
            _lay_out(values, shape)
        return values


def flattened_axes(graph: Graph) -> dict[str, Shape]:
    """The weights whose last axis runs along a flattened CxHxW tensor, with that C, H and W."""
    vectors: dict[str, Shape] = {}  # the nodes that hold such a vector, in its order
    found: dict[str, Shape] = {}
    for node in graph.nodes:
        shape = _flattened(graph, node)
        if shape is not None:
            vectors[node.name] = shape
            continue
        shapes = {vectors.get(name) for name in node.inputs}
        shape = next((shape for shape in shapes if shape is not None), None)
        if shape is None:
            continue
        passed = node.layer.equivariant and len(shapes) == 1 and node.type.rank == 1
        if passed:
            vectors[node.name] = shape
        elif not node.layer.linear:
            raise _unknown(node, shape)
        for name in graph.weights(node):
            if node.layer.along_elements(name):
                found[f"{node.name}.{name}"] = shape
    return found


def _flattened(graph: Graph, node: Node) -> Shape | None:
    """The shape that a node makes a vector of, where the order of that vector is a question."""
    if not node.layer.view or node.type.rank != 1:
        return None
    (x,) = graph.input_types(node)
    return x.shape if x.rank == 3 and 1 < x.channels < x.numel else None


def _unknown(node: Node, shape: Shape) -> UnusableError:
    size = "x".join(map(str, shape))
    return UnusableError(
        f"flattening order HWC: {node.kind} `{printable(node.name)}` reads a flattened {size}, and "
        "is neither FC nor a layer that treats all elements alike",
        help="give that part of the net weights in the order CHW",
    )


def _lay_out(values: FloatArray, shape: Shape) -> None:
    """H*W*C -> C*H*W along the last axis, in place, a few rows at a time."""
    channels, height, width = shape
    rows = values.reshape(-1, values.shape[-1])
    step = max(1, _BLOCK // rows.shape[1])
    for start in range(0, len(rows), step):
        block = rows[start : start + step].reshape(-1, height, width, channels)
        rows[start : start + step] = block.transpose(0, 3, 1, 2).reshape(len(block), -1)
