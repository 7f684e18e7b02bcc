"""Where a pair is from: whole from a source, with a content that a machine filled, made by one."""

COLLECTED = "collected"
LABELLED = "pseudo_labelled"
SYNTHETIC = "synthetic"
DECLARED = "declared_synthetic"
"""From a source, and one of its files says that a machine made it: nothing learns from such a pair,
and nothing is made of it."""
