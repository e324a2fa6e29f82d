"""Files and folders that are given as a SPEC and are none: what they are, and where they belong."""

from __future__ import annotations

from pathlib import Path

from netspec.text.printable import printable

#: Suffixes of files of weights, also of those that others write.
_WEIGHTS = frozenset({".safetensors", ".npz", ".pth", ".pt", ".ckpt", ".h5", ".keras"})


def refused_file(path: Path) -> str | None:
    """What a file is that is no spec, by its suffix; None where it may be one."""
    suffix, shown = path.suffix.lower(), printable(str(path))
    if suffix == ".onnx":
        return "a compiled model, not a spec; `run` and `bench` take it"
    if suffix in _WEIGHTS:
        return f"weights, not a spec; give the spec first: `netspec run SPEC --weights {shown} ...`"
    return None


def refused_folder(folder: Path) -> str:
    """What a folder is that holds no spec."""
    model, checkpoint = folder / "model.onnx", folder / "checkpoint.safetensors"
    if model.is_file():
        return (
            "the folder of a model that was trained, not of specs; "
            f"`run` and `bench` take {printable(str(model))}"
        )
    if checkpoint.is_file():
        return (
            "the folder of a training that did not end, not of specs; "
            f"`netspec run SPEC --weights {printable(str(checkpoint))} ...`"
        )
    return "the folder holds no *.yaml"
