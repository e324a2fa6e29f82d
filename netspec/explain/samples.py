"""Files -> what is explained: an input of the net, and its pixels to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.explain.maps import Array
from netspec.explain.net import Net
from netspec.machine.errors import UnusableError
from netspec.runtime.arrays import read_samples
from netspec.runtime.errors import InputError
from netspec.runtime.finding import ARRAYS, suffix
from netspec.runtime.inputs import InputType
from netspec.text.image import Image
from netspec.text.printable import printable


@dataclass(frozen=True, eq=False)
class Sample:
    """One sample: its file's name, with its place in it where there are several; a batch of one for
    each input; pixels (H, W) or (H, W, 3), as the net takes them.
    """

    name: str
    x: dict[str, Array]
    pixels: NDArray[np.uint8]


def file_name(path: str) -> str:
    """What a file is called in its folder."""
    return Path(path).name


def read(net: Net, path: str, name: str = "") -> Iterator[Sample]:
    """The sample of a picture, or those of an .npy or .npz file; after its `name`, or the file's.

    InputError where the file cannot be read or does not fit, UnusableError where the net takes no
    pictures.
    """
    _refuse_vectors(net)
    name = name or file_name(path)
    if suffix(path) not in ARRAYS:
        if len(net.graph.inputs) > 1:
            names = ", ".join(map(printable, net.graph.inputs))
            raise UnusableError(
                f"the net takes {names}", help="give an .npz file with each of them"
            )
        x, pixels = net.prepare(path)
        yield Sample(name, {net.input: x}, pixels)
        return
    types = {
        input_name: InputType(kind.shape, None, np.dtype(np.float32))
        for input_name, kind in net.graph.inputs.items()
    }
    try:
        batches = read_samples(Path(path), types, net.images)
    except (InputError, OSError) as error:
        raise InputError(f"{printable(path)}: {error}") from error
    count = len(batches[net.input])
    for at in range(count):
        one = {input_name: batch[at : at + 1] for input_name, batch in batches.items()}
        place = f"[{at}]" if count > 1 else ""
        yield Sample(name + place, one, as_pixels(net, one[net.input][0]))


def as_pixels(net: Net, values: Array) -> NDArray[np.uint8]:
    """The pixels that the spec's `image:` section makes an input (C, H, W) of; where there is none,
    or there are channels of no colour, the range of the numbers from black to white.
    """
    image = net.images.get(net.input)
    if image is not None:
        return _undone(values, image)
    wide = values.astype(np.float64)
    plain = wide if len(wide) in (1, 3) else wide.mean(axis=0, keepdims=True)
    low, high = float(plain.min()), float(plain.max())
    return _laid((plain - low) * (255 / (high - low or 1.0)))


def _undone(values: Array, image: Image) -> NDArray[np.uint8]:
    mean, std = (np.asarray(x, np.float32)[:, None, None] for x in (image.mean, image.std))
    with np.errstate(over="ignore"):  # what no picture could hold is white or black
        plain = (values * std + mean) / np.float32(image.scale)
    return _laid(plain[::-1] if image.channels == "BGR" else plain)


def _laid(values: NDArray[Any]) -> NDArray[np.uint8]:
    """(C, H, W) -> (H, W) or (H, W, 3), rounded."""
    pixels = np.asarray(np.clip(values + 0.5, 0, 255)).astype(np.uint8)
    return pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)


def _refuse_vectors(net: Net) -> None:
    kind = net.graph.inputs[net.input]
    if kind.rank != 3:
        raise UnusableError(
            f"`{printable(net.input)}` is {kind}, and maps are drawn over an area, CxHxW",
            help="let the spec's `input:` be the picture, CxHxW, and FLATTEN it",
        )
