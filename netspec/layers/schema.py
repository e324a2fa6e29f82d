"""The JSON Schema of a spec, draft-07, from the layer registry.

Editors complete and explain keys with it; `netspec.text` holds documents against it.  `schemas/`
keeps the text that `netspec schema` prints; a test says when it is stale.
"""

from __future__ import annotations

from typing import Any

from netspec.layers.base import REGISTRY, hyperparameters
from netspec.layers.hyperparameter import HyperParameter, Pad, Pair, Size
from netspec.layers.sections import (
    PATTERN_HINT,
    input_section,
    net_section,
    output_section,
    weights_section,
)
from netspec.layers.train_section import train_section


def spec_schema() -> dict[str, Any]:
    """The schema of language version 1."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "a netspec spec, version 1",
        "description": "A net: INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC",
        "type": "object",
        "required": ["netspec", "name", "input", "net"],
        "additionalProperties": False,
        "properties": {
            "netspec": {
                "type": "integer",
                "enum": [1],
                "title": "1, the version of the language",
                "description": "the version of the language: `netspec: 1`",
            },
            "name": {
                "type": "string",
                "pattern": r"^[A-Za-z_][A-Za-z0-9_.\-]*$",
                "maxLength": 200,
                "title": "a name of letters, digits, `_`, `.`, `-`, with a letter or `_` first",
                "description": "the net's name: `name: vgg16`",
            },
            "doc": {
                "type": "string",
                "title": "text",
                "description": "what the net is, and the paper and table it comes from",
            },
            "input": input_section(),
            "net": net_section(),
            "where": {
                "type": "object",
                "title": "a mapping of bindings",
                "description": "variables, tables, and defaults of layer kinds",
                "properties": _kinds(),
                "additionalProperties": {"$ref": "#/definitions/bound"},
            },
            "blocks": {
                "type": "object",
                "title": "a mapping of NAME(parameters) to patterns",
                "description": "named patterns with parameters",
                "additionalProperties": {
                    "type": "string",
                    "minLength": 1,
                    "title": PATTERN_HINT,
                },
            },
            "weights": weights_section(),
            "train": train_section(),
            "output": output_section(),
        },
        "definitions": _definitions(),
    }


def _definitions() -> dict[str, Any]:
    """What the sections refer to: values of bindings, and each layer kind."""
    return {
        "expression": {"type": ["string", "number", "boolean"]},
        "bound": {
            "anyOf": [
                {"$ref": "#/definitions/expression"},
                {"type": "array", "items": {"$ref": "#/definitions/item"}},
                {"type": "object"},
            ]
        },
        "item": {
            "anyOf": [
                {"$ref": "#/definitions/expression"},
                {"type": "array"},
                {"$ref": "#/definitions/row"},
            ]
        },
        "row": {
            "type": "object",
            "properties": _kinds(),
            "additionalProperties": {"$ref": "#/definitions/bound"},
        },
        **{keyword: _kind(keyword) for keyword in REGISTRY},
    }


def _kinds() -> dict[str, Any]:
    return {keyword: {"$ref": f"#/definitions/{keyword}"} for keyword in REGISTRY}


def _kind(keyword: str) -> dict[str, Any]:
    layer = REGISTRY[keyword]
    fields = hyperparameters(layer).values()
    return {
        "type": "object",
        "description": " ".join((layer.__doc__ or "").split("\n\n")[0].split()),
        "additionalProperties": False,
        "properties": {field.name: _hyperparameter(field) for field in fields},
    }


def _hyperparameter(field: HyperParameter) -> dict[str, Any]:
    """The schema of one hyperparameter; an expression is a string, except for numbers in quotes."""
    said: dict[str, Any] = {"title": field.expected, "description": field.meta.doc}
    expression = {"type": "string", "pattern": r"[A-Za-z_]"}
    number = {"type": "number" if field.type is float else "integer"}
    for key, bound in (
        ("minimum", field.meta.ge),
        ("exclusiveMinimum", field.meta.gt),
        ("exclusiveMaximum", field.meta.lt),
    ):
        if bound is not None:
            number[key] = bound  # type: ignore[assignment]  # a schema is a mapping of anything
    if field.type is bool:
        return said | {"anyOf": [{"type": "boolean"}, expression]}
    arms: list[dict[str, Any]] = [expression]
    if field.words:
        arms.insert(0, {"enum": list(field.words)})
    if field.type in (Pair, Pad, Size):
        most = {Pair: 2, Pad: 4}.get(field.type, 32)
        arms.append({"type": "array", "minItems": 1, "maxItems": most})
    if field.type in (int, float, Pair, Pad):
        arms.insert(0, number)
    return said | {"anyOf": arms}
