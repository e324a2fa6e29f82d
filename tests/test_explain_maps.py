"""Maps of nets with branches, with layers used many times and with several inputs; what they add up
to; what is refused.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

import numpy as np
import pytest

from netspec.explain.gradcam import gradcam
from netspec.explain.model import Model
from netspec.explain.net import Net
from netspec.explain.saliency import Averaging, saliency
from netspec.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from netspec.weights.values import ArrayValues
from tests.explain_nets import SAMPLES, digits
from tests.explain_oracle import Oracle, Watched
from tests.gradient_models import error
from tests.graphs import SMALL, graph_of
from tests.net_models import random_feeds, random_weights

#: A block that is called twice, one rectifier for three readers, one reader of the same twice.
TANGLED = """\
netspec: 1
name: tangled
input: 3x12x12
net: INPUT -> B(6) -> B(6) -> RELU @a -> CONCAT{ IDENTITY | CONV(4, 3, pad=1) -> RELU | RELU }
  -> ADD{ IDENTITY | CONV(16, 1) -> RELU } -> CONCAT{ IDENTITY | @a } -> GAP -> FC(4) -> SOFTMAX
blocks:
  B(f): CONV(f, 3, pad=1) -> BN -> RELU -> ADD{ IDENTITY | CONV(f, 3, pad=1) -> RELU } -> RELU
"""

TWO_PICTURES = """\
netspec: 1
name: two_pictures
input: {left: 3x8x8, right: 1x8x8, more: 5}
net: "CONCAT{ CONCAT{ INPUT(left) | INPUT(right) } -> CONV(4, 3, pad=1) -> RELU -> POOL(2) -> GAP
  | INPUT(more) -> FC(4) -> RELU } -> FC(3)"
"""


def net_of(graph: Graph, batch: int = 8) -> Net:
    return Net(graph, ArrayValues(graph, random_weights(graph)), "cpu", batch=batch)


def picture(graph: Graph) -> Any:
    return random_feeds(graph, 1)["input"]


@pytest.mark.parametrize("rule", ["vanilla", "guided", "deconv"])
def test_branches_and_layers_used_many_times(rule: Any) -> None:
    """A rectifier passes back what all its readers send together, as one module's hook does."""
    graph = graph_of(TANGLED)
    net = Watched(graph, random_weights(graph))
    x = picture(graph)
    found = saliency(net, x, [2], rule)[0].values
    oracle = Oracle(graph, random_weights(graph), net.scored)
    named: Any = "plain" if rule == "vanilla" else rule
    _, expected = oracle.gradient({"input": x}, [2], net.seen[0], "input", named)
    assert error(found, expected[0]) < 1e-5


def test_several_inputs() -> None:
    """The map is of the first with an area; the others stay as they are, for `integrated` too."""
    graph = graph_of(TWO_PICTURES)
    net, x = net_of(graph), random_feeds(graph, 1)
    assert net.input == "left"
    (found,) = saliency(net, x, [1], "integrated", Averaging(steps=200))
    assert found.values.shape == (3, 8, 8)
    before = {**x, "left": np.zeros_like(x["left"])}
    fall = float((net.scores(x) - net.scores(before))[0, 1])
    assert abs(float(found.values.sum()) - fall) < 1e-3 * abs(fall)
    assert gradcam(net, x, [0, 1])[0].values.shape == (8, 8)
    with pytest.raises(InputError, match="several inputs; give left, right, more by name"):
        net.scores(x["left"])


def test_shares_add_up_to_the_score() -> None:
    """Sundararajan et al. 2017, proposition 1: completeness."""
    graph = graph_of(TANGLED)
    net, x = net_of(graph), picture(graph)
    baseline = np.full_like(x, 0.1)
    (found,) = saliency(net, x, [3], "integrated", Averaging(steps=200, baseline=baseline))
    rise = float((net.scores(x) - net.scores(baseline))[0, 3])
    assert abs(float(found.plane.sum()) - rise) < 5e-3 * abs(rise)


def test_the_size_of_batches_does_not_matter() -> None:
    graph = graph_of(TANGLED)
    many = random_feeds(graph, 7)["input"]
    three, all_at_once = (net_of(graph, size).scores(many) for size in (3, 64))
    assert error(three, all_at_once) < 1e-5
    x = picture(graph)
    for method, averaging in (("smooth", Averaging(samples=7)), ("integrated", Averaging(steps=7))):
        one, other = (
            saliency(net_of(graph, size), x, [1, 0], method, averaging)  # type: ignore[arg-type]  # a str of the table
            for size in (3, 64)
        )
        for a, b in zip(one, other, strict=True):
            assert error(a.values, b.values) < 1e-5


def test_the_noise_is_seeded_and_has_its_size() -> None:
    graph = graph_of(TANGLED)
    net, x = net_of(graph), picture(graph)

    def smooth(**changed: Any) -> Any:
        return saliency(net, x, [1], "smooth", Averaging(samples=3, **changed))[0].values

    assert np.array_equal(smooth(), smooth())
    assert not np.array_equal(smooth(), smooth(seed=1))
    assert error(smooth(noise=0.0), saliency(net, x, [1])[0].values) < 1e-5


def test_the_class_activation_map_is_the_score() -> None:
    """Zhou et al. 2015, section 2: its mean over the plane is the score without the bias.  It is
    Grad-CAM's but for a factor, the pixels of the plane, and what is below 0.
    """
    graph = graph_of(TANGLED)
    net, x = net_of(graph), picture(graph)
    numbers = range(net.classes)
    bias = random_weights(graph)[f"{net.scored}.bias"]
    maps = gradcam(net, x, numbers, "cam")
    for at, one, other in zip(numbers, maps, gradcam(net, x, numbers), strict=True):
        score = float(net.scores(x)[0, at] - bias[at])
        assert abs(float(one.values.mean()) - score) < 1e-4 * abs(score)
        assert one.signed
        assert not other.signed
        assert np.allclose(np.maximum(one.values, 0), other.values * 144, atol=1e-4)


@pytest.mark.parametrize("between", ["", "FLATTEN -> ", "DROPOUT -> ", "FLATTEN -> DROPOUT -> "])
def test_what_stands_between_gap_and_fc_changes_no_class_activation_map(between: str) -> None:
    head = f"INPUT -> CONV(5, 3, pad=1) -> RELU -> GAP -> {between}FC(3) -> SOFTMAX"
    graph = graph_of(f"netspec: 1\nname: n\ninput: 2x7x6\nnet: {head}\n")
    net, x = net_of(graph), picture(graph)
    bias, scores = random_weights(graph)["fc1.bias"], net.scores(x)[0]
    for found in gradcam(net, x, [0, 2], "cam"):
        assert found.layer == "relu1"
        mean = scores[found.number] - bias[found.number]
        assert found.values.mean() == pytest.approx(mean, rel=1e-5)


def test_what_cancels_out_is_nothing() -> None:
    """Two planes that are the same, weighed against each other, but for a rounding of float32."""
    text = "netspec: 1\nname: n\ninput: 2x7x6\nnet: INPUT -> CONV(2, 3) -> RELU -> GAP -> FC(2)\n"
    graph = graph_of(text)
    given = random_weights(graph)
    given["conv1.weight"][1] = given["conv1.weight"][0]
    given["conv1.bias"][:] = 1
    given["fc1.weight"][:] = np.array([[1, -1 + 1e-7], [1, 1]], np.float32)
    net, x = Net(graph, ArrayValues(graph, given), "cpu"), picture(graph)
    for method in ("gradcam", "cam"):
        none, some = gradcam(net, x, [0, 1], method)
        assert not none.values.any() and some.values.any()


def test_guided_grad_cam_is_their_product() -> None:
    graph = graph_of(TANGLED)
    net, x = net_of(graph), picture(graph)
    (both,) = gradcam(net, x, [2], "guided-gradcam", "conv3")
    (guided,), (coarse,) = saliency(net, x, [2], "guided"), gradcam(net, x, [2], layer="conv3")
    assert both.layer == "conv3"
    assert np.array_equal(both.values, guided.values * coarse.values)


def test_maps_of_digits_lie_on_the_strokes() -> None:
    """How much of a map is inside the ink's bounding box beyond what would be there by chance, the
    box's share of the picture: 0 of an even map, 1 of one that lies there whole.
    """
    net = digits()
    beyond: dict[str, list[float]] = {"vanilla": [], "integrated": []}
    for path in SAMPLES:
        x, pixels = net.prepare(path)
        rows, columns = np.nonzero(pixels > 127)
        box = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        chance = pixels[box].size / pixels.size
        number = int(net.scores(x)[0].argmax())
        for method, found in beyond.items():
            mass = np.abs(saliency(net, x, [number], method)[0].plane)  # type: ignore[arg-type]  # a key
            found.append((mass[box].sum() / mass.sum() - chance) / (1 - chance))
    assert np.mean(beyond["vanilla"]) > 0.25
    assert min(beyond["integrated"]) > 0.6 and np.mean(beyond["integrated"]) > 0.8


def test_what_a_map_says() -> None:
    graph = graph_of(SMALL)
    net, x = net_of(graph), picture(graph)
    (found,) = saliency(net, x, [net.meaning.number("bee")])
    assert (found.method, found.layer, found.label, found.number) == ("vanilla", "input", "bee", 1)
    assert found.probability == pytest.approx(net.probabilities(x)[0, 1], abs=1e-6)
    assert np.array_equal(found.plane, np.abs(found.values).max(axis=0))
    assert gradcam(net, x, [1])[0].layer == "pool1"
    assert net.meaning.number("2") == 2


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("INPUT -> CONV(3, 4) -> SIGMOID", False),  # Cx1x1 is one score a class too
        ("INPUT -> CONV(3, 4) -> LOGSOFTMAX", True),
        ("INPUT -> FC(3)", True),
    ],
)
def test_scores_are_before_what_makes_them_probabilities(text: str, sums: bool) -> None:
    graph = graph_of(f"netspec: 1\nname: n\ninput: 2x4x4\nnet: {text}\n")
    net, x = net_of(graph), random_feeds(graph, 5)["input"]
    scores, chances = net.scores(x), net.probabilities(x)
    assert scores.shape == chances.shape == (5, 3)
    assert (scores < 0).any()
    assert saliency(net, x[:1], [2])[0].probability == pytest.approx(chances[0, 2], abs=1e-6)
    powers = np.exp(scores)
    each = powers / powers.sum(1, keepdims=True) if sums else powers / (1 + powers)
    assert np.allclose(chances, each, atol=1e-6)


def test_one_score_without_a_sigmoid_is_a_value() -> None:
    graph = graph_of("netspec: 1\nname: n\ninput: 2x4x4\nnet: INPUT -> FC(1)\n")
    net, x = net_of(graph), random_feeds(graph, 3)["input"]
    assert not net.meaning.probable
    assert np.array_equal(net.probabilities(x), net.scores(x))
    (found,) = saliency(net, x[:1], [0])
    assert (found.probability, found.label) == (None, "")
    assert found.score == net.scores(x[:1])[0, 0]


def test_few_models_are_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has the weights once more; the one that was asked for last stays."""
    alive = WeakSet[Model]()

    class Counted(Model):
        def __init__(self, *what: Any) -> None:
            super().__init__(*what)
            alive.add(self)
            assert len(alive) <= 4

    monkeypatch.setattr("netspec.explain.models.Model", Counted)
    graph = graph_of(SMALL)
    net, x = net_of(graph), picture(graph)
    for node in graph.nodes:
        net.activations(x, (net.scored, node.name))
        kept = {id(each) for each in alive}
        net.activations(x, (net.scored, node.name))
        assert {id(each) for each in alive} == kept
    assert len(alive) == 4


def refused(text: str, make: Any) -> str:
    """What is said of it."""
    graph = graph_of(text)
    with pytest.raises(UnusableError) as caught:
        make(net_of(graph), picture(graph))
    return f"{caught.value.message} | {caught.value.help}"


FLAT = "netspec: 1\nname: flat\ninput: 4\nnet: INPUT -> FC(3)\n"
PLANES = "netspec: 1\nname: planes\ninput: 2x8x8\nnet: INPUT -> CONV(3, 3)\n"


@pytest.mark.parametrize(
    ("text", "make", "said"),
    [
        (
            SMALL,
            lambda net, x: gradcam(net, x, [0], layer="fc1"),
            "layer `fc1` answers 8, which has no area | `pool1` is the last with one",
        ),
        (
            SMALL,
            lambda net, x: gradcam(net, x, [0], layer="pool"),
            "no layer `pool` | did you mean `pool1`?",
        ),
        (
            SMALL,
            lambda net, x: gradcam(net, x, [0], "cam"),
            "`cam` is of nets that end in GAP and FC, and this one does not | "
            "`gradcam` is the same for all nets",
        ),
        (
            TANGLED,
            lambda net, x: gradcam(net, x, [0], "cam", "conv1"),
            "`cam` reads the layer before GAP, `concat2`, not `conv1` | `gradcam` reads any",
        ),
        (
            FLAT,
            lambda net, x: gradcam(net, x, [0]),
            "the net has no layer with an area | `saliency` explains a net of any layers",
        ),
        (
            PLANES,
            lambda net, x: None,
            "`conv1` answers 3x6x6, and an explanation needs one score for each class | "
            "let the net end in GAP or FC",
        ),
        (
            SMALL,
            lambda net, x: net.meaning.number("be"),
            "no class `be`; there are 3 | did you mean `bee`?",
        ),
        (
            SMALL,
            lambda net, x: net.meaning.number("3"),
            "no class `3`; there are 3 | give a number from 0 to 2 or a label",
        ),
        (
            SMALL,
            lambda net, x: saliency(net, x, [-1]),
            "no class `-1`; there are 3 | give a number from 0 to 2 or a label",
        ),
        (
            SMALL,
            lambda net, x: saliency(net, x, [0], "vanila"),  # type: ignore[arg-type]  # on purpose
            "no method `vanila` | there are vanilla, guided, deconv, smooth, integrated, "
            "input*gradient",
        ),
        (
            SMALL,
            lambda net, x: saliency(net, x, [0], "smooth", Averaging(samples=0)),
            "a mean is of one sample at least, and a way of one step | None",
        ),
        (
            FLAT,
            lambda net, x: saliency(net, x, [0], "guided"),
            "`guided` differs from the gradient at RELU and RELU6, and this net has none | "
            "`vanilla` is what to ask for",
        ),
        (
            FLAT,
            lambda net, x: net.meaning.number("3"),
            "no class `3`; there are 3 | give a number from 0 to 2",
        ),
        (
            SMALL,
            lambda net, x: net.gradients(x, np.ones((4, 8, 8)), ["fc2"], of="conv1"),
            "`conv1` does not depend on `fc2` | None",
        ),
        (
            PLANES.replace("CONV(3, 3)", "FC(3)"),
            lambda net, x: net.prepare("x.png"),
            "a picture needs an `image:` section in the spec's `input:`, which says how to read it "
            "| a picture has 1 or 3 channels, CxHxW; give the samples of this net as arrays",
        ),
    ],
)
def test_what_is_refused(text: str, make: Any, said: str) -> None:
    assert refused(text, make) == said
