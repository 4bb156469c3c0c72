"""Keys and tokens taken out of texts that are stored or shown."""

from __future__ import annotations

import re

_SECRETS = re.compile(
    r"AIza[0-9A-Za-z_\-]{10,}"
    r"|ya29\.[0-9A-Za-z_\-.]+"
    r"|(?i:bearer)\s+[0-9A-Za-z_\-.~+/]{8,}=*"
    r"|(?i:[?&]key=|x-goog-api-key[\"']?\s*[:=]\s*[\"']?)[^&\s\"']+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
LONGEST = 2_000


def redact(text: str) -> str:
    """The text without API keys, access tokens and private keys, cut to a readable length."""
    return _SECRETS.sub("[redacted]", text[: LONGEST * 4])[:LONGEST]
