import datatrove.executor
import datatrove.pipeline.dedup  # noqa: F401
