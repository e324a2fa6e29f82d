"""Pictures of what a net sees, drawn by matplotlib (the extra `plot`)."""
