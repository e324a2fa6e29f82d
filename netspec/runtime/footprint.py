"""What ONNX Runtime's CPU kernels take and save: as seen in ONNX Runtime 1.31, by the memory of a
process around single nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from netspec.onnxgen.extents import Extent
from netspec.onnxgen.program import Operator

#: Their result is their first input's memory.
VIEWS = frozenset({"Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"})

#: Their result takes the place of their first input where nobody reads that later.
IN_PLACE = frozenset(
    {
        *("Celu", "Clip", "Elu", "HardSigmoid", "LeakyRelu", "LogSoftmax", "Relu", "Selu"),
        *("Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh", "ThresholdedRelu"),
    }
)

#: How many tensors of their result's size they make on the way, and forget.
_PASSING = {"LRN": 1, "Where": 2}


def passing_bytes(node: Operator, sizes: Mapping[str, Extent]) -> int:
    """What a node takes besides its results while it runs."""
    if node.op_type == "ConvTranspose":  # the columns of one sample
        x, kernel = sizes[node.input[0]], sizes[node.input[1]]
        return prod(x.shape[2:]) * prod(kernel.shape[1:]) * kernel.itemsize
    sums = node.op_type == "Sum" and len(node.input) > 2
    count = 1 if sums else _PASSING.get(node.op_type, 0)
    return count * sizes[node.output[0]].nbytes if count else 0


def listed_bytes(node: Operator, sizes: Mapping[str, Extent]) -> int:
    """What a node takes outside the pool while it runs: the places that it scatters to, again."""
    return sizes[node.input[1]].nbytes if node.op_type == "ScatterElements" else 0
