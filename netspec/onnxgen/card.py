"""What a model says about itself: the metadata that `compile` writes and `run` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from netspec import __version__
from netspec.machine.errors import UnusableError
from netspec.text.image import Image

if TYPE_CHECKING:
    from onnx import ModelProto

    from netspec.graph.graph import Graph

_PREFIX = "netspec."


@dataclass(frozen=True)
class Card:
    """What a model tells of its spec.

    `sha256` is the hash of the spec's text, `layers` its layers in order of execution, `images`
    say by name how inputs are made from pictures; `macs` are multiply-accumulates of one sample, 0
    where they are not known. `one_chance`: the main output is one number, the chance of the second
    of two classes.
    """

    name: str = ""
    sha256: str = ""
    version: str = ""
    layers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    images: Mapping[str, Image] = field(default_factory=dict)
    macs: int = 0
    one_chance: bool = False

    @classmethod
    def of(cls, graph: Graph) -> Card:
        """The card of a graph."""
        import hashlib  # which is slow to import, and reading a card does without

        from netspec.graph.outputs import is_one_chance  # as are specs

        spec = graph.spec
        return cls(
            name=spec.name,
            sha256=hashlib.sha256(spec.source.text.encode("utf-8", "surrogatepass")).hexdigest(),
            version=__version__,
            layers=tuple(node.name for node in graph.nodes),
            labels=tuple(spec.labels),
            images={at.name: at.image for at in spec.inputs if at.image is not None},
            macs=sum(node.layer.macs(graph.input_types(node), node.type) for node in graph.nodes),
            one_chance=is_one_chance(spec, graph.by_name[graph.outputs["output"]]),
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
            "macs": str(self.macs) if self.macs else "",
            "one_chance": "true" if self.one_chance else "",
        }
        for key, value in entries.items():
            if value:
                model.metadata_props.add(key=_PREFIX + key, value=value)

    @classmethod
    def read(cls, model: ModelProto) -> Card:
        """The card of a model; an empty one where the model was made elsewhere."""
        return cls.said_in({entry.key: entry.value for entry in model.metadata_props})

    @classmethod
    def said_in(cls, metadata: Mapping[str, str]) -> Card:
        """The card in a model's metadata, as ONNX Runtime gives it, without onnx."""
        said = {
            key.removeprefix(_PREFIX): value
            for key, value in metadata.items()
            if key.startswith(_PREFIX)
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
                macs=int(said.get("macs", "0")),
                one_chance=said.get("one_chance") == "true",
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
