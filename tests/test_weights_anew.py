"""Layers that take nothing from a file of weights: the others get the tensors that they would get
beside them, whatever the file has for these.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("numpy")

from netspec.machine.errors import UnusableError
from netspec.weights.assigned import Assigned, assign_names
from netspec.weights.checkpointed import CheckpointFile
from netspec.weights.stored import Stored
from tests.graphs import graph_of
from tests.state_dicts import COUNTERPARTS, in_file, spec_text, state_dict


def assigned(text: str, name: str, besides: tuple[str, ...]) -> Assigned:
    """What a state dict gives a net; auxiliary heads may be left over."""
    graph, stored = graph_of(text), in_file(state_dict(name))
    extra = bool(COUNTERPARTS[name][1])
    return assign_names(graph, Path("w"), stored, {}, allow_extra=extra, besides=besides)


def last_layer(text: str) -> str:
    return [name.rpartition(".")[0] for name, _ in graph_of(text).all_weights()][-1]


@pytest.mark.parametrize("name", COUNTERPARTS)
def test_a_state_dict_gives_all_layers_but_the_last_what_it_gave_them(name: str) -> None:
    text = spec_text(COUNTERPARTS[name][0])
    other = text.replace("FC(1000)", "FC(17)").replace("CONV(1000, 1)", "CONV(17, 1)")
    other = other.replace("FC(10)", "FC(17)")
    last = last_layer(text)
    whole, part = assigned(text, name, ()), assigned(other, name, (last,))
    kept = {ours: theirs for ours, theirs in whole.theirs.items() if ours.split(".")[0] != last}
    assert part.theirs == kept and len(kept) < len(whole.theirs)
    assert assigned(text, name, (last,)).theirs == kept
    with pytest.raises(UnusableError):
        assigned(other, name, ())


def test_what_is_left_over_is_still_said() -> None:
    text = "netspec: 1\nname: n\ninput: 4\nnet: INPUT -> FC(8) -> RELU -> FC(3)"
    shapes = {"a.weight": (8, 4), "a.bias": (8,), "b.weight": (5, 8), "b.bias": (5,)}
    stored = {name: Stored(shape, "F32") for name, shape in shapes.items()}
    more = {"c.weight": Stored((6, 6), "F32"), "c.bias": Stored((6,), "F32")}
    graph = graph_of(text)
    found = assign_names(graph, None, stored, {}, allow_extra=False, besides=("fc2",))
    assert found.theirs == {"fc1.weight": "a.weight", "fc1.bias": "a.bias"}
    assert found.extra == ("b.bias", "b.weight")
    with pytest.raises(UnusableError) as refused:
        assign_names(graph, None, {**stored, **more}, {}, allow_extra=False, besides=("fc2",))
    assert "extra: c.weight" in refused.value.message


def test_the_weights_of_a_checkpoint_are_its_best() -> None:
    class Held:
        stored = dict.fromkeys(
            ("fc1.weight", "fc1.bias", "best/fc1.weight", "fc1.weight/momentum"), Stored((), "F32")
        )

        def read(self, name: str) -> str:
            return name

    file = CheckpointFile(Held())  # type: ignore[arg-type]  # it reads names for values
    assert list(file.stored) == ["fc1.weight", "fc1.bias"]
    assert file.read("fc1.weight") == "best/fc1.weight"
    assert file.read("fc1.bias") == "fc1.bias"
