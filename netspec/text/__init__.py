"""What the user wrote: places, diagnostics, located YAML, patterns, the typed syntax of a spec."""
