import semhash  # noqa: F401
