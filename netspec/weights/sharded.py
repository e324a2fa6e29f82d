"""Safetensors in shards: an index of JSON says which file beside it holds a tensor.

As Hugging Face's `save_pretrained` writes them: `{"weight_map": {name: file}}`
(https://huggingface.co/docs/transformers/big_models, section "Sharded checkpoints").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from netspec.machine.errors import UnusableError
from netspec.text.limits import MAX_INDEX_BYTES
from netspec.text.printable import printable
from netspec.weights.initial import FloatArray
from netspec.weights.jsontext import mapping
from netspec.weights.pickles import refuse_pickle
from netspec.weights.safetensor import SafetensorsFile
from netspec.weights.standin import refuse_stand_in
from netspec.weights.stored import Stored

#: How the name of an index ends.
INDEX = ".index.json"
#: Letters of a file's name, as file systems have it.
_LONGEST = 255
#: Names that a message gives.
_NAMED = 10


class ShardedFile:
    """The tensors that an index lists, each in its shard; what else is in a shard is none of them.

    UnusableError, naming the file, where the index is none, leads elsewhere than beside it, or does
    not agree with the shards.
    """

    def __init__(self, index: Path) -> None:
        self._index = index
        self._shards = _read_index(index)
        names = dict.fromkeys(self._shards.values())
        missing = [name for name in names if not index.with_name(name).is_file()]
        if missing:
            raise self._unusable(f"missing beside it: {_some(missing)}")
        self._files = {name: self._open(index.with_name(name)) for name in names}
        absent = [f"{name} in {at}" for name, at in self._shards.items() if not self._holds(name)]
        if absent:
            raise self._unusable(f"what it lists is not there: {_some(absent)}")
        self.stored: Mapping[str, Stored] = {
            name: self._files[at].stored[name] for name, at in self._shards.items()
        }

    def read(self, name: str) -> FloatArray:
        """The values of a tensor of `FLOATS`, in an array that the caller may change."""
        return self._files[self._shards[name]].read(name)

    def _holds(self, name: str) -> bool:
        return name in self._files[self._shards[name]].stored

    def _open(self, shard: Path) -> SafetensorsFile:
        """A shard; links are followed as far as the index is one (a cache keeps its files side by
        side, under other names).
        """
        beside = {self._index.parent.resolve(), self._index.resolve().parent}
        if shard.resolve().parent not in beside:
            raise self._unusable(f"{printable(shard.name)} leads out of its folder")
        refuse_stand_in(shard)
        return SafetensorsFile(shard)

    def _unusable(self, reason: str) -> UnusableError:
        return UnusableError(f"{printable(str(self._index))}: {reason}")


def _read_index(path: Path) -> dict[str, str]:
    """For each tensor the name of the file that holds it."""
    shown = printable(str(path))
    if path.stat().st_size > MAX_INDEX_BYTES:
        raise UnusableError(f"{shown}: an index of more than {MAX_INDEX_BYTES:,} bytes")
    content = path.read_bytes()
    try:
        index = json.loads(content.decode("utf-8-sig"), object_pairs_hook=mapping)
    except (ValueError, RecursionError) as error:
        raise UnusableError(f"{shown}: no index ({printable(str(error))[:200]})") from error
    shards = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(shards, dict) or not shards:
        raise UnusableError(
            f"{shown}: no index of a sharded file, which has a `weight_map` of names to files"
        )
    if not all(isinstance(name, str) for name in shards.values()):
        raise UnusableError(f"{shown}: no index; its `weight_map` leads to other than names")
    for name in dict.fromkeys(shards.values()):
        _check_shard(path, name)
    return shards


def _check_shard(index: Path, name: str) -> None:
    """UnusableError for what is no name of a safetensors file beside the index."""
    shown = f"{printable(str(index))}: {printable(name)[:80]}"
    if name in ("", ".", "..") or len(name) > _LONGEST or set(name) & set("/\\:\0"):
        raise UnusableError(f"{shown} is no file beside the index")
    refuse_pickle(index.with_name(name))
    if not name.lower().endswith(".safetensors"):
        raise UnusableError(f"{shown} is no .safetensors file")


def _some(names: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(printable(name)[:300] for name in names[:_NAMED]) + more
