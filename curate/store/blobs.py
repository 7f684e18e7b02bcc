"""Files that steps made: bytes by their hash, written once and never changed."""

from __future__ import annotations

import hashlib
import os
import secrets
import warnings
from pathlib import Path

from curate.errors import StoreError
from curate.pairs.identity import content_hash


class Blobs:
    """A folder of contents, each under its SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the content of this hash lies, if it is here."""
        return self.folder / sha256[:2] / sha256

    def whole(self, sha256: str) -> bool:
        """Whether the content is here as it was put. One that is damaged is set aside with a warning;
        one that the system does not give is not damaged: that is a `StoreError`.
        """
        path = self.path(sha256)
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StoreError(
                f"{path} cannot be read: {(error.strerror or str(error)).lower()}",
                "where it cannot be saved, remove it: it is made anew",
            ) from error
        if found != sha256:
            path.rename(path.with_suffix(".damaged"))
            warnings.warn(
                f"store: {path.name} is damaged and was set aside; it is made or fetched anew",
                stacklevel=2,
            )
        return found == sha256

    def look_through(self) -> None:
        """Set all that are damaged aside, each with a warning."""
        for path in sorted(self.folder.glob("??/*")):
            if "." not in path.name:
                self.whole(path.name)

    def put(self, content: bytes) -> tuple[Path, str]:
        """The file that holds these bytes, and their hash; there whole or not at all."""
        sha256 = content_hash(content)
        final = self.path(sha256)
        if not self.whole(sha256):
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
