"""Questions about a connection that are not model calls: which models, how many tokens, does it
answer at all."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from core.engine import request as wire
from core.engine.clients import Clients
from core.engine.outcome import trouble_of
from core.errors import InvalidInput, NotConfigured
from core.records.models import ListedModel
from core.records.runs import Request

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a connection answers; if not, a code for the page's words and the far end's own."""

    ok: bool
    models: tuple[ListedModel, ...] = ()
    code: str = ""
    message: str = ""


class Checks:
    """Blocking calls with a limit of their own, for any thread but the engine's."""

    def __init__(
        self,
        clients: Clients,
        blobs: wire.Blobs,
        run: Callable[[Coroutine[Any, Any, Any], float], Any],
    ) -> None:
        self._clients = clients
        self._blobs = blobs
        self._run = run

    def models(self, surface: str) -> list[ListedModel]:
        """The models that the far end lists. Raises what `check` explains."""
        found: list[ListedModel] = self._run(self._list(surface), TIMEOUT_S)
        return found

    def check(self, surface: str) -> Check:
        """List the models, and say what is wrong when that fails."""
        try:
            return Check(True, tuple(self.models(surface)))
        except NotConfigured as error:
            return Check(False, code=error.code, message=str(error))
        # Whatever the SDK or the network raises is the answer to the question.
        except Exception as error:  # noqa: BLE001
            failure = trouble_of(error).failure
            return Check(False, code=failure.code, message=failure.message)

    def count_tokens(self, request: Request) -> int:
        """Input tokens as the service counts them. InvalidInput with its words when it cannot."""
        try:
            total: int = self._run(self._count(request), TIMEOUT_S)
        except NotConfigured:
            raise
        # As above: the reason belongs to the user.
        except Exception as error:
            raise InvalidInput(
                "The tokens could not be counted: {problem}",
                problem=trouble_of(error).failure.message,
            ) from error
        return total

    def embed(self, surface: str, model: str, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text."""
        vectors: list[list[float]] = self._run(self._embed(surface, model, texts), TIMEOUT_S)
        return vectors

    async def _list(self, surface: str) -> list[ListedModel]:
        models = self._clients.client(surface).aio.models
        return [
            ListedModel(
                name=(model.name or "").rsplit("/", 1)[-1],
                title=model.display_name or "",
                input_limit=model.input_token_limit,
                output_limit=model.output_token_limit,
            )
            async for model in await models.list()
            if not model.supported_actions or "generateContent" in model.supported_actions
        ]

    async def _count(self, request: Request) -> int:
        client = self._clients.client(request.connection)
        contents = wire.contents(request, self._blobs)
        if request.system:
            # The Gemini API counts no system instruction apart; its text counts the same here.
            from google.genai import types

            system = types.Content(role="user", parts=[types.Part(text=request.system)])
            contents = [system, *contents]
        reply = await client.aio.models.count_tokens(model=request.model, contents=contents)
        return reply.total_tokens or 0

    async def _embed(self, surface: str, model: str, texts: Sequence[str]) -> list[list[float]]:
        from google.genai import types

        client = self._clients.client(surface)
        reply = await client.aio.models.embed_content(
            model=model, contents=[types.Content(parts=[types.Part(text=one)]) for one in texts]
        )
        return [list(one.values or ()) for one in reply.embeddings or ()]
