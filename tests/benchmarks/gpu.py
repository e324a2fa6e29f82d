"""Parity first, then speed: a net on a GPU, beside PyTorch, in one run.

    python tests/benchmarks/gpu.py [--net NET] [--dtype TYPE] [--batches 1 32 256] [--json FILE]

Needs the `gpu` extra and a PyTorch with CUDA; `--device cpu` with a small net shows that the script
itself works. First the answers: CPU against GPU in float32 with TF32 off (at most 1e-4), then the
half precision against float32. Then the times, all in turn: netspec with a CUDA graph and without,
the provider's options one by one against what `GpuOptions` chooses, PyTorch channels_last eager and
`torch.compile(mode="max-autotune")`. The bars are 1.0 of torch.compile's rate at batch 1 and 0.9 at
256. What is printed is a short table; everything goes to the JSON file.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netspec
from netspec.bench.contenders import MAKERS, Absent, Bout, contenders
from netspec.bench.precision import deviation, random_feeds
from netspec.bench.product import product_peak
from netspec.bench.timing import Times, time_in_turn
from netspec.runtime.device import Device
from netspec.runtime.providers import GpuOptions
from netspec.runtime.session import Session
from netspec.runtime.start import try_device
from netspec.weights.initial import Seeded

#: Options of the CUDA provider, each against the one that is chosen.
ALTERNATIVES: dict[str, dict[str, str]] = {
    "prefer_nhwc": {"prefer_nhwc": "0"},
    "heuristic search": {"cudnn_conv_algo_search": "HEURISTIC"},
    "fused bias": {"fuse_conv_bias": "1"},
    "doubling arena": {"arena_extend_strategy": "kNextPowerOfTwo"},
}
GRAPH, PLAIN = "netspec, CUDA graph", "netspec"
*_, EAGER, COMPILED = MAKERS


def main() -> None:
    """Check, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", default="resnet50")
    parser.add_argument("--dtype", default="float16", choices=["float16", "float32"])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 32, 256])
    parser.add_argument("--seconds", type=float, default=5.0, help="for each kind of run")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--json", type=Path, default=Path("gpu.json"))
    options = parser.parse_args()
    device = Device.parse(options.device)
    if trouble := try_device(device):
        sys.exit(trouble)
    graph = netspec.load(options.net).elaborate()
    found: dict[str, Any] = {"net": options.net, "device": str(device), "dtype": options.dtype}
    found["parity"] = parity(graph, options.device, options.dtype)
    peak = found["product_flops_per_second"] = product_peak(device, options.dtype, False)
    print(f"{json.dumps(found['parity'])}\nmatrix products: {peak / 1e12:.1f} TFLOP/s", flush=True)
    print(f"{'batch':>5}  {'run':<34} {'ms':>9} {'samples/s':>10} {'of peak':>8} {'rate':>6}")
    macs = graph.report().totals.macs
    found["batches"] = {}
    for batch in options.batches:
        times = measure(graph, device, options.dtype, batch, options.seconds)
        found["batches"][batch] = {
            name: row(batch, name, at, times, 2 * macs * batch / peak) for name, at in times.items()
        }
        options.json.write_text(json.dumps(found, indent=1) + "\n")


def parity(graph: netspec.Graph, device: str, dtype: str) -> dict[str, float | int | None]:
    """How far the answers are apart; AssertionError where the GPU is not the CPU."""
    exact = Session(graph, device=device)
    to_cpu = deviation(exact, Session(graph, device="cpu"), 8)
    assert to_cpu.largest <= 1e-4, f"float32 is {to_cpu.largest:.1e} away from the CPU"
    half = deviation(Session(graph, device=device, dtype=dtype), exact, 8)
    return {
        "float32_to_cpu": to_cpu.largest,
        f"{dtype}_to_float32": half.largest,
        "same_best": half.same_best,
        "samples": half.samples,
    }


def measure(
    graph: netspec.Graph, device: Device, dtype: str, batch: int, seconds: float
) -> dict[str, Times | str]:
    """Times by what runs, or why it does not."""
    runs: dict[str, Callable[[], object]] = {}
    absent: dict[str, Times | str] = {}
    feeds = random_feeds(Session(graph, device="cpu").inputs, batch)
    settings: dict[str, Any] = {"device": str(device), "dtype": dtype}
    with tempfile.TemporaryDirectory() as folder:
        replayed = Session(graph, batch=batch, **settings)
        if replayed.no_graph:
            absent[GRAPH] = replayed.no_graph
        else:
            runs[GRAPH] = replayed.bind(feeds).run
        runs[PLAIN] = Session(graph, **settings).bind(feeds).run
        for name, changes in ALTERNATIVES.items():
            with changed(changes):
                runs[f"{PLAIN}, {name}"] = Session(graph, **settings).bind(feeds).run
        bout = Bout(graph, Seeded(graph), None, feeds, device, dtype, False, Path(folder))
        for name, each in contenders(bout, lambda what: None):
            if isinstance(each, Absent):
                absent[name] = each.reason
            else:
                runs[name] = each.run
        return {**time_in_turn(runs, seconds), **absent}


@contextmanager
def changed(options: dict[str, str]) -> Iterator[None]:
    """Sessions that start meanwhile ask the CUDA provider for other options."""
    chosen = GpuOptions.cuda
    GpuOptions.cuda = lambda self: chosen(self) | options  # type: ignore[method-assign]  # tried
    try:
        yield
    finally:
        GpuOptions.cuda = chosen  # type: ignore[method-assign]  # put back


def row(
    batch: int, name: str, at: Times | str, times: dict[str, Times | str], best: float
) -> dict[str, Any]:
    """A line of the table, and the object of the JSON file.  `best` is the seconds at the peak,
    the rate is that of torch.compile = 1.
    """
    if isinstance(at, str):
        print(f"{batch:>5}  {name:<34} {at}")
        return {"reason": at}
    compiled = times.get(COMPILED)
    rate = None if not isinstance(compiled, Times) else compiled.ratio(at)
    share, shown = best / at.median, f"{rate:.3f}" if rate else ""
    samples = batch / at.median
    print(
        f"{batch:>5}  {name:<34} {at.median * 1e3:>9.3f} {samples:>10.1f} {share:>8.1%} {shown:>6}"
    )
    return {
        "median_seconds": at.median,
        "p95_seconds": at.p95,
        "runs": len(at.all),
        "samples_per_second": samples,
        "fraction_of_product": share,
        "rate_to_torch_compile": rate,
    }


if __name__ == "__main__":
    main()
