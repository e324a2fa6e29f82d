"""What keeps the tensors of a file from being the weights of a net."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest

from netspec.layers import TensorType, Weight
from netspec.machine.errors import UnusableError
from netspec.text.limits import MAX_NAMED_TENSORS
from netspec.text.nearest import nearest
from netspec.text.printable import printable
from netspec.weights.weightfile import FLOATS, Stored


class UnfitError(UnusableError):
    """The tensors of a file are not those of a net; `layers` are those that the file has nothing
    of their shape for, as far as they are known.
    """

    def __init__(self, message: str, help: str | None, layers: Iterable[str] = ()) -> None:
        super().__init__(message, help)
        self.layers = tuple(dict.fromkeys(layers))


def unfit_layers(wanted: Mapping[str, Weight], found: Mapping[str, Stored]) -> Iterator[str]:
    """The layers that lack a tensor, or have one of another shape."""
    for name, weight in wanted.items():
        if name not in found or found[name].shape != weight.shape:
            yield name.rpartition(".")[0]


def find_faults(
    wanted: Mapping[str, Weight], found: Mapping[str, Stored], allow_extra: bool
) -> list[str]:
    """A line for each tensor that is missing, of another shape or type, or too many."""
    faults = []
    for name, weight in wanted.items():
        if name not in found:
            faults.append(f"missing: {name} ({_size(weight.shape)})")
            continue
        there = found[name]
        if there.shape != weight.shape:
            hint = "; it looks transposed" if there.shape == weight.shape[::-1] else ""
            faults.append(
                f"{name} is {_size(there.shape)}, the net needs {_size(weight.shape)}{hint}"
            )
        elif there.dtype not in FLOATS:
            faults.append(f"{name} is of type {there.dtype}, weights are floats")
    if not allow_extra:
        extra = [name for name in found if name not in wanted]
        hints = [near(name, wanted) for name in extra[:MAX_NAMED_TENSORS]]
        faults += [f"extra: {name}{hint}" for name, hint in zip_longest(extra, hints, fillvalue="")]
    return faults


def listed(faults: list[str]) -> str:
    """A line for each fault, the first MAX_NAMED_TENSORS of them."""
    more = len(faults) - MAX_NAMED_TENSORS
    lines = [printable(line) for line in faults[:MAX_NAMED_TENSORS]]
    return "".join(f"\n  {line}" for line in [*lines, *[f"and {more:,} more"] * (more > 0)])


def near(name: str, wanted: Iterable[str]) -> str:
    """A question after the name of ours that is nearest, where one is near."""
    known = nearest(name, wanted)
    return f" (is it {known}?)" if known else ""


def advice(faults: list[str]) -> str | None:
    """What to do about such faults."""
    extra = [fault.startswith("extra: ") for fault in faults]
    if all(extra):
        return "--allow-extra leaves them out"
    if any(extra) and any(fault.startswith("missing: ") for fault in faults):
        return "where only names differ, map them: `weights: {file: ..., map: {theirs: ours}}`"
    return None


def _size(shape: tuple[int, ...]) -> str:
    return str(TensorType(shape))
