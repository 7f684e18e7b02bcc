from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter

steps = [
    JsonlReader("halves", id_key="n"),
    LambdaFilter(lambda document: 150 <= len(document.text) <= 1500),
    LambdaFilter(lambda document: 30 <= len(document.text.split()) <= 200),
    JsonlWriter("kept", compression=None),
]
if __name__ == "__main__":
    LocalPipelineExecutor(steps, tasks=2, workers=2, logging_dir="logs").run()
