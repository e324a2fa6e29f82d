"""The folder pipeline on a Ray cluster of this machine: the answers of one process, in order."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import netspec
from netspec.machine.errors import UnusableError
from netspec.runtime import cluster
from netspec.runtime.cluster import answers_on_ray
from netspec.runtime.pipeline import Answers, answers, joined
from netspec.runtime.session import Session

ray: Any = pytest.importorskip("ray", reason="clusters need the extra `ray`")
# Ray warns of its own settings
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
ROOT = Path(__file__).parent.parent
DIGITS = ROOT / "specs" / "digits"


@pytest.fixture(scope="module", autouse=True)
def small_cluster() -> Iterator[None]:
    """Two actors' worth of processors; workers import the tests as this process does."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    ray.init(
        num_cpus=2,
        logging_level="ERROR",
        log_to_driver=False,
        include_dashboard=False,
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def session() -> Session:
    """The trained digits net."""
    return Session(netspec.load(DIGITS / "lenet5.yaml"), device="cpu")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Pictures, one that is broken, and arrays, in no order of their names."""
    pictures = [str(path) for path in sorted((DIGITS / "samples").glob("*.png"))]
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    arrays = tmp_path / "arrays.npy"
    np.save(arrays, np.random.default_rng(0).random((5, 1, 32, 32), np.float32))
    return [*pictures[6:], str(broken), str(arrays), *pictures[:6]] * 4


def same(found: Answers | None, expected: Answers | None) -> None:
    """Both have the same names in one order, and the same outputs."""
    assert found is not None and expected is not None
    assert list(found.names) == list(expected.names)
    assert found.outputs.keys() == expected.outputs.keys()
    for name, array in expected.outputs.items():
        np.testing.assert_allclose(found.outputs[name], array, rtol=1e-5, atol=1e-6)


def test_a_cluster_answers_as_one_process(session: Session, files: list[str]) -> None:
    failed: list[str] = []
    alone: list[str] = []
    expected = joined(answers(session, files, 4, alone.append))
    same(joined(answers_on_ray(session, files, 4, failed.append)), expected)
    assert failed == alone
    assert len(failed) == 4


def test_what_is_answered_already_is_left_out(session: Session, files: list[str]) -> None:
    done = {files[0], files[8], f"{files[7]}[2]"}
    left = dict.fromkeys(done, 1)  # each stands in `files` four times, and is there once

    found = joined(
        answers_on_ray(session, files, 4, lambda fault: None, lambda name: bool(left.pop(name, 0)))
    )

    everything = joined(answers(session, files, 4, lambda fault: None))
    assert found is not None and everything is not None
    expected = list(everything.names)
    for name in done:
        expected.remove(name)
    assert list(found.names) == expected


def test_a_worker_that_is_killed_costs_nothing(
    session: Session, files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomb = tmp_path / "tomb"

    class Mortal(cluster._Worker):
        """Killed in the midst of its work, once."""

        def __call__(self, rows: Mapping[str, NDArray[Any]]) -> dict[str, list[Any]]:
            made = super().__call__(rows)
            if not tomb.exists():
                tomb.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return made

    monkeypatch.setattr(cluster, "_Worker", Mortal)
    found = joined(answers_on_ray(session, files, 4, lambda fault: None))
    assert tomb.exists()
    same(found, joined(answers(session, files, 4, lambda fault: None)))


def test_without_ray_the_extra_is_named(
    session: Session, files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(UnusableError, match="Ray is not installed") as error:
        next(answers_on_ray(session, files, 4, lambda fault: None))
    assert "netspec-compiler[ray]" in str(error.value.help)
