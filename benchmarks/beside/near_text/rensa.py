"""Its own deduplicator for streams, by estimated similarity."""

import json
from itertools import pairwise
from pathlib import Path

from rensa import RMinHash, RMinHashDeduplicator

index = RMinHashDeduplicator(threshold=0.7, num_perm=128, use_lsh=True, num_bands=32, seed=42)
with Path("documents.jsonl").open() as lines, Path("kept.jsonl").open("w") as kept:
    for line in lines:
        row = json.loads(line)
        words = row["text"].split()
        found = RMinHash(num_perm=128, seed=42)
        found.update([" ".join(run) for run in pairwise(words)])
        if index.add(str(row["n"]), found):
            kept.write(line)
