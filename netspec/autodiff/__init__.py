"""Gradients of a graph as more nodes of standard ONNX operators."""
