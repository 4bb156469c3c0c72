"""Settings: what the environment and the administrator's file say.

The file is `admin.toml` beside the database (or where `WORKBENCH_ADMIN_FILE` points); the
environment wins over it. Nothing here is ever set from a form.
"""

from __future__ import annotations

import getpass
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import InvalidInput
from core.records.models import SURFACES, Connection

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.0.0.1", "localhost", "::1")
TRUE = ("1", "true")  # what google-genai reads as true


@dataclass(frozen=True)
class GeminiSection:
    """`[gemini]` of the administrator's file."""

    api_key: str = field(default="", repr=False)
    base_url: str = ""


@dataclass(frozen=True)
class PlatformSection:
    """`[platform]`: Agent Platform, formerly Vertex AI."""

    enabled: bool = False
    project: str = ""
    location: str = ""
    base_url: str = ""


@dataclass(frozen=True)
class SandboxSection:
    """`[sandbox]`: how fast the simulated models answer."""

    enabled: bool = True
    latency_ms: float | None = None
    chunk_rate: float | None = None


@dataclass(frozen=True)
class CapsSection:
    """`[caps]` in US dollars."""

    user_day_usd: float = 20.0
    job_usd: float = 10.0


@dataclass(frozen=True)
class EvaluationSection:
    """`[evaluation]`: the folder of metrics written in Python, relative to this file."""

    custom_metrics: str = ""


@dataclass(frozen=True)
class AccessSection:
    """`[access]`: roles by e-mail address, once people sign in; everybody else is a viewer."""

    admins: list[str] = field(default_factory=list)
    editors: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)


NO_ROLES = AccessSection()


@dataclass(frozen=True)
class AdminFile:
    """The administrator's file as a whole."""

    gemini: GeminiSection = GeminiSection()
    platform: PlatformSection = PlatformSection()
    sandbox: SandboxSection = SandboxSection()
    caps: CapsSection = CapsSection()
    evaluation: EvaluationSection = EvaluationSection()
    access: AccessSection = NO_ROLES
    concurrency: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys. Never stored, logged or shown: `repr` hides them."""

    gemini_api_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Caps:
    """Spending caps in US dollars."""

    user_day_usd: float = 20.0
    job_usd: float = 10.0


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How the sandbox is run; None leaves the server's own (fast) default.

    With `url` a sandbox that already runs is used instead of starting one.
    """

    enabled: bool = True
    url: str = ""
    latency_ms: float | None = None
    chunk_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is decided before the workbench opens."""

    db: Path
    host: str
    port: int
    person: str
    connections: Mapping[str, Connection]
    secrets: Secrets
    default_surface: str
    caps: Caps = Caps()
    concurrency: Mapping[str, int] = field(default_factory=dict)
    sandbox: SandboxSettings = SandboxSettings()
    custom_metrics: Path | None = None
    admin_file: Path | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment and the administrator's file.

        Raises InvalidInput, naming the variable or the line that is wrong.
        """
        db = Path(environ.get("WORKBENCH_DB") or ROOT / "data/local/workbench.duckdb").absolute()
        file = Path(environ.get("WORKBENCH_ADMIN_FILE") or db.parent / "admin.toml")
        admin = read_admin_file(file)
        custom_metrics = admin.evaluation.custom_metrics
        key = environ.get("GOOGLE_API_KEY") or environ.get("GEMINI_API_KEY") or admin.gemini.api_key
        sandbox = SandboxSettings(
            enabled=admin.sandbox.enabled,
            url=environ.get("WORKBENCH_SANDBOX_URL", ""),
            latency_ms=admin.sandbox.latency_ms,
            chunk_rate=admin.sandbox.chunk_rate,
        )
        connections = {
            "gemini": gemini_connection(environ, admin.gemini, key),
            "platform": platform_connection(environ, admin.platform),
            "sandbox": sandbox_connection(sandbox),
        }
        return cls(
            db=db,
            host=environ.get("HOST") or "127.0.0.1",
            port=port_number(environ.get("PORT") or "8501"),
            person=environ.get("WORKBENCH_PERSON") or operating_system_user(),
            connections=connections,
            secrets=Secrets(gemini_api_key=key),
            default_surface=default_surface(environ, connections),
            caps=Caps(admin.caps.user_day_usd, admin.caps.job_usd),
            concurrency=admin.concurrency,
            sandbox=sandbox,
            custom_metrics=file.parent / custom_metrics if custom_metrics else None,
            admin_file=file,
        )


def read_admin_file(path: Path) -> AdminFile:
    """The administrator's file, or its defaults when there is none."""
    if not path.is_file():
        return AdminFile()
    # Here, not above: it takes a while, and most starts have no such file.
    from pydantic import ValidationError

    try:
        admin = validated(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            "{path} is not readable as TOML: {problem}. Correct that line and start again.",
            path=path,
            problem=error,
        ) from error
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise InvalidInput(
            "{path}: {key} is wrong ({problem}). Correct it and start again.",
            path=path,
            key=".".join(str(part) for part in first["loc"]),
            problem=first["msg"],
        ) from error
    unknown = set(admin.concurrency) - set(SURFACES)
    if unknown:
        raise InvalidInput(
            "{path}: concurrency knows {known}, not {unknown}.",
            path=path,
            known=", ".join(SURFACES),
            unknown=", ".join(sorted(unknown)),
        )
    return admin


def validated(data: object) -> AdminFile:
    """The content of the file. ValidationError also for an unknown key, so a typo is noticed."""
    from pydantic import ConfigDict, TypeAdapter, with_config

    for section in (
        AdminFile, GeminiSection, PlatformSection, SandboxSection, CapsSection, EvaluationSection,
        AccessSection,
    ):  # fmt: skip
        with_config(ConfigDict(extra="forbid"))(section)
    return TypeAdapter(AdminFile).validate_python(data)


def gemini_connection(environ: Mapping[str, str], section: GeminiSection, key: str) -> Connection:
    """The Gemini API: live as soon as there is a key."""
    return Connection(
        surface="gemini",
        live=bool(key),
        base_url=environ.get("GOOGLE_GEMINI_BASE_URL") or section.base_url or None,
        problem="" if key else "GEMINI_API_KEY",
    )


def platform_connection(environ: Mapping[str, str], section: PlatformSection) -> Connection:
    """Agent Platform: asked for by the SDK's own variables; credentials are found on first use."""
    # As in google-genai: the newer variable wins when both are set.
    asked = environ.get("GOOGLE_GENAI_USE_ENTERPRISE") or environ.get("GOOGLE_GENAI_USE_VERTEXAI")
    wanted = asked.strip().lower() in TRUE if asked else section.enabled
    project = environ.get("GOOGLE_CLOUD_PROJECT") or section.project
    missing = [
        name
        for name, there in (
            ("GOOGLE_GENAI_USE_ENTERPRISE", wanted),
            ("GOOGLE_CLOUD_PROJECT", bool(project)),
        )
        if not there
    ]
    return Connection(
        surface="platform",
        live=not missing,
        base_url=environ.get("GOOGLE_VERTEX_BASE_URL") or section.base_url or None,
        project=project or None,
        location=environ.get("GOOGLE_CLOUD_LOCATION") or section.location or "global",
        problem=", ".join(missing),
    )


def sandbox_connection(sandbox: SandboxSettings) -> Connection:
    """The simulated models; the address is known once the server runs."""
    return Connection(
        surface="sandbox",
        live=sandbox.enabled,
        base_url=sandbox.url or None,
        problem="" if sandbox.enabled else "sandbox.enabled",
    )


def default_surface(environ: Mapping[str, str], connections: Mapping[str, Connection]) -> str:
    """What a bare model id means: the platform when asked for, else Gemini API, else sandbox."""
    for surface in ("platform", "gemini", "sandbox"):
        if connections[surface].live:
            return surface
    return "sandbox"


def port_number(text: str) -> int:
    """A TCP port; 0 asks for a free one."""
    if text.isascii() and text.isdigit() and int(text) < 65536:
        return int(text)
    raise InvalidInput("PORT is {text}; it must be a number from 0 to 65535.", text=text)


def operating_system_user() -> str:
    """The name of whoever started the process; containers may not have one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"
