"""The errors of the schema's validator as findings about a document: place, words and help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.text.diagnostics import Diagnostic
from netspec.text.nearest import did_you_mean, nearest
from netspec.text.printable import printable
from netspec.text.source import Span
from netspec.text.train_words import (
    meant_choice,
    meant_number,
    meant_option,
    meant_setting,
)
from netspec.text.training import MENUS, NUMBERS
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
    "train": "training",
}


def of_a_key(error: Any) -> bool:
    """Whether an error is of a key's own text, which the validator places at the mapping."""
    return "propertyNames" in list(error.relative_schema_path)[-2:-1]


def misfits(error: Any, root: Mapping) -> Iterator[Diagnostic]:
    """What an error of the validator is to a reader of the document."""
    tree = _follow(root, list(error.absolute_path))
    if error.validator == "additionalProperties":
        yield from _unknown_keys(error, tree)
    elif error.validator == "required":
        yield _missing_keys(error, tree)
    elif of_a_key(error):
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
    keys = path[:1] if path[:1] == ["train"] else reversed(path)
    code = next((_CODES[key] for key in keys if key in _CODES), "wrong-type")
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
    path = list(error.absolute_path)
    setting = path[1] if path[:1] == ["train"] and len(path) > 1 else ""
    if meant := meant_number(setting, tree):
        return meant
    if error.validator == "enum" and isinstance(tree, Scalar):
        meant = meant_choice(setting, printable(tree.text)[:60])
        return meant or did_you_mean(tree.text, [str(word) for word in error.validator_value])
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
            path, name = list(error.absolute_path), printable(key.text)[:60]
            meant = None
            if path == ["train"]:
                meant = meant_setting(name)
            elif path[:1] == ["train"]:
                meant = meant_option(path[1], name, known, [*MENUS, *NUMBERS])
            yield unknown_key(key, known, _takers(key, tree, path), meant)


def _takers(key: Scalar, tree: Mapping, path: list[Any]) -> str | None:
    """Which choices of a setting of training take the option that this one does not."""
    chosen = tree.get("name")
    if path[:1] != ["train"] or not isinstance(chosen, Scalar):
        return None
    menu = MENUS[path[1]].offers
    options = menu[chosen.text].options
    has = f"takes {', '.join(options)}" if options else "takes no options"
    others = [f"`{name}`" for name, offer in menu.items() if key.text in offer.options]
    takers = f"; {' and '.join(others)} take{'s' * (len(others) == 1)} this one" if others else ""
    return f"`{chosen.text}` {has}{takers}"


def unknown_key(
    key: Scalar, known: list[str], advice: str | None = None, meant: str | None = None
) -> Diagnostic:
    """A finding about a key that there is not: what is `meant`, where that is known, else the
    nearest, else the advice.
    """
    name = printable(key.text)[:60]
    near = did_you_mean(name, known)
    if advice is not None and nearest(name, known) is None:
        near = advice
    return Diagnostic("unknown-key", f"unknown key `{name}`", key.span, help=meant or near)


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
