"""The JSON Schema of `train`, from the tables of what can be written there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from netspec.text.choices import PRECISIONS, Offer, Option
from netspec.text.training import FILES, MENUS, NUMBERS, Choice, Menu, Training


def train_section() -> dict[str, Any]:
    """How a net is trained."""
    return {
        "type": "object",
        "title": "a mapping of settings: `{data: digits.npz, epochs: 20}`",
        "description": "how the net is trained: `train: {data: digits.npz, optimizer: adam}`",
        "additionalProperties": False,
        "properties": {field.name: _setting(field.name) for field in fields(Training)},
    }


def expected(option: Option) -> str:
    """What a number must be, as messages say it."""
    bounds = (
        ("of at least", option.ge),
        ("above", option.gt),
        ("at most", option.le),
        ("below", option.lt),
    )
    said = [f"{word} {bound:,}" for word, bound in bounds if bound is not None]
    return " ".join(("an integer" if option.whole else "a number", " and ".join(said))).rstrip()


def _setting(key: str) -> dict[str, Any]:
    """The schema of one setting, with its default where one stands."""
    default = getattr(Training(), key)
    said = default.name if isinstance(default, Choice) else default
    plain = {} if said in (None, ()) else {"default": said}
    if key in FILES:
        return _file(FILES[key])
    if key == "augment":
        return _several(MENUS[key])
    if key in MENUS:
        return _choice(MENUS[key]) | plain
    if key in NUMBERS:
        return _number(NUMBERS[key]) | plain
    return {
        **_named(PRECISIONS),
        "description": "how numbers are kept while a step is computed",
        **plain,
    }


def _file(doc: str) -> dict[str, Any]:
    path = {"type": "string", "minLength": 1, "title": "an .npz or .csv file, or a folder"}
    column = {
        "type": ["string", "number", "boolean"],
        "title": "the name of a column",
        "description": "the column of a CSV file that is to be learned",
    }
    return {
        "title": "an .npz or .csv file, or a folder of class folders, or {file: ..., target: ...}",
        "description": doc,
        "examples": ["digits.npz", {"file": "iris.csv", "target": "species"}],
        "anyOf": [
            path,
            {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {"file": path, "target": column},
            },
        ],
    }


def _number(option: Option) -> dict[str, Any]:
    bounds = {
        "minimum": option.ge,
        "exclusiveMinimum": option.gt,
        "maximum": option.le,
        "exclusiveMaximum": option.lt,
        "default": option.default,
    }
    return {
        "type": "integer" if option.whole else "number",
        "title": expected(option),
        "description": option.doc,
        **{word: bound for word, bound in bounds.items() if bound is not None},
    }


def _choice(menu: Menu) -> dict[str, Any]:
    """A name, or a mapping with the name and the options that it takes."""
    names = _named(menu.offers)
    takes = [_taking(name, offer) for name, offer in menu.offers.items()]
    whole = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": names},
        "allOf": takes,
    }
    return {
        "title": f"{names['title']}, or {{name: ..., ...}} with options",
        "description": menu.doc,
        "anyOf": [names, whole],
    }


def _taking(name: str, offer: Offer) -> dict[str, Any]:
    """What a mapping may hold that has this name."""
    options = {key: _number(option) for key, option in offer.options.items()}
    return {
        "if": {"required": ["name"], "properties": {"name": {"enum": [name]}}},
        "then": {
            "description": offer.doc,
            "additionalProperties": False,
            "properties": {"name": {}, **options},
        },
    }


def _several(menu: Menu) -> dict[str, Any]:
    """A choice, or a list of them."""
    one = _choice(menu)
    arms = [*one["anyOf"], {"type": "array", "items": one}]
    return one | {"title": f"{one['title']}, or a list of these", "anyOf": arms}


def _named(names: Iterable[str]) -> dict[str, Any]:
    words = list(names)
    *most, last = (f"`{word}`" for word in words)
    return {"type": "string", "enum": words, "title": f"{', '.join(most)} or {last}"}
