"""A quick yes for documents that the schema plainly accepts.

Importing jsonschema takes a third of the time in which `netspec check` starts; it is needed to say
what is wrong with a document, and most documents are right. `accepts` knows the schema's own words
and answers no for anything else, so that its yes is never more than the library's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sized
from typing import Any, TypeAlias

from netspec.text.scalars import LARGEST_FLOAT

Schema: TypeAlias = dict[str, Any]
#: Whether a value satisfies one word of a schema.
Rule: TypeAlias = Callable[[Schema, Any], bool]

#: Words that say something to people alone.
_REMARKS = frozenset(
    ("$schema", "title", "description", "examples", "default", "definitions", "then", "else")
)


def accepts(schema: Schema, value: Any) -> bool:
    """Whether a value satisfies a schema; no where a word of the schema is not known here."""
    return all(
        word in _RULES and _RULES[word](schema, value) for word in schema if word not in _REMARKS
    )


def matches(pattern: str, text: str) -> bool:
    """Whether a text holds a pattern; `$` is the end of the text and not, as Python has it, also
    before a line break there.
    """
    return re.search(pattern.replace("$", r"\Z"), text) is not None


def is_integer(value: object) -> bool:
    """Whether a value is an integer of the language, which 3.0 is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a number of the language, which is finite in float32."""
    return (isinstance(value, float) or is_integer(value)) and abs(value) <= LARGEST_FLOAT


def _typed(schema: Schema, value: Any) -> bool:
    named = schema["type"]
    return any(_TYPES[name](value) for name in ([named] if isinstance(named, str) else named))


def _properties(schema: Schema, value: Any) -> bool:
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", {})
    other = schema.get("additionalProperties", True)
    for key, item in value.items():
        rule = known.get(key, other)
        if rule is False or (rule is not True and not accepts(rule, item)):
            return False
    return True


def _alternatives(schema: Schema, value: Any) -> bool:
    branch = "then" if accepts(schema["if"], value) else "else"
    return branch not in schema or accepts(schema[branch], value)


def _sized(word: str, kind: type[Sized], fits: Callable[[int, int], bool]) -> Rule:
    """A rule on how many items or characters a value of some kind has."""
    return lambda schema, value: not isinstance(value, kind) or fits(len(value), schema[word])


def _bounded(word: str, fits: Callable[[float, float], bool]) -> Rule:
    """A rule on how large a number is."""

    def rule(schema: Schema, value: Any) -> bool:
        return not is_number(value) or fits(value, schema[word])

    return rule


def _instance(kind: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kind)


_TYPES: dict[str, Callable[[object], bool]] = {
    "array": _instance(list),
    "boolean": _instance(bool),
    "integer": is_integer,
    "number": is_number,
    "object": _instance(dict),
    "string": _instance(str),
}
_RULES: dict[str, Rule] = {
    "type": _typed,
    "enum": lambda schema, value: any(
        value == word and type(value) is type(word) for word in schema["enum"]
    ),
    "pattern": lambda schema, value: (
        not isinstance(value, str) or matches(schema["pattern"], value)
    ),
    "required": lambda schema, value: (
        not isinstance(value, dict) or all(key in value for key in schema["required"])
    ),
    "properties": _properties,
    "additionalProperties": _properties,
    "propertyNames": lambda schema, value: (
        not isinstance(value, dict) or all(accepts(schema["propertyNames"], key) for key in value)
    ),
    "items": lambda schema, value: (
        not isinstance(value, list) or all(accepts(schema["items"], item) for item in value)
    ),
    "anyOf": lambda schema, value: any(accepts(arm, value) for arm in schema["anyOf"]),
    "allOf": lambda schema, value: all(accepts(part, value) for part in schema["allOf"]),
    "if": _alternatives,
    "minLength": _sized("minLength", str, lambda have, least: have >= least),
    "maxLength": _sized("maxLength", str, lambda have, most: have <= most),
    "minItems": _sized("minItems", list, lambda have, least: have >= least),
    "maxItems": _sized("maxItems", list, lambda have, most: have <= most),
    "minProperties": _sized("minProperties", dict, lambda have, least: have >= least),
    "maxProperties": _sized("maxProperties", dict, lambda have, most: have <= most),
    "minimum": _bounded("minimum", lambda have, least: have >= least),
    "maximum": _bounded("maximum", lambda have, most: have <= most),
    "exclusiveMinimum": _bounded("exclusiveMinimum", lambda have, least: have > least),
    "exclusiveMaximum": _bounded("exclusiveMaximum", lambda have, most: have < most),
}
