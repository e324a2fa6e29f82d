"""Arrays that live on a device, and models that read and change them there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import onnxruntime
from numpy.typing import NDArray

from netspec.runtime.content import Content
from netspec.runtime.device import Device
from netspec.runtime.errors import RunError
from netspec.runtime.providers import GpuOptions
from netspec.runtime.start import first_line, start


class Resident:
    """Arrays by name at fixed places on a device, which are taken one by one, and are its own from
    then on: on the CPU they are those places.
    """

    def __init__(self, device: Device, arrays: Iterable[tuple[str, NDArray[Any]]]) -> None:
        self.device = device
        self._values = {name: self._placed(array) for name, array in arrays}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def value(self, name: str) -> Any:
        """The OrtValue of an array."""
        return self._values[name]

    def write(self, arrays: Iterable[tuple[str, NDArray[Any]]]) -> None:
        """Copy arrays, of the shapes that they have there, to their places, one by one."""
        for name, array in arrays:
            self._values[name].update_inplace(array)

    def read(self, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Copies of arrays, which the caller owns."""
        return {name: array.copy() for name, array in self.current(names).items()}

    def current(self, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Arrays as they are now: on the CPU themselves, which a run may change."""
        return {name: self._values[name].numpy() for name in names}

    def _placed(self, array: NDArray[Any]) -> Any:
        return onnxruntime.OrtValue.ortvalue_from_numpy(array, *self.device.place)


class ResidentModel:
    """A model some of whose inputs are resident arrays.  Its nodes run in their order.

    An output that is called as one of them and `suffix` is its next value, and is written to its
    place; the model must not read the array after that. The other outputs are answered. `started`
    says on which device it runs.
    """

    def __init__(self, model: bytes, what: str, device: Device, wish: GpuOptions) -> None:
        self._started = start(Content(model, as_written=True), device, what, wish)

    @property
    def device(self) -> Device:
        """Where it runs."""
        return self._started.device

    @property
    def because(self) -> str:
        """Why `auto` passed over a GPU; empty where it did not."""
        return self._started.because

    def bind(self, arrays: Resident, suffix: str) -> None:
        """Read and write these arrays from now on."""
        session = self._started.session
        self._binding = session.io_binding()
        self._bound: list[str] = []
        self._answered: list[str] = []
        for at in session.get_inputs():
            if at.name in arrays:
                self._binding.bind_ortvalue_input(at.name, arrays.value(at.name))
        for at in session.get_outputs():
            name = at.name.removesuffix(suffix)
            if name != at.name and name in arrays:
                self._binding.bind_ortvalue_output(at.name, arrays.value(name))
                self._bound.append(at.name)
            else:
                self._answered.append(at.name)

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Compute once; what is answered by name.  RunError where the runtime fails."""
        try:
            for name, array in feeds.items():
                self._binding.bind_cpu_input(name, array)
            for name in self._answered:  # anew: the last ones are of the last batch's size
                self._binding.bind_output(name, "cpu")
            self._started.session.run_with_iobinding(self._binding)
            places = (*self._bound, *self._answered)  # in the order of their binding
            outputs = dict(zip(places, self._binding.get_outputs(), strict=True))
        except Exception as error:  # the runtime's errors have no common base
            raise RunError(f"the run failed: {first_line(error)}") from error
        return {name: outputs[name].numpy() for name in self._answered}
