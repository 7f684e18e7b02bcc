import datasketch  # noqa: F401
