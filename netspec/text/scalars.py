"""Plain scalars by the YAML 1.2 core rules (section 10.3.2), as editors read them.

PyYAML reads 1.1, where `1e-5` is text, `on` a boolean and `1:30` ninety.  `yes` and `no` are the
language's own booleans.
"""

from __future__ import annotations

import re

#: Largest number of float32, in which nets compute and ONNX keeps its attributes.
LARGEST_FLOAT = (2 - 2**-23) * 2.0**127
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {
    **dict.fromkeys(("true", "True", "TRUE", "yes"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def resolve(text: str) -> object:
    """A plain scalar's value by the YAML 1.2 core schema; a number too long for any use stays out
    of `int`.
    """
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        if len(text) > 40:
            return 10**40 if text[0] != "-" else -(10**40)
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text
