"""`netspec doctor`: versions, providers that really start, what is missing."""

from __future__ import annotations

import importlib
import platform
import shutil
import sys
from importlib import metadata

import click

from netspec import __version__
from netspec.cli import failure
from netspec.cli.weight_options import INSTALL

#: Distributions that the base install has, and those that the `cpu` and `gpu` extras add.
_BASE = ("pyyaml", "jsonschema", "click", "rich", "graphviz", "pygraphviz")
_EXTRAS = ("numpy", "onnx", "pillow", "ml_dtypes")
_RUNTIMES = ("onnxruntime", "onnxruntime-gpu")
#: What `bench --compare` also times where it is there, and what draws plots.
_RIVALS = ("torch", "onnxscript")
_PLOTS = "matplotlib"


@click.command("doctor", short_help="Versions, providers that really start, missing libraries.")
def command() -> int:
    """Show versions of netspec and its libraries, and which devices really start.

    Exit code 2 where something that is installed does not work.
    """
    _row("netspec", __version__)
    _row("python", f"{platform.python_version()} ({sys.executable})")
    _row("system", f"{platform.system()} {platform.release()} {platform.machine()}")
    missing = [name for name in (*_BASE, *_EXTRAS) if not _show(name)]
    _row("dot", shutil.which("dot") or "no program; pygraphviz draws")
    for name in _RIVALS:
        if not _show(name, quiet=True):
            _row(name, "not installed; `bench --compare` goes without")
    if not _show(_PLOTS, quiet=True):
        _row(_PLOTS, "not installed; `explain` and `train --plot` draw nothing")
    runtimes = [name for name in _RUNTIMES if _show(name, quiet=True)]
    if not runtimes:
        missing.append("onnxruntime")
        _row("onnxruntime", "missing")
    sound = _providers() if runtimes and not {"numpy", "onnx"} & set(missing) else True
    if len(runtimes) > 1:
        _advise(
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other's files",
            f"pip uninstall -y onnxruntime onnxruntime-gpu; then {INSTALL}",
        )
        return failure.UNUSABLE
    if base := sorted(set(missing) & set(_BASE)):
        _advise(f"netspec itself needs {', '.join(base)}", "pip install netspec-compiler")
        return failure.UNUSABLE
    if missing:
        _advise(f"`compile` and `run` need {', '.join(missing)}", INSTALL)
    return failure.OK if sound else failure.UNUSABLE


def _show(distribution: str, *, quiet: bool = False) -> bool:
    """Print the version of a distribution; False where it is not installed."""
    try:
        version = metadata.version(distribution)
    except metadata.PackageNotFoundError:
        if not quiet:
            _row(distribution, "missing")
        return False
    _row(distribution, version)
    return True


def _providers() -> bool:
    """Start the smallest model on each device; False where the CPU does not run it."""
    try:
        importlib.import_module("onnxruntime")
        from netspec.runtime.device import Device
        from netspec.runtime.start import try_device
    except ImportError as error:
        _row("onnxruntime", f"does not import: {error}")
        return False
    for name in ("cpu", "cuda", "tensorrt"):
        trouble = try_device(Device(name))
        _row(name, trouble or "starts")
        if name == "cpu" and trouble:
            return False
    return True


def _row(name: str, value: str) -> None:
    click.echo(f"{name:<16} {value}")


def _advise(trouble: str, advice: str) -> None:
    click.echo(f"{trouble}\n  = help: {advice}")
