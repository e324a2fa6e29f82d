"""How fast a device multiplies matrices: what the arithmetic of a net is held against."""

from __future__ import annotations

import numpy as np

from netspec.bench.timing import time_one
from netspec.onnxgen.probe import product_model
from netspec.runtime.binding import Binding
from netspec.runtime.content import Content
from netspec.runtime.device import Device
from netspec.runtime.providers import GpuOptions
from netspec.runtime.start import start

#: Sides of the matrices, on the CPU and on a GPU: large enough to keep a device busy, small enough
#: to be done soon.
_SIDES = {False: (1024, 2048), True: (4096, 8192)}
_SECONDS = 0.5


def product_peak(device: Device, dtype: str, tf32: bool) -> float:
    """FLOP/s of the fastest of many products of two square matrices, in the runtime, the type and
    on the device that the net has.  UnusableError where the device does not start.
    """
    wish = GpuOptions(half=dtype != "float32", tf32=tf32)
    return max(_rate(device, side, dtype, wish) for side in _SIDES[device.gpu])


def _rate(device: Device, side: int, dtype: str, wish: GpuOptions) -> float:
    started = start(Content(product_model(side, dtype)), device, "a matrix product", wish)
    random = np.random.default_rng(0)
    feeds = {name: random.standard_normal((side, side), dtype=np.float32) for name in "ab"}
    binding = Binding(started.session, started.device, feeds)
    return 2 * side**3 / min(time_one(binding.run, _SECONDS).all)
