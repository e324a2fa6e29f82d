"""Data to train on: nets that take them, files that hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image as Pillow

from netspec.graph import Graph
from netspec.text.training import Choice, DataPath
from netspec.train.data import Dataset, open_data
from tests.graphs import graph_of

#: Three classes of RGB pictures.
PICTURES = """\
netspec: 1
name: pictures
input: {shape: 3x6x8, image: {resize: [7, 9], crop: [6, 8], mean: 0.5, std: [0.1, 0.2, 0.3]}}
net: INPUT -> FC(3)
"""
LABELLED = PICTURES + "output: {labels: [cat, ant, bee]}\n"

FEATURES = "netspec: 1\nname: features\ninput: 2\nnet: INPUT -> FC(3)\n"
ONE = "netspec: 1\nname: one\ninput: 2\nnet: INPUT -> FC(1)\n"

#: Three classes at each of 4 x 5 places.
DENSE = "netspec: 1\nname: dense\ninput: 1x4x5\nnet: INPUT -> CONV(3, 3, pad=1)\n"


def opened(
    path: Path,
    net: str | Graph,
    *,
    augment: Sequence[Choice] = (),
    loss: Choice | None = None,
    target: str | None = None,
    tell: Callable[[str], object] = lambda line: None,
) -> Dataset:
    """The samples at a path for a net."""
    graph = graph_of(net) if isinstance(net, str) else net
    return open_data(DataPath(path, target, None), graph, augment, loss=loss, tell=tell)


def saved(folder: Path, packed: bool = False, **arrays: ArrayLike) -> Path:
    """An .npz file of arrays."""
    path = folder / "data.npz"
    (np.savez_compressed if packed else np.savez)(path, **arrays)  # type: ignore[arg-type]  # its stubs take `allow_pickle` for one of the arrays
    return path


def everything(dataset: Dataset) -> NDArray[np.float32]:
    """All samples as they are."""
    return dataset.read(np.arange(len(dataset)), None)


def noise(*shape: int, seed: int = 0) -> NDArray[np.uint8]:
    """Pixels at random."""
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def picture(path: Path, seed: int = 0, size: tuple[int, int] = (9, 11)) -> Path:
    """A file with a picture, in a folder that is made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(noise(*size, 3, seed=seed)).save(path)
    return path
