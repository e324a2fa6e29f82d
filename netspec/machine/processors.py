"""Processors that this process may use: its affinity, and the quota of its control group."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/")


def cores(root: Path = _ROOT) -> int:
    """Processors that this process may use, at least one.

    A container's quota (`docker run --cpus 2.5`) counts whole processors: threads beyond it wait
    for each other while the quota is used up. `root` is where /proc and /sys are.
    """
    quota = min(_quotas(root), default=None)
    return _scheduled() if quota is None else max(1, min(_scheduled(), int(quota)))


def _scheduled() -> int:
    """Those on which the scheduler may put this process."""
    count = getattr(os, "process_cpu_count", None)  # from Python 3.13 on
    if count is not None:
        return count() or 1
    affinity = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _quotas(root: Path) -> Iterator[float]:
    """The processors that each group around this process may use, where one is limited."""
    mounted = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            for folder in _upwards(mounted, path):
                yield from _ratio(*_read(folder / "cpu.max").split()[:2])
        elif "cpu" in controllers.split(","):
            for folder in _upwards(mounted / controllers, path):
                quota = _read(folder / "cpu.cfs_quota_us")
                yield from _ratio(quota, _read(folder / "cpu.cfs_period_us"))


def _upwards(mounted: Path, path: str) -> Iterator[Path]:
    """The folder of a group and those around it; a container sees its own as the outermost."""
    folder = mounted / path.lstrip("/")
    while mounted in folder.parents:
        yield folder
        folder = folder.parent
    yield mounted


def _ratio(quota: str = "", period: str = "") -> Iterator[float]:
    """Quota by period, both in microseconds; nothing for `max`, -1 and what is not there."""
    if quota.strip().isdecimal() and period.strip().isdecimal() and int(period):
        yield int(quota) / int(period)


def _read(file: Path) -> str:
    try:
        return file.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return ""
