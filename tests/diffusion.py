"""Pipelines of diffusers as their makers save them, tiny and of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def stable_diffusion(folder: Path) -> Path:
    """Text to 32 by 32 pixels; opened otherwise it varies pictures and inpaints."""
    diffusers = pytest.importorskip("diffusers")
    import torch
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    words = ["<|startoftext|>", "<|endoftext|>", *LETTERS]
    vocabulary = {word: number for number, word in enumerate(words + [f"{w}</w>" for w in words])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer.from_pretrained(folder, model_max_length=16)
    text = CLIPTextConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        vocab_size=len(vocabulary),
        max_position_embeddings=16,
        bos_token_id=0,
        eos_token_id=1,
    )
    blocks = {"block_out_channels": (8, 16), "norm_num_groups": 4}
    diffusers.StableDiffusionPipeline(
        vae=diffusers.AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            **blocks,
        ),
        text_encoder=CLIPTextModel(text),
        tokenizer=tokenizer,
        unet=diffusers.UNet2DConditionModel(
            sample_size=16,
            layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=16,
            attention_head_dim=2,
            **blocks,
        ),
        scheduler=diffusers.DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    return folder


def wan(folder: Path) -> Path:
    """Text to films, of any size that sixteen divides."""
    diffusers = pytest.importorskip("diffusers")
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

    torch.manual_seed(0)
    vocabulary = {word: number for number, word in enumerate(["<pad>", "</s>", *LETTERS])}
    letters = Tokenizer(models.WordLevel(vocabulary, unk_token="</s>"))
    letters.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    text = UMT5Config(
        vocab_size=len(vocabulary), d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=4
    )
    diffusers.WanPipeline(
        tokenizer=PreTrainedTokenizerFast(
            tokenizer_object=letters, pad_token="<pad>", eos_token="</s>"
        ),
        text_encoder=UMT5EncoderModel(text),
        vae=diffusers.AutoencoderKLWan(
            base_dim=3,
            z_dim=16,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            temperal_downsample=[False, True, True],
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=7.0),
        transformer=diffusers.WanTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=12,
            text_dim=32,
            ffn_dim=32,
            num_layers=2,
            rope_max_seq_len=32,
        ),
    ).save_pretrained(folder)
    said = {"call": {"max_sequence_length": 16, "num_inference_steps": 2}}
    (folder / "curate.json").write_text(json.dumps(said))
    return folder
