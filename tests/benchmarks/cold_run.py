"""What `netspec run` adds to a script of ten lines that answers one picture.

    python tests/benchmarks/cold_run.py [--rounds 15]

Compiles a small net and ResNet-50 and times whole processes in turn: the script, with ONNX Runtime,
NumPy and Pillow alone, and the command. Prints medians, and the median of the ratios.
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

SMALL = """\
netspec: 1
name: small
input: {shape: 3x32x32, image: {resize: 32, crop: 32, mean: 0.5, std: 0.5}}
net: INPUT -> [CONV(f, 5) -> RELU -> POOL(2)]*convs -> FC(120) -> RELU -> FC(10)
where: {convs: [{f: 6}, {f: 16}]}
"""
SCRIPT = """
import sys
import numpy as np
import onnxruntime
from PIL import Image

short, crop, mean, std = int(sys.argv[3]), int(sys.argv[4]), eval(sys.argv[5]), eval(sys.argv[6])
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
picture = Image.open(sys.argv[2]).convert("RGB")
scale = short / min(picture.size)
picture = picture.resize([int(side * scale) for side in picture.size], Image.BILINEAR)
left, top = (picture.width - crop) // 2, (picture.height - crop) // 2
pixels = np.asarray(picture.crop((left, top, left + crop, top + crop)), np.float32) / 255
x = ((pixels - np.float32(mean)) / np.float32(std)).transpose(2, 0, 1)[None]
(scores,) = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0]
powers = np.exp(scores - scores.max())
for best in np.argsort(-powers)[:5]:
    print(best, powers[best] / powers.sum())
"""
COMMAND = "from netspec.cli.main import main; main()"
MEAN, STD = "(0.485, 0.456, 0.406)", "(0.229, 0.224, 0.225)"


def main() -> None:
    """Print a line for each net."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        Path("small.yaml").write_text(SMALL)
        pixels = np.random.default_rng(0).integers(0, 256, (375, 500, 3), dtype=np.uint8)
        Image.fromarray(pixels).save("picture.jpg", quality=85)
        measure("small.yaml", rounds, "32", "32", "0.5", "0.5")
        measure("resnet50", rounds, "256", "224", MEAN, STD)


def measure(spec: str, rounds: int, *preparation: str) -> None:
    """The script and the command in turn, on the same compiled model."""
    timed(COMMAND, "compile", spec, "-o", "net.onnx")
    pairs = [
        (
            timed(SCRIPT, "net.onnx", "picture.jpg", *preparation),
            timed(COMMAND, "run", "net.onnx", "picture.jpg"),
        )
        for _ in range(rounds + 1)
    ][1:]
    script, command = (1e3 * statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = statistics.median(ours / theirs for theirs, ours in pairs)
    print(f"{spec}: script {script:.0f} ms, netspec run {command:.0f} ms, ratio {ratio:.2f}")


def timed(code: str, *arguments: str) -> float:
    """Seconds of a whole Python process; bytecode is cached as it is for users."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    start = time.perf_counter()
    command = [sys.executable, "-c", code, *arguments]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
