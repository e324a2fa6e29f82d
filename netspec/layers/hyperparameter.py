"""Hyperparameters: the types their values may have, their bounds, and how a written value becomes a
field's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from netspec.text.diagnostics import LayerError
from netspec.text.limits import MAX_DIMENSION
from netspec.text.nearest import did_you_mean
from netspec.text.scalars import LARGEST_FLOAT

#: A size over space: `3` or `[3, 5]` as written, (height, width) as kept.
Pair: TypeAlias = tuple[int, int]
#: Ways to say a padding without numbers.
PadWord: TypeAlias = Literal["valid", "half", "same"]
#: Zeros around a tensor: a word, or `1`, `[h, w]`, `[top, left, bottom, right]` as written; a word
#: or four as kept.
Pad: TypeAlias = PadWord | tuple[int, int, int, int]
#: A shape: a list of sizes.
Size: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Meta:
    """What a hyperparameter means, its unit in the words, and the bounds of its numbers."""

    doc: str
    ge: int | None = None
    gt: float | None = None
    lt: float | None = None
    default: str = ""  # how the reference writes a default that another value decides


@dataclass(frozen=True)
class HyperParameter:
    """One hyperparameter of a layer kind."""

    name: str
    type: Any
    meta: Meta
    default: Any  # MISSING where a value is required
    positional: bool

    @property
    def required(self) -> bool:
        """Whether a call must give it a value."""
        return self.default is MISSING

    @property
    def words(self) -> tuple[str, ...]:
        """The words that it takes."""
        if self.type == Pad:
            return get_args(PadWord)
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @property
    def expected(self) -> str:
        """What a value must be, as messages say it."""
        if self.words and self.type != Pad:
            return " or ".join(f"`{word}`" for word in self.words)
        number = (
            f"a number{self._bounds()}" if self.type is float else f"an integer{self._bounds()}"
        )
        return {
            bool: "`yes` or `no`",
            str: "an identifier",
            Pair: f"{number} or [h, w]",
            Pad: f"`valid`, `half`, `same`, {number}, [h, w] or [top, left, bottom, right]",
            Size: "a list of sizes of at least 1",
        }.get(self.type, number)

    def _bounds(self) -> str:
        meta = self.meta
        said = [
            f"{word} {bound}"
            for word, bound in (("of at least", meta.ge), ("above", meta.gt), ("below", meta.lt))
            if bound is not None
        ]
        return " " + " and ".join(said) if said else ""

    def read(self, value: object) -> Any:
        """The field's value for a written one; LayerError where its type or size is wrong."""
        match value:
            case str() if self.type is str or value in self.words:
                return value
            case bool() if self.type is bool:
                return value
            case bool() | str():
                raise self._refuse(value)
            case int() if self.type in (int, Pair, Pad, float):
                self._bound(value)
                return self._widen(value)
            case float() if self.type is float:
                self._bound(value)
                return value
            case tuple():
                return self._read_list(value)
        raise self._refuse(value)

    def _widen(self, value: int) -> Any:
        """An integer as the field keeps it."""
        if self.type == Pair:
            return value, value
        if self.type == Pad:
            return value, value, value, value
        return float(value) if self.type is float else value

    def _read_list(self, value: tuple[object, ...]) -> tuple[int, ...]:
        lengths = {Pair: (2,), Pad: (2, 4)}.get(self.type)
        if self.type != Size and (lengths is None or len(value) not in lengths):
            raise self._refuse(value)
        sizes = []
        for item in value:
            if isinstance(item, bool) or not isinstance(item, int):
                raise self._refuse(value)
            self._bound(item)
            sizes.append(item)
        if not sizes:
            raise self._refuse(value)
        return (*sizes, *sizes) if self.type == Pad and len(sizes) == 2 else tuple(sizes)

    def _bound(self, value: float) -> None:
        meta = self.meta
        if isinstance(value, float) and not abs(value) <= LARGEST_FLOAT:
            raise self._error("out-of-range", f"must be finite in float32, found {value}")
        if (
            (meta.ge is not None and value < meta.ge)
            or (meta.gt is not None and value <= meta.gt)
            or (meta.lt is not None and value >= meta.lt)
        ):
            raise self._error("out-of-range", f"must be {self.expected}, found {written(value)}")
        if isinstance(value, int) and value > MAX_DIMENSION:
            raise self._error("too-large", "is larger than any dimension may be (2^31-1)")

    def _refuse(self, value: object) -> LayerError:
        help_text = None
        if isinstance(value, str) and self.words:
            help_text = did_you_mean(value, self.words)
        elif self.type is bool and str(value).lower() in ("true", "false", "on", "off"):
            help_text = f"write `{'yes' if str(value).lower() in ('true', 'on') else 'no'}`"
        elif isinstance(value, float) and value.is_integer():
            help_text = f"write {int(value)}"
        found = f"must be {self.expected}, found {written(value)}"
        return self._error("wrong-type", found, help_text)

    def _error(self, code: str, what: str, help_text: str | None = None) -> LayerError:
        return LayerError(code, f"`{self.name}` {what}", argument=self.name, help=help_text)


def written(value: object) -> str:
    """A value as the language writes it, shortened where it is long."""
    match value:
        case bool():
            text = "`yes`" if value else "`no`"
        case None:
            text = "nothing"
        case int() | float():
            huge = 1e30 <= abs(value) < float("inf")
            text = "a number of more than 30 digits" if huge else str(value)
        case tuple():
            text = f"[{', '.join(map(plain, value[:6]))}{', ...' if len(value) > 6 else ''}]"
        case str():
            text = f"the word `{value}`"
        case _:
            text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def plain(value: object) -> str:
    """A value as the language writes it, without the marks that set it off from a sentence."""
    return written(value).removeprefix("the word ").strip("`")


def read_hyperparameters(kind: type) -> Mapping[str, HyperParameter]:
    """The hyperparameters that the annotations of a layer kind declare."""
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for field in fields(kind):
        declared, meta = get_args(hints[field.name])
        found[field.name] = HyperParameter(
            field.name, _without_none(declared), meta, field.default, not field.kw_only
        )
    return found


def _without_none(declared: Any) -> Any:
    if isinstance(declared, UnionType) and NoneType in get_args(declared):
        (only,) = (arm for arm in get_args(declared) if arm is not NoneType)
        return only
    return declared
