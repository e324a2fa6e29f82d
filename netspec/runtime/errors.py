"""What goes wrong when a model that loaded is run."""

from __future__ import annotations


class InputError(Exception):
    """One input cannot be used; the message names it.  The others can still run."""


class RunError(Exception):
    """The runtime gave up on a batch: out of memory, a kernel that failed."""
