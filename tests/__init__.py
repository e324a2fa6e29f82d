"""Tests: golden, differential, and laws over the registry."""
