"""Where a pair is from: whole from a source, with a field that a machine filled, made by one."""

COLLECTED = "collected"
LABELLED = "pseudo_labelled"
SYNTHETIC = "synthetic"
