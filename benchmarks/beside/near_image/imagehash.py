import json
from multiprocessing import Pool
from pathlib import Path

import imagehash
from PIL import Image


def hashed(row):
    with Image.open(row["image"]) as picture:
        return imagehash.phash(picture)


if __name__ == "__main__":
    rows = [json.loads(line) for line in Path("pairs.jsonl").read_text().splitlines()]
    with Pool(2) as pool:
        hashes = pool.map(hashed, rows, chunksize=32)
    seen = []
    with Path("kept.jsonl").open("w") as kept:
        for row, found in zip(rows, hashes, strict=True):
            if all(found - other > 10 for other in seen):
                seen.append(found)
                kept.write(json.dumps(row) + "\n")
