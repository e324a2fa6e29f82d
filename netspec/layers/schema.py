"""The JSON Schema of a spec, draft-07, from the layer registry.

Editors complete and explain keys with it; `netspec.text` holds documents against it.  `schemas/`
keeps the text that `netspec schema` prints; a test says when it is stale.
"""

from __future__ import annotations

from typing import Any

from netspec.layers.base import REGISTRY, hyperparameters
from netspec.layers.hyperparameter import HyperParameter, Pad, Pair, Size

_IDENTIFIER = "^[A-Za-z_][A-Za-z0-9_]*$"
_PATTERN_HINT = "a pattern, such as `INPUT -> CONV(8, 3) -> RELU`"


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
            "input": _input(),
            "net": _net(),
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
                    "title": _PATTERN_HINT,
                },
            },
            "weights": _weights(),
            "output": _output(),
        },
        "definitions": {
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
        },
    }


def _input() -> dict[str, Any]:
    shape = [
        {"type": "string", "pattern": "^[1-9][0-9]*(x[1-9][0-9]*){2}$"},
        {"type": "integer", "minimum": 1},
    ]
    title = "a shape CxHxW of sizes from 1, or a number of features"
    whole = {
        "type": "object",
        "required": ["shape"],
        "additionalProperties": False,
        "properties": {
            "shape": {"anyOf": shape, "title": title, "examples": ["3x224x224"]},
            "image": _image(),
        },
    }
    named = {
        "propertyNames": {"pattern": _IDENTIFIER, "title": "a name: letters, digits and _"},
        "minProperties": 1,
        "additionalProperties": {
            "anyOf": [*shape, whole],
            "title": title,
            "examples": ["3x224x224"],
        },
    }
    return {
        "title": f"{title}, or a mapping of them",
        "description": "the input's size without the batch dimension: `input: 3x224x224`",
        "examples": ["3x224x224"],
        "anyOf": [
            *shape,
            {"type": "object", "if": {"required": ["shape"]}, "then": whole, "else": named},
        ],
    }


def _image() -> dict[str, Any]:
    side = {"type": "integer", "minimum": 1, "maximum": 65535}
    size = {
        "anyOf": [side, {"type": "array", "items": side, "minItems": 2, "maxItems": 2}],
        "title": "pixels from 1, or [height, width]",
    }
    number = {"type": "number", "title": "a number"}
    channelwise = {
        "anyOf": [number, {"type": "array", "items": number, "minItems": 1, "maxItems": 3}],
        "title": "a number, or one for each channel",
    }
    return {
        "type": "object",
        "title": "a mapping that says how a picture becomes the input",
        "description": "(pixel * scale - mean) / std for each channel",
        "additionalProperties": False,
        "properties": {
            "resize": {**size, "description": "the shorter side is scaled to this, pixels"},
            "crop": {**size, "description": "the centre that is kept, pixels"},
            "channels": {"enum": ["RGB", "BGR", "GRAY"], "title": "`RGB`, `BGR` or `GRAY`"},
            "scale": {**number, "default": 1 / 255},
            "mean": {**channelwise, "default": 0},
            "std": {
                "anyOf": [
                    {"type": "number", "exclusiveMinimum": 0},
                    {
                        "type": "array",
                        "items": {"type": "number", "exclusiveMinimum": 0, "title": "above 0"},
                    },
                ],
                "title": "a number above 0, or one for each channel",
                "default": 1,
            },
        },
    }


def _net() -> dict[str, Any]:
    pattern = {"type": "string", "minLength": 1, "title": _PATTERN_HINT}
    stage = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": {"pattern": _IDENTIFIER, "title": "a label: letters, digits and _"},
        "additionalProperties": pattern,
        "title": "one label and its pattern, `stem: CONV -> RELU`",
    }
    return {
        "title": "a pattern, or a list of stages",
        "description": "the net: `net: INPUT -> CONV(8, 3) -> RELU -> FC(10)`",
        "anyOf": [
            pattern,
            {
                "type": "array",
                "minItems": 1,
                "items": {"anyOf": [pattern, stage], "title": "a pattern, or one `label: pattern`"},
                "title": "a list of patterns and of `label: pattern`",
            },
        ],
    }


def _weights() -> dict[str, Any]:
    file = {
        "type": "string",
        "minLength": 1,
        "title": "a .safetensors or .npz file beside the spec",
    }
    return {
        "title": "a .safetensors or .npz file beside the spec, or {file: ..., map: {...}}",
        "description": "learned tensors, used where the command line names none",
        "anyOf": [
            file,
            {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {
                    "file": file,
                    "map": {
                        "type": "object",
                        "additionalProperties": {"type": "string", "title": "netspec's name"},
                        "title": "a mapping of the file's tensor names to netspec's",
                    },
                },
            },
        ],
    }


def _output() -> dict[str, Any]:
    labels = {
        "title": "a list of labels, or a file beside the spec with one a line",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {
                "type": "array",
                "minItems": 1,
                "items": {"type": ["string", "number", "boolean"], "title": "a label"},
            },
        ],
    }
    return {
        "type": "object",
        "title": 'a mapping: `{labels: [...]}`, `{aux: "@aux"}`',
        "description": "the classes' labels, and further outputs",
        "propertyNames": {"pattern": _IDENTIFIER, "title": "a name: letters, digits and _"},
        "properties": {"labels": labels},
        "additionalProperties": {
            "type": "string",
            "pattern": "^@",
            "title": 'a label of the net, such as "@aux1"',
        },
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
