"""Sessions of ONNX Runtime on the device that was asked for, and on no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime

from netspec.machine.errors import UnusableError
from netspec.machine.resources import cores
from netspec.onnxgen.probe import probe_model
from netspec.runtime.device import CUDA, Device, cuda_offered, no_cuda
from netspec.text.printable import printable


def session_options() -> Any:
    """Options for a session that says nothing by itself and uses the cores that it may."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what matters comes back as an exception, and is said once
    # ONNX Runtime's own count would pin threads to cores that are not ours
    options.intra_op_num_threads = cores()
    return options


def start(content: str | bytes, options: Any, device: Device, what: str) -> Any:
    """An InferenceSession on the device.  Its own fallback to the CPU is silent, so it is off."""
    if device.kind == "cuda" and not cuda_offered():
        raise no_cuda(device)
    wanted = device.providers()
    try:
        session = onnxruntime.InferenceSession(content, options, wanted, enable_fallback=0)
    except Exception as error:  # the runtime's errors have no common base
        if len(wanted) == 1:
            raise UnusableError(f"{what} cannot be loaded: {first_line(error)}") from error
        if device.kind == "cuda":
            raise no_cuda(device, first_line(error)) from error
        return start(content, options, Device("cpu"), what)
    if device.kind == "cuda" and CUDA not in session.get_providers():
        raise no_cuda(device)
    return session


def first_line(error: Exception) -> str:
    """What an error says, short and printable."""
    text = str(error).strip() or type(error).__name__
    return printable(text.splitlines()[0])[:300]


def try_device(device: Device) -> str:
    """Start the smallest model on a device; what went wrong, empty where it runs."""
    try:
        session = start(probe_model(), session_options(), device, "a probe")
        session.run(None, {"x": np.ones((1, 1), np.float32)})
    except UnusableError as error:
        return error.message
    except Exception as error:  # the runtime's errors have no common base
        return first_line(error)
    return ""
