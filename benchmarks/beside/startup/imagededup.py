import imagededup.methods  # noqa: F401
