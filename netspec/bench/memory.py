"""Memory that a session takes, as the system counts it."""

from __future__ import annotations

import ctypes
import gc
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from netspec.runtime.device import Device
from netspec.runtime.libraries import DRIVER

_SELF = Path("/proc/self")


@dataclass(frozen=True)
class Gauge:
    """Reads memory in bytes: what is taken now, and the most since `forget` was called."""

    now: Callable[[], int]
    most: Callable[[], int]
    forget: Callable[[], object]


def gauge(device: Device) -> Gauge | None:
    """The gauge of a device; None where the system does not say.

    On the CPU it is this process's resident memory (Linux). On a GPU it is what the whole GPU has
    given out: ONNX Runtime gives nothing back before it ends, so that now is the most.
    """
    if device.gpu:
        now = _gpu_memory(device.index)
        return None if now is None else Gauge(now, now, lambda: None)
    try:
        _forget()
        _status("VmHWM")
    except OSError:
        return None
    return Gauge(lambda: _status("VmRSS"), lambda: _status("VmHWM"), _forget)


def _status(field: str) -> int:
    """Bytes of a field of /proc/self/status; OSError where it is not there."""
    match = re.search(
        rf"^{field}:\s*(\d+) kB$", (_SELF / "status").read_text("ascii"), re.MULTILINE
    )
    if match is None:
        raise OSError(f"/proc/self/status has no {field}")
    return int(match[1]) * 1024


def _forget() -> None:
    """Give back what is free, which the C library keeps, and let the high-water mark start from
    what is resident now (proc(5), clear_refs).
    """
    gc.collect()
    with suppress(OSError, AttributeError):  # another library than glibc
        ctypes.CDLL(None).malloc_trim(0)
    (_SELF / "clear_refs").write_text("5")


def _gpu_memory(index: int) -> Callable[[], int] | None:
    """Bytes of a GPU's memory in use; None where its driver does not say."""
    with suppress(OSError, AttributeError):
        driver = ctypes.CDLL(DRIVER)
        device, context = ctypes.c_int(), ctypes.c_void_p()
        calls = (
            driver.cuInit(0),
            driver.cuDeviceGet(ctypes.byref(device), index),
            driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device),
        )

        def used() -> int:
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            driver.cuCtxPushCurrent_v2(context)
            driver.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total))
            driver.cuCtxPopCurrent_v2(ctypes.byref(ctypes.c_void_p()))
            return total.value - free.value

        return used if not any(calls) else None
    return None
