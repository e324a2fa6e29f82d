"""What a model takes and answers, and arrays made to fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from netspec.text.printable import printable

_TYPES: dict[str, np.dtype[Any]] = {
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
    "tensor(double)": np.dtype(np.float64),
    "tensor(int64)": np.dtype(np.int64),
    "tensor(int32)": np.dtype(np.int32),
    "tensor(uint8)": np.dtype(np.uint8),
}


@dataclass(frozen=True, slots=True)
class InputType:
    """What a model takes: the shape of a sample and the size of a batch; None is any size."""

    shape: tuple[int | None, ...]
    batch: int | None
    dtype: np.dtype[Any]

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether a sample has this shape."""
        return len(shape) == len(self.shape) and all(
            want in (None, size) for want, size in zip(self.shape, shape, strict=True)
        )

    def batch_of(self, array: NDArray[Any]) -> NDArray[Any] | None:
        """The array, a batch or one sample, with a batch axis; None where it does not fit."""
        batch = array[None] if array.ndim == len(self.shape) else array
        return batch if self.fits(batch.shape[1:]) else None

    def __str__(self) -> str:
        return "x".join("?" if size is None else str(size) for size in self.shape) or "scalar"


def input_types(session: Any) -> dict[str, InputType]:
    """The inputs of an InferenceSession by name; UnusableError where they are no tensors."""
    return {at.name: _input_type(at) for at in session.get_inputs()}


def output_names(session: Any) -> tuple[str, ...]:
    """The outputs of an InferenceSession; UnusableError where they are no numbers."""
    for at in session.get_outputs():
        if at.type not in (*_TYPES, "tensor(bool)"):
            kind = printable(at.type)
            raise UnusableError(f"output `{printable(at.name)}` is a {kind}, no numbers")
    return tuple(at.name for at in session.get_outputs())


def fit(
    inputs: Mapping[str, InputType], given: ArrayLike | Mapping[str, ArrayLike]
) -> dict[str, NDArray[Any]]:
    """The arrays as batches of equal length, contiguous and in the types that the model takes.

    An array that is all that already is not copied. InputError where it cannot fit.
    """
    if not isinstance(given, Mapping):
        if len(inputs) != 1:
            names = ", ".join(inputs)
            raise InputError(f"the net takes several inputs; give {names} by name")
        given = dict.fromkeys(inputs, given)
    if given.keys() != inputs.keys():
        raise InputError(f"the net takes {', '.join(inputs)}; got {', '.join(given)}")
    feeds = {name: _batch(name, given[name], kind) for name, kind in inputs.items()}
    counts = {len(array) for array in feeds.values()}
    if len(counts) > 1:
        raise InputError(f"the inputs hold different numbers of samples: {sorted(counts)}")
    return feeds


def filled(array: NDArray[Any], count: int) -> NDArray[Any]:
    """The array with its last sample repeated up to so many."""
    lacking = count - len(array)
    return np.concatenate([array, np.repeat(array[-1:], lacking, axis=0)]) if lacking else array


def _input_type(at: Any) -> InputType:
    if at.type not in _TYPES or not at.shape:
        raise UnusableError(
            f"input `{printable(at.name)}` is a {printable(at.type)} of shape {at.shape}"
        )
    batch, *shape = (size if isinstance(size, int) else None for size in at.shape)
    return InputType(tuple(shape), batch, _TYPES[at.type])


def _batch(name: str, array: ArrayLike, kind: InputType) -> NDArray[Any]:
    """The array with a batch axis, in the type that the model takes."""
    values = kind.batch_of(np.asarray(array))
    if values is None or not len(values):
        found = "x".join(map(str, np.shape(array)))
        raise InputError(f"`{name}` needs samples of {kind}, got an array of {found}")
    return np.ascontiguousarray(values, kind.dtype)
