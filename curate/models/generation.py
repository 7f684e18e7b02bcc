"""Models of transformers that write, from a folder of safetensors: one content at a time.

Vision-language models and captioners (`AutoModelForImageTextToText`: LLaVA, BLIP, GIT, ...), models
of a text to a text (T5, Marian, M2M100), and those that go on with a text. A model with a template
for conversations is told what to do in one; any other is given the text alone, behind a `prefix`
where its maker wants one ("translate English to German: "), and pictures alone.

Contents go through one by one, so that nothing is padded and no value knows its neighbours. Words
are chosen greedily, or by chance that the seed alone decides.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.models.weights import SAFE, model_name, opening, read_json, safe_folder
from curate.models.writer import RULE, Decoding, Wanted, Writer, Written, cut_off, structured_text


class Generation:
    """One network, its processor, and how words are chosen."""

    def __init__(self, folder: Path, kind: type[Any], decoding: Decoding) -> None:
        import torch
        from transformers import AutoProcessor
        from transformers.utils import logging

        logging.disable_progress_bar()
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network = kind.from_pretrained(folder, use_safetensors=True, dtype=torch.float32, **SAFE)
        self._network = network.to(self._device).eval()
        self._choosing = _choosing(decoding)
        self._sees = "Image" in kind.__name__
        backend = {"backend": "pil"} if self._sees else {}
        self._processor = AutoProcessor.from_pretrained(folder, **backend, **SAFE)
        self._tokenizer = getattr(self._processor, "tokenizer", self._processor)
        self._decoding = decoding
        self._one = threading.Lock()
        self._forced = self._speak(decoding.languages)

    def __call__(self, wanted: Wanted) -> Written:
        if bool(wanted.images) != self._sees:
            asked = "pictures" if wanted.images else "texts alone"
            raise CurateError(f"the model does not write about {asked}", "name a model that does")
        with self._one, self._chance():
            inputs = self._inputs(wanted)
            return self._read(inputs, self._generate(inputs))

    def _inputs(self, wanted: Wanted) -> Any:
        if getattr(self._processor, "chat_template", None):
            return self._processor.apply_chat_template(
                _conversation(wanted, self._sees),
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
            ).to(self._device)
        text = self._decoding.prefix + " ".join(wanted.texts.values())
        if not self._sees:
            return self._processor(text, return_tensors="pt", truncation=True).to(self._device)
        given = {"text": text} if text else {}
        pictures = _pictures(wanted)
        return self._processor(images=pictures, **given, return_tensors="pt").to(self._device)

    def _generate(self, inputs: Any) -> Any:
        import torch

        with torch.inference_mode():
            return self._network.generate(**inputs, **self._choosing, **self._forced)

    def _read(self, inputs: Any, made: Any) -> Written:
        prompt = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
        tokens = made.sequences[0][-len(made.scores) :]
        error = None
        if len(tokens) == self._decoding.tokens and int(tokens[-1]) not in _ends(
            self._network.generation_config
        ):
            error = cut_off(self._decoding.tokens)
        text = self._tokenizer.decode(tokens, skip_special_tokens=True).strip()
        if error is None and not text:
            error = "the reply is empty"
        if error is None and self._decoding.schema is not None:
            text, error = structured_text(text, self._decoding.schema)
        confidence = _confidence(made.scores, tokens)
        return Written(None if error else text, error, confidence, prompt, len(tokens))

    def _speak(self, languages: tuple[str, str] | None) -> dict[str, Any]:
        """Tell a translator of many languages from which to which, in its own codes."""
        tokenizer = self._tokenizer
        if languages is None or not hasattr(tokenizer, "src_lang"):
            return {}
        source, target = languages
        by_name = getattr(tokenizer, "get_lang_token", None)
        try:
            tokenizer.src_lang = source
            token = by_name(target) if by_name else target
        except KeyError as error:
            raise _unknown_language(str(error.args[0])) from error
        number = tokenizer.convert_tokens_to_ids(token)
        if number in {None, tokenizer.unk_token_id}:
            raise _unknown_language(target)
        return {"forced_bos_token_id": number}

    @contextmanager
    def _chance(self) -> Iterator[None]:
        """Torch draws from one generator for all; it is as it was afterwards."""
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(self._decoding.seed)
            yield


def _confidence(scores: Any, tokens: Any) -> float:
    """The geometric mean of the tokens' probabilities."""
    import torch

    likely = torch.cat(list(scores)).double().log_softmax(-1)
    chosen = likely.gather(1, tokens[:, None])
    return round(float(chosen.mean().exp()), 4)


def load_writer(path: Path, decoding: Decoding) -> Writer:
    """The writer in a folder; `CurateError` says what about the folder cannot be used."""
    import transformers

    folder = safe_folder(path)
    with opening(folder):
        kind = getattr(transformers, _kind(folder))
        return Generation(folder, kind, decoding)


def _kind(folder: Path) -> str:
    """Which of transformers' classes opens a folder, by what its configuration says it is."""
    from transformers.models.auto import modeling_auto as known

    said = read_json(folder / "config.json")
    name, made = said.get("model_type"), set(said.get("architectures") or ())
    for auto, mapping in (
        ("AutoModelForSeq2SeqLM", known.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES),
        ("AutoModelForImageTextToText", known.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES),
        ("AutoModelForCausalLM", known.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES),
    ):
        if made & _names(mapping.get(name)):
            return auto
    raise CurateError(
        f"{model_name(folder)} is {' or '.join(sorted(made)) or name}, which writes nothing",
        "name a vision-language model, a captioner, or a language model",
    )


def _names(found: Any) -> set[str]:
    return {found} if isinstance(found, str) else set(found or ())


def _choosing(decoding: Decoding) -> dict[str, Any]:
    """How words are chosen: whatever the maker recommends, chance and length are the recipe's."""
    chosen: dict[str, Any] = {
        "max_new_tokens": decoding.tokens,
        "num_beams": 1,
        "do_sample": decoding.temperature > 0,
        "return_dict_in_generate": True,
        "output_scores": True,
    }
    if decoding.temperature > 0:
        chosen |= {"temperature": decoding.temperature, "top_k": 0, "top_p": 1.0}
    return chosen


def _conversation(wanted: Wanted, sees: bool) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"type": "text", "text": wanted.prompt}]
    parts += [{"type": "image", "image": picture} for picture in _pictures(wanted)]
    if wanted.data is not None:
        parts.append({"type": "text", "text": wanted.data})
    if not sees:
        told = "\n\n".join(part["text"] for part in parts)
        return [{"role": "system", "content": RULE}, {"role": "user", "content": told}]
    rule = [{"type": "text", "text": RULE}]
    return [{"role": "system", "content": rule}, {"role": "user", "content": parts}]


def _pictures(wanted: Wanted) -> list[Any]:
    from PIL import Image

    return [Image.fromarray(pixels) for pixels in wanted.images]


def _ends(config: Any) -> set[int]:
    ends = config.eos_token_id
    return set(ends) if isinstance(ends, list) else {ends}


def _unknown_language(code: str) -> CurateError:
    return CurateError(
        f"the model has no language '{code}'", "say the model's own in `codes`: {en: eng_Latn}"
    )
