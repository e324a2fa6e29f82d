"""The memory of a step: what is foretold, against what ONNX Runtime executes; and what `check
--train` says of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import NodeProto, helper

from netspec.graph import Graph
from netspec.layers import TensorType
from netspec.layers.norm import BatchNorm
from netspec.onnxgen.extents import Extent, extents
from netspec.onnxgen.program import Program, as_model
from netspec.onnxgen.target import DEFAULT
from netspec.runtime import arena
from netspec.runtime.bestfit import BestFit
from netspec.runtime.content import Content
from netspec.text.training import LOSSES, OPTIMIZERS, Training, chosen
from netspec.train.early import with_early_masks
from netspec.train.lives import lifetimes, spread, taken
from netspec.train.losses import default_loss
from netspec.train.memory import StepMemory, step_memory
from netspec.train.step import LOSS, Objective, Step, training_step
from tests.commands import environment, netspec
from tests.graphs import TWO_INPUTS, graph_around, graph_of
from tests.layer_samples import SAMPLES, Sample

BRANCHES = """\
netspec: 1
name: branches
input: 3x12x10
net: INPUT -> CONV(8) -> BN -> RELU
  -> CONCAT{ CONV(4) -> RELU | CONV(4) -> TANH | POOL(3, 1, pad=1) }
  -> ADD{ CONV(16, 3, 2) | POOL(2) } -> LEAKYRELU -> DROPOUT(0.5) -> GAP -> FC(7)
where:
  CONV: {kernel: 3, pad: 1}
"""
POOLED = """\
netspec: 1
name: pooled
input: 1x12x12
net: INPUT -> CONV(6, 5) -> RELU -> POOL(2) -> CONV(8, 3) -> SIGMOID -> AVGPOOL(2)
  -> FC(10) -> RELU -> FC(3)
"""
NETS = {"branches": BRANCHES, "pooled": POOLED}


def step_of(graph: Graph, optimizer: str = "sgd") -> Step:
    training = Training(optimizer=chosen(OPTIMIZERS, optimizer))
    return training_step(Objective(graph, default_loss(graph, True), True), training)


def memory_of(text: str, batch: int = 4, optimizer: str = "sgd") -> StepMemory:
    return step_memory(step_of(graph_of(text), optimizer), batch)


def executed(program: Program, batch: int, folder: Path) -> list[tuple[str, int]]:
    """The nodes that run, in their order, and the bytes of their results, by ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    Content(b"", as_written=True).lay_out(options)
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "profile")
    options.log_severity_level = 3
    model = as_model(program).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
    kinds = {"tensor(float)": np.float32, "tensor(int64)": np.int64}
    feeds = {
        at.name: np.zeros([batch if axis == "N" else axis for axis in at.shape], kinds[at.type])
        for at in session.get_inputs()
    }
    session.run(None, feeds)
    events = json.loads(Path(session.end_profiling()).read_text("utf-8"))
    ran = [e for e in events if e["name"].endswith("_kernel_time")]
    return [(e["name"].removesuffix("_kernel_time"), int(e["args"]["output_size"])) for e in ran]


def compare(program: Program, batch: int, folder: Path) -> None:
    """What runs, and how large its results are, against what is foretold."""
    sizes = extents(program, batch)
    foretold = [
        (node.name, sum(sizes[made].nbytes for made in node.output))
        for node in program.nodes
        if node.op_type != "Constant"
    ]
    # the runtime puts Shape first, which takes no memory to speak of
    shapes = {node.name for node in program.nodes if node.op_type == "Shape"}
    ran = [pair for pair in executed(program, batch, folder) if pair[0] not in shapes]
    assert ran == [pair for pair in foretold if pair[0] not in shapes]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("name", NETS)
def test_what_is_foretold_is_what_runs(name: str, optimizer: str, tmp_path: Path) -> None:
    compare(step_of(graph_of(NETS[name]), optimizer).program, 5, tmp_path)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if not s.layer.source], ids=str)
def test_each_layer_is_foretold(sample: Sample, tmp_path: Path) -> None:
    """Behind a BN, so that its gradient is needed."""
    graph = graph_around(sample)
    *inputs, last = graph.nodes
    norms = [replace(at, name=f"n{at.name}", layer=BatchNorm(), inputs=(at.name,)) for at in inputs]
    last = replace(last, inputs=tuple(norm.name for norm in norms))
    graph = replace(graph, nodes=(*inputs, *norms, last))
    objective = Objective(graph, chosen(LOSSES, "squared-error"), labels=False)
    step = training_step(objective, Training())
    assert step_memory(step, 3).total_bytes > 0
    compare(step.program, 3, tmp_path)


def program_of(nodes: list[NodeProto], inputs: dict[str, int], outputs: list[str]) -> Program:
    types = {name: TensorType((size,)) for name, size in inputs.items()}
    return Program(
        graph=graph_of(POOLED),
        target=DEFAULT,
        nodes=tuple(nodes),
        tensors={},
        types=types,
        dtypes={},
        exact=frozenset(),
        kept=frozenset(),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
    )


def node(op: str, inputs: str, output: str, **attributes: Any) -> NodeProto:
    return helper.make_node(op, inputs.split(), [output], name=output, **attributes)


def test_lives_end_with_the_last_reader_and_views_prolong_them() -> None:
    program = program_of(
        [
            node("Neg", "x", "a"),  # 0
            node("Identity", "a", "view"),  # 1: the memory of a
            node("Neg", "x", "b"),  # 2
            node("Tanh", "b", "t"),  # 3: in the place of b
            node("Add", "view t", "c"),  # 4
            node("Tanh", "c", "u"),  # 5: not in the place of c, which is read later
            node("Mul", "c u", "x/next"),  # 6: has its place already
        ],
        {"x": 10},
        ["x/next"],
    )
    names = ["x", *(made.output[0] for made in program.nodes)]
    sizes = {name: Extent((100, 10), 4) for name in names}
    lives = lifetimes(program, sizes, frozenset({"x/next"}))
    assert [(life.names, life.first, life.last) for life in lives] == [
        (("a", "view"), 0, 4),
        (("b", "t"), 2, 4),
        (("c",), 4, 6),
        (("u",), 5, 6),
    ]
    assert taken(program, sizes, lives) == [n * 4000 for n in (1, 1, 2, 2, 3, 2, 2)]
    assert spread(program, sizes, lives) == 3 * 4096


def test_a_node_that_takes_memory_for_itself_does_so_while_it_runs() -> None:
    program = program_of(
        [node("Less", "x y", "m"), node("Where", "m x y", "w"), node("Sum", "w x y", "s")],
        {"x": 10, "y": 10},
        ["s"],
    )
    four = Extent((100, 10), 4)
    sizes = {"x": four, "y": four, "m": Extent((100, 10), 1), "w": four, "s": four}
    lives = lifetimes(program, sizes, frozenset())
    assert taken(program, sizes, lives) == [1000, 1000 + 3 * 4000, 3 * 4000]


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 30)), max_size=60))
def test_pieces_of_a_region_never_overlap_and_become_one_again(
    moves: list[tuple[int, int]],
) -> None:
    """After each take of some bytes the piece of some number is given back."""
    region, held = BestFit(), list[tuple[int, int]]()
    for nbytes, number in moves:
        piece = region.take(nbytes)
        assert piece[1] % 256 == 0 and nbytes <= piece[1] <= nbytes + 256
        held.append(piece)
        assert region.most >= sum(size for _, size in held)
        assert all(a + size <= b for (a, size), (b, _) in pairwise(sorted(held)))
        if number < len(held):
            region.give(*held.pop(number))
    for piece in held:
        region.give(*piece)
    if moves:
        assert region.take(region.most) == (0, region.most)


def test_a_piece_comes_from_the_smallest_gap_that_holds_it() -> None:
    region = BestFit()
    places = [region.take(size) for size in (1024, 256, 512, 256)]
    region.give(*places[0])
    region.give(*places[2])
    assert region.take(300) == (1280, 512)
    assert region.take(2000) == (2048, 2048)
    assert region.take(256) == (0, 256)
    assert region.most == 4096


def test_a_mask_takes_the_place_of_what_it_is_made_of() -> None:
    """conv1 -> relu1 -> pool1: the backward pass needs to know where relu1 was above 0. Before
    another FC it needs relu2 itself.
    """
    kept = {held.name: held for held in memory_of(POOLED).kept}
    assert "relu1" not in kept and "relu2" in kept
    mask = kept["relu1/grad/Greater"]
    assert (mask.nbytes, mask.why) == (4 * 6 * 8 * 8, "for relu1")
    assert kept["relu2"].why == "for fc2, relu2"


def test_what_the_backward_pass_alone_needs_is_named() -> None:
    kept = {held.name: held for held in memory_of(POOLED).kept}
    places = kept["pool1/grad/MaxPool:1"]
    assert (places.nbytes, places.why) == (4 * 6 * 4 * 4 * 8, "for pool1")
    assert kept["sigmoid1"].layers == ("sigmoid1",)
    assert "conv1" not in kept


def test_early_masks_come_after_what_they_read_and_change_nothing_else() -> None:
    program = step_of(graph_of(BRANCHES)).program
    there = {*program.inputs}
    for made in program.nodes:
        assert there.issuperset(filter(None, made.input)), made.name
        there.update(made.output)
    assert with_early_masks(program, LOSS).nodes == program.nodes


def test_memory_grows_with_the_batch_and_the_state() -> None:
    one, two = memory_of(POOLED, 8), memory_of(POOLED, 16)
    assert one.state_bytes == two.state_bytes
    assert (two.input_bytes - 8) / (one.input_bytes - 8) == 2  # less the rate and the step
    assert two.kept_bytes > 1.9 * one.kept_bytes
    adam = memory_of(POOLED, 8, "adam")
    assert adam.state_bytes == 3 * one.state_bytes
    parts = (adam.state_bytes, adam.input_bytes, adam.tensor_bytes, adam.gap_bytes)
    assert adam.total_bytes == sum(parts) + adam.program_bytes
    assert adam.tensor_bytes >= sum(held.nbytes for held in adam.alive) > 0


def test_many_layers_that_need_a_tensor_are_not_all_named() -> None:
    net = "INPUT -> FC(4) -> CONCAT{ FC(4) | FC(4) | FC(4) | FC(4) | FC(4) | FC(4) }"
    text = f"netspec: 1\nname: many\ninput: 6\nnet: '{net}'\n"
    (fan,) = (held for held in memory_of(text).kept if held.name == "fc1")
    assert fan.why == "for fc7, fc6, fc5, fc4 and 2 more"


def test_sessions_share_a_pool_if_there_can_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("an allocator is there already")

    def shared() -> bool:
        options = onnxruntime.SessionOptions()
        arena.share_pool(options)
        try:
            return bool(options.get_session_config_entry("session.use_env_allocators") == "1")
        except RuntimeError:  # no such entry
            return False

    assert shared()
    monkeypatch.setattr(onnxruntime, "create_and_register_allocator", refuse)
    monkeypatch.setattr(arena, "_registered", arena._registered.__wrapped__)
    assert not shared()


def checked_json(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    outcome = netspec(capsys, "check", "--train", "--format", "json", *arguments)
    (found,) = json.loads(outcome.out)["specs"]
    training: dict[str, Any] = found["training"]
    return training


def test_check_says_what_netspec_train_takes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (file := tmp_path / "pooled.yaml").write_text(POOLED, "utf-8")
    memory = memory_of(POOLED, 3, "adam")
    arguments = ("--batch", 3, "--optimizer", "adam", file)
    found = checked_json(capsys, *arguments)["netspec_train"]
    assert found["peak_bytes"] == memory.total_bytes
    assert found["kept_bytes"] == sum(held["bytes"] for held in found["kept"])
    assert {"name": "relu2", "bytes": 120, "why": "for fc2, relu2"} in found["kept"]
    out = netspec(capsys, "check", "--train", *arguments).out
    assert "\n\nnetspec train: peak " in out
    assert ", pool1/grad/MaxPool:1 2.2 KiB (for pool1)," in out


@pytest.mark.parametrize(
    ("text", "arguments", "why"),
    [
        (POOLED, ["--dtype", "float16"], "it keeps weights in float32, whatever --dtype says"),
        (TWO_INPUTS, [], "it takes nets with one input; this one has 2"),
        (POOLED, ["--set", "train.precision=bfloat16"], "bfloat16 takes more on one device"),
        (POOLED, ["--set", "net=INPUT -> RELU"], "the net has nothing to learn"),
        (POOLED, ["--set", "net=INPUT -> CONV(1) -> [RELU]*2000"], "more than 2,000 layers"),
    ],
)
def test_what_cannot_be_said_is_not(
    text: str,
    arguments: list[str],
    why: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    (file := tmp_path / "net.yaml").write_text(text, "utf-8")
    outcome = netspec(capsys, "check", "--train", *arguments, file)
    assert outcome.code == 0
    assert f"\nnetspec train: not said, for {why}" in outcome.out or why in outcome.out
    assert checked_json(capsys, *arguments, file)["netspec_train"] is None


def test_without_onnx_the_rest_is_said(tmp_path: Path) -> None:
    (file := tmp_path / "net.yaml").write_text(POOLED, "utf-8")
    code = "import sys; sys.modules['onnx'] = None; from netspec.cli.main import main; main()"
    outcome = subprocess.run(
        [sys.executable, "-c", code, "check", "--train", str(file)],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "\ntraining with sgd: peak " in outcome.stdout
    assert outcome.stdout.endswith("\nnetspec train: not said, for onnx is not installed\n")


@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_is_played_through(
    loss: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (file := tmp_path / "net.yaml").write_text(POOLED, "utf-8")
    found = checked_json(capsys, "--set", f"train.loss={loss}", file)
    assert found["netspec_train"]["peak_bytes"] > 0
