"""The reference of the layer kinds as text, from the registry."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from netspec.layers.base import REGISTRY, Layer, hyperparameters
from netspec.layers.hyperparameter import HyperParameter
from netspec.text.nearest import did_you_mean

#: What other tools call hyperparameters, and what they may be here.
_ELSEWHERE = {
    "alpha": ("slope",),
    "ceil_mode": ("ceil",),
    "count_include_pad": ("count_pad",),
    "dilation_rate": ("dilation",),
    "dim": ("axis",),
    "epsilon": ("eps",),
    "features": ("units", "filters"),
    "kernel_shape": ("kernel",),
    "kernel_size": ("kernel", "size"),
    "negative_slope": ("slope",),
    "num_output": ("filters", "units"),
    "out_channels": ("filters",),
    "out_features": ("units",),
    "output_padding": ("output_pad",),
    "p": ("rate", "pad"),
    "padding": ("pad",),
    "pads": ("pad",),
    "pool_size": ("kernel",),
    "scale_factor": ("scale",),
    "strides": ("stride",),
    "use_bias": ("bias",),
}


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


def meant_kind(word: str, others: Iterable[str] = ()) -> str | None:
    """A help line for a layer kind or block that does not exist: what other tools call by that name
    is known, else the nearest is named.
    """
    plain = re.sub(r"[123]d$", "", word.lower().replace("_", ""))
    for keyword, kind in REGISTRY.items():
        if plain in kind.elsewhere or plain == keyword.lower():
            return f"{word} is `{keyword}` here"
    return did_you_mean(word, [*REGISTRY, *others])


def meant_hyperparameter(word: str, known: Collection[str]) -> str | None:
    """The same for a hyperparameter that a kind does not have."""
    here = next((name for name in _ELSEWHERE.get(word.lower(), ()) if name in known), None)
    return f"{word} is `{here}` here" if here else did_you_mean(word, known)


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
