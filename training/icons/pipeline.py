"""The trained parts as a folder in diffusers' own form, without MiniLM, which its package holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from curate.measures.embedding import TEXT_MODEL
from training.icons.transformer import TOKENS

PARTS = {
    "_class_name": "PixArtSigmaPipeline",
    "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
    "text_encoder": ["transformers", "BertModel"],
    "tokenizer": ["transformers", "BertTokenizer"],
    "transformer": ["diffusers", "PixArtTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderDC"],
}

MANNER: dict[str, Any] = {
    "parts": {"text_encoder": TEXT_MODEL, "tokenizer": TEXT_MODEL},
    "call": {
        "clean_caption": False,
        "guidance_scale": 4.0,
        "max_sequence_length": TOKENS,
        "num_inference_steps": 20,
        "use_resolution_binning": False,
    },
}
"""Where the rest of it lies and how it is called: `curate.models.pipeline` reads it."""


def save(folder: Path, vae: Any, transformer: Any) -> None:
    """Weights in float16; the scheduler solves the flow."""
    from diffusers import DPMSolverMultistepScheduler, __version__

    scheduler = DPMSolverMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=1.0
    )
    channels = vae.config.decoder_block_out_channels
    vae.register_to_config(block_out_channels=channels)  # PixArt's pipeline reads the scale off it
    for name, part in (("vae", vae), ("transformer", transformer), ("scheduler", scheduler)):
        if isinstance(part, torch.nn.Module):
            part.half()
        part.save_pretrained(folder / name)
    index = PARTS | {"_diffusers_version": __version__}
    for name, content in (("model_index.json", index), ("curate.json", MANNER)):
        (folder / name).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
