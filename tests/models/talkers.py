"""Language and vision models of the real classes, tiny; some have learnt a handful of replies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.models.tiny import saved, seeded

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
