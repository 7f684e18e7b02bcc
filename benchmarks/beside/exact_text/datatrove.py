from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup.exact_dedup import (
    ExactDedupConfig,
    ExactDedupFilter,
    ExactDedupSignature,
    ExactFindDedups,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


def text(document):
    return document.text


config = ExactDedupConfig(content_getter=text)
read = JsonlReader("halves", id_key="n")
stages = [
    (2, [read, ExactDedupSignature("signatures", config, finder_workers=2)]),
    (2, [ExactFindDedups("signatures", "duplicates", config)]),
    (2, [read, ExactDedupFilter("duplicates", config), JsonlWriter("kept", compression=None)]),
]
if __name__ == "__main__":
    for tasks, steps in stages:
        logs = str(Path("logs", type(steps[-1]).__name__))
        LocalPipelineExecutor(steps, tasks=tasks, workers=2, logging_dir=logs).run()
