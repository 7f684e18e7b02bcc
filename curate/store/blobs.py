"""Files that steps made: bytes by their hash, written once and never changed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from curate.pairs.identity import content_hash


class Blobs:
    """A folder of contents, each under its SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the content of this hash lies, if it is here."""
        return self.folder / sha256[:2] / sha256

    def put(self, content: bytes) -> tuple[Path, str]:
        """The file that holds these bytes, and their hash; there whole or not at all."""
        sha256 = content_hash(content)
        final = self.path(sha256)
        if not final.exists():
            self._write(final, content)
        return final, sha256

    def _write(self, final: Path, content: bytes) -> None:
        final.parent.mkdir(parents=True, exist_ok=True)
        staged = final.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            with staged.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            staged.rename(final)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
