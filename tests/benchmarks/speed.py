"""How fast netspec starts, elaborates and compiles, beside what it is measured against.

    python tests/benchmarks/speed.py

Times whole processes, the two sides of a ratio in turn, and prints medians; ratios hold on a noisy machine where
seconds do not. torch.onnx.export is measured where torch and torchvision's ResNet-50 can be had (`--torch`).
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
CHECK = "import sys; sys.argv = ['netspec', 'check', 'resnet152']; from netspec.cli.main import main; main()"
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
EXPORT = """
import time, torch
class Block(torch.nn.Module):
    def __init__(self, c, f, s):
        super().__init__()
        conv, bn = torch.nn.Conv2d, torch.nn.BatchNorm2d
        self.body = torch.nn.Sequential(conv(c, f, 1, bias=False), bn(f), torch.nn.ReLU(),
            conv(f, f, 3, s, 1, bias=False), bn(f), torch.nn.ReLU(), conv(f, 4 * f, 1, bias=False), bn(4 * f))
        self.skip = torch.nn.Identity() if c == 4 * f else torch.nn.Sequential(conv(c, 4 * f, 1, s, bias=False), bn(4 * f))
    def forward(self, x):
        return torch.relu(self.body(x) + self.skip(x))
parts = [torch.nn.Conv2d(3, 64, 7, 2, 3, bias=False), torch.nn.BatchNorm2d(64), torch.nn.ReLU(), torch.nn.MaxPool2d(3, 2, 1)]
c = 64
for f, n, s in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
    for i in range(n):
        parts.append(Block(c, f, s if i == 0 else 1))
        c = 4 * f
net = torch.nn.Sequential(*parts, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(2048, 1000)).eval()
start = time.perf_counter()
torch.onnx.export(net, (torch.zeros(1, 3, 224, 224),), "model.onnx", dynamo=False)
print(time.perf_counter() - start)
"""


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch", action="store_true", help="also time torch.onnx.export")
    options = parser.parse_args()
    check, imports = paired(CHECK, IMPORTS)
    ratio = statistics.median(a / b for a, b in zip(check, imports, strict=True))
    print(f"check resnet152, cold: {ms(check)} against {ms(imports)} for the imports, ratio {ratio:.2f}")
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
    code = CHECK.replace("'check', 'resnet152'", "'compile', 'resnet50', '--seed', '0', '-o', 'r.onnx'")
    seconds = [timed(code) for _ in range(5)]
    print(f"compile ResNet-50, seeded, whole process: {ms(seconds)}")
    if with_torch:
        export = [float(python(EXPORT)) for _ in range(3)]
        ratio = statistics.median(seconds) / statistics.median(export)
        print(f"torch.onnx.export of ResNet-50, imports not counted: {ms(export)}, ratio {ratio:.2f}")


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
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def peak(code: str) -> float:
    """Megabytes of resident memory that a process reaches, measured from a child that starts it alone."""
    script = (
        "import resource, subprocess, sys; "
        f"subprocess.run([sys.executable, '-c', {code!r}], stdout=subprocess.DEVNULL, check=True); "
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
