"""Sessions of ONNX Runtime on the device that was asked for, and on no other."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnxruntime

from netspec.machine.errors import UnusableError
from netspec.machine.processors import cores
from netspec.runtime.content import Content
from netspec.runtime.device import PROVIDERS, Device, no_start, offered, trouble_with
from netspec.runtime.providers import GpuOptions
from netspec.text.printable import printable

#: ONNX Runtime's levels of logging: what it starts with, and one at which it says nothing.
_WARNING, _FATAL = 2, 4
_NO_KERNEL = re.compile(r"Could not find an implementation for (\S+?)\(")


@dataclass(frozen=True)
class Started:
    """An InferenceSession, and where it runs.

    `because` says why `auto` passed over the GPU, `no_graph` why a GPU that should have runs no
    CUDA graph; `kept` is what the session reads in place, and so must live as long.
    """

    session: Any
    device: Device
    kept: object
    graph: bool = False
    because: str = ""
    no_graph: str = ""


class _NoStart(Exception):
    """What ONNX Runtime said, if it did."""


def start(content: Content, device: Device, what: str, wish: GpuOptions) -> Started:
    """A session on the device; `auto` takes a GPU that starts, else the CPU.

    `wish` is what a GPU is asked for. UnusableError where the device does not start or the model
    cannot be loaded.
    """
    if device.gpu:
        return _on_gpu(content, device, wish)
    because = ""
    if device.kind == "auto" and offered(Device("cuda")):
        try:
            return _on_gpu(content, Device("cuda"), wish)
        except UnusableError as error:
            because = error.message
    try:
        session, kept = _session(content, Device("cpu"), wish)
    except _NoStart as error:
        raise UnusableError(f"{what} cannot be loaded: {error}") from error
    return Started(session, Device("cpu"), kept, because=because)


def _on_gpu(content: Content, device: Device, wish: GpuOptions) -> Started:
    """A session on a GPU, with a CUDA graph if that is wished for and can be."""
    trouble = trouble_with(device)
    if trouble:
        raise no_start(device, trouble)
    no_graph = ""
    if wish.graph:
        try:
            session, kept = _session(content, device, wish)
            return Started(session, device, kept, graph=True)
        except _NoStart as error:
            no_graph = str(error)
    try:
        session, kept = _session(content, device, replace(wish, graph=False))
    except _NoStart as error:
        raise no_start(device, str(error)) from error
    return Started(session, device, kept, no_graph=no_graph)


def _session(content: Content, device: Device, wish: GpuOptions) -> tuple[Any, object]:
    """An InferenceSession, and what it reads in place; _NoStart where it is not on the device."""
    options = session_options()
    kept = content.lay_out(options)
    providers = device.providers(wish)
    if device.gpu:  # which is told of in lines of its own
        onnxruntime.set_default_logger_severity(_FATAL)
    try:
        session = onnxruntime.InferenceSession(content.model, options, providers, enable_fallback=0)
    except Exception as error:  # the runtime's errors have no common base
        raise _NoStart(_reason(error)) from error
    finally:
        if device.gpu:
            onnxruntime.set_default_logger_severity(_WARNING)
    # its own fallback to the CPU is silent, whatever it is told
    if session.get_providers()[0] != PROVIDERS[device.kind]:
        raise _NoStart("")
    return session, kept


def session_options() -> Any:
    """Options for a session that says nothing by itself and uses the processors that it may."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL  # what matters comes back as an exception, and is said once
    # ONNX Runtime's own count would pin threads to processors that are not ours
    options.intra_op_num_threads = cores()
    return options


def _reason(error: Exception) -> str:
    """Why a model cannot be loaded; what has no kernel is most often of a type that few have."""
    lacking = _NO_KERNEL.search(str(error))
    if lacking is None:
        return first_line(error)
    return (
        f"ONNX Runtime has no {printable(lacking[1])} for its types there; of bfloat16 it computes "
        "little, on the CPU next to nothing: use float16 or float32"
    )


def first_line(error: Exception) -> str:
    """What an error says, short and printable."""
    text = str(error).strip() or type(error).__name__
    return printable(text.splitlines()[0])[:300]


def try_device(device: Device) -> str:
    """Start the smallest model on a device; what went wrong, empty where it runs."""
    from netspec.onnxgen.probe import probe_model

    try:
        started = start(Content(probe_model()), device, "a probe", GpuOptions())
        started.session.run(None, {"x": np.ones((1, 1), np.float32)})
    except UnusableError as error:
        return error.message
    except Exception as error:  # the runtime's errors have no common base
        return first_line(error)
    return ""
