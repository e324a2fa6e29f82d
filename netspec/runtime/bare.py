"""ONNX Runtime as it comes: what our sessions are compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime

from netspec.runtime.device import CPU, PROVIDERS, Device
from netspec.runtime.start import session_options


def bare_session(path: Path, device: Device, tf32: bool) -> Any:
    """An InferenceSession on a model file with the provider's own options.

    As many threads and the same arithmetic as ours, and nothing else of it. Raises what ONNX
    Runtime raises, and ValueError where it takes another device in silence.
    """
    options = {"device_id": str(device.index)}
    if device.kind == "cuda":
        options["use_tf32"] = "1" if tf32 else "0"
    providers = [CPU] if not device.gpu else [(PROVIDERS[device.kind], options), CPU]
    session = onnxruntime.InferenceSession(
        str(path), session_options(), providers, enable_fallback=0
    )
    if session.get_providers()[0] != PROVIDERS[device.kind]:
        raise ValueError(f"it does not start on {device}")
    return session
