"""A small OpenID Connect provider on loopback: whoever comes is signed in as `email`, at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlparse

CLIENT = "workbench"


@dataclass(slots=True)
class Provider:
    """Where it is, and whom it vouches for next; a token lasts so many seconds."""

    url: str = ""
    email: str = ""
    verified: bool = True
    seconds: int = 3600


@contextmanager
def identity_provider() -> Iterator[Provider]:
    """Needs joserfc, which `streamlit[auth]` brings."""
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(2048, parameters={"kid": "test", "use": "sig", "alg": "RS256"})
    provider = Provider()
    nonces: dict[str, str] = {}

    def metadata() -> Mapping[str, Any]:
        at = provider.url
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/jwks",
            "userinfo_endpoint": f"{at}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def claims(code: str) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": provider.url, "aud": CLIENT, "sub": provider.email, "iat": now,
            "exp": now + provider.seconds, "nonce": nonces.get(code, ""),
            "email": provider.email, "email_verified": provider.verified,
        }  # fmt: skip

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlparse(self.path)
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            if asked.path == "/authorize":
                code = f"code-{len(nonces)}"
                nonces[code] = query.get("nonce", "")
                back = urlencode({"code": code, "state": query["state"]})
                self.send_response(302)
                self.send_header("Location", f"{query['redirect_uri']}?{back}")
                self.end_headers()
            elif asked.path == "/jwks":
                self.tell({"keys": [key.as_dict(private=False)]})
            elif asked.path == "/userinfo":
                self.tell({"sub": provider.email, "email": provider.email})
            else:
                self.tell(metadata())

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            sent = parse_qs(self.rfile.read(length).decode())
            token = jwt.encode({"alg": "RS256", "kid": "test"}, claims(sent["code"][0]), key)
            self.tell({"access_token": "x", "token_type": "Bearer", "id_token": token,
                       "expires_in": provider.seconds})  # fmt: skip

        def tell(self, data: object) -> None:
            body = json.dumps(data).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
