"""Foundation models of the real classes, tiny and with random weights, saved as their makers do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = [
    "a",
    "the",
    "of",
    "cat",
    "dog",
    "boat",
    "red",
    "blue",
    "green",
    "on",
    "in",
    "under",
    "house",
    "tree",
    "bird",
    "song",
    "sky",
    "small",
    "big",
]
SIDE = 32
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}


def seeded() -> None:
    import torch

    torch.manual_seed(7)


def clip(folder: Path) -> Path:
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPProcessor

    seeded()
    words = letter_tokenizer(longest=40)
    config = CLIPConfig(
        text_config=SIZES
        | {
            "vocab_size": len(words),
            "max_position_embeddings": 40,
            "bos_token_id": words.bos_token_id,
            "eos_token_id": words.eos_token_id,
            "pad_token_id": words.pad_token_id,
        },
        vision_config=SIZES | {"image_size": SIDE, "patch_size": 8},
        projection_dim=16,
    )
    images = CLIPImageProcessorPil(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    )
    return saved(folder / "clip", CLIPModel(config), CLIPProcessor(images, words))


def siglip(folder: Path) -> Path:
    from transformers import SiglipConfig, SiglipImageProcessorPil, SiglipModel

    seeded()
    words = word_tokenizer(longest=24)
    config = SiglipConfig(
        text_config=SIZES
        | {
            "vocab_size": len(words),
            "max_position_embeddings": 24,
            "pad_token_id": words.pad_token_id,
        },
        vision_config=SIZES | {"image_size": SIDE, "patch_size": 8},
    )
    images = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    return saved(folder / "siglip", SiglipModel(config), images, words)


def siglip2(folder: Path) -> Path:
    """The kind that keeps an image's shape: as many patches as fit, and a mask."""
    from transformers import Siglip2Config, Siglip2ImageProcessorPil, Siglip2Model

    seeded()
    words = word_tokenizer(longest=24)
    config = Siglip2Config(
        text_config=SIZES
        | {
            "vocab_size": len(words),
            "max_position_embeddings": 24,
            "projection_size": 32,
            "pad_token_id": words.pad_token_id,
        },
        vision_config=SIZES | {"num_patches": 16, "patch_size": 8},
    )
    images = Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16)
    return saved(folder / "siglip2", Siglip2Model(config), images, words)


def align(folder: Path) -> Path:
    from transformers import AlignConfig, AlignModel, EfficientNetImageProcessorPil

    seeded()
    words = word_tokenizer(longest=40)
    config = AlignConfig(
        text_config=SIZES | {"vocab_size": len(words), "max_position_embeddings": 40},
        vision_config={
            "image_size": SIDE,
            "kernel_sizes": [3, 3],
            "in_channels": [32, 16],
            "out_channels": [16, 24],
            "depthwise_padding": [],
            "strides": [1, 2],
            "num_block_repeats": [1, 1],
            "expand_ratios": [1, 6],
            "hidden_dim": 32,
        },
        projection_dim=32,
    )
    images = EfficientNetImageProcessorPil(size={"height": SIDE, "width": SIDE})
    return saved(folder / "align", AlignModel(config), images, words)


def clap(folder: Path, *, fused: bool = False) -> Path:
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    seeded()
    words = word_tokenizer(longest=60)
    config = ClapConfig(
        text_config=SIZES
        | {
            "vocab_size": len(words),
            "max_position_embeddings": 64,
            "pad_token_id": words.pad_token_id,
        },
        audio_config={
            "spec_size": 64,
            "num_mel_bins": 16,
            "patch_size": 4,
            "patch_stride": [4, 4],
            "patch_embeds_hidden_size": 16,
            "hidden_size": 64,
            "depths": [1, 1, 1],
            "num_attention_heads": [2, 2, 2],
            "window_size": 4,
            "enable_fusion": fused,
        },
        projection_dim=16,
    )
    ears = ClapFeatureExtractor(
        feature_size=16,
        sampling_rate=8_000,
        hop_length=160,
        fft_window_size=256,
        max_length_s=2,
        frequency_max=4_000,
        truncation="fusion" if fused else "rand_trunc",
    )
    return saved(folder / "clap", ClapModel(config), ears, words)


def clap_fused(folder: Path) -> Path:
    """The kind that looks at long recordings in crops taken by chance."""
    return clap(folder, fused=True)


def blip(folder: Path) -> Path:
    from transformers import BlipConfig, BlipForImageTextRetrieval, BlipImageProcessorPil

    seeded()
    words = word_tokenizer(longest=40)
    config = BlipConfig(
        text_config=SIZES
        | {
            "vocab_size": len(words),
            "max_position_embeddings": 40,
            "pad_token_id": words.pad_token_id,
            "encoder_hidden_size": 32,
        },
        vision_config=SIZES | {"image_size": SIDE, "patch_size": 8},
        image_text_hidden_size=16,
    )
    images = BlipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    return saved(folder / "blip", BlipForImageTextRetrieval(config), images, words)


def bert(folder: Path) -> Path:
    """A plain text encoder, in no layout but transformers' own."""
    from transformers import BertConfig, BertModel

    seeded()
    words = word_tokenizer(longest=64)
    config = BertConfig(vocab_size=len(words), max_position_embeddings=64, **SIZES)
    return saved(folder / "bert", BertModel(config), words)


def sentence(folder: Path) -> Path:
    """A folder in sentence-transformers' layout: a network, pooling by its first token, a layer."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    network = Transformer(str(bert(folder)))
    pooling = Pooling(32, "cls")
    model = SentenceTransformer(modules=[network, pooling, Dense(32, 12)], device="cpu")
    model.save_pretrained(str(folder / "sentence"), create_model_card=False)
    return folder / "sentence"


def static(folder: Path) -> Path:
    """Words looked up and averaged: no network that pads."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    seeded()
    words = word_tokenizer(longest=64).backend_tokenizer
    model = SentenceTransformer(modules=[StaticEmbedding(words, embedding_dim=12)], device="cpu")
    model.save_pretrained(str(folder / "static"), create_model_card=False)
    return folder / "static"


def sentence_clip(folder: Path) -> Path:
    """CLIP in sentence-transformers' layout: one folder, texts and images."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(clip(folder)), device="cpu")
    model.save_pretrained(str(folder / "sentence-clip"), create_model_card=False)
    return folder / "sentence-clip"


def cross_encoder(folder: Path, labels: int = 1) -> Path:
    from transformers import BertConfig, BertForSequenceClassification

    seeded()
    words = word_tokenizer(longest=64)
    config = BertConfig(
        vocab_size=len(words), max_position_embeddings=64, num_labels=labels, **SIZES
    )
    return saved(folder / f"cross-{labels}", BertForSequenceClassification(config), words)


def saved(folder: Path, *parts: Any) -> Path:
    for part in parts:
        part.save_pretrained(folder)
    return folder


def word_tokenizer(longest: int) -> Any:
    """Whole words and letters, as BERT's tokenizer has them."""
    from transformers import BertTokenizerFast

    letters = [chr(code) for code in range(97, 123)]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *letters]
    pieces += [f"##{letter}" for letter in letters]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    return BertTokenizerFast(vocab=vocabulary, model_max_length=longest)


def letter_tokenizer(longest: int) -> Any:
    """CLIP's own tokenizer over single letters."""
    from transformers import CLIPTokenizerFast

    letters = [chr(code) for code in range(97, 123)]
    ends = ["<|startoftext|>", "<|endoftext|>"]
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), *ends]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return CLIPTokenizerFast(vocab=vocabulary, merges=[], model_max_length=longest)
