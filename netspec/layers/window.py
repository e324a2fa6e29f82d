"""Windows that slide over rows and columns: padding, output sizes, and what a window leaves unread.

Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", sections 2 and
4.
"""

from __future__ import annotations

from netspec.layers.facts import Window
from netspec.layers.hyperparameter import Pad, Pair
from netspec.layers.tensor import TensorType
from netspec.text.diagnostics import LayerError

#: Zeros around rows and columns: top, left, bottom, right.
Pads = tuple[int, int, int, int]
NO_PADS: Pads = (0, 0, 0, 0)


def extent(kernel: Pair, dilation: Pair) -> Pair:
    """Rows and columns that a dilated kernel spans:  d*(k - 1) + 1."""
    return dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1


def window_over(area: Pair, kernel: Pair, stride: Pair, pad: Pad, dilation: Pair) -> Window:
    """The window of a layer over an input of that height and width."""
    reach = extent(kernel, dilation)
    return Window(reach, stride, resolve_pads(pad, area, reach, stride))


def resolve_pads(pad: Pad, area: Pair, reach: Pair, stride: Pair) -> Pads:
    """Zeros (top, left, bottom, right) that `pad` stands for; LayerError for `half` with an even
    extent.
    """
    match pad:
        case "valid":
            return NO_PADS
        case "half":
            return half_pads(reach)
        case "same":
            return same_pads(area, reach, stride)
    return pad


def half_pads(reach: Pair) -> Pads:
    """(k-1)/2 on each side; LayerError where that is no integer."""
    if reach[0] % 2 == 0 or reach[1] % 2 == 0:
        even = next(span for span in reach if span % 2 == 0)
        raise LayerError(
            "half-padding",
            f"`pad: half` needs an odd window, got {times(reach)}: ({even}-1)/2 is no integer",
            argument="pad",
            help="use an odd kernel, `same`, or [top, left, bottom, right]",
        )
    return reach[0] // 2, reach[1] // 2, reach[0] // 2, reach[1] // 2


def same_pads(area: Pair, reach: Pair, stride: Pair) -> Pads:
    """Zeros that make the output ceil(in/stride), the odd one at the end."""
    rows, columns = (
        max((-(-size // step) - 1) * step + span - size, 0)
        for size, step, span in zip(area, stride, reach, strict=True)
    )
    return rows // 2, columns // 2, rows - rows // 2, columns - columns // 2


def slide(keyword: str, x: TensorType, window: Window, *, ceil: bool = False) -> Pair:
    """(H', W') with  H' = (H + top + bottom - extent) // stride + 1.

    With `ceil` the division rounds up, less a last window that would start in the end padding (as
    PyTorch and ONNX do). LayerError where the window is larger than the padded input.
    """
    top, left, bottom, right = window.pads
    padded = x.area[0] + top + bottom, x.area[1] + left + right
    if padded[0] < window.extent[0] or padded[1] < window.extent[1]:
        raise _too_large(keyword, x, window, padded)
    sizes = []
    for size, before, total, span, step in zip(
        x.area, (top, left), padded, window.extent, window.stride, strict=True
    ):
        steps = (total - span) // step
        if ceil and (total - span) % step and (steps + 1) * step < size + before:
            steps += 1
        sizes.append(steps + 1)
    return sizes[0], sizes[1]


def unread_margin(x: TensorType, window: Window, sizes: Pair) -> Pair | None:
    """Rows at the bottom and columns at the right that none of the windows reads; None where there
    are none.

    Where the stride is larger than the window, rows are skipped between windows too; as many at the
    end are the stride's meaning and not counted.
    """
    rows, columns = (
        max(size - ((count - 1) * step + max(span, step) - before), 0)
        for size, count, step, span, before in zip(
            x.area, sizes, window.stride, window.extent, window.pads[:2], strict=True
        )
    )
    return (rows, columns) if rows or columns else None


def overhang(x: TensorType, window: Window, sizes: Pair) -> Pads:
    """Pixels (0, 0, bottom, right) by which the last windows stand out of the padded input."""
    bottom, right = (
        max((count - 1) * step + span - size - before - after, 0)
        for size, count, step, span, before, after in zip(
            x.area,
            sizes,
            window.stride,
            window.extent,
            window.pads[:2],
            window.pads[2:],
            strict=True,
        )
    )
    return 0, 0, bottom, right


def check_no_window_empty(keyword: str, x: TensorType, window: Window, dilation: Pair) -> None:
    """LayerError where a window could read nothing but padding, of which a pool makes no number."""
    for i, size in enumerate(window.pads):
        if size >= window.extent[i % 2]:
            raise LayerError(
                "padding",
                f"{keyword} needs pads smaller than its window {times(window.extent)},"
                f" got {list(window.pads)}: a window would read nothing but padding",
                argument="pad",
                help="`half` or `same` is as much as is useful",
            )
    for i, axis in enumerate(("rows", "columns")):
        if window.pads[i] and window.extent[i] > 1 and dilation[i] > x.area[i]:
            raise LayerError(
                "padding",
                f"{keyword} with padding needs {axis} at least as many as its dilation"
                f" {times(dilation)}, got {x}: the taps of a window could miss them all",
                argument="dilation",
            )


def add_pads(a: Pads, b: Pads) -> Pads:
    """The pads of both, side by side."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]


def times(pair: Pair) -> str:
    """`3x3`."""
    return f"{pair[0]}x{pair[1]}"


def short(pair: Pair) -> str:
    """`3` for a square, else `3x5`."""
    return str(pair[0]) if pair[0] == pair[1] else times(pair)


def window_summary(kernel: Pair, stride: Pair, dilation: Pair, *more: str) -> str:
    """`3x3 /2 dilation 2`: the kernel, then what differs from 1."""
    said = [times(kernel)]
    if stride != (1, 1):
        said.append(f"/{short(stride)}")
    if dilation != (1, 1):
        said.append(f"dilation {short(dilation)}")
    return " ".join((*said, *more))


def _too_large(keyword: str, x: TensorType, window: Window, padded: Pair) -> LayerError:
    reach = window.extent
    axis = 0 if padded[0] < reach[0] else 1
    pads = window.pads[axis] + window.pads[axis + 2]
    sizes = f"{x.area[axis]} + {pads}" if pads else f"{x.area[axis]}"
    with_pads = f" padded to {times(padded)}" if any(window.pads) else ""
    name = "HW"[axis]
    return LayerError(
        "window-too-large",
        f"{keyword} needs a window of {times(reach)}, got {x}{with_pads}",
        f"{name}' = ({name} + pads - (dilation*(kernel - 1) + 1)) // stride + 1,"
        f" and {reach[axis]} does not fit in {sizes}",
        help="a smaller kernel, `pad=same`, or fewer layers that shrink the input before it",
    )
