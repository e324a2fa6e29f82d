"""What the machine has, and files and devices that cannot serve."""
