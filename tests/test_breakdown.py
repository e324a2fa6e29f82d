"""What the report says of where a net is heavy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.analysis.breakdown import by_kind, by_stage
from netspec.analysis.report import Report, graph_report
from tests.graphs import SMALL, graph_of

SPECS = Path(__file__).parent.parent / "specs"
NETS = ["lenet5", "resnet50", "googlenet_aux", "densenet121", "unet"]
STAGED = """\
netspec: 1
name: staged
input: 3x16x16
net:
  - stem: INPUT -> CONV(8, 3, pad=1) -> RELU
  - body: "[CONV(16, 3, pad=1) -> RELU]*2 -> POOL"
  - GAP
  - head: FC(10)
"""


def report(net: str, batch: int = 1) -> Report:
    """The report of a net of the zoo."""
    return graph_report(netspec.load(SPECS / f"{net}.yaml").elaborate(), batch)


@pytest.mark.parametrize("net", NETS)
def test_groups_add_up_to_the_totals(net: str) -> None:
    whole = report(net, 3)
    for parts in (by_kind(whole.rows), by_stage(whole.rows)):
        if parts:
            assert sum(part.layers for part in parts) == len(whole.rows)
            assert sum(part.params for part in parts) == whole.totals.params
            assert sum(part.macs for part in parts) == whole.totals.macs
            activation_bytes = sum(part.activation_bytes for part in parts)
            assert activation_bytes == whole.totals.activation_bytes


def test_json() -> None:
    found: Any = graph_report(graph_of(STAGED)).to_json()["breakdown"]
    assert [part["kind"] for part in found["kinds"]][:3] == ["INPUT", "CONV", "RELU"]
    assert [part["stage"] for part in found["stages"]] == ["stem", "body", None, "head"]
    for parts in found.values():
        for what in ("params", "macs", "activation_bytes"):
            assert sum(part["shares"][what] for part in parts) == pytest.approx(1)


def test_stages_stand_in_the_text_where_two_are_labelled() -> None:
    text = str(graph_report(graph_of(STAGED)))
    assert text.splitlines()[-5].split()[:2] == ["stage", "layers"]
    assert [line.split()[0] for line in text.splitlines()[-4:]] == ["stem", "body", "(no", "head"]
    assert "stage" not in str(graph_report(graph_of(SMALL)))


@pytest.mark.parametrize("net", NETS)
def test_a_breakdown_is_short(net: str) -> None:
    lines = str(report(net)).splitlines()
    start = max(at for at, line in enumerate(lines) if line.startswith("kind "))
    block = lines[start + 1 :]
    block = block[: block.index("")] if "" in block else block
    assert len(block) <= 8


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("batch", [1, 4])
def test_what_is_alive_at_the_peak_adds_up_to_it(net: str, batch: int) -> None:
    whole = report(net, batch)
    assert sum(size for _, size in whole.peak_tensors) == whole.totals.inference_peak_bytes
    found: Any = whole.to_json()["peak"]
    assert found["layer"] == whole.peak_layer
    assert found["tensors"] == [{"name": n, "bytes": size} for n, size in whole.peak_tensors]
    assert whole.peak_layer in dict(whole.peak_tensors)


def test_the_peak_in_words() -> None:
    text = str(report("resnet50"))
    assert "alive at the peak: bn4 3.1 MiB, conv5 3.1 MiB, bn5 3.1 MiB" in text
