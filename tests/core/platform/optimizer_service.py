"""A local server that answers as the platform's job service does, and a bucket in memory."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.platform.files import Files
from core.platform.optimizer import Account, ManagedOptimizer
from core.records.models import Connection


class Blob:
    """A file in the bucket."""

    def __init__(self, kept: dict[str, bytes], name: str) -> None:
        self._kept, self._name = kept, name

    def upload_from_string(self, data: bytes, content_type: str) -> None:
        self._kept[self._name] = data

    def download_as_bytes(self) -> bytes:
        from google.api_core.exceptions import NotFound

        if self._name not in self._kept:
            raise NotFound(self._name)  # type: ignore[no-untyped-call]
        return self._kept[self._name]


class Bucket:
    """The storage client, as far as it is used."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def bucket(self, name: str) -> Bucket:
        self._prefix = f"gs://{name}/"
        return self

    def blob(self, name: str) -> Blob:
        return Blob(self.files, self._prefix + name)


class JobService:
    """The far end: keeps jobs, and answers with the state it was told to be in."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str, Any]] = []
        self.refuse: tuple[int, dict[str, Any]] | None = None
        self.bucket = Bucket()
        self.improved: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
                service.asked.append(("POST", self.path, body))
                if self.path.endswith(":optimizePrompt"):
                    return self._answer([{"content": {"parts": [{"text": one}]}}
                                         for one in service.improved])  # fmt: skip
                if self.path.endswith(":cancel"):
                    service.jobs[-1]["state"] = "JOB_STATE_CANCELLED"
                    return self._answer({})
                name = f"projects/p/locations/us-central1/customJobs/{len(service.jobs) + 1}"
                job = {"name": name, "state": "JOB_STATE_PENDING", **body}
                service.jobs.append(job)
                self._answer(job)

            def do_GET(self) -> None:
                service.asked.append(("GET", self.path, None))
                wanted = parse_qs(urlsplit(self.path).query).get("filter")
                if wanted:
                    label = wanted[0].partition('"')[2].rstrip('"')
                    found = [job for job in service.jobs if job["displayName"] == label]
                    return self._answer({"customJobs": found} if found else {})
                self._answer(service.jobs[-1])

            def _answer(self, data: Any) -> None:
                status, content = service.refuse or (200, data)
                text = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def optimizer(self, **fields: Any) -> ManagedOptimizer:
        url = f"http://127.0.0.1:{self.server.server_port}"
        connection = Connection("platform", True, url, "p", fields.pop("location", "us-central1"))
        account = fields.pop("account", Account(service_account="sa@x"))
        return ManagedOptimizer(connection, Files(self.bucket), account, **fields)

    def put(self, path: str, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.bucket.files[path] = text.encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
