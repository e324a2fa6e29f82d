"""How much memory `compile` takes above the net itself, in units of the net's largest tensor.

    python tests/benchmarks/memory.py [--gigabytes 1] [--folder DIR]

Compiles a net with two tensors of that size and smaller ones, from seeded weights, from a
safetensors file of float32 and one of bfloat16, to float32 and to float16, and with batch
normalisation that folds into the largest tensor; each in a process of its own, whose resident
memory before the first weight is made is taken from its peak. A tensor counts as it is in float32.
The files, some nine times the size, lie in a folder that is removed afterwards. The bar is 1.3.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from math import isqrt
from pathlib import Path

import ml_dtypes
import numpy as np

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from netspec.graph.elaborate import elaborate
from netspec.graph.graph import Graph
from netspec.onnxgen.build import build
from netspec.onnxgen.model import EXTERNAL_ABOVE, write_model
from netspec.onnxgen.target import Target
from netspec.text.source import Source
from netspec.text.spec import parse
from netspec.weights.blocks import blocks
from netspec.weights.initial import Seeded
from netspec.weights.safetensor import write_safetensors
from netspec.weights.values import choose_values

#: What is compiled: where the weights come from, and to which type.
CASES = (
    ("seeded", "float32"),
    ("seeded", "float16"),
    ("float32", "float32"),
    ("bfloat16", "float32"),
    ("bfloat16", "bfloat16"),
)


def large_net(nbytes: int) -> Graph:
    """A net whose first two weights take so many bytes each; a norm folds into the first."""
    units = isqrt(nbytes // 4) // 16 * 16
    text = (
        f"netspec: 1\nname: large\ninput: {units // 16}x4x4\n"
        f"net: INPUT -> CONV({units}, 4, bias=no) -> BN -> RELU"
        f" -> FC({units}) -> RELU -> FC(1000)\n"
    )
    return elaborate(parse(Source("large.yaml", text)))


def write_weights(graph: Graph, path: Path, dtype: str) -> None:
    """A safetensors file of seeded weights, as float32 or as bfloat16."""
    values = Seeded(graph)
    shapes = [(name, weight.shape) for name, weight in graph.all_weights()]
    with path.open("wb") as file:
        if dtype == "float32":
            write_safetensors(shapes, values.read, file)
            return
        header, at = [], 0
        for name, weight in graph.all_weights():
            stop = at + 2 * weight.numel
            said = f'"dtype":"BF16","shape":{list(weight.shape)},"data_offsets":[{at},{stop}]'
            header.append(f'"{name}":{{{said}}}')
            at = stop
        text = f"{{{','.join(header)}}}".encode()
        file.write(len(text).to_bytes(8, "little") + text)
        for name, _ in shapes:
            for part in blocks(values.read(name)):
                file.write(part.astype(ml_dtypes.bfloat16).view(np.uint8).data)


def largest(graph: Graph) -> int:
    """Bytes of the largest tensor in float32."""
    return max(4 * weight.numel for _, weight in graph.all_weights())


def compile_to(folder: Path, graph: Graph, weights: str | Path | None, dtype: str) -> None:
    """The model in a file, its weights beside it where they are many."""
    program = build(graph, Target.choose(None, None, dtype))
    values = choose_values(graph, weights)
    path, data_path = folder / "large.onnx", folder / "large.onnx.data"
    if program.nbytes <= EXTERNAL_ABOVE:
        with path.open("wb") as file:
            write_model(program, values, file)
        return
    with path.open("wb") as file, data_path.open("wb") as data:
        write_model(program, values, file, (data_path.name, data))


def resident() -> tuple[int, int]:
    """Bytes that this process has in memory now, and the most that it had."""
    import resource  # which Windows has not

    pages = int(Path("/proc/self/statm").read_text().split()[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize(), most


def child(nbytes: int, folder: Path, source: str, dtype: str) -> None:
    """Compile one case and print its figures."""
    graph = large_net(nbytes)
    compile_to(folder, large_net(1 << 16), None, dtype)  # what is imported on the way is there now
    for path in folder.glob("large.onnx*"):
        path.unlink()
    (before, _), start = resident(), time.perf_counter()
    compile_to(
        folder, graph, None if source == "seeded" else folder / f"{source}.safetensors", dtype
    )
    seconds = time.perf_counter() - start
    _, peak = resident()
    written = sum(path.stat().st_size for path in folder.glob("large.onnx*"))
    print(
        f"{source} to {dtype}: {(peak - before) / largest(graph):.2f} times the largest tensor"
        f" ({largest(graph) / 1e9:.2f} GB); model of {written / 1e9:.2f} GB in {seconds:.0f} s"
    )


def main() -> None:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1, help="of the largest tensor")
    parser.add_argument("--folder", help="where the files lie while it runs")
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    nbytes = int(options.gigabytes * 1e9)
    if options.case:
        child(nbytes, Path(options.folder), *options.case)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for dtype in ("float32", "bfloat16"):
            write_weights(large_net(nbytes), Path(folder) / f"{dtype}.safetensors", dtype)
        for case in CASES:
            command = [sys.executable, __file__, "--gigabytes", str(options.gigabytes)]
            subprocess.run([*command, "--folder", folder, "--case", *case], check=True)


if __name__ == "__main__":
    main()
