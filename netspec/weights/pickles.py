"""Pickles, which are refused unopened: reading one runs its code."""

from __future__ import annotations

import shlex
from pathlib import Path

from netspec.machine.errors import UnusableError
from netspec.text.printable import printable

SUFFIXES = frozenset({".pth", ".pt", ".pkl", ".pickle", ".bin", ".ckpt", ".tar"})


def refuse_pickle(path: Path) -> None:
    """UnusableError for a file that may be one, with the line that converts it."""
    if path.suffix.lower() in SUFFIXES:
        raise UnusableError(
            f"{printable(str(path))} may be a pickle, which runs code when it is read; "
            "weights are .safetensors or .npz",
            help=f"if you trust it, convert it once: {converting_line(path)}",
        )


def converting_line(path: Path) -> str:
    """The command that makes a safetensors file of what `torch.save` wrote.

    Checkpoints of a training hold the net's tensors below a key, and other things beside them;
    tensors that share their memory, or lie in it with steps, are written each by itself.
    """
    source, target = path.as_posix(), path.with_suffix(".safetensors").as_posix()
    code = (
        "import torch, safetensors.torch as s; "
        f"t = torch.load({source!r}, map_location='cpu', weights_only=True); "
        "t = next((t[k] for k in ('state_dict', 'model_state_dict', 'model', 'net', 'params') "
        "if isinstance(t.get(k), dict)), t); "
        "s.save_file({k: v.detach().contiguous().clone() for k, v in t.items() "
        f"if torch.is_tensor(v)}}, {target!r})"
    )
    quoted = shlex.quote(code) if set(code) & set('"$`\\!') else f'"{code}"'
    return printable(f"python -c {quoted}")
