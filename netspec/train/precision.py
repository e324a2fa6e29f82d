"""Types in which a net is trained."""

from __future__ import annotations

from netspec.onnxgen.target import Target
from netspec.runtime.providers import GpuOptions

#: The precisions of 16 bits; weights, losses and updates are float32 in each.
_HALVES = ("float16", "bfloat16")


def target_of(precision: str) -> Target:
    """What the model of a step is written for."""
    return Target.choose(None, None, precision if precision in _HALVES else "float32")


def gpu_options(precision: str) -> GpuOptions:
    """What a GPU is asked for."""
    return GpuOptions(half=precision in _HALVES, tf32=precision == "tf32")


def scales(precision: str) -> bool:
    """Whether gradients need a loss that is scaled; bfloat16 has the range of float32."""
    return precision == "float16"


def remark(precision: str, device: str) -> str:
    """What is to be said of a precision on a device, "" for nothing."""
    if device != "cpu":
        return ""
    return {
        "tf32": "precision tf32 changes nothing on the CPU, which computes in float32",
        "float16": "the CPU computes float16 by way of float32: it is slower, and saves no memory",
    }.get(precision, "")
