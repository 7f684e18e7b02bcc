"""As its documentation shows: a document that finds another in the index is not put into it."""

import json
from itertools import pairwise
from pathlib import Path

from datasketch import MinHash, MinHashLSH

index = MinHashLSH(threshold=0.7, num_perm=128)
with Path("documents.jsonl").open() as lines, Path("kept.jsonl").open("w") as kept:
    for line in lines:
        row = json.loads(line)
        words = row["text"].split()
        found = MinHash(num_perm=128)
        found.update_batch([" ".join(run).encode() for run in pairwise(words)])
        if not index.query(found):
            index.insert(row["n"], found)
            kept.write(line)
