import imagehash  # noqa: F401
