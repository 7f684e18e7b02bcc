"""Folders of weights that are safe to open: safetensors, and never code.

A pickle runs whatever its maker put into it, so that a folder whose weights are pickles alone is
refused before any library looks at it. Code that lies beside a model is not run either.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from curate.errors import CurateError, MissingExtra

PICKLES = (".bin", ".ckpt", ".h5", ".msgpack", ".pkl", ".pt", ".pth")
"""Endings of weights that are not read: pickles, and other frameworks' files."""

HINT = "convert it to safetensors, or name a revision that has them: hf:owner/name@revision"

SAFE: dict[str, Any] = {
    "local_files_only": True,
    "trust_remote_code": False,
}
"""What every `from_pretrained` of this room is called with."""


def safe_folder(path: Path) -> Path:
    """The folder, if whatever would be loaded from it is safetensors."""
    if not path.is_dir():
        raise CurateError(f"{model_name(path)} is no folder of a model", f"looked at {path}")
    if not (path / "config.json").exists() and not (path / "modules.json").exists():
        raise CurateError(
            f"{model_name(path)} has neither config.json nor modules.json",
            "point at the folder that holds them",
        )
    for folder in (path, *_modules(path)):
        _check_weights(path, folder)
    if not any(path.rglob("*.safetensors")):
        raise CurateError(f"{model_name(path)} has no safetensors", HINT)
    return path


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Whatever a library objects to while a model is loaded, in its words and with the name."""
    try:
        yield
    except CurateError:
        raise
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{model_name(folder)} ({error.name})", "encoders") from error
    except Exception as error:
        words = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise CurateError(f"{model_name(folder)} cannot be loaded: {words}") from error


def model_name(path: Path) -> str:
    """How messages name a model: its hub name, or the folder's own."""
    hub = next((part for part in path.parts if part.startswith("models--")), None)
    return f"the model '{hub.removeprefix('models--').replace('--', '/') if hub else path.name}'"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object, empty when there is no such file."""
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def first_module(path: Path) -> Path:
    """Where the part lies that a content goes into: the folder itself, if it has but one."""
    return next(iter(_modules(path)), path)


def _modules(path: Path) -> list[Path]:
    """The folders of a sentence-transformers model's parts."""
    listing = path / "modules.json"
    if not listing.exists():
        return []
    return [path / str(module["path"]) for module in json.loads(listing.read_text("utf-8"))]


def _check_weights(model: Path, folder: Path) -> None:
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    unsafe = [file.name for file in files if file.suffix in PICKLES]
    if unsafe and not any(file.suffix == ".safetensors" for file in files):
        raise CurateError(
            f"{model_name(model)} has its weights in '{unsafe[0]}', which may run code when it is "
            "opened; only safetensors are read",
            HINT,
        )
