"""`input`: shapes, names, and how a picture becomes a tensor."""

from __future__ import annotations

import re
from dataclasses import dataclass

from netspec.text.diagnostics import Diagnostic
from netspec.text.image import Image
from netspec.text.limits import MAX_DIMENSION
from netspec.text.source import Span
from netspec.text.tree import Mapping, Scalar, Sequence, Tree

_SHAPE = re.compile(r"[1-9][0-9]*(?:x[1-9][0-9]*){2}")


@dataclass(frozen=True, eq=False)
class Input:
    """One input of a net; `shape` is per sample."""

    name: str
    shape: tuple[int, ...]
    image: Image | None
    span: Span


def read_inputs(tree: Tree | None, diagnostics: list[Diagnostic]) -> tuple[Input, ...]:
    """The inputs that are well-formed; what is wrong beyond the schema goes to `diagnostics`."""
    if isinstance(tree, Mapping) and tree.get("shape") is None:
        named = [(key.text, value) for key, value in tree.entries]
    else:
        named = [("input", tree)] if tree is not None else []
    found = (_input(name, value, diagnostics) for name, value in named)
    return tuple(item for item in found if item is not None)


def _input(name: str, tree: Tree, diagnostics: list[Diagnostic]) -> Input | None:
    shape_tree = tree.get("shape") if isinstance(tree, Mapping) else tree
    image_tree = tree.get("image") if isinstance(tree, Mapping) else None
    shape = _shape(shape_tree)
    if shape is None or shape_tree is None:
        return None  # the envelope has said why
    if max(shape) > MAX_DIMENSION:
        message = "an input's size is at most 2^31-1"
        diagnostics.append(Diagnostic("too-large", message, shape_tree.span))
        return None
    image = _image(image_tree, shape, diagnostics) if isinstance(image_tree, Mapping) else None
    return Input(name, shape, image, shape_tree.span)


def _shape(tree: Tree | None) -> tuple[int, ...] | None:
    match tree:
        case Scalar(value=bool()):
            return None
        case Scalar(value=int(features)) if features > 0:
            return (features,)
        case Scalar(value=str(text)) if _SHAPE.fullmatch(text):
            return tuple(int(size[:20]) for size in text.split("x"))  # more digits are too large
    return None


def _image(tree: Mapping, shape: tuple[int, ...], diagnostics: list[Diagnostic]) -> Image | None:
    if len(shape) != 3:
        message = f"`image` needs an input of CxHxW, found {shape[0]} features"
        diagnostics.append(Diagnostic("image", message, tree.span))
        return None
    before = len(diagnostics)
    channels = tree.get("channels")
    letters = channels.text if isinstance(channels, Scalar) else {1: "GRAY"}.get(shape[0], "RGB")
    count = 1 if letters == "GRAY" else 3
    if count != shape[0]:
        place = channels.span if channels else tree.span
        message = f"`channels: {letters}` are {count}, but the input has {shape[0]}"
        diagnostics.append(Diagnostic("image", message, place))
    crop = _size(tree.get("crop"))
    size = (crop, crop) if isinstance(crop, int) else crop
    if size is not None and size != shape[1:]:
        message = f"the crop is {size[0]}x{size[1]}, but the input is {shape[1]}x{shape[2]}"
        crop_tree = tree.get("crop") or tree
        diagnostics.append(Diagnostic("image", message, crop_tree.span, help=_crop_help(shape)))
    scale = tree.get("scale")
    image = Image(
        resize=_size(tree.get("resize")),
        crop=size,
        channels=letters,
        scale=_number(scale, 1 / 255),
        mean=_per_channel(tree.get("mean"), "mean", 0.0, count, diagnostics),
        std=_per_channel(tree.get("std"), "std", 1.0, count, diagnostics),
    )
    return image if len(diagnostics) == before else None


def _crop_help(shape: tuple[int, ...]) -> str:
    side = str(shape[1]) if shape[1] == shape[2] else f"[{shape[1]}, {shape[2]}]"
    return f"write `crop: {side}`"


def _size(tree: Tree | None) -> int | tuple[int, int] | None:
    match tree:
        case Scalar(value=int(side)) if not isinstance(side, bool):
            return side
        case Sequence(items=(Scalar(value=int(height)), Scalar(value=int(width)))):
            return height, width
    return None


def _number(tree: Tree | None, default: float) -> float:
    value = tree.value if isinstance(tree, Scalar) else None
    return float(value) if isinstance(value, int | float) else default


def _per_channel(
    tree: Tree | None, key: str, default: float, count: int, diagnostics: list[Diagnostic]
) -> tuple[float, ...]:
    if not isinstance(tree, Sequence):
        return (_number(tree, default),) * count
    if len(tree.items) != count:
        message = f"`{key}` has {len(tree.items)} values for {count} channels"
        diagnostics.append(Diagnostic("image", message, tree.span))
    return tuple(_number(item, default) for item in tree.items)
