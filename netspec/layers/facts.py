"""What a layer says of itself: the tensors that it keeps, and the window through which it reads."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.layers.tensor import TensorType


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor that a layer keeps from sample to sample.

    `role` says what it is and so how it starts: a "weight" by fan-in and fan-out, a "bias", "shift"
    or "mean" as zeros, a "scale" or "variance" as ones, a "slope" as 0.25. Means and variances are
    state, not parameters.
    """

    shape: tuple[int, ...]
    role: str
    fan_in: int = 0
    fan_out: int = 0

    @property
    def learned(self) -> bool:
        """Whether training learns it, so that it counts as parameters."""
        return self.role not in ("mean", "variance")

    @property
    def numel(self) -> int:
        """Elements."""
        return TensorType(self.shape).numel


@dataclass(frozen=True)
class Kept:
    """A tensor that a layer makes in the forward pass for its own backward pass: a mask, indices.

    `elements` count for each sample, or once for the batch unless `for_each`; `dtype` is the
    element type where it is not the net's.
    """

    what: str
    elements: int
    dtype: str | None = None
    for_each: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """A window over rows and columns: its extent (dilation counted), step, and zeros around the
    input.

    For layers that enlarge, `zoom` is how many pixels each input pixel becomes before the window
    slides: itself and zeros after it (Dumoulin & Visin 2016, section 4). Output pixel o reads input
    pixels ceil((o*stride - pad) / zoom) to floor((o*stride - pad + extent - 1) / zoom).
    """

    extent: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)  # top, left, bottom, right
    zoom: tuple[int, int] = (1, 1)
