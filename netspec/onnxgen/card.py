"""What a model says about itself: the metadata that `compile` writes and `run` reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from onnx import ModelProto, StringStringEntryProto

from netspec import __version__
from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.text.inputs import Image

_PREFIX = "netspec."


@dataclass(frozen=True)
class Card:
    """What a model tells of its spec.

    `sha256` is the hash of the spec's text, `layers` its layers in order of execution, `images`
    say by name how inputs are made from pictures.
    """

    name: str = ""
    sha256: str = ""
    version: str = ""
    layers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    images: Mapping[str, Image] = field(default_factory=dict)

    @classmethod
    def of(cls, graph: Graph) -> Card:
        """The card of a graph."""
        spec = graph.spec
        return cls(
            name=spec.name,
            sha256=hashlib.sha256(spec.source.text.encode("utf-8", "surrogatepass")).hexdigest(),
            version=__version__,
            layers=tuple(node.name for node in graph.nodes),
            labels=tuple(spec.labels),
            images={at.name: at.image for at in spec.inputs if at.image is not None},
        )

    def write(self, model: ModelProto) -> None:
        """Put the card into a model's metadata; lists and sections are JSON."""
        images = {name: asdict(image) for name, image in self.images.items()}
        entries = {
            "name": self.name,
            "sha256": self.sha256,
            "version": self.version,
            "layers": _json(self.layers),
            "labels": _json(self.labels) if self.labels else "",
            "image": _json(images) if images else "",
        }
        model.metadata_props.extend(
            StringStringEntryProto(key=_PREFIX + key, value=value)
            for key, value in entries.items()
            if value
        )

    @classmethod
    def read(cls, model: ModelProto) -> Card:
        """The card of a model; an empty one where the model was made elsewhere."""
        said = {
            entry.key.removeprefix(_PREFIX): entry.value
            for entry in model.metadata_props
            if entry.key.startswith(_PREFIX)
        }
        try:
            images = json.loads(said.get("image", "{}"))
            return cls(
                name=said.get("name", ""),
                sha256=said.get("sha256", ""),
                version=said.get("version", ""),
                layers=_strings(said.get("layers", "[]")),
                labels=_strings(said.get("labels", "[]")),
                images={name: _image(section) for name, section in images.items()},
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UnusableError(
                "its netspec metadata cannot be read", help="compile it again"
            ) from error


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _strings(text: str) -> tuple[str, ...]:
    return tuple(map(str, json.loads(text)))


def _image(section: Mapping[str, Any]) -> Image:
    """The image section that `asdict` wrote: its lists are tuples again."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in section.items()
    }
    return Image(**values)
