"""The pages of diagnostics: for every code what it means, a spec that fails by it, and the same
spec mended.
"""

from __future__ import annotations

from netspec.text.nearest import nearest
from netspec.text.rules.arguments import ARGUMENTS
from netspec.text.rules.document import DOCUMENT
from netspec.text.rules.keys import KEYS
from netspec.text.rules.lint import LINT
from netspec.text.rules.names import NAMES
from netspec.text.rules.pattern import PATTERN
from netspec.text.rules.rule import Rule
from netspec.text.rules.shapes import SHAPES
from netspec.text.rules.values import VALUES

_FAMILIES = (DOCUMENT, KEYS, PATTERN, NAMES, ARGUMENTS, VALUES, SHAPES, LINT)

#: Every code that netspec emits, in the order in which a spec is read.
CODES: dict[str, Rule] = {rule.code: rule for family in _FAMILIES for rule in family}

__all__ = ["CODES", "Rule", "advice_for"]


def advice_for(code: str) -> str:
    """What to say of a code that there is not."""
    near = nearest(code, CODES)
    return f"did you mean `{near}`?" if near else "`netspec rule` lists them all"
