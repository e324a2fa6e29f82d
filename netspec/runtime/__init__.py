"""Model + data -> answers.  The only importer of onnxruntime."""
