"""`--set`, the option of commands that take a spec."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])


def set_option(function: _Function) -> _Function:
    """`--set PATH=VALUE`, the parameter `settings`."""
    option = click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="PATH=VALUE",
        help="Override a value of the document, such as input=3x32x32 or where.n=3.",
    )
    return option(function)
