"""A local server that answers as the platform's job service and its Cloud Storage do.

Requests are read with the SDK's own types, which forbid what they do not know: a request that the
platform would refuse is refused here, too.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import ValidationError

from core.platform.files import Files
from core.platform.optimizer import Account, ManagedOptimizer
from core.records.models import Connection

PROJECT, LOCATION = "p", "us-central1"


class JobService:
    """The far end: keeps jobs and files, and answers with the state it was told to be in."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.refuse: tuple[int, dict[str, Any]] | None = None
        self.improved: list[str] = []
        self.denied: set[str] = set()
        self.server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Bound", (Handler,), {"service": self})
        )
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def optimizer(self, **fields: Any) -> ManagedOptimizer:
        connection = Connection("platform", True, self.url, PROJECT,
                                fields.pop("location", LOCATION))  # fmt: skip
        account = fields.pop("account", Account(service_account="sa@x"))
        return ManagedOptimizer(connection, Files(self.storage()), account, **fields)

    def storage(self) -> Any:
        """The SDK's storage client, led here."""
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        return storage.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": self.url},
        )

    def put(self, path: str, data: Any) -> None:
        """Write a file as a running job does."""
        text = data if isinstance(data, str) else json.dumps(data)
        self.files[path] = text.encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    # -- what is answered --

    def launched(self, body: dict[str, Any]) -> dict[str, Any]:
        """A job that was asked for."""
        from agentplatform import types

        job = types.CustomJob.model_validate(body)
        assert job.display_name and job.job_spec and job.job_spec.worker_pool_specs
        number = len(self.jobs) + 1
        name = f"projects/{PROJECT}/locations/{LOCATION}/customJobs/{number}"
        made = {"name": name, "state": "JOB_STATE_PENDING", **body}
        self.jobs.append(made)
        return made

    def rewritten(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The chunks of a rewriting."""
        from agentplatform import types
        from google.genai.types import Content

        content = Content.model_validate(body["content"])
        assert content.parts and content.parts[0].text
        if "optimizationTarget" in body:
            assert body["optimizationTarget"] in {one.value for one in types.OptimizeTarget}
        assert not body.keys() - {"content", "optimizationTarget"}
        return [{"content": {"parts": [{"text": one}]}} for one in self.improved]


class Handler(BaseHTTPRequestHandler):
    """Reads requests for the service that it belongs to."""

    service: JobService

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.startswith("/upload/storage/"):
            return self._upload(data)
        body = json.loads(data)
        if self.path.endswith(":testIamPermissions"):
            return self._permissions(body["permissions"])
        self.service.asked.append(("POST", self.path, body))
        try:
            if self.path.endswith(":optimizePrompt"):
                return self._answer(self.service.rewritten(body))
            if self.path.endswith(":cancel"):
                self.service.jobs[-1]["state"] = "JOB_STATE_CANCELLED"
                return self._answer({})
            self._answer(self.service.launched(body))
        except (ValidationError, AssertionError, KeyError) as error:
            self._send(400, {"error": {"code": 400, "message": f"bad request: {error}",
                                       "status": "INVALID_ARGUMENT"}})  # fmt: skip

    def do_GET(self) -> None:
        if self.path.startswith("/download/storage/"):
            return self._download()
        if "/iam/testPermissions" in self.path:
            return self._permissions(parse_qs(urlsplit(self.path).query)["permissions"])
        self.service.asked.append(("GET", self.path, None))
        wanted = parse_qs(urlsplit(self.path).query).get("filter")
        if wanted:
            label = wanted[0].partition('"')[2].rstrip('"')
            found = [job for job in self.service.jobs if job["displayName"] == label]
            return self._answer({"customJobs": found} if found else {})
        if "/customJobs/" not in self.path:
            return self._send(404, {"error": {"code": 404, "message": f"no {self.path}"}})
        self._answer(self.service.jobs[-1])

    def _permissions(self, asked: list[str]) -> None:
        self._send(200, {"permissions": [one for one in asked if one not in self.service.denied]})

    # -- the bucket --

    def _upload(self, data: bytes) -> None:
        bucket = urlsplit(self.path).path.split("/")[5]
        boundary = self.headers["content-type"].partition("boundary=")[2].strip('"')
        about, content = data.split(b"--" + boundary.encode())[1:3]
        name = json.loads(about.partition(b"\r\n\r\n")[2])["name"]
        body = content.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
        self.service.files[f"gs://{bucket}/{name}"] = body
        self._send(200, {"bucket": bucket, "name": name, "size": str(len(body))})

    def _download(self) -> None:
        place = urlsplit(self.path).path.removeprefix("/download/storage/v1/b/")
        bucket, name = place.split("/o/", 1)
        path = f"gs://{bucket}/{unquote(name)}"
        if path not in self.service.files:
            return self._send(404, {"error": {"code": 404, "message": f"no {path}"}})
        self._send(200, self.service.files[path])

    # -- answering --

    def _answer(self, data: Any) -> None:
        status, content = self.service.refuse or (200, data)
        self._send(status, content)

    def _send(self, status: int, data: Any) -> None:
        text = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        pass
