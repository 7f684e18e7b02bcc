"""A small hub on this machine: as much of the Hugging Face API as an upload needs, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_of_the_test"


@dataclass
class Hub:
    """What was uploaded."""

    url: str = ""
    repos: dict[str, bool] = field(default_factory=dict)
    """Repository -> whether it is private."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Of main, of the only repository."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def said(self, path: str, asked: list[dict[str, Any]]) -> tuple[int, Any]:
        """To a request of these lines of JSON."""
        if path == "/api/repos/create":
            return self.create(asked[0])
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if "/preupload/" in path:
            return self.preupload(asked[0])
        if path.endswith("/info/lfs/objects/batch"):
            return self.batch(asked[0])
        if "/commit/" in path:
            return self.commit(asked)
        if "/tag/" in path:
            self.tags[asked[0]["tag"]] = path.rpartition("/")[2]
            return 200, {}
        return 404, {"error": path}

    def create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        name = "/".join(filter(None, (asked.get("organization"), asked["name"])))
        if name in self.repos:
            return 409, {"error": "exists", "url": f"{self.url}/datasets/{name}"}
        self.repos[name] = bool(asked.get("private") or asked.get("visibility") == "private")
        return 200, {"url": f"{self.url}/datasets/{name}", "name": name}

    def preupload(self, asked: dict[str, Any]) -> tuple[int, Any]:
        """Parquet goes as a large file, as the real hub decides; the rest in the commit."""
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(".parquet") else "regular",
                "shouldIgnore": False,
                "oid": None,
            }
            for file in asked["files"]
        ]
        return 200, {"files": files}

    def batch(self, asked: dict[str, Any]) -> tuple[int, Any]:
        objects = [
            {
                "oid": one["oid"],
                "size": one["size"],
                "actions": {"upload": {"href": f"{self.url}/blobs/{one['oid']}"}},
            }
            for one in asked["objects"]
        ]
        return 200, {"transfer": "basic", "objects": objects}

    def commit(self, lines: list[dict[str, Any]]) -> tuple[int, Any]:
        for line in lines:
            said = line["value"]
            if line["key"] == "header":
                self.messages.append(said["summary"])
            elif line["key"] == "file":
                self.files[said["path"]] = base64.b64decode(said["content"])
            elif line["key"] == "lfsFile":
                self.files[said["path"]] = self.blobs[said["oid"]]
            elif line["key"] == "deletedFile":
                del self.files[said["path"]]
        oid = hashlib.sha1(b"".join(sorted(self.files.values()))).hexdigest()
        url = f"{self.url}/datasets/{next(iter(self.repos))}/commit/{oid}"
        return 200, {"commitUrl": url, "commitOid": oid}

    def tree(self) -> tuple[int, Any]:
        return 200, [
            {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
            for path, data in self.files.items()
        ]


class Handler(BaseHTTPRequestHandler):
    """Answers as `hub` of its class says."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.answer(*(self.hub.tree() if "/tree/" in path else (404, {"error": path})))

    def do_PUT(self) -> None:
        self.hub.blobs[self.path.rpartition("/")[2]] = self.body()
        self.answer(200, {})

    def do_POST(self) -> None:
        body, path = self.body(), unquote(urlsplit(self.path).path)
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            self.answer(401, {"error": "Invalid username or password."})
            return
        self.answer(*self.hub.said(path, [json.loads(line) for line in body.splitlines()]))

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def answer(self, code: int, said: Any) -> None:
        data = json.dumps(said).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def hub() -> Iterator[Hub]:
    """A hub that listens until the block ends."""
    found = Hub()
    handler = type("Handler", (Handler,), {"hub": found})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield found
        finally:
            server.shutdown()
