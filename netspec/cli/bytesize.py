"""Sizes of memory on the command line."""

from __future__ import annotations

import re

import click

from netspec.text.printable import printable

_SIZE = re.compile(r"(?P<count>\d{1,18}(?:\.\d{1,18})?)\s*(?P<unit>[A-Za-z]*)", re.ASCII)
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}


def byte_size(context: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """The bytes that `8GiB`, `500 MB`, `1.5g` or `4096` mean; a usage error where it is no size.

    Units are binary with an `i` and decimal without; a lone letter is binary, as for `ulimit`.
    """
    if value is None:
        return None
    match = _SIZE.fullmatch(value.strip())
    unit = _unit(match["unit"].lower()) if match else None
    if match is None or unit is None:
        shown = printable(value)[:60]
        raise click.BadParameter(f"{shown!r} is no size; write one such as 8GiB, 500MB or 4096")
    from fractions import Fraction  # exact, and slow to import

    size = int(Fraction(match["count"]) * unit)
    if size < 1:
        raise click.BadParameter("a size is at least one byte")
    return size


def _unit(word: str) -> int | None:
    """The bytes in a unit; None where it is none."""
    if word in ("", "b", "byte", "bytes"):
        return 1
    power, rest = _POWERS.get(word[0]), word[1:]
    if power is None or rest not in ("", "b", "i", "ib"):
        return None
    return int(1000**power) if rest == "b" else int(1024**power)
