"""The report: definitions of cli.md, rows and totals, the table."""

from __future__ import annotations

from math import prod
from typing import Any

import pytest

from netspec.analysis.report import Report, graph_report, partial_report
from tests.texts import checked, spec

NET = """
  - stem: INPUT -> CONV(4, 3, pad=half, bias=no) -> BN -> RELU
  - POOL @x -> CONV(6, [1, 3], groups=2) -> DROPOUT -> IDENTITY
  - DECONV(2, 2, 2) -> FC(5) -> RESHAPE([5, 1, 1]) -> PRELU
"""


def report(net: str = NET, rest: str = "", batch: int = 1, dtype: str = "float32") -> Report:
    """The report of a net that is accepted."""
    graph = checked(spec(net, rest, size="3x8x10")).graph
    assert graph is not None
    return graph_report(graph, batch, dtype)


def rows(it: Report) -> dict[str, tuple[Any, ...]]:
    """Shape, parameters, MACs and activations by name."""
    return {row.name: (row.shape, row.params, row.macs, row.activations) for row in it.rows}


def test_every_row_by_hand() -> None:
    assert rows(report()) == {
        "input": ((3, 8, 10), 0, 0, 0),
        "stem.conv1": ((4, 8, 10), 4 * 3 * 9, 4 * 3 * 9 * 80, 320),
        "stem.bn1": ((4, 8, 10), 8, 0, 320),
        "stem.relu1": ((4, 8, 10), 0, 0, 320),
        "pool1": ((4, 4, 5), 0, 0, 80),
        "conv1": ((6, 4, 3), 6 * 2 * 3 + 6, 6 * 2 * 3 * 12, 72),
        "dropout1": ((6, 4, 3), 0, 0, 0),
        "identity1": ((6, 4, 3), 0, 0, 0),
        "deconv1": ((2, 8, 6), 6 * 2 * 4 + 2, 6 * 2 * 4 * 12, 96),
        "flatten1": ((96,), 0, 0, 0),
        "fc1": ((5,), 96 * 5 + 5, 96 * 5, 5),
        "reshape1": ((5, 1, 1), 0, 0, 0),
        "prelu1": ((5, 1, 1), 5, 0, 5),
    }


def test_totals_are_sums_of_rows() -> None:
    it = report(batch=3, dtype="float16")
    totals = it.totals
    assert totals.params == sum(row.params for row in it.rows)
    assert totals.macs == sum(row.macs for row in it.rows)
    assert totals.flops == 2 * totals.macs
    assert totals.activations == sum(row.activations for row in it.rows)
    assert totals.activation_bytes == sum(row.activation_bytes for row in it.rows)
    assert totals.activation_bytes == 2 * totals.activations
    assert totals.weight_bytes == 2 * (totals.params + 8)  # the running mean and variance of BN
    assert totals.training_bytes == 0


@pytest.mark.parametrize(("dtype", "size"), [("float32", 4), ("float16", 2), ("bfloat16", 2)])
def test_shapes_and_parameters_are_of_one_sample_the_rest_of_the_batch(
    dtype: str, size: int
) -> None:
    one, many = report(), report(batch=7, dtype=dtype)
    for a, b in zip(one.rows, many.rows, strict=True):
        assert (a.shape, a.params) == (b.shape, b.params)
        assert (7 * a.macs, 7 * a.activations) == (b.macs, b.activations)
        assert b.activation_bytes == size * b.activations
    assert many.totals.weight_bytes * 4 == one.totals.weight_bytes * size
    assert many.totals.inference_peak_bytes * 4 == one.totals.inference_peak_bytes * 7 * size


@pytest.mark.parametrize(("batch", "dtype"), [(0, "float32"), (-1, "float32"), (1, "float8")])
def test_a_batch_is_positive_and_a_dtype_known(batch: int, dtype: str) -> None:
    with pytest.raises(ValueError, match="batch"):
        report(batch=batch, dtype=dtype)


def test_receptive_fields() -> None:
    it = report("INPUT -> CONV(2, 3) -> POOL(2) -> CONV(2, [1, 2], dilation=2) -> GAP -> FC(2)")
    fields = [row.receptive_field for row in it.rows]
    assert fields == [(1, 1), (3, 3), (4, 4), (4, 8), (8, 10), (8, 10)]


def test_the_field_of_a_merge_is_the_largest_of_its_branches() -> None:
    it = report("INPUT -> ADD{ | CONV(3, 5, pad=half) | CONV(3, 3, pad=half) }")
    assert it.rows[-1].receptive_field == (5, 5)


def test_places_are_of_the_kinds_tokens() -> None:
    places = {row.name: (row.line, row.column) for row in report().rows}
    assert places["stem.conv1"] == (5, 20)
    assert places["flatten1"] == places["fc1"] == (7, 24)


def test_what_could_be_shaped_of_a_rejected_net() -> None:
    result = checked(spec("INPUT -> CONV(4) -> RELU -> CONVV -> FC(2)"))
    it = partial_report("test", result.nodes)
    assert not it.complete
    assert [row.name for row in it.rows] == ["input", "conv1", "relu1"]
    assert it.outputs == {}
    assert it.totals.params == 4 * 28


def test_the_json_object_is_the_contract() -> None:
    it = report(rest='output: {aux: "@x"}')
    found: Any = it.to_json()
    assert found["name"] == "test"
    assert (found["ok"], found["batch"], found["dtype"]) == (True, 1, "float32")
    assert found["inputs"] == {"input": [3, 8, 10]}
    assert found["outputs"] == {"output": [5, 1, 1], "aux": [4, 4, 5]}
    assert list(found["outputs"]) == ["output", "aux"]
    assert found["layers"][0]["kind"] == "INPUT"
    conv = next(layer for layer in found["layers"] if layer["name"] == "conv1")
    for key, value in {
        "kind": "CONV",
        "inputs": ["pool1"],
        "shape": [6, 4, 3],
        "params": 42,
        "macs": 432,
        "activation_bytes": 4 * prod((6, 4, 3)),
        "receptive_field": [4, 8],
        "line": 6,
        "column": 16,
    }.items():
        assert conv[key] == value, key
    for key in (
        *("params", "macs", "flops", "activations", "weight_bytes", "activation_bytes"),
        *("inference_peak_bytes", "training_bytes"),
    ):
        assert isinstance(found["totals"][key], int), key


def test_the_table_names_layers_kinds_shapes_and_the_two_largest() -> None:
    text = str(report())
    for row in report().rows:
        line = next(line for line in text.splitlines() if line.split()[:1] == [row.name])
        assert row.kind in line
        assert "x".join(map(str, row.shape)) in line
    assert f"{report().totals.params:,} parameters" in text
    parameters = next(line for line in text.splitlines() if line.startswith("most parameters"))
    assert parameters.index("fc1") < parameters.index("stem.conv1")
    activations = next(line for line in text.splitlines() if line.startswith("most activations"))
    assert "stem.conv1" in activations
    assert "stem.bn1" in activations


def test_a_net_without_parameters_has_a_report() -> None:
    assert "0 parameters" in str(report("INPUT -> RELU"))
    assert str(report("INPUT"))
