"""A program with its weights, ready to run on a device."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netspec.explain.maps import Array
from netspec.onnxgen.model import separate
from netspec.onnxgen.program import Program
from netspec.runtime.content import Content
from netspec.runtime.device import Device
from netspec.runtime.errors import InputError, RunError
from netspec.runtime.providers import GpuOptions
from netspec.runtime.start import first_line, start
from netspec.text.printable import printable
from netspec.weights.values import Values


class Model:
    """A program on a device; UnusableError where that does not start."""

    def __init__(self, program: Program, values: Values, device: Device) -> None:
        model, arrays = separate(program, values)
        content = Content(model.SerializeToString(), arrays)
        self._started = start(content, device, printable(program.graph.name), GpuOptions())
        self._inputs, self._outputs = (
            [at.name for at in self._started.session.get_inputs()],
            program.outputs,
        )

    @property
    def device(self) -> Device:
        """Where it runs."""
        return self._started.device

    def run(self, feeds: Mapping[str, Array], size: int) -> dict[str, Array]:
        """All outputs by name, `size` samples at a time.

        RunError where the runtime fails, InputError where samples lead to what is no number.
        """
        count = len(next(iter(feeds.values())))
        parts = [
            self._run({name: feeds[name][first : first + size] for name in self._inputs})
            for first in range(0, count, size)
        ]
        if len(parts) == 1:
            return parts[0]
        return {name: np.concatenate([part[name] for part in parts]) for name in self._outputs}

    def _run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        names = list(self._outputs)
        try:
            answers = self._started.session.run(names, dict(feeds))
        except Exception as error:  # the runtime's errors have no common base
            raise RunError(f"the run failed: {first_line(error)}") from error
        for name, answer in zip(names, answers, strict=True):
            if not np.isfinite(answer).all():
                raise InputError(f"`{printable(name.rpartition('/')[0])}` is NaN or infinite")
        return dict(zip(names, answers, strict=True))
