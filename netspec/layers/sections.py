"""The JSON Schema of the sections of a spec that name no layer kind."""

from __future__ import annotations

from typing import Any

_IDENTIFIER = "^[A-Za-z_][A-Za-z0-9_]*$"
PATTERN_HINT = "a pattern, such as `INPUT -> CONV(8, 3) -> RELU`"


def input_section() -> dict[str, Any]:
    """The sizes that enter the net, and how pictures become them."""
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


def net_section() -> dict[str, Any]:
    """A pattern, or stages in a list."""
    pattern = {"type": "string", "minLength": 1, "title": PATTERN_HINT}
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


def weights_section() -> dict[str, Any]:
    """The file of learned tensors, and how its names map to ours."""
    file = {
        "type": "string",
        "minLength": 1,
        "title": "a .safetensors, .index.json or .npz file beside the spec",
    }
    return {
        "title": "a .safetensors, .index.json or .npz file, or {file: ..., map: {...}}",
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


def output_section() -> dict[str, Any]:
    """Labels of the classes, and outputs besides the last layer."""
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
