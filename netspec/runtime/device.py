"""Devices: what was asked for, what ONNX Runtime offers, and why a GPU does not start."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import onnxruntime

from netspec.machine.errors import UnusableError
from netspec.runtime import libraries
from netspec.runtime.providers import GpuOptions

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
#: The provider that a device's session must have first.
PROVIDERS = {"cpu": CPU, "cuda": CUDA, "tensorrt": TENSORRT}
_GPU_WHEEL = "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'netspec-compiler[gpu]'"


@dataclass(frozen=True, slots=True)
class Device:
    """`auto`, `cpu`, `cuda`, `cuda:N`, `tensorrt` or `tensorrt:N`."""

    kind: str
    index: int = 0

    @classmethod
    def parse(cls, text: str) -> Device:
        """The device that a text names; ValueError for another text."""
        match = re.fullmatch(r"(auto|cpu|cuda|tensorrt)|(cuda|tensorrt):([0-9]{1,4})", text)
        if match is None:
            raise ValueError(
                f"{text!r} is no device; there are auto, cpu, cuda, cuda:N, tensorrt, tensorrt:N"
            )
        return cls(match[1] or match[2], int(match[3] or 0))

    @property
    def gpu(self) -> bool:
        """Whether it is a GPU for certain; `auto` may become one."""
        return self.kind in ("cuda", "tensorrt")

    @property
    def place(self) -> tuple[str, int]:
        """Where its arrays lie, as ONNX Runtime calls it."""
        return ("cuda", self.index) if self.gpu else ("cpu", 0)

    def providers(self, options: GpuOptions) -> list[str | tuple[str, dict[str, Any]]]:
        """The execution providers to ask for, the preferred one first."""
        options = replace(options, index=self.index)
        cuda = (CUDA, options.cuda())
        if self.kind == "tensorrt":  # what TensorRT does not know runs on CUDA
            return [(TENSORRT, options.tensorrt()), cuda, CPU]
        return [cuda, CPU] if self.kind == "cuda" else [CPU]

    def __str__(self) -> str:
        return f"{self.kind}:{self.index}" if self.gpu else self.kind


def offered(device: Device) -> bool:
    """Whether this ONNX Runtime was built for a device, which does not say that it starts."""
    return PROVIDERS[device.kind] in onnxruntime.get_available_providers()


def trouble_with(device: Device) -> str:
    """What a GPU lacks as far as can be told without it; empty where nothing is known.

    It is asked first, since ONNX Runtime would take the CPU and complain in lines of its own.
    """
    if not offered(device):
        without = "CUDA" if device.kind == "cuda" else "TensorRT"
        return f"the installed onnxruntime is the build without {without}"
    missing = libraries.load(device.kind)
    what = libraries.no_gpu(device.index)
    if not missing:
        return what
    named = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    if what:
        return f"{what}; {named} too"
    return f"the {'library' if len(missing) == 1 else 'libraries'} {named}"


def no_start(device: Device, reason: str = "") -> UnusableError:
    """A GPU that does not start, and what to do."""
    what = reason or "ONNX Runtime did not say why"
    advice = "`netspec doctor` shows what does" if offered(device) else _GPU_WHEEL
    return UnusableError(f"{device} does not start: {what}", help=advice)
