"""Arrays -> input tensors: .npy and .npz files, without pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from netspec.runtime.errors import InputError
from netspec.runtime.inputs import InputType
from netspec.text.image import Image
from netspec.text.printable import printable
from netspec.weights.npy import Header, read_data, read_header

#: The array of samples in a file that a net is trained on.
_SAMPLES = "x"


def read_samples(
    path: Path, inputs: Mapping[str, InputType], images: Mapping[str, Image] | None = None
) -> dict[str, NDArray[np.float32]]:
    """The samples in an .npy or .npz file, a batch of equal length for each input of a net.

    A net with one input takes the samples `x` of a file to train on; what is pixels there becomes
    input as `images` say, by input. InputError where they do not fit.
    """
    if path.suffix.lower() == ".npy":
        arrays = {"": read_npy(path)}
    else:
        from netspec.runtime.archives import read_npz

        arrays = read_npz(path)
        if len(inputs) == 1 and _SAMPLES in arrays and not inputs.keys() & arrays.keys():
            ((name, kind),) = inputs.items()
            arrays = {name: _of_training(arrays[_SAMPLES], kind, (images or {}).get(name))}
    named = _by_input(arrays, inputs)
    batches = {name: _as_batch(named[name], kind) for name, kind in inputs.items()}
    counts = sorted({len(array) for array in batches.values()})
    if len(counts) > 1:
        raise InputError(f"its arrays hold different numbers of samples: {counts}")
    return batches


def read_npy(path: Path) -> NDArray[np.float32]:
    """The array in an .npy file as float32.

    InputError where it is none, is not complete, or holds other than finite numbers.
    """
    try:
        with path.open("rb") as file:
            header = numeric_header(file)
            present = path.stat().st_size - file.tell()
            if present < header.nbytes:
                raise InputError(
                    f"not complete: {present} bytes of data "
                    f"where its header promises {header.nbytes}"
                )
            return finite_floats(read_data(file, header))
    except ValueError as error:
        raise InputError(f"not an .npy file ({printable(str(error))[:200]})") from error


def numeric_header(file: IO[bytes]) -> Header:
    """The header of a stream of numbers; InputError where it is one of something else."""
    header = read_header(file)
    if not header.numeric:
        raise InputError(f"it holds {printable(header.type_name)}, not numbers")
    return header


def finite_floats(values: NDArray[Any]) -> NDArray[np.float32]:
    """The numbers as float32; InputError where they are NaN or infinite."""
    with np.errstate(over="ignore"):  # a float64 beyond float32 is infinite, and so refused
        floats = values.astype(np.float32, copy=False)
    if not np.isfinite(floats).all():
        raise InputError("it holds NaN or infinite values")
    return floats


def _of_training(array: NDArray[Any], kind: InputType, image: Image | None) -> NDArray[Any]:
    """The samples as `netspec train` reads them."""
    from netspec.runtime.pixels import as_pictures, to_inputs

    shape = tuple(size or 0 for size in kind.shape)
    if image is None or array.dtype != np.uint8:
        return array
    pictures = as_pictures(array, shape)
    return array if pictures is None else to_inputs(pictures, image, shape)


def _by_input(
    arrays: Mapping[str, NDArray[Any]], inputs: Mapping[str, InputType]
) -> Mapping[str, NDArray[Any]]:
    """The arrays by the inputs that they are for; a lone array needs no name."""
    if all(name in arrays for name in inputs):
        return arrays
    if len(inputs) == len(arrays) == 1:
        return dict(zip(inputs, arrays.values(), strict=True))
    found = ", ".join(printable(name) or "one array" for name in arrays) or "nothing"
    raise InputError(f"the net takes {', '.join(inputs)}; the file holds {found}")


def _as_batch(array: NDArray[Any], kind: InputType) -> NDArray[np.float32]:
    """The array with a batch axis.  What it should be is said in the words of a file."""
    batch = kind.batch_of(array)
    if batch is None:
        found = "x".join(map(str, array.shape)) or "one number"
        raise InputError(f"it holds {found}; the net takes {kind}, or a batch Nx{kind}")
    if not len(batch):
        raise InputError("it holds no samples")
    return batch.astype(np.float32, copy=False)
