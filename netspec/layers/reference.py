"""The reference of the layer kinds as text, from the registry."""

from __future__ import annotations

from typing import Any

from netspec.layers.base import Layer, hyperparameters
from netspec.layers.hyperparameter import HyperParameter


def signature(kind: type[Layer]) -> str:
    """How a call is written: `CONV(filters, kernel=3, stride=1, *, pad=valid, ...)`."""
    parts: list[str] = []
    named = False
    for field in hyperparameters(kind).values():
        if not field.positional and not named:
            named = True
            parts.append("*")
        parts.append(field.name if field.required else f"{field.name}={default(field)}")
    arguments = f"({', '.join(parts)})" if parts else ""
    return f"{kind.keyword}{arguments}{'{ branch | branch }' if kind.merges else ''}"


def table(kind: type[Layer]) -> str:
    """A line for each hyperparameter: name, what it must be, default, meaning; empty for none."""
    rows = [
        (field.name, field.expected.replace("`", ""), default(field), field.meta.doc)
        for field in hyperparameters(kind).values()
    ]
    if not rows:
        return ""
    rows.insert(0, ("hyperparameter", "value", "default", "meaning"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def default(field: HyperParameter) -> str:
    """A default as the language writes it; empty where a value is required."""
    if field.required:
        return ""
    return field.meta.default or _written(field.default)


def _written(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple() if len(set(value)) == 1:
            return str(value[0])
        case tuple():
            return str(list(value))
        case float():
            return f"{value:g}"
    return str(value)
