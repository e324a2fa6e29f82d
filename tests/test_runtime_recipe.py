"""Sessions travel by what they are made from, and open where they are needed."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import netspec
from netspec.machine.errors import UnusableError
from netspec.onnxgen.build import build
from netspec.onnxgen.model import write_model
from netspec.runtime.errors import InputError
from netspec.runtime.session import Session
from netspec.text.diagnostics import SpecError
from netspec.weights.initial import Seeded
from tests.commands import environment
from tests.graphs import SMALL, all_values, graph_of

X = np.linspace(-1, 1, 3 * 3 * 8 * 8, dtype=np.float32).reshape(3, 3, 8, 8)

#: Unpickles sessions and runs them, in a process that knows nothing else.
ELSEWHERE = """
import pickle, sys
sessions, x = pickle.load(open(sys.argv[1], "rb"))
assert all(session._opened is None for session in sessions.values())
answers = {name: session.run(x) for name, session in sessions.items()}
pickle.dump(answers, open(sys.argv[2], "wb"))
"""


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """An element for each session that ONNX Runtime starts."""
    counted: list[object] = []
    real = onnxruntime.InferenceSession

    def start(*arguments: Any, **options: Any) -> Any:
        counted.append(arguments[0])
        return real(*arguments, **options)

    monkeypatch.setattr(onnxruntime, "InferenceSession", start)
    return counted


def sources(folder: Path) -> dict[str, Any]:
    """What a session can be made from, all of them the same net."""
    graph = graph_of(SMALL)
    (folder / "small.yaml").write_text(SMALL)
    with (folder / "small.onnx").open("wb") as file:
        write_model(build(graph), Seeded(graph), file)
    return {
        "graph": graph,
        "spec": graph.spec,
        "library": netspec.load(folder / "small.yaml"),
        "yaml": str(folder / "small.yaml"),
        "onnx": folder / "small.onnx",
    }


def test_a_session_answers_alike_in_another_process(tmp_path: Path) -> None:
    expected = Session(graph_of(SMALL), device="cpu", layers=("relu1",)).run(X)
    sessions = {
        name: Session(model, device="cpu", layers=("relu1",))
        for name, model in sources(tmp_path).items()
    }
    sessions["graph"].open()  # an open one travels too
    given, got = tmp_path / "given", tmp_path / "got"
    given.write_bytes(pickle.dumps((sessions, X)))
    command = [sys.executable, "-c", ELSEWHERE, str(given), str(got)]
    subprocess.run(command, check=True, env=environment())
    answers = pickle.loads(got.read_bytes())
    assert answers.keys() == sessions.keys()
    for found in answers.values():
        assert list(found) == list(expected)
        for output in expected:
            np.testing.assert_allclose(found[output], expected[output], rtol=1e-5, atol=1e-6)


def test_weights_and_settings_travel(tmp_path: Path) -> None:
    weights = all_values(graph_of(SMALL), Seeded(graph_of(SMALL), 7))
    for settings in ({"weights": weights}, {"seed": 7}, {"weights": weights, "dtype": "float16"}):
        session = Session(graph_of(SMALL), device="cpu", **settings)
        again = pickle.loads(pickle.dumps(session))
        np.testing.assert_array_equal(again.run(X)["output"], session.run(X)["output"])
        assert again.device == "cpu" and again.card.labels == ("ant", "bee", "cat")


def test_a_large_net_travels() -> None:
    """Graphs are flat: their depth is no depth of the pickle."""
    text = "netspec: 1\nname: deep\ninput: 4\nnet: INPUT -> [FC(4) -> RELU]*5000\n"
    graph = pickle.loads(pickle.dumps(graph_of(text)))
    assert len(graph.nodes) == 10_001
    session = Session(netspec.load("resnet152").elaborate())
    assert len(pickle.dumps(session)) < 2_000_000


def test_nothing_starts_before_it_is_needed(starts: list[object]) -> None:
    session = Session(graph_of(SMALL), device="cpu")
    copy = pickle.loads(pickle.dumps(session))
    assert not starts
    session.open().open()
    assert len(starts) == 1
    session.run(X)
    assert session.inputs and session.outputs and session.card.name and len(starts) == 1
    assert copy.device == "cpu" and len(starts) == 2


def test_threads_open_a_session_once(starts: list[object]) -> None:
    session = Session(graph_of(SMALL), device="cpu")
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(session.run(X))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(starts) == 1
    for answers in found[1:]:
        np.testing.assert_array_equal(answers["output"], found[0]["output"])


def test_what_is_missing_is_refused_at_once(tmp_path: Path, starts: list[object]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("netspec: 1\nname: bad\ninput: 4\nnet: INPUT -> POOL\n")
    graph = graph_of(SMALL)
    short = {"conv1.weight": np.zeros((4, 3, 3, 3), np.float32)}
    refused: tuple[tuple[Any, dict[str, Any], str], ...] = (
        (tmp_path / "none.onnx", {}, r"none\.onnx: no such file"),
        (tmp_path, {}, "not a file"),
        ("resnet51", {}, "no such file; did you mean `resnet50`, a net of the zoo"),
        (graph, {"weights": tmp_path / "none.npz"}, r"none\.npz: no such file"),
        (graph, {"weights": short}, "the weights do not fit the net"),
        (graph, {"layers": ("conv9",)}, "no layer `conv9`"),
    )
    for model, settings, reason in refused:
        with pytest.raises(UnusableError, match=reason):
            Session(model, **settings)
    with pytest.raises(SpecError):
        Session(bad)
    wrong: tuple[dict[str, Any], ...] = ({"dtype": "int4"}, {"batch": 0}, {"device": "tpu"})
    for settings in wrong:
        with pytest.raises(ValueError, match=r"int4|at least one|no device"):
            Session(graph, **settings)
    assert not starts


def test_nets_of_the_zoo_go_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = Session("lenet5", device="cpu")
    assert session.card.name == "lenet5"
    (kind,) = session.inputs.values()
    with pytest.raises(InputError):
        session.run(X)
    assert session.run(np.zeros((2, *kind.shape)))["output"].shape[0] == 2


def test_a_model_that_went_away_is_named_when_it_is_opened(tmp_path: Path) -> None:
    path = sources(tmp_path)["onnx"]
    session = pickle.dumps(Session(path, device="cpu"))
    path.unlink()
    with pytest.raises(UnusableError, match=r"small\.onnx: no such file"):
        pickle.loads(session).open()
