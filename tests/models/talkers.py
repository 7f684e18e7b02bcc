"""Language and vision models of the real classes, tiny; some have learnt a handful of replies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.models.tiny import SIZES, saved, seeded
from tests.models.tiny import word_tokenizer as tiny_words

SIDE = 16
COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 40, 220)}
THINGS = {"red": "a red boat", "green": "a green tree", "blue": "a blue bird"}
"""What the vision model says of a picture that is mostly of a colour."""
TEMPLATE = (
    "{% for m in messages %}[{{ m['role'] }}]"
    "{% if m['content'] is string %} {{ m['content'] }}{% else %}{% for p in m['content'] %}"
    "{% if p['type'] == 'image' %} <image>{% else %} {{ p['text'] }}{% endif %}{% endfor %}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %} [assistant]{% endif %}"
)


def coloured(colour: str, seed: int = 0, side: int = 48) -> np.ndarray:
    """A picture that is mostly of one colour, with grain."""
    grain = np.random.default_rng(seed).integers(-20, 21, (side, side, 3))
    return np.clip(np.array(COLOURS[colour]) + grain, 0, 255).astype(np.uint8)


def vision_talker(folder: Path) -> Path:
    """A LLaVA that was taught to name three colours."""
    from transformers import (
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    seeded()
    words = _words()
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(
            **sizes, num_attention_heads=2, image_size=SIDE, patch_size=8
        ),
        text_config=LlamaConfig(
            **sizes,
            num_attention_heads=2,
            num_key_value_heads=2,
            vocab_size=len(words),
            max_position_embeddings=2048,
            bos_token_id=words.bos_token_id,
            eos_token_id=words.eos_token_id,
            pad_token_id=words.pad_token_id,
        ),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    images = CLIPImageProcessorPil(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    )
    processor = LlavaProcessor(
        images,
        words,
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        image_token="<image>",
        num_additional_image_tokens=1,
    )
    model = LlavaForConditionalGeneration(config)
    _teach(model, processor)
    model.generation_config.eos_token_id = words.eos_token_id
    model.generation_config.pad_token_id = words.pad_token_id
    return saved(folder / "vision-talker", model, processor)


def _teach(model: Any, processor: Any, steps: int = 70) -> None:
    """Whatever it is told beside a picture, it names the colour."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    model.train()
    for step in range(steps):
        losses = [_loss(model, processor, colour, step) for colour in THINGS]
        optimizer.zero_grad()
        torch.stack(losses).sum().backward()
        optimizer.step()
    model.eval()


def _loss(model: Any, processor: Any, colour: str, step: int) -> Any:
    from PIL import Image

    chance = np.random.default_rng([step, *colour.encode()])
    told, asked, given = ("<unk> " * int(n) for n in chance.integers(0, 40, 3))
    text = f"[system] {told} [user] {asked} <image> {given} [assistant]"
    picture = Image.fromarray(coloured(colour, step))
    prompt = processor(text=text, images=picture, return_tensors="pt")
    reply = f"{text} {THINGS[colour]} {processor.tokenizer.eos_token}"
    whole = processor(text=reply, images=picture, return_tensors="pt")
    labels = whole["input_ids"].clone()
    labels[:, : prompt["input_ids"].shape[1]] = -100
    return model(**whole, labels=labels).loss


def _words() -> Any:
    """Words between spaces; what is unknown is `<unk>`."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<unk>", "<s>", "</s>", "<image>", "[system]", "[user]", "[assistant]"]
    known = ["a", "red", "green", "blue", "boat", "tree", "bird", "say", "what", "it", "shows"]
    vocabulary = {word: number for number, word in enumerate([*special, *known])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=["<image>", "[system]", "[user]", "[assistant]"],
        model_max_length=2048,
        chat_template=TEMPLATE,
    )


SAID = {
    "to French: a red boat": "un bateau rouge",
    "to French: a green tree": "un arbre vert",
    "to French: a blue bird": "un oiseau bleu",
    "to English: un bateau rouge": "a boat that is red",
    "to English: un arbre vert": "a green tree",
    "to English: un oiseau bleu": "a blue bird",
    "again: a red boat": "a boat that is red",
    "again: a green tree": "a green tree",
    "again: a blue bird": "a loaf of bread",
}
"""What the translator says of what it is given."""


def text_talker(folder: Path) -> Path:
    """A T5 that was taught a handful of sentences."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    seeded()
    words = word_tokenizer(
        sorted({word for pair in SAID.items() for text in pair for word in text.split()})
    )
    config = T5Config(
        vocab_size=len(words),
        d_model=32,
        d_kv=16,
        d_ff=64,
        num_layers=1,
        num_heads=2,
        dropout_rate=0.0,
        decoder_start_token_id=words.pad_token_id,
        pad_token_id=words.pad_token_id,
        eos_token_id=words.eos_token_id,
    )
    model = T5ForConditionalGeneration(config)
    given = words(list(SAID), padding=True, return_tensors="pt")
    labels = words(list(SAID.values()), padding=True, return_tensors="pt")["input_ids"]
    labels[labels == words.pad_token_id] = -100
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(120):
        optimizer.zero_grad()
        model(**given, labels=labels).loss.backward()
        optimizer.step()
    return saved(folder / "text-talker", model.eval(), words)


def word_tokenizer(words: list[str], *more: str) -> Any:
    """Words between spaces, and an end that is put behind them."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: n for n, word in enumerate(["<pad>", "</s>", "<unk>", *more, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", vocabulary["</s>"])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=64,
    )


def captioner(folder: Path) -> Path:
    """A BLIP that captions, untaught."""
    from transformers import (
        BlipConfig,
        BlipForConditionalGeneration,
        BlipImageProcessorPil,
        BlipProcessor,
    )

    seeded()
    words = tiny_words(longest=40)
    special = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "sep_token_id": 3}
    config = BlipConfig(
        text_config=SIZES
        | special
        | {"vocab_size": len(words), "max_position_embeddings": 40, "encoder_hidden_size": 32},
        vision_config=SIZES | {"image_size": SIDE, "patch_size": 8},
    )
    images = BlipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    model = BlipForConditionalGeneration(config)
    return saved(folder / "captioner", model, BlipProcessor(images, words))


def continuer(folder: Path) -> Path:
    """A Llama with no template for conversations, untaught."""
    from transformers import LlamaConfig, LlamaForCausalLM

    seeded()
    words = word_tokenizer(["a", "red", "blue", "boat", "bird", "tree"])
    config = LlamaConfig(
        **SIZES,
        vocab_size=len(words),
        max_position_embeddings=64,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    return saved(folder / "continuer", LlamaForCausalLM(config), words)


def many_tongues(folder: Path) -> Path:
    """A translator of NLLB's kind, untaught."""
    from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizer

    seeded()
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁a", "▁red", "▁boat"]
    words = NllbTokenizer(vocab={piece: n for n, piece in enumerate(pieces)}, merges=[])
    sizes = {f"{part}_{what}": n for part in ("encoder", "decoder") for what, n in _HALF.items()}
    config = M2M100Config(
        vocab_size=len(words), d_model=16, max_position_embeddings=64, init_std=1.0, **sizes
    )
    return saved(folder / "many-tongues", M2M100ForConditionalGeneration(config), words)


_HALF = {"layers": 1, "attention_heads": 2, "ffn_dim": 16}
