"""What all plots share; matplotlib is the extra `plot`."""
