"""Training: a step as one ONNX model, data, and the loop around them."""
