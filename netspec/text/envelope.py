"""The document's keys and their types, held against the JSON Schema.  The only importer of
jsonschema.

The schema is the one that editors read (`schemas/netspec-1.schema.json`).  `where` is left to the
layer registry and to scopes, which can say more about a value than its type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from netspec.text.diagnostics import Diagnostic
from netspec.text.limits import MAX_DIAGNOSTICS
from netspec.text.nearest import did_you_mean, nearest
from netspec.text.printable import printable
from netspec.text.screen import Schema, accepts, matches
from netspec.text.shipped import shipped
from netspec.text.source import Span
from netspec.text.tree import Mapping, Scalar, Sequence, Tree

#: The code of a finding by the key it lies under; the innermost wins.
_CODES = {
    "netspec": "language-version",
    "name": "bad-name",
    "input": "input-shape",
    "image": "image",
    "net": "pattern-expected",
    "where": "mapping-expected",
    "blocks": "mapping-expected",
    "output": "output",
    "weights": "weights-file",
}


def check_envelope(tree: Mapping) -> list[Diagnostic]:
    """What is wrong with the keys of a document and the types of their values."""
    document = _plain(tree)
    if accepts(_schema(), document):
        return []
    errors = _leaves(_validator().iter_errors(document))
    found = (diagnostic for error in errors for diagnostic in _diagnostics(error, tree))
    return list(islice(found, MAX_DIAGNOSTICS))


def mend_keys(tree: Mapping) -> tuple[Mapping, list[Diagnostic]]:
    """The document with each misspelt key read as the absent one that is nearest, and the findings.

    A misspelt `where` would else make every name in the net unbound.
    """
    known = list(_schema()["properties"])
    absent = set(known) - {key.text for key, _ in tree.entries}
    entries, found = [], []
    for key, value in tree.entries:
        meant = nearest(key.text, absent) if key.text not in known else None
        if meant is not None:
            absent.discard(meant)
            found.append(_unknown_key(key, known))
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

    # JSON Schema counts 3.0 as an integer; the language does not.
    types = Draft7Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
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
            e.validator == "pattern" and not _of_a_key(e) for e in fitting[0]
        ):
            yield from _leaves(iter(fitting[0]))
        else:
            yield error


def _of_a_key(error: Any) -> bool:
    """Whether an error is of a key's own text, which the validator places at the mapping."""
    return "propertyNames" in list(error.relative_schema_path)[-2:-1]


def _diagnostics(error: Any, root: Mapping) -> Iterator[Diagnostic]:
    tree = _follow(root, list(error.absolute_path))
    if error.validator == "additionalProperties":
        yield from _unknown_keys(error, tree)
    elif error.validator == "required":
        yield _missing_keys(error, tree)
    elif _of_a_key(error):
        yield _unknown_name(error, tree)
    else:
        yield _wrong_value(error, tree)


def _missing_keys(error: Any, tree: Tree) -> Diagnostic:
    """One finding for all keys that are missing, which the validator complains of one by one."""
    path = error.absolute_path
    where = f"`{path[-1]}`" if path else "the spec"
    missing = [name for name in error.validator_value if name not in error.instance]
    message = f"{where} lacks the key{'s' * (len(missing) > 1)} `{'`, `'.join(missing)}`"
    help_text = error.schema.get("properties", {}).get(missing[0], {}).get("description")
    return Diagnostic("missing-key", message, _head(tree), help=help_text)


def _wrong_value(error: Any, tree: Tree) -> Diagnostic:
    path = list(error.absolute_path)
    code = next((_CODES[p] for p in reversed(path) if p in _CODES), "wrong-type")
    what = f"`{printable(str(path[-1]))}`" if path and isinstance(path[-1], str) else "this item"
    expected = error.schema.get("title") or f"of type {error.schema.get('type', 'another kind')}"
    if not path:
        what = "a spec"
    found, place = _found(tree), tree.span
    if error.validator == "maxProperties" and isinstance(tree, Mapping):
        found, place = f"{len(tree.entries)} keys", tree.entries[1][0].span
    message = f"{what} must be {expected}, found {found}"
    return Diagnostic(code, message, place, help=_hint(error, tree))


def _hint(error: Any, tree: Tree) -> str | None:
    if error.validator == "enum" and isinstance(tree, Scalar):
        return did_you_mean(tree.text, [str(word) for word in error.validator_value])
    if isinstance(tree, Sequence) and "pattern" in str(error.schema.get("title")):
        return (
            'YAML reads a list where a value starts with `[`: quote the pattern, "[CONV -> RELU]*2"'
        )
    if isinstance(tree, Scalar) and tree.text.startswith("@"):
        return f'quote it: "{printable(tree.text)[:40]}"'
    examples = error.schema.get("examples")
    return f"for example `{examples[0]}`" if examples else None


def _unknown_keys(error: Any, tree: Tree) -> Iterator[Diagnostic]:
    known = list(error.schema.get("properties", {}))
    assert isinstance(tree, Mapping)  # the validator complains of keys of mappings alone
    for key, _ in tree.entries:
        if key.text not in known:
            yield _unknown_key(key, known)


def _unknown_key(key: Scalar, known: list[str]) -> Diagnostic:
    name = printable(key.text)[:60]
    near = did_you_mean(name, known)
    return Diagnostic("unknown-key", f"unknown key `{name}`", key.span, help=near)


def _unknown_name(error: Any, tree: Tree) -> Diagnostic:
    assert isinstance(tree, Mapping)  # as above
    key = next(key for key, _ in tree.entries if key.text == error.instance)
    name = printable(key.text)[:60]
    expected = error.schema.get("title", "a name")
    return Diagnostic("bad-name", f"`{name}` must be {expected}", key.span)


def _follow(root: Mapping, path: list[str | int]) -> Tree:
    """The value that a path of the validator leads to."""
    tree: Tree = root
    for part in path:
        if isinstance(tree, Mapping):
            tree = next(value for key, value in tree.entries if key.text == part)
        elif isinstance(tree, Sequence) and isinstance(part, int):
            tree = tree.items[part]
    return tree


def _head(tree: Tree) -> Span:
    """A small place for what a mapping lacks: its first key."""
    if isinstance(tree, Mapping) and tree.entries:
        return tree.entries[0][0].span
    return tree.span


def _found(tree: Tree) -> str:
    match tree:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
    if tree.value is None:
        return "nothing"
    shown = printable(tree.text)
    return f"`{shown if len(shown) <= 40 else shown[:37] + '...'}`"
