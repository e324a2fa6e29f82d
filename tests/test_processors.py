"""Processors that a process may use, by affinity and by the quotas of control groups."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netspec.machine import processors
from netspec.machine.processors import cores


@pytest.fixture
def sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processors, "_scheduled", lambda: 16)


def quota(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def machine(root: Path, groups: str) -> Path:
    """A machine on which this process is in the groups; answers where groups are mounted."""
    quota(root / "proc/self", "cgroup", groups)
    return root / "sys/fs/cgroup"


@pytest.mark.usefixtures("sixteen")
@pytest.mark.parametrize(
    ("limit", "count"),
    [
        ("400000 100000\n", 4),
        ("250000 100000\n", 2),  # a thread more than processors would wait for its turn
        ("50000 100000\n", 1),
        ("6400000 100000\n", 16),
        ("max 100000\n", 16),
        ("", 16),
        ("four of them\n", 16),
        ("400000 0\n", 16),
    ],
)
def test_the_quota_of_a_container(tmp_path: Path, limit: str, count: int) -> None:
    mounted = machine(tmp_path, "0::/\n")
    quota(mounted, "cpu.max", limit)
    assert cores(tmp_path) == count


@pytest.mark.usefixtures("sixteen")
def test_the_narrowest_of_nested_groups_counts(tmp_path: Path) -> None:
    mounted = machine(tmp_path, "0::/system.slice/job.scope\n")
    quota(mounted / "system.slice/job.scope", "cpu.max", "800000 100000\n")
    quota(mounted / "system.slice", "cpu.max", "300000 100000\n")
    assert cores(tmp_path) == 3


@pytest.mark.usefixtures("sixteen")
@pytest.mark.parametrize("limit", ["500000", "-1"])
def test_quotas_of_version_1(tmp_path: Path, limit: str) -> None:
    """A container sees its own group as the root, while its path is the one of the host."""
    mounted = machine(tmp_path, "4:memory:/docker/a\n3:cpu,cpuacct:/docker/a\n0::/\n")
    quota(mounted / "cpu,cpuacct", "cpu.cfs_quota_us", f"{limit}\n")
    quota(mounted / "cpu,cpuacct", "cpu.cfs_period_us", "100000\n")
    assert cores(tmp_path) == (16 if limit == "-1" else 5)


@pytest.mark.usefixtures("sixteen")
@pytest.mark.parametrize(
    "groups", ["", "0::/../../elsewhere\n", "nothing like it", "0::\n", "\xff"]
)
def test_a_system_without_groups(tmp_path: Path, groups: str) -> None:
    machine(tmp_path, groups)
    assert cores(tmp_path) == 16


def test_affinity_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 5, 7}, raising=False)
    assert cores(tmp_path) == 3
    monkeypatch.setattr(os, "process_cpu_count", lambda: 2, raising=False)  # Python 3.13
    assert cores(tmp_path) == 2
    monkeypatch.setattr(os, "process_cpu_count", lambda: None, raising=False)
    assert cores(tmp_path) == 1
