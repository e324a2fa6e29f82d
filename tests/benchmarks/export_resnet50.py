"""Seconds that torch.onnx.export takes for ResNet-50, imports and construction not counted."""

import time

import torch
from torch import Tensor, nn


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions around a shortcut (He et al. 2015, figure 5)."""

    def __init__(self, c: int, f: int, s: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(c, f, 1, bias=False), nn.BatchNorm2d(f), nn.ReLU()),
            *(nn.Conv2d(f, f, 3, s, 1, bias=False), nn.BatchNorm2d(f), nn.ReLU()),
            *(nn.Conv2d(f, 4 * f, 1, bias=False), nn.BatchNorm2d(4 * f)),
        )
        projection = (nn.Conv2d(c, 4 * f, 1, s, bias=False), nn.BatchNorm2d(4 * f))
        self.skip = nn.Identity() if c == 4 * f else nn.Sequential(*projection)

    def forward(self, x: Tensor) -> Tensor:
        """Body plus shortcut, rectified."""
        return torch.relu(self.body(x) + self.skip(x))


def resnet50() -> nn.Module:
    """The net of He et al. 2015, table 1."""
    stem = (nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU())
    parts: list[nn.Module] = [*stem, nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for filters, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for i in range(count):
            parts.append(Bottleneck(channels, filters, stride if i == 0 else 1))
            channels = 4 * filters
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))
    return nn.Sequential(*parts, *head).eval()


net = resnet50()
start = time.perf_counter()
torch.onnx.export(net, (torch.zeros(1, 3, 224, 224),), "model.onnx")
print(time.perf_counter() - start)
