"""Recipes -> sessions that have started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError
from netspec.runtime.binding import Binding
from netspec.runtime.content import Origin
from netspec.runtime.device import Device, offered
from netspec.runtime.errors import RunError
from netspec.runtime.inputs import InputType, filled, input_types, output_names
from netspec.runtime.providers import GpuOptions
from netspec.runtime.recipe import Recipe
from netspec.runtime.start import Started, first_line, start
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.onnxgen.card import Card


@dataclass(frozen=True)
class Opened:
    """A session that has started.  `batch` is the one size that it runs, None for any; `graph` what
    its CUDA graph reads and writes.
    """

    started: Started
    card: Card
    inputs: Mapping[str, InputType]
    outputs: tuple[str, ...]
    batch: int | None
    graph: Binding | None = None
    lock: Lock = field(default_factory=Lock)

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run in one piece, or in batches of the one size, the last filled up."""
        count, size = len(next(iter(feeds.values()))), self.batch
        if size is None or size == count:
            return self._run_once(feeds)
        parts = []
        for first in range(0, count, size):
            piece = {name: array[first : first + size] for name, array in feeds.items()}
            parts.append(self._run_once({name: filled(a, size) for name, a in piece.items()}))
        return {name: np.concatenate([p[name] for p in parts])[:count] for name in self.outputs}

    def bind(self, feeds: Mapping[str, NDArray[Any]]) -> Binding:
        """The arrays and what comes of them at fixed places on the device.  RunError as `run`.

        Where there is a CUDA graph these are its places, of which there is one set.
        """
        if self.graph is not None and self.batch is not None:
            self.graph.fill({name: filled(array, self.batch) for name, array in feeds.items()})
            return self.graph
        try:
            return Binding(self.started.session, self.started.device, feeds)
        except Exception as error:  # the runtime's errors have no common base
            raise RunError(f"the run failed: {first_line(error)}") from error

    def _run_once(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        try:
            results = self._replay(self.graph, feeds) if self.graph else self._plain(feeds)
        except Exception as error:  # the runtime's errors have no common base
            raise RunError(f"the run failed: {first_line(error)}") from error
        return {
            name: array.astype(np.float32) if array.dtype == np.float16 else array
            for name, array in results.items()
        }

    def _plain(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """One run, which reads the arrays in place and answers new ones."""
        return dict(zip(self.outputs, self.started.session.run(None, dict(feeds)), strict=True))

    def _replay(self, graph: Binding, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        with self.lock:
            graph.fill(feeds)
            graph.run()
            return graph.answers()


def open_recipe(recipe: Recipe, origin: Origin) -> Opened:
    """Start a session.  UnusableError where the weights, the model or the device cannot serve."""
    content, card = origin.content()
    may_be_gpu = recipe.device.gpu or (recipe.device.kind == "auto" and offered(Device("cuda")))
    wish = GpuOptions(
        half=may_be_gpu and origin.in_half(), tf32=recipe.tf32, graph=recipe.batch is not None
    )
    try:
        started = start(content, recipe.device, origin.what, wish)
    except UnusableError:
        origin.diagnose()
        raise
    card = card or said_by(started)
    opened = _opened(started, card, recipe.batch)
    if not started.graph or recipe.batch is None:
        return opened
    try:
        return replace(opened, graph=_captured(opened, recipe.batch))
    except Exception as error:  # the runtime's errors have no common base
        started = start(content, started.device, origin.what, replace(wish, graph=False))
        return _opened(replace(started, no_graph=first_line(error)), card, recipe.batch)


def said_by(started: Started) -> Card:
    """What the metadata of a model say."""
    from netspec.onnxgen.card import Card

    return Card.said_in(started.session.get_modelmeta().custom_metadata_map)


def _opened(started: Started, card: Card, batch: int | None) -> Opened:
    session = started.session
    inputs, outputs = input_types(session), output_names(session)
    fixed = next((kind.batch for kind in inputs.values() if kind.batch), None)
    return Opened(started, card, inputs, outputs, fixed or (batch if started.device.gpu else None))


def _captured(opened: Opened, batch: int) -> Binding:
    """The CUDA graph of one run on zeros."""
    feeds = {}
    for name, kind in opened.inputs.items():
        if None in kind.shape:
            raise ValueError(f"input `{printable(name)}` is of any size: {kind}")
        shape = (kind.batch or batch, *[size or 0 for size in kind.shape])
        feeds[name] = np.zeros(shape, kind.dtype)
    graph = Binding(opened.started.session, opened.started.device, feeds)
    graph.run()
    return graph
