"""What every layer asks of its inputs and of the tensors that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd, prod

from netspec.layers.tensor import Shape, TensorType
from netspec.text.diagnostics import LayerError
from netspec.text.limits import MAX_DIMENSION, MAX_ELEMENTS


def check_spatial(keyword: str, x: TensorType) -> None:
    """LayerError unless the tensor is `CxHxW`."""
    if x.rank == 3:
        return
    if x.rank == 1:
        raise LayerError(
            "rank",
            f"{keyword} needs CxHxW, got {x} features",
            help=f"move {keyword} before the vector is made, or `RESHAPE([{x}, 1, 1])` before it",
        )
    raise LayerError("rank", f"{keyword} needs CxHxW, got {x}")


def check_size(what: str, shape: Shape, inputs: tuple[TensorType, ...]) -> None:
    """LayerError where a tensor is larger than ONNX and the kernels that run it can count."""
    if max(shape, default=1) > MAX_DIMENSION:
        limit = "an axis longer than 2^31-1"
    elif prod(shape) > MAX_ELEMENTS:
        limit = "more than 2^63-1 elements"
    else:
        return
    made, sources = TensorType(shape), " and ".join(map(str, inputs[:4]))
    raise LayerError("too-large", f"{what}, {made} from {sources}, has {limit}")


def check_divides(
    code: str, keyword: str, argument: str, parts: int, sizes: Mapping[str, int]
) -> None:
    """LayerError unless `parts`, the value of `argument`, divides each of the sizes, which have
    names.
    """
    for what, size in sizes.items():
        if size % parts:
            whole = gcd(*sizes.values())
            divisors = [str(d) for d in range(1, min(whole, 4096) + 1) if whole % d == 0]
            shown = ", ".join([*divisors[:12], *(["..."] if len(divisors) > 12 else [])])
            raise LayerError(
                code,
                f"{keyword} needs {what} divisible by {argument}={parts}, got {size}",
                argument=argument,
                help=f"{argument} may be {shown}",
            )
