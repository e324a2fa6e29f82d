"""The document's keys and their types, held against the JSON Schema.  The only importer of
jsonschema.

The schema is the one that editors read (`schemas/netspec-1.schema.json`).  `where` is left to the
layer registry and to scopes, which can say more about a value than its type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from functools import cache
from itertools import islice
from typing import Any

from netspec.text.diagnostics import Diagnostic
from netspec.text.limits import MAX_DIAGNOSTICS
from netspec.text.misfits import misfits, of_a_key, unknown_key
from netspec.text.nearest import nearest
from netspec.text.screen import Schema, accepts, is_integer, is_number, matches
from netspec.text.shipped import shipped
from netspec.text.train_words import SETTINGS, meant_setting
from netspec.text.tree import Mapping, Scalar, Sequence, Tree


def check_envelope(tree: Mapping) -> list[Diagnostic]:
    """What is wrong with the keys of a document and the types of their values."""
    document = _plain(tree)
    if accepts(_schema(), document):
        return []
    errors = _leaves(_validator().iter_errors(document))
    found = (diagnostic for error in errors for diagnostic in misfits(error, tree))
    return list(islice(found, MAX_DIAGNOSTICS))


def mend_keys(tree: Mapping) -> tuple[Mapping, list[Diagnostic]]:
    """The document with each misspelt key read as the absent one that is nearest, and the findings.

    A misspelt `where` would else make every name in the net unbound, and a misspelt setting of
    `train` would count as missing.
    """
    properties = _schema()["properties"]
    tree, found = _mended(tree, list(properties))
    entries = []
    for key, value in tree.entries:
        if key.text == "train" and isinstance(value, Mapping):
            value, more = _mended(value, list(properties["train"]["properties"]), SETTINGS)  # noqa: PLW2901  # the section that is meant
            found += more
        entries.append((key, value))
    return Mapping(tree.span, tuple(entries)), found


def _mended(
    tree: Mapping, known: list[str], elsewhere: MappingOf[str, str] | None = None
) -> tuple[Mapping, list[Diagnostic]]:
    """`elsewhere` are words of other tools for keys."""
    absent = set(known) - {key.text for key, _ in tree.entries}
    entries, found = [], []
    for key, value in tree.entries:
        foreign = elsewhere is not None and meant_setting(key.text) is not None
        meant = (elsewhere or {}).get(key.text.lower()) if foreign else None
        if key.text not in known and not foreign:
            meant = nearest(key.text, absent)
        if meant is not None and meant in absent:
            absent.discard(meant)
            found.append(
                unknown_key(key, known, meant=meant_setting(key.text) if foreign else None)
            )
            key = Scalar(key.span, meant, meant, key.style)  # noqa: PLW2901  # the key that is meant
        entries.append((key, value))
    return Mapping(tree.span, tuple(entries)), found


@cache
def _schema() -> Schema:
    """The schema of a document, but for what lies under `where`."""
    schema: Schema = json.loads((shipped("schemas") / "netspec-1.schema.json").read_text("utf-8"))
    schema["properties"] |= {"where": {"type": "object", "title": "a mapping of bindings"}}
    return schema


@cache
def _validator() -> Any:
    from jsonschema import Draft7Validator, validators

    # JSON Schema counts 3.0 as an integer, and .nan as a number; the language does not.
    types = Draft7Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: is_integer(value),
            "number": lambda _, value: is_number(value),
        }
    )
    extend: Any = validators.extend  # it has no types
    return extend(Draft7Validator, {"pattern": _matches}, type_checker=types)(_schema())


def _matches(validator: Any, pattern: str, instance: object, schema: Any) -> Iterator[Any]:
    """`pattern` with the `$` of JSON Schema, the end: Python's stands before a last newline too."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and not matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _plain(tree: Tree, depth: int = 0) -> Any:
    """The tree as the validator reads it; what lies deep under `where` is not its affair."""
    match tree:
        case Scalar():
            return tree.value
        case Sequence():
            return [_plain(item, depth + 1) for item in tree.items] if depth < 5 else []
    return {
        key.text: {}
        if depth == 0 and key.text == "where" and isinstance(value, Mapping)
        else _plain(value, depth + 1)
        for key, value in tree.entries
    }


def _leaves(errors: Iterator[Any]) -> Iterator[Any]:
    """The errors that say something: of alternatives, those of the one whose type fits."""
    for error in errors:
        if error.validator not in ("anyOf", "oneOf"):
            yield error
            continue
        arms: dict[int, list[Any]] = {}
        for inner in error.context:
            arms.setdefault(inner.relative_schema_path[0], []).append(inner)
        fitting = [
            arm
            for arm in arms.values()
            if not any(e.validator == "type" and not e.relative_path for e in arm)
        ]
        if len(fitting) == 1 and not any(
            e.validator == "pattern" and not of_a_key(e) for e in fitting[0]
        ):
            yield from _leaves(iter(fitting[0]))
        else:
            yield error
