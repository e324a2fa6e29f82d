"""Pictures of training: curves and confusion matrices, drawn by matplotlib (the extra `plot`)."""
