"""The models by which a net is looked into, made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable

from netspec.autodiff.backward import Rule
from netspec.explain.maps import Array
from netspec.explain.model import Model
from netspec.explain.programs import answering, differentiating
from netspec.graph.graph import Graph
from netspec.runtime.device import Device
from netspec.weights.values import Values

#: Models that are kept at a time: of a net of many weights each takes as much memory as these.
_MOST = 4


class Models:
    """The models of a graph with its weights on a device, those that were asked for last."""

    def __init__(self, graph: Graph, values: Values, device: Device) -> None:
        self._graph, self._values, self._device = graph, values, device
        self._held = _Held(values)
        self._made: dict[object, Model] = {}

    def answering(self, layers: tuple[str, ...]) -> Model:
        """The model that answers the values of layers."""
        return self._model(
            layers,
            lambda: Model(answering(self._graph, layers), self._values, self._device),
        )

    def differentiating(self, of: str, wrt: tuple[str, ...], rule: Rule) -> Model:
        """The model that answers gradients, see `differentiating` of programs."""
        return self._model(
            (of, wrt, rule),
            lambda: Model(differentiating(self._graph, of, wrt, rule), self._held, self._device),
        )

    def _model(self, key: object, make: Callable[[], Model]) -> Model:
        """One that is there, or a new one in the place of that which was used longest ago."""
        if key not in self._made and len(self._made) >= _MOST:
            del self._made[next(iter(self._made))]
        self._made[key] = model = self._made.pop(key, None) or make()
        return model


class _Held:
    """Weights that are read once, and not changed: those of all models that compute gradients."""

    def __init__(self, values: Values) -> None:
        self._values, self._read = values, dict[str, Array]()

    def read(self, name: str) -> Array:
        """The values of a tensor, which are nobody's to change."""
        if name not in self._read:
            self._read[name] = self._values.read(name)
            self._read[name].setflags(write=False)
        return self._read[name]
