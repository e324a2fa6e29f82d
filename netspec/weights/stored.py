"""What a file of tensors is: what it says of each of them, and the values of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from netspec.weights.initial import FloatArray

#: Element types that are taken as float32, as either format calls them.
FLOATS = frozenset({"F64", "F32", "F16", "BF16", "float64", "float32", "float16"})


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file says of a tensor before it is read."""

    shape: tuple[int, ...]
    dtype: str


class TensorFile(Protocol):
    """A file of tensors: what is in it, and the values of one."""

    @property
    def stored(self) -> Mapping[str, Stored]:
        """The tensors of the file by name."""

    def read(self, name: str) -> FloatArray:
        """The values of a tensor of `FLOATS`, in an array that the caller may change.

        No more is in memory than they are in float32 and a block of them as it is stored.
        """
