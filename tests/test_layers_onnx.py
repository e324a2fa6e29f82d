"""Each layer's shapes and values against ONNX's inference, ONNX Runtime and PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from tests.layer_models import BATCH, LayerModel, inferred_shape, random_feeds, run
from tests.layer_samples import SAMPLES, Sample


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_infer_agrees_with_onnx_and_its_runtime(sample: Sample) -> None:
    shape = sample.layer.infer(sample.inputs).shape
    model = LayerModel(sample).build()

    batch, *inferred = inferred_shape(model)
    assert isinstance(batch, str), "the batch axis is free"
    assert tuple(inferred) == shape
    assert run(model, random_feeds(sample)).shape == (BATCH, *shape)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_weights_are_the_tensors_that_lower_asks_for(sample: Sample) -> None:
    assert LayerModel(sample).asked == list(sample.layer.weights(sample.inputs))


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_values_agree_with_pytorch(sample: Sample) -> None:
    pytest.importorskip("torch", reason="values are compared with PyTorch (dev extra)")
    from tests.torch_reference import apply_sample

    feeds = random_feeds(sample)
    expected = apply_sample(sample, feeds)

    found = run(LayerModel(sample).build(), feeds)

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)
