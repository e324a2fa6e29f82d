"""A net that learns in PyTorch, as a person would write it, from the weights that netspec starts
from and under its names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from numpy.typing import NDArray

from netspec.graph import Graph
from netspec.text.training import Choice
from tests.torch_reference import TRAINING_RULES, Rule, flow, torch

Array = NDArray[Any]
#: As nets are written for speed: rectifiers take the place of an input that nothing else reads.
IN_PLACE: dict[str, Rule] = TRAINING_RULES | {"RELU": lambda layer, x, w: torch.relu_(x[0])}


class TorchNet:
    """The tensors of a net with one input, by netspec's names, and their step.

    Norms take the batch's statistics, and their running ones follow; DROPOUT drops nothing.
    """

    def __init__(
        self,
        graph: Graph,
        weights: Mapping[str, Array],
        optimizer: Choice,
        *,
        decay: float = 0.0,
        l2: float = 0.0,
        smoothing: float = 0.0,
        rules: Mapping[str, Rule] = TRAINING_RULES,
        dtype: Any = torch.float32,
    ) -> None:
        """`decay` and `l2` shrink the tensors of role "weight" alone, by rate * decay apart from
        the gradient, or through the gradient.
        """
        self.graph, self.rules, self.smoothing, self.decay = graph, rules, smoothing, decay
        learned = {name: kind for name, kind in graph.all_weights() if kind.learned}
        self.tensors = {
            name: torch.tensor(array, dtype=dtype, requires_grad=name in learned)
            for name, array in weights.items()
        }
        self.shrunk = [self.tensors[n] for n, kind in learned.items() if kind.role == "weight"]
        others = [self.tensors[n] for n, kind in learned.items() if kind.role != "weight"]
        groups = [
            {"params": self.shrunk, "weight_decay": l2},
            {"params": others, "weight_decay": 0.0},
        ]
        kind, options = OPTIMIZERS[optimizer.name](optimizer)
        self.optimizer = kind([group for group in groups if group["params"]], **options)

    def step(self, x: Array, y: Array, rate: float) -> float:
        """Learn from a batch of samples and their class numbers; the loss before that."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss = self.loss(x, y)
        loss.backward()
        with torch.no_grad():
            for tensor in self.shrunk if self.decay else ():
                tensor.mul_(1 - rate * self.decay)
        self.optimizer.step()
        return float(loss.detach())

    def loss(self, x: Array, y: Array) -> Any:
        """Cross-entropy of a batch, as a tensor."""
        (name,) = self.graph.inputs
        like = next(iter(self.tensors.values()))
        values = flow(self.graph, {name: torch.from_numpy(x).to(like)}, self.tensors, self.rules)
        last = self.graph.by_name[self.graph.outputs["output"]]
        scores = values[last.inputs[0] if last.kind == "SOFTMAX" else last.name]
        return torch.nn.functional.cross_entropy(
            scores, torch.from_numpy(y), label_smoothing=self.smoothing
        )

    def state(self) -> dict[str, Array]:
        """Copies of the weights and running statistics."""
        return {name: tensor.detach().numpy().copy() for name, tensor in self.tensors.items()}


def torch_losses(net: TorchNet, batches: Iterable[tuple[Array, Array]], rate: float) -> list[float]:
    """The loss of each step."""
    return [net.step(x, y, rate) for x, y in batches]


def _sgd(option: Choice) -> tuple[Any, dict[str, Any]]:
    return torch.optim.SGD, {}


def _momentum(option: Choice) -> tuple[Any, dict[str, Any]]:
    nesterov = option.name == "nesterov"
    return torch.optim.SGD, {"momentum": option["momentum"], "nesterov": nesterov}


def _adagrad(option: Choice) -> tuple[Any, dict[str, Any]]:
    return torch.optim.Adagrad, {"eps": option["eps"]}


def _adadelta(option: Choice) -> tuple[Any, dict[str, Any]]:
    return torch.optim.Adadelta, {"rho": option["rho"], "eps": option["eps"]}


def _rmsprop(option: Choice) -> tuple[Any, dict[str, Any]]:
    return torch.optim.RMSprop, {"alpha": option["alpha"], "eps": option["eps"]}


def _adam(option: Choice) -> tuple[Any, dict[str, Any]]:
    kind = torch.optim.AdamW if option.name == "adamw" else torch.optim.Adam
    return kind, {"betas": (option["beta1"], option["beta2"]), "eps": option["eps"]}


def _rprop(option: Choice) -> tuple[Any, dict[str, Any]]:
    etas, sizes = (option["less"], option["more"]), (option["least"], option["most"])
    return torch.optim.Rprop, {"etas": etas, "step_sizes": sizes}


#: PyTorch's optimizers by netspec's names, and its options.
OPTIMIZERS: Mapping[str, Callable[[Choice], tuple[Any, dict[str, Any]]]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _momentum,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adam,
    "rprop": _rprop,
}
