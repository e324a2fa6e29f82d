"""A GPU that is not there: ONNX Runtime's CPU under the names of its GPU providers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import onnxruntime
import pytest
from onnxruntime import InferenceSession

from netspec.runtime import device as devices
from netspec.runtime import libraries
from netspec.runtime.device import CPU, CUDA, TENSORRT, Device


def nothing_refused(providers: list[Any]) -> None:
    """A GPU that takes every model."""


@dataclass
class Gpu:
    """What the GPU was asked for: the providers of each session, and the settings of each run."""

    asked: list[list[Any]] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)


def pretend(
    monkeypatch: pytest.MonkeyPatch,
    refuse: Callable[[list[Any]], object] = nothing_refused,
    refuse_capture: bool = False,
    silent: bool = False,
) -> Gpu:
    """Make this a machine with a GPU.  `refuse` raises for providers that do not start; with
    `silent` it is ONNX Runtime that takes the CPU and says nothing.
    """
    gpu = Gpu()

    class Simulated:
        def __init__(self, content: Any, options: Any, providers: list[Any], **_: object) -> None:
            gpu.asked.append(providers)
            self.names = [p if isinstance(p, str) else p[0] for p in providers]
            if self.names[0] != CPU:
                refuse(providers)
            self.session = InferenceSession(content, options, [CPU])

        def get_providers(self) -> list[str]:
            return [CPU] if silent else self.names

        def run_with_iobinding(self, binding: Any, options: Any = None) -> None:
            gpu.runs.append("plain" if options is not None else "replay")
            if refuse_capture and options is None:
                raise RuntimeError("capture did not complete\nat some address")
            self.session.run_with_iobinding(binding)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.session, name)

    monkeypatch.setattr(onnxruntime, "InferenceSession", Simulated)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [TENSORRT, CUDA, CPU])
    monkeypatch.setattr(libraries, "load", lambda kind: ())
    monkeypatch.setattr(libraries, "no_gpu", lambda index: "")
    monkeypatch.setattr(Device, "place", property(lambda device: ("cpu", 0)))
    assert devices.trouble_with(Device("cuda")) == ""
    return gpu
