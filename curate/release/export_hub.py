"""A release as a dataset repository on a Hugging Face hub, or on a server that speaks as one.

The repository's main branch holds the release and nothing else; every version is a tag. It is
private unless somebody says otherwise. Address and token are the library's own: HF_ENDPOINT and
HF_TOKEN, or `hf auth login`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from curate.errors import CurateError, GateFailed, MissingExtra
from curate.release.evidence import read_held
from curate.release.published import Published, sound_release


@dataclass(frozen=True)
class Pushed:
    """Where a release lies on a hub."""

    url: str
    commit: str
    tag: str


def push(release: Path, repo: str, private: bool = True) -> Pushed:
    """Upload a release; raises `CurateError`, and `GateFailed` for one that missed a gate.

    What the repository held before leaves its main.
    """
    published = sound_release(release)
    _require_gates(published)
    try:
        from httpx2 import HTTPError
        from huggingface_hub import HfApi
    except ImportError as error:
        raise MissingExtra("exporting to a hub", "hub") from error
    api, tag = HfApi(library_name="curate"), str(published.manifest["version"])
    try:
        url = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        done = api.upload_folder(
            repo_id=url.repo_id,
            repo_type="dataset",
            folder_path=release,
            commit_message=f"{published.title}, digest {published.digest[:16]}",
            delete_patterns="*",
        )
        api.create_tag(url.repo_id, repo_type="dataset", tag=tag, revision=done.oid, exist_ok=True)
    except (HTTPError, OSError, RuntimeError, ValueError) as error:
        raise CurateError(
            f"{published.title} cannot be uploaded to '{repo}': {error}",
            "is the name owner/name, and does HF_TOKEN allow to write there?",
        ) from error
    return Pushed(str(url), str(done.oid), tag)


def _require_gates(published: Published) -> None:
    """Drafts and candidates may have missed gates; others should not be shown them."""
    failed = [one.fact for one in read_held(published.folder) if not one.passed]
    if failed:
        raise GateFailed(
            f"{published.title} is not uploaded: gates failed on {', '.join(failed)}",
            "only releases that pass their gates leave the workspace",
        )
