"""A local server that answers as the platform's evaluation service does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from core.platform.evaluation import ManagedEvaluation
from core.records.models import Connection


class Service:
    """The far end: answers every metric of every case by a rule."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.rule: Callable[[str, str, str], tuple[int, Any]] = lambda metric, prompt, response: (
            200, {"metricResults": [{"score": 0.5}]},
        )  # fmt: skip
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                service.asked.append((self.path, body))
                instance = body["instance"]
                status, answer = service.rule(
                    body["metrics"][0]["predefined_metric_spec"]["metric_spec_name"],
                    text_of(instance["prompt"]), text_of(instance["response"]),
                )  # fmt: skip
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def evaluation(self) -> ManagedEvaluation:
        connection = Connection("platform", True, self.url, "p", "us-central1")
        return ManagedEvaluation(connection, queries_per_second=1000)


def text_of(part: dict[str, Any]) -> str:
    text: str = part["contents"]["contents"][0]["parts"][0]["text"]
    return text
