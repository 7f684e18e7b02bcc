import json
from pathlib import Path

from imagededup.methods import PHash

if __name__ == "__main__":
    hasher = PHash()
    encodings = hasher.encode_images(image_dir="images", num_enc_workers=2)
    gone = set(hasher.find_duplicates_to_remove(encoding_map=encodings, num_dist_workers=2))
    with Path("pairs.jsonl").open() as lines, Path("kept.jsonl").open("w") as kept:
        for line in lines:
            if Path(json.loads(line)["image"]).name not in gone:
                kept.write(line)
