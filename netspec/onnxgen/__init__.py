"""Graph -> ONNX model: nodes, learned tensors, metadata.  The only importer of onnx."""
