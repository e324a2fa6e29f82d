"""`--device` and `--tf32`, the options of commands that run a net."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

_WORDS = "auto, cpu, cuda, cuda:N, tensorrt, tensorrt:N"
#: What --device of commands without TensorRT takes.
CUDA_WORDS = "auto, cpu, cuda, cuda:N"


def device_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--device and --tf32."""
    device = click.option(
        "--device", callback=_device, default="auto", metavar="DEVICE", help=f"{_WORDS} (auto)."
    )
    tf32 = click.option(
        "--tf32", is_flag=True, help="A GPU may round factors of float32 products to 10 bits."
    )
    return device(tf32(command))


def training_device(command: Callable[..., Any]) -> Callable[..., Any]:
    """--device, without TensorRT, which would build an engine of each step's model."""
    option = click.option(
        "--device",
        callback=_training_device,
        default="auto",
        metavar="DEVICE",
        help=f"{CUDA_WORDS} (auto).",
    )
    return option(command)


def _training_device(context: click.Context, option: click.Parameter, value: str) -> str:
    if value.startswith("tensorrt"):
        raise click.BadParameter(f"TensorRT does not train; there are {CUDA_WORDS}.")
    return _known(value, CUDA_WORDS, "cuda")


def _device(context: click.Context, option: click.Parameter, value: str) -> str:
    return _known(value, _WORDS, "cuda|tensorrt")


def cuda_device(context: click.Context, option: click.Parameter, value: str) -> str:
    """The callback of a --device without TensorRT."""
    return _known(value, CUDA_WORDS, "cuda")


def _known(value: str, words: str, gpus: str) -> str:
    """Checked without the runtime, so that a misspelt one is refused at once."""
    if not re.fullmatch(rf"auto|cpu|(?:{gpus})(?::[0-9]{{1,4}})?", value):
        raise click.BadParameter(f"{value!r} is not one of {words}.")
    return value
