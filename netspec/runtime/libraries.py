"""The libraries that a GPU provider needs: loading them, and naming those that are missing."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import io
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import onnxruntime

#: What every NVIDIA GPU needs.
DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
#: Newer builds start without cuDNN, and fail at the first convolution.
_CUDNN = "libcudnn.so.9"


def load(kind: str) -> tuple[str, ...]:
    """Load what a provider needs, from NVIDIA's wheels too, where the loader does not look; the
    names of the libraries that are missing, the driver left out.
    """
    if sys.platform != "linux":  # elsewhere ONNX Runtime's own message must do
        _preload()
        return ()
    unloaded = _preload()
    wanted = _unresolved("cuda")
    if wanted:  # else it does without what was not loaded
        wanted = [*unloaded, *wanted]
    wanted += _unfound([_CUDNN])
    if kind == "tensorrt":
        _load_tensorrt()
        wanted += _unfound(_named_in(_provider(kind), rb"libnv(?:infer|onnxparser)\.so\.[0-9]+"))
        wanted += _unresolved(kind)
    return tuple(name for name in dict.fromkeys(wanted) if name != DRIVER)


def no_gpu(index: int) -> str:
    """What the driver lacks; empty where it has the GPU."""
    try:
        driver = ctypes.CDLL(DRIVER)
    except OSError:
        return f"the NVIDIA driver is missing ({DRIVER})"
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


def _preload() -> list[str]:
    """Load what ONNX Runtime finds; the names of what it says that it does not."""
    preload = getattr(onnxruntime, "preload_dlls", None)
    if preload is None:
        return []
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        preload()
    names = re.findall(r"^Failed to load ([^\s:]+)", said.getvalue(), re.MULTILINE)
    return [Path(name).name for name in names]


def _load_tensorrt() -> None:
    """Load TensorRT from its wheel, where there is one."""
    wheel = importlib.util.find_spec("tensorrt_libs")
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        for file in sorted(Path(folder).glob("libnv*.so.*")):
            with contextlib.suppress(OSError):
                ctypes.CDLL(str(file), mode=ctypes.RTLD_GLOBAL)


def _provider(kind: str) -> Path:
    return Path(onnxruntime.__file__).parent / "capi" / f"libonnxruntime_providers_{kind}.so"


def _unresolved(kind: str) -> list[str]:
    """The first library that the loader misses for a provider, if it misses one."""
    with contextlib.suppress(OSError):
        ctypes.CDLL(str(_provider("shared")), mode=ctypes.RTLD_GLOBAL)
    try:
        ctypes.CDLL(str(_provider(kind)))
    except OSError as error:
        match = re.match(r"([^\s:]+): cannot open shared object", str(error))
        return [Path(match[1]).name] if match else []
    return []


def _unfound(names: Iterable[str]) -> list[str]:
    """Those of the libraries that do not load."""
    found = []
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            found.append(name)
    return found


def _named_in(file: Path, pattern: bytes) -> list[str]:
    """The library names of a pattern in a small binary, in the order of the alphabet."""
    with contextlib.suppress(OSError):
        return sorted({name.decode() for name in re.findall(pattern, file.read_bytes())})
    return []
