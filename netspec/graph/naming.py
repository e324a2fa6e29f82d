"""Names of layers (language.md, section 5)."""

from __future__ import annotations

from netspec.graph.evaluate import Refusal
from netspec.text.printable import printable
from netspec.text.source import Span
from netspec.text.syntax import Name


class Namer:
    """Hands out names: `conv1`, `stem.conv1`, and those given by hand."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._repeats: dict[str, int] = {}  # of names given by hand
        self._taken: dict[str, Span | None] = {}  # None for a name that netspec gave

    def reserve(self, name: str, span: Span) -> None:
        """Keep a name for an input, which enters later."""
        self._taken[name] = span

    def automatic(self, keyword: str, prefix: str) -> str:
        """The kind in lower case and its count, after the stage's label."""
        name = self.next(keyword, prefix)
        stem = prefix + keyword.lower()
        self._counts[stem] = int(name.removeprefix(stem))
        span = self._taken.get(name)
        if span is not None:
            message = f"`{name}` is a name that netspec gives itself"
            raise Refusal("duplicate-layer-name", message, span, "choose another name")
        self._taken[name] = None
        return name

    def next(self, keyword: str, prefix: str) -> str:
        """The name that `automatic` would give, for messages."""
        stem = prefix + keyword.lower()
        count = self._counts.get(stem, 0) + 1
        # the 61st RELU and the first RELU6 would both be `relu61`: the later one counts on
        while self._given_by_netspec(f"{stem}{count}"):
            count += 1
        return f"{stem}{count}"

    def _given_by_netspec(self, name: str) -> bool:
        return name in self._taken and self._taken[name] is None

    def by_hand(self, given: Name, prefix: str) -> str:
        """A name written in a call; in a repeat the later ones get `_1`, `_2`, ..."""
        name = prefix + given.text
        if name not in self._taken:
            self._taken[name] = given.span
            return name
        if self._taken[name] != given.span:
            message = f"two layers are named `{printable(name)}`"
            raise Refusal("duplicate-layer-name", message, given.span, "choose another name")
        count = 1
        while f"{name}_{count}" in self._taken:
            count = self._repeats[name] = self._repeats.get(name, 0) + 1
        self._taken[f"{name}_{count}"] = given.span
        return f"{name}_{count}"
