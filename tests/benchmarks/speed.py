"""How fast netspec starts, elaborates and compiles, beside what it is measured against.

    python tests/benchmarks/speed.py

Times whole processes, the two sides of a ratio in turn, and prints medians; ratios hold on a noisy
machine where seconds do not. With `--torch`, torch.onnx.export of ResNet-50 is timed too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 11
CHECK = """
import sys
from netspec.cli.main import main
sys.argv = ['netspec', 'check', 'resnet152']
main()
"""
IMPORTS = "import yaml, click, jsonschema, rich"
WARM = """
import time, netspec
from netspec.text.shipped import shipped
path = shipped('specs') / 'resnet152.yaml'
netspec.load(path).elaborate()
for _ in range(15):
    start = time.perf_counter()
    netspec.load(path).elaborate()
    print(time.perf_counter() - start)
"""
EXPORT = Path(__file__).with_name("export_resnet50.py").read_text("utf-8")


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch", action="store_true", help="also time torch.onnx.export")
    options = parser.parse_args()
    check, imports = paired(CHECK, IMPORTS)
    ratio = statistics.median(a / b for a, b in zip(check, imports, strict=True))
    print(f"check resnet152, cold: {ms(check)}; the imports alone: {ms(imports)}; {ratio:.2f}")
    print(f"check resnet152, cold, peak memory: {peak(CHECK):.0f} MB")
    warm = [float(line) for line in python(WARM).splitlines()]
    print(f"load and elaborate ResNet-152, warm: {ms(warm)}")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        chain()
        compile_resnet50(options.torch)


def chain() -> None:
    """A chain of 100,000 layers, written out layer by layer."""
    text = " -> CONV(8, 3, pad=1) -> RELU" * 50_000
    head = "netspec: 1\nname: chain\ninput: 3x32x32\nnet: INPUT"
    Path("chain.yaml").write_text(f"{head}{text} -> FC(10)\n")
    code = CHECK.replace("resnet152", "chain.yaml")
    seconds = [timed(code) for _ in range(3)]
    print(f"check a chain of 100,000 layers: {ms(seconds)}, {peak(code):.0f} MB")


def compile_resnet50(with_torch: bool) -> None:
    """Seeded weights and all."""
    arguments = "'compile', 'resnet50', '--seed', '0', '-o', 'r.onnx'"
    code = CHECK.replace("'check', 'resnet152'", arguments)
    seconds = [timed(code) for _ in range(5)]
    print(f"compile ResNet-50, seeded, whole process: {ms(seconds)}")
    if with_torch:
        export = [float(python(EXPORT)) for _ in range(3)]
        ratio = statistics.median(seconds) / statistics.median(export)
        print(f"torch.onnx.export of ResNet-50, without imports: {ms(export)}; {ratio:.2f}")


def paired(one: str, other: str) -> tuple[list[float], list[float]]:
    """Seconds of two programs, run in turn after a warm-up."""
    timed(one), timed(other)
    pairs = [(timed(one), timed(other)) for _ in range(RUNS)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def timed(code: str) -> float:
    """Seconds of a whole Python process."""
    start = time.perf_counter()
    python(code)
    return time.perf_counter() - start


def python(code: str) -> str:
    """What a Python process prints; bytecode is cached as it is for users."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout


def peak(code: str) -> float:
    """Megabytes of resident memory that a process reaches, as a child that starts it alone sees."""
    script = (
        "import resource, subprocess, sys; "
        f"subprocess.run([sys.executable, '-c', {code!r}], stdout=-3, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return int(python(script)) / unit


def ms(seconds: list[float]) -> str:
    """The median in milliseconds, with the range."""
    low, high = min(seconds), max(seconds)
    return f"{1e3 * statistics.median(seconds):.0f} ms ({1e3 * low:.0f} to {1e3 * high:.0f})"


if __name__ == "__main__":
    main()
