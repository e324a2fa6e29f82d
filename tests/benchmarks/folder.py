"""How close `netspec run` on a folder comes to the slower of its two halves.

    python tests/benchmarks/folder.py [--count 2000] [--rounds 3] [NET...]

Makes JPEG files, then times in turn, each in a process of its own: decoding alone (by as many
threads as `run` has), inference alone (on one batch that stays), and the whole command. Prints
pictures a second, medians, and the ratio of the command to the slower of the two, with the ratio
that the two would leave on processors that they share.
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

import numpy as np
from PIL import Image

BATCH = 16
DECODE = """
import sys, time
from netspec.runtime.batching import Batcher
from netspec.runtime.finding import find_inputs
from netspec.runtime.session import Session
session = Session(sys.argv[1], device="cpu").open()
files = find_inputs([sys.argv[2]], print)
start = time.perf_counter()
for batch in Batcher(session, int(sys.argv[3]), print, lambda name: False).batches(files):
    pass
print(len(files) / (time.perf_counter() - start))
"""
INFER = """
import sys, time
import numpy as np
from netspec.runtime.finding import find_inputs
from netspec.runtime.session import Session
session = Session(sys.argv[1], device="cpu").open()
(name, kind), = session.inputs.items()
size, count = int(sys.argv[3]), len(find_inputs([sys.argv[2]], print))
batch = np.random.default_rng(0).standard_normal((size, *kind.shape), np.float32)
session.run(batch)
start = time.perf_counter()
for first in range(0, count, size):
    session.run(batch[: min(size, count - first)])
print(count / (time.perf_counter() - start))
"""
COMMAND = "from netspec.cli.main import main; main()"


def main() -> None:
    """Print a line for each net."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nets", nargs="*", default=["resnet50", "resnet18"])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        photographs(Path("pictures"), options.count)
        for net in options.nets:
            python(COMMAND, "compile", net, "-o", f"{net}.onnx")
            measure(net, options.count, options.rounds)


def measure(net: str, count: int, rounds: int) -> None:
    """Each of the three in turn, as often as is asked for."""
    decode, infer, whole = [], [], []
    for _ in range(rounds):
        arguments = (f"{net}.onnx", "pictures", str(BATCH))
        decode.append(float(python(DECODE, *arguments)))
        infer.append(float(python(INFER, *arguments)))
        start = time.perf_counter()
        python(COMMAND, "run", *arguments[:2], "--device", "cpu", "-o", "answers.csv")
        whole.append(count / (time.perf_counter() - start))
    a, b, both = map(statistics.median, (decode, infer, whole))
    shared = 1 / (1 / a + 1 / b)
    print(
        f"{net}: decoding {a:.0f}/s, inference {b:.1f}/s, netspec run {both:.1f}/s: "
        f"{both / min(a, b):.3f} of the slower; sharing alone leaves {shared / min(a, b):.3f}",
        flush=True,
    )


def photographs(folder: Path, count: int) -> None:
    """JPEG files of 500x375, soft shapes with noise: about as large as photographs of that size."""
    folder.mkdir()
    rng = np.random.default_rng(2026)
    for at in range(count):
        shapes = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        soft = np.asarray(shapes.resize((500, 375), Image.Resampling.BICUBIC), np.float32)
        noisy = np.clip(soft + rng.normal(0, 8, soft.shape).astype(np.float32), 0, 255)
        Image.fromarray(noisy.astype(np.uint8)).save(folder / f"{at:06}.jpg", quality=85)


def python(code: str, *arguments: str) -> str:
    """What a Python process prints."""
    command = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout


if __name__ == "__main__":
    main()
