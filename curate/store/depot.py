"""A place for values on their way into the store, for workers that do not see the store itself.

    <url>/<shelf>/<name>.parquet    fragments
    <url>/blobs/<sha256>            contents that were made with them

A worker leaves a fragment under its name; the build takes it into the store under that name, then
removes it here. What a build that was killed has left, the next one takes. A fragment that is not whole
is none: its pages are checksummed, so that nothing here has to be renamed, which object stores cannot.

A depot serves one store. What its URL holds of a name, a password or options is told to nobody. Its URL is a folder, anything that Arrow reaches (`s3://bucket/folder?endpoint_override=…`, `gs://…`) or
anything that fsspec does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from curate.errors import StoreError
from curate.store.fragment import fragment_bytes, fragment_of

_FRAGMENT = ".parquet"


@dataclass(frozen=True)
class Depot:
    """What lies below a URL. Raises `StoreError` where it cannot be reached."""

    url: str = field(repr=False)

    @classmethod
    def at(cls, told: str) -> Depot:
        """Of a URL, or of a folder that every machine has under this path."""
        return cls(told if "://" in told else str(Path(told).absolute()))

    def put_values(self, shelf: str, name: str, rows: pl.DataFrame, seconds: float) -> None:
        """Leave values under a name; who leaves the same again puts them in their place."""
        self._put(f"{shelf}/{name}{_FRAGMENT}", fragment_bytes(rows, {"seconds": seconds}))

    def values(self, shelf: str, name: str) -> tuple[pl.DataFrame, float] | None:
        """What was left under a name, and the seconds it took; None if it is not there whole."""
        data = self._get(f"{shelf}/{name}{_FRAGMENT}")
        found = None if data is None else fragment_of(data)
        return None if found is None else (found[0], float(found[1].get("seconds", 0.0)))

    def put_blob(self, sha256: str, content: bytes) -> None:
        self._put(f"blobs/{sha256}", content)

    def blob(self, sha256: str) -> bytes | None:
        return self._get(f"blobs/{sha256}")

    def names(self, shelf: str) -> list[str]:
        """Under which values of a shelf were left."""
        return sorted(path.removesuffix(_FRAGMENT) for path in self._names(shelf))

    def remove(self, shelf: str, name: str) -> None:
        """Values that are in the store now."""
        self._remove(f"{shelf}/{name}{_FRAGMENT}")

    def remove_blob(self, sha256: str) -> None:
        self._remove(f"blobs/{sha256}")

    def _put(self, place: str, data: bytes) -> None:
        files, root = self._opened()
        try:
            files.create_dir(f"{root}/{place}".rpartition("/")[0])
            with files.open_output_stream(f"{root}/{place}") as out:
                out.write(data)
        except OSError as error:
            raise self._unreachable(error) from error

    def _get(self, place: str) -> bytes | None:
        files, root = self._opened()
        try:
            with files.open_input_stream(f"{root}/{place}") as found:
                data: bytes = found.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreachable(error) from error
        return data

    def _remove(self, place: str) -> None:
        files, root = self._opened()
        try:
            files.delete_file(f"{root}/{place}")
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unreachable(error) from error

    def _names(self, folder: str) -> Iterator[str]:
        from pyarrow import fs

        files, root = self._opened()
        try:
            found = files.get_file_info(fs.FileSelector(f"{root}/{folder}", allow_not_found=True))
        except OSError as error:
            raise self._unreachable(error) from error
        yield from (one.base_name for one in found if one.base_name.endswith(_FRAGMENT))

    def _opened(self) -> tuple[Any, str]:
        try:
            return _opened(self.url)
        except (OSError, ValueError, ImportError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> StoreError:
        return StoreError(
            f"the depot {self._place} cannot be used: {self._without_keys(str(error))}",
            "is the place there, and do this machine's credentials allow writing to it?",
        )

    @property
    def _place(self) -> str:
        scheme, mark, rest = self.url.partition("?")[0].rpartition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}{mark}{host.rpartition('@')[2] if mark else host}{slash}{path}"

    def _without_keys(self, said: str) -> str:
        """What libraries say, who like to repeat a URL, as it was written or unescaped."""
        place, _, options = self.url.partition("?")
        before, at, _ = place.rpartition("://")[2].partition("/")[0].rpartition("@")
        for key in [before, *before.split(":"), options] if at or options else []:
            for spelt in {key, unquote(key)} - {""}:
                said = said.replace(spelt, "…")
        return said


@lru_cache(maxsize=4)
def _opened(url: str) -> tuple[Any, str]:
    """A file system of Arrow's, and the folder in it."""
    import pyarrow as pa
    from pyarrow import fs

    if url.startswith("s3://"):  # a small file in one request
        url += f"{'&' if '?' in url else '?'}allow_delayed_open=true"
    try:
        files, root = fs.FileSystem.from_uri(url)
    except pa.ArrowInvalid as error:
        if "Unrecognized filesystem" not in str(error):
            raise
        from fsspec.core import url_to_fs

        found, root = url_to_fs(url)
        files = fs.PyFileSystem(fs.FSSpecHandler(found))
    return files, root.rstrip("/")
