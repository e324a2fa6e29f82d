"""Devices: what was asked for, what ONNX Runtime offers, and why CUDA does not start."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime

from netspec.machine.errors import UnusableError

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_GPU_WHEEL = "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'netspec-compiler[gpu]'"
_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"


@dataclass(frozen=True, slots=True)
class Device:
    """`auto`, `cpu`, `cuda` or `cuda:N`."""

    kind: str
    index: int = 0

    @classmethod
    def parse(cls, text: str) -> Device:
        """The device that a text names; ValueError for another text."""
        match = re.fullmatch(r"(auto|cpu|cuda)|cuda:(\d{1,4})", text)
        if match is None:
            raise ValueError("a device is auto, cpu, cuda or cuda:N")
        return cls(match[1] or "cuda", int(match[2] or 0))

    def providers(self) -> list[str | tuple[str, dict[str, Any]]]:
        """The execution providers to ask for, the preferred one first."""
        if self.kind == "cpu" or (self.kind == "auto" and not cuda_offered()):
            return [CPU]
        _load_cuda_libraries()
        return [(CUDA, {"device_id": self.index}), CPU]

    def __str__(self) -> str:
        return f"cuda:{self.index}" if self.kind == "cuda" else self.kind


def cuda_offered() -> bool:
    """Whether this ONNX Runtime was built with CUDA, which does not say that it starts."""
    return CUDA in onnxruntime.get_available_providers()


def no_cuda(device: Device, reason: str = "") -> UnusableError:
    """Why CUDA did not start, and what to do; `reason` is what ONNX Runtime said."""
    if not cuda_offered():
        what = "the installed onnxruntime is the build without CUDA"
        return UnusableError(f"{device} does not start: {what}", help=_GPU_WHEEL)
    what = _no_gpu(device.index) or _missing_library() or reason or "ONNX Runtime did not say why"
    return UnusableError(
        f"{device} does not start: {what}", help="`netspec doctor` shows what does"
    )


def _no_gpu(index: int) -> str:
    """What the driver lacks; empty where it has the GPU."""
    try:
        driver = ctypes.CDLL(_DRIVER)
    except OSError:
        return f"the NVIDIA driver is missing ({_DRIVER})"
    count = ctypes.c_int(0)
    if (
        driver.cuInit(0) != 0
        or driver.cuDeviceGetCount(ctypes.byref(count)) != 0
        or not count.value
    ):
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        return "no GPU is visible" + (
            "" if visible is None else f" (CUDA_VISIBLE_DEVICES={visible!r})"
        )
    if index >= count.value:
        return f"there is no GPU {index}; GPUs are numbered from 0 and {count.value} visible"
    return ""


def _missing_library() -> str:
    """The first library of the CUDA provider that the loader does not find; empty for none."""
    folder = Path(onnxruntime.__file__).parent / "capi"
    with contextlib.suppress(OSError):
        ctypes.CDLL(str(folder / "libonnxruntime_providers_shared.so"), mode=ctypes.RTLD_GLOBAL)
    try:
        ctypes.CDLL(str(folder / "libonnxruntime_providers_cuda.so"))
    except OSError as error:
        match = re.match(r"([^\s:]+): cannot open shared object", str(error))
        return f"the library {Path(match[1]).name} is missing" if match else ""
    return ""


def _load_cuda_libraries() -> None:
    """Load cuBLAS, cuDNN and others from NVIDIA's wheels, where the loader does not look."""
    preload = getattr(onnxruntime, "preload_dlls", None)
    if preload is not None:
        # it prints what is missing; we name it ourselves
        with contextlib.redirect_stdout(io.StringIO()):
            preload()
