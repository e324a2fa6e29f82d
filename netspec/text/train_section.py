"""`train`: how a net is trained, from the located tree of its section."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from pathlib import Path
from typing import Any

from netspec.text.diagnostics import Diagnostic
from netspec.text.inputs import Input
from netspec.text.training import (
    AUGMENTS,
    FILES,
    MENUS,
    NUMBERS,
    PRECISIONS,
    Choice,
    DataPath,
    Offer,
    Option,
    Training,
    chosen,
)
from netspec.text.tree import Mapping, Scalar, Sequence, Tree


def read_training(
    tree: Tree | None,
    folder: Path | None,
    inputs: tuple[Input, ...],
    diagnostics: list[Diagnostic],
) -> Training:
    """What the section says, with the defaults of what it does not; what is wrong with it beyond
    the schema goes to `diagnostics`.

    Paths are looked up in `folder`, and may lead out of it; the files need not exist.
    """
    if not isinstance(tree, Mapping):
        return Training()
    said = {key.text: value for key, value in tree.entries}
    found = dict(_settings(said, folder or Path()))
    diagnostics.extend(_contradictions(found, said, inputs))
    return Training(**found)


def _settings(said: MappingOf[str, Tree], folder: Path) -> Iterator[tuple[str, Any]]:
    """Each setting that is written and well-formed; of others the envelope says why not."""
    for key, tree in said.items():
        value: Any = None
        if key in FILES:
            value = _data(tree, folder)
        elif key == "augment":
            value = tuple(_augment(tree))
        elif key in MENUS:
            value = _choice(tree, MENUS[key].offers)
        elif key in NUMBERS:
            value = _number(tree, NUMBERS[key])
        elif key == "precision" and isinstance(tree, Scalar) and tree.text in PRECISIONS:
            value = tree.text
        if value is not None:
            yield key, value


def _data(tree: Tree, folder: Path) -> DataPath | None:
    file = tree.get("file") if isinstance(tree, Mapping) else tree
    target = tree.get("target") if isinstance(tree, Mapping) else None
    if not isinstance(file, Scalar) or not isinstance(file.value, str):
        return None
    column = target.text if isinstance(target, Scalar) else None
    return DataPath(folder / file.text, column, file.span)


def _augment(tree: Tree) -> Iterator[Choice]:
    for item in _items(tree):
        choice = _choice(item, AUGMENTS)
        if choice is not None:
            yield choice


def _choice(tree: Tree, offers: MappingOf[str, Offer]) -> Choice | None:
    name = tree.get("name") if isinstance(tree, Mapping) else tree
    if not isinstance(name, Scalar) or name.text not in offers:
        return None
    options = {}
    for key, option in offers[name.text].options.items():
        value = tree.get(key) if isinstance(tree, Mapping) else None
        number = _number(value, option) if value is not None else None
        if number is not None:
            options[key] = number
    return chosen(offers, name.text, **options)


def _number(tree: Tree, option: Option) -> float | None:
    value = tree.value if isinstance(tree, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int if option.whole else int | float):
        return None
    return value if option.whole else float(value)


def _contradictions(
    found: MappingOf[str, Any], said: MappingOf[str, Tree], inputs: tuple[Input, ...]
) -> Iterator[Diagnostic]:
    """What is wrong with settings that are each well-formed."""
    for key in FILES:
        if key in found and "\0" in str(found[key].path):
            yield Diagnostic("training", f"`{key}` is no path: it holds a NUL", found[key].span)
    held_out = "validation" in said or ("split" in said and found.get("split") != 0)
    if "early_stopping" in found and not held_out:
        message = "`early_stopping` watches samples that are held out, and none are"
        help_text = "write `split: 0.2`, or `validation:` and a file"
        yield Diagnostic("training", message, said["early_stopping"].span, help=help_text)
    if found.get("augment") and inputs:
        yield from _pictures(said["augment"], inputs)


def _pictures(augment: Tree, inputs: tuple[Input, ...]) -> Iterator[Diagnostic]:
    """What is wrong with changing the pictures that enter the net."""
    sides = [side for item in inputs if len(item.shape) == 3 for side in item.shape[1:]]
    if not sides:
        message = f"`augment` changes pictures, but the input is {inputs[0].shape[0]} features"
        if len(inputs) > 1:
            message = "`augment` changes pictures, but no input is CxHxW"
        yield Diagnostic("training", message, augment.span, help="leave `augment` out")
        return
    for item in _items(augment):
        choice = _choice(item, AUGMENTS)
        pad = choice.options.get("pad", 0) if choice else 0
        if pad >= min(sides):
            written = item.get("pad") if isinstance(item, Mapping) else None
            message = f"with {pad} pixels of padding a crop may miss a picture of side {min(sides)}"
            less = f"write `{{name: crop, pad: {min(sides) // 8 or 1}}}`"
            help_text = less if min(sides) > 1 else "leave `crop` out"
            yield Diagnostic("training", message, (written or item).span, help=help_text)


def _items(tree: Tree) -> tuple[Tree, ...]:
    return tree.items if isinstance(tree, Sequence) else (tree,)
