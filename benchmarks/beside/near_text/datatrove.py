"""Words are parted at spaces, where it would load a tokeniser of spaCy: that is in its favour."""

from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
    minhash,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


class Spaces:
    def word_tokenize(self, text):
        return text.split()


minhash.load_word_tokenizer = lambda language: Spaces()
config = minhash.MinhashConfig(n_grams=2, num_buckets=32, hashes_per_bucket=4)
read = JsonlReader("halves", id_key="n")
stages = [
    (2, [read, MinhashDedupSignature("signatures", config=config)]),
    (32, [MinhashDedupBuckets("signatures", "buckets", config=config)]),
    (1, [MinhashDedupCluster("buckets", "remove", config=config)]),
    (2, [read, MinhashDedupFilter("remove"), JsonlWriter("kept", compression=None)]),
]
if __name__ == "__main__":
    for tasks, steps in stages:
        logs = str(Path("logs", type(steps[-1]).__name__))
        LocalPipelineExecutor(steps, tasks=tasks, workers=2, logging_dir=logs).run()
