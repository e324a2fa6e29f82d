"""Counts as people read them."""

from __future__ import annotations

#: By how much a mean of float32 numbers that are all 1 may differ from 1.
_ROUNDING = 1e-7
#: The least share that a percentage tells from nothing.
_LEAST = 1e-5


def nbytes(count: int) -> str:
    """Bytes in binary units: `12.2 MiB`."""
    size, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1024 or unit == "PiB":
            break
        size /= 1024
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def scaled(count: int) -> str:
    """A count in the unit that people quote: `15.47 G`."""
    for limit, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= limit:
            return f"{count / limit:.2f} {unit}"
    return str(count)


def percent(share: float) -> str:
    """A fraction as people read it: `91.8%`; with more digits where one would make it all or
    nothing: `99.96%`, `0.02%`, and `<0.001%` where that is too little.
    """
    if 0 < share < _LEAST:
        return f"<{100 * _LEAST:g}%"
    digits = 1
    while 0 < share < 1 - _ROUNDING and float(f"{100 * share:.{digits}f}") in (0, 100):
        digits += 1
    return f"{100 * share:.{digits}f}%"


def number(value: int) -> str:
    """A count with its thousands apart, and nothing for 0."""
    return f"{value:,}" if value else ""
