"""Arrays that stay at their places on a device, from run to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnxruntime
from numpy.typing import NDArray

from netspec.runtime.device import Device


class Binding:
    """The inputs and outputs of a session at fixed places on its device, for arrays of one shape.

    `run` moves nothing between the machine and the device; `fill` brings new inputs to the places
    of the old, `answers` fetches the outputs. A CUDA graph reads and writes these places. One
    thread at a time.
    """

    def __init__(self, session: Any, device: Device, feeds: Mapping[str, NDArray[Any]]) -> None:
        self._session, self._binding, place = session, session.io_binding(), device.place
        self._in_memory = place[0] == "cpu"
        self._inputs = {
            # on the CPU the place would be the caller's array
            name: onnxruntime.OrtValue.ortvalue_from_numpy(
                array.copy() if self._in_memory else array, *place
            )
            for name, array in feeds.items()
        }
        for name, value in self._inputs.items():
            self._binding.bind_ortvalue_input(name, value)
        names = [at.name for at in session.get_outputs()]
        for name in names:
            self._binding.bind_output(name, *place)
        # the first run finds the outputs' sizes; no graph may be captured before they have places
        plain = onnxruntime.RunOptions()
        plain.add_run_config_entry("gpu_graph_id", "-1")
        session.run_with_iobinding(self._binding, plain)
        self._outputs = dict(zip(names, self._binding.get_outputs(), strict=True))
        for name, value in self._outputs.items():
            self._binding.bind_ortvalue_output(name, value)

    def fill(self, feeds: Mapping[str, NDArray[Any]]) -> None:
        """Copy arrays, of the shapes of the first ones, to the places of the inputs."""
        for name, array in feeds.items():
            self._inputs[name].update_inplace(array)

    def run(self) -> None:
        """Compute the outputs from the inputs, and wait for them."""
        self._session.run_with_iobinding(self._binding)

    def answers(self) -> dict[str, NDArray[Any]]:
        """Copies of the outputs, which the caller owns."""
        arrays = {name: value.numpy() for name, value in self._outputs.items()}
        if not self._in_memory:
            return arrays
        return {name: array.copy() for name, array in arrays.items()}
