"""Labels: names of tensors, visible from where they are set to the end of the net or block."""

from __future__ import annotations

from dataclasses import dataclass, field

from netspec.graph.evaluate import Refusal
from netspec.graph.scope import Unknown
from netspec.text.nearest import did_you_mean
from netspec.text.source import Span
from netspec.text.syntax import Name


@dataclass(eq=False)
class Label:
    """A label's tensors, one for each time it was set; None where a mistake hides one."""

    span: Span
    tensors: list[str | None] = field(default_factory=list)
    read: bool = False


@dataclass(eq=False)
class Labels:
    """The labels of the net, or of one call of a block, which sees those around it too.

    `declared` are all that the text sets anywhere, for messages.
    """

    parent: Labels | None
    declared: frozenset[str]
    found: dict[str, Label] = field(default_factory=dict)

    def set(self, name: Name, tensor: str | None) -> None:
        """Set a label; Refusal where another place sets it too."""
        label = self.found.setdefault(name.text, Label(name.span))
        if label.span != name.span:
            message = (
                f"the label `{name.text}` is set twice; the first is on line {label.span.line}"
            )
            raise Refusal("duplicate-label", message, name.span, "choose another label")
        label.tensors.append(tensor)

    def get(self, name: Name, index: int | None, place: Span) -> str:
        """The tensor that a label names; Refusal for a mistake, Unknown where an earlier one hides
        it.
        """
        scope: Labels | None = self
        while scope is not None and name.text not in scope.found:
            scope = scope.parent
        if scope is None:
            raise self._missing(name)
        label = scope.found[name.text]
        label.read = True
        count = len(label.tensors)
        at = -1 if index is None else index
        if not -count <= at < count:
            if None in label.tensors:
                raise Unknown
            message = f"`@{name.text}` was set {count} time{'s' * (count != 1)} before this"
            help_text = f"the indices 0 to {count - 1} and -1 to {-count} exist"
            raise Refusal("label-index", message, place, help_text)
        tensor = label.tensors[at]
        if tensor is None:
            raise Unknown
        return tensor

    def visible(self) -> list[str]:
        """The labels that can be read here."""
        outer = self.parent.visible() if self.parent else []
        return [*self.found, *outer]

    def _missing(self, name: Name) -> Refusal:
        if name.text in self.declared:
            message = f"`@{name.text}` is read before it is set, or outside the block that sets it"
            return Refusal("unknown-label", message, name.span, "set it earlier, in the net itself")
        message = f"no label `@{name.text}` is set"

        def advice() -> str:
            near = did_you_mean(name.text, self.visible())
            return near or f"set it after a layer: `CONV(8) @{name.text}`"

        return Refusal("unknown-label", message, name.span, advice)
