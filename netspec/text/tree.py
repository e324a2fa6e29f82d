"""The located tree of a document: what YAML holds, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from netspec.text.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A value on a leaf: `value` is None, a bool, an int, a float or a str; `text` is what it
    decodes to.
    """

    span: Span
    value: object
    text: str
    style: str  # "" plain, "'" or '"' quoted, ">" or "|" block


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list."""

    span: Span
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """A mapping; keys are unique names, in the order of the file."""

    span: Span
    entries: tuple[tuple[Scalar, Tree], ...]

    def get(self, key: str) -> Tree | None:
        """The value of a key, or None."""
        return next((value for name, value in self.entries if name.text == key), None)


Tree: TypeAlias = Scalar | Sequence | Mapping
