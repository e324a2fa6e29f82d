"""Train the LeNet-5 of `lenet5.yaml` and write its weights and a dozen held-out samples.

    python specs/digits/train.py

Needs torch, scikit-learn, pillow and safetensors; one CPU core and half a minute. The weights are
the same from run to run on one machine and version of torch.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from data import SEED, Digits, load, split
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # the name that torch's users know it by

HERE = Path(__file__).parent
EPOCHS = 80
BATCH = 32
RATE = 2e-3
#: How far a picture is moved about in training: degrees, parts of its size, of half its width.
TURN, STRETCH, SHIFT = 10.0, 0.1, 0.1
#: (pixel * SCALE - MEAN), as the `image:` section of `lenet5.yaml` says; paper is -MEAN.
SCALE, MEAN = 0.005, 0.1
#: Samples beyond one of each digit, so that there are a dozen.
SPARE = 2


def lenet5() -> nn.Sequential:
    """The net of `lenet5.yaml` up to its SOFTMAX, each layer under its name there."""
    layers = nn.Sequential()
    for name, layer in {
        "conv1": nn.Conv2d(1, 6, 5),
        "tanh1": nn.Tanh(),
        "avgpool1": nn.AvgPool2d(2),
        "conv2": nn.Conv2d(6, 16, 5),
        "tanh2": nn.Tanh(),
        "avgpool2": nn.AvgPool2d(2),
        "conv3": nn.Conv2d(16, 120, 5),
        "tanh3": nn.Tanh(),
        "flatten1": nn.Flatten(),
        "fc1": nn.Linear(120, 84),
        "tanh4": nn.Tanh(),
        "fc2": nn.Linear(84, 10),
    }.items():
        layers.add_module(name, layer)
    return layers


def tensor(digits: Digits) -> Tensor:
    """What the `image:` section of `lenet5.yaml` makes of the pictures: (N, 1, 32, 32)."""
    return torch.from_numpy(digits.pictures).float()[:, None] * SCALE - MEAN


def moved(pictures: Tensor) -> Tensor:
    """Each picture turned, stretched and shifted a little, at random; beyond its edges is paper."""
    n = len(pictures)
    turn = (torch.rand(n) * 2 - 1) * np.deg2rad(TURN)
    stretch = 1 + (torch.rand(n) * 2 - 1) * STRETCH
    shift = (torch.rand(n, 2) * 2 - 1) * SHIFT
    rows = torch.stack([turn.cos(), -turn.sin(), turn.sin(), turn.cos()], 1).view(n, 2, 2)
    affine = torch.cat([rows * stretch[:, None, None], shift[:, :, None]], 2)
    grid = F.affine_grid(affine, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures + MEAN, grid, align_corners=False) - MEAN


def train(net: nn.Sequential, known: Digits) -> None:
    """Adam with weight decay, its rate falling as a cosine, for a fixed number of epochs."""
    x, y = tensor(known), torch.from_numpy(known.digits)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(net(moved(x[batch])), y[batch]).backward()
            optimizer.step()
        schedule.step()


def right(net: nn.Sequential, digits: Digits) -> int:
    """How many of the pictures the net names right."""
    with torch.inference_mode():
        return int((net(tensor(digits)).argmax(1).numpy() == digits.digits).sum())


def write_samples(held_out: Digits, folder: Path) -> None:
    """The first held-out picture of each digit and the first ones left, named right or not."""
    firsts = [int(np.flatnonzero(held_out.digits == digit)[0]) for digit in range(10)]
    spare = [index for index in range(len(held_out.digits)) if index not in firsts][:SPARE]
    folder.mkdir(exist_ok=True)
    for index in firsts + spare:
        name = f"digit_{held_out.digits[index]}_held_out_{index:03}.png"
        Image.fromarray(held_out.pictures[index]).save(folder / name)


def main() -> None:
    """Train, say how well it went, write the files."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    known, held_out = split(load())
    net = lenet5()
    train(net, known)
    for name, digits in (("learned from", known), ("held out", held_out)):
        count, of = right(net, digits), len(digits.digits)
        print(f"{name}: {count} of {of} right, {count / of:.2%}")
    weights = HERE / "lenet5.safetensors"
    save_file(dict(net.state_dict()), weights)
    weights.chmod(0o644)
    write_samples(held_out, HERE / "samples")


if __name__ == "__main__":
    main()
