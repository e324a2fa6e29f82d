"""What NVIDIA's Triton Inference Server wants beside a model: its configuration and its labels.

A repository holds `NAME/config.pbtxt`, `NAME/labels.txt` and `NAME/1/model.onnx`. The configuration
is a `ModelConfig` in protobuf's text format, see `protobuf/model_config.proto` of
https://github.com/triton-inference-server/common and the server's `docs/user_guide`,
"model_configuration" and "model_repository".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec import __version__
from netspec.onnxgen.program import Program
from netspec.text.printable import printable

CONFIG, LABELS, MODEL, VERSION = "config.pbtxt", "labels.txt", "model.onnx", "1"
#: The largest batch that Triton makes of waiting requests, where the model takes any.
MAX_BATCH = 32
#: How a file begins that netspec wrote, and may replace.
_MARK = "# netspec "
#: What a string in text format cannot hold as it is.
_SPECIAL = re.compile(r'[\x00-\x1f\x7f"\\]')


def config(program: Program) -> str:
    """The text of `config.pbtxt`.

    Triton adds the batch axis of its own where it may join requests (`max_batch_size` above 0), and
    only to models whose first axis is free; of any other model it must know all axes.
    """
    batch = program.target.batch
    lines = [
        f"{_MARK}{__version__} wrote this file and replaces it; without this line it refuses to",
        f"name: {_quoted(program.graph.name)}",
        'platform: "onnxruntime_onnx"',
        'backend: "onnxruntime"',
        f"max_batch_size: {MAX_BATCH if batch is None else 0}",
        *_tensors(program, "input", program.inputs),
        *_tensors(program, "output", program.outputs),
    ]
    if batch is None:
        lines.append("dynamic_batching { }")
    return "\n".join(lines) + "\n"


def labels(program: Program) -> str:
    """The text of `labels.txt`: a line a class; empty where the net has no labels."""
    return "".join(f"{printable(label)}\n" for label in program.graph.spec.labels)


def is_ours(text: str) -> bool:
    """Whether netspec wrote this `config.pbtxt`."""
    return text.startswith(_MARK)


def _tensors(program: Program, field: str, names: tuple[str, ...]) -> Iterator[str]:
    """A field for each tensor.  All are float32 at the edges, whatever the net computes in."""
    batch, classes = program.target.batch, (len(program.graph.spec.labels),)
    for name in names:
        shape = program.types[name].shape
        dims = shape if batch is None else (batch, *shape)
        yield f"{field} {{"
        yield f"  name: {_quoted(name)}"
        yield "  data_type: TYPE_FP32"
        yield f"  dims: [{', '.join(map(str, dims))}]"
        if field == "output" and shape == classes:
            yield f"  label_filename: {_quoted(LABELS)}"
        yield "}"


def _quoted(text: str) -> str:
    """A string in protobuf's text format, which takes letters of any script as they are."""
    return '"' + _SPECIAL.sub(lambda match: f"\\{ord(match[0]):03o}", text) + '"'
