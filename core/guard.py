"""The workbench as one person may use it: every call of a service is checked and noted.

Pages get a `guarded` workbench, so that no page has to remember to ask. The rule needs no list of
all methods: a method that takes `actor` changes something, and so do the few that are named here
because they do not; those need `write`, or the action that is named. Everything else reads. What
a role may not do is refused before the service hears of it. `actor` must be the person's own
name, so nobody acts as somebody else. Changes and refusals go to the audit log.

Reviews check people themselves, because what a reviewer may do depends on the round; only what
takes no person is checked here. Commands hold the bare workbench: who can open the file can read
and change it anyway.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from core.access import Action, Person
from core.errors import NotAllowed

if TYPE_CHECKING:
    from core.workbench import Workbench

PLAIN = frozenset(
    ("settings", "connections", "access", "interrupted", "sandbox", "caps", "store.path")
)
"""What is no service, or checks for itself."""
HIDDEN = frozenset(
    (
        "close", "open", "stop_calls", "store.close", "store.open", "store.audit", "store.review",
        "engine.start", "engine.close", "engine.stop_calls", "engine.spawn", "engine.run",
        "jobs.close", "jobs.resume_interrupted",
        "store.ledger.fold", "store.ledger.reserve_and_send", "store.ledger.settle_attempt",
        "store.ledger.settle_run", "store.ledger.recover",
        "store.jobs.create", "store.jobs.record", "store.jobs.set_state",
        "store.evaluations.create", "store.evaluations.record",
        "store.evaluations.record_battles", "store.evaluations.forget_failed",
        "store.scores.record", "store.scores.forget", "store.scores.forget_errors",
        "store.scores.keep_sums",
        "store.comparisons.add_problem", "store.batches.put", "store.batches.remove",
        "store.optimizations.record_call", "store.optimizations.record_event",
    )
)  # fmt: skip
"""For the process and its services, not for a person."""
NEEDS: Mapping[str, Action] = {
    "authoring.autosave": "write",
    "authoring.discard_draft": "write",
    "authoring.keep_spec": "write",
    "authoring.upload": "write",
    "catalogue.add": "manage_models",
    "comparisons.continue_": "run",
    "comparisons.rerun": "run",
    "comparisons.start": "run",
    "datasets.delete": "delete",
    "datasets.delete_expired": "delete",
    "datasets.export": "export",
    "engine.embed": "run",
    "engine.generate": "run",
    "engine.submit": "run",
    "evaluations.create": "write",
    "evaluations.export": "export",
    "evaluations.go_on": "run",
    "evaluations.rescore": "run",
    "evaluations.resume": "run",
    "evaluations.retry_failed": "run",
    "evaluations.start": "run",
    "exchange.export_prompt": "export",
    "exchange.export_sdk": "export",
    "freezes.start": "run",
    "history.export": "export",
    "jobs.begin": "run",
    "jobs.resume": "run",
    "jobs.start": "run",
    "jobs.take_up": "run",
    "migrations.evaluate": "run",
    "migrations.freeze": "run",
    "models.accept": "manage_models",
    "models.add": "manage_models",
    "optimizations.finish": "run",
    "optimizations.resume": "run",
    "optimizations.start": "run",
    "question_review.prepare": "run",
    "reviews.battles": "read",
    "reviews.from_comparison": "read",
    "reviews.from_dataset": "read",
    "reviews.from_evaluation": "read",
    "reviews.from_runs": "read",
    "rewriting.once": "run",
    "store.backup": "audit",
    "store.blobs.put": "write",
    "store.drafts.discard": "write",
    "store.drafts.save": "write",
    "store.facts.add": "manage_models",
    "store.ledger.spent": "read",
    "store.settings.put": "write",
}
"""Methods that need another action than their parameters tell."""
UNNOTED = frozenset(("authoring.autosave", "authoring.keep_spec", "store.drafts.save"))
"""Changes that are made all the time, of what is one's own."""
OWN = ("actor", "owner")
"""Parameters that name whoever acts."""
Method = Callable[..., Any]


def needs(path: str, method: Method) -> Action:
    """The action that a method is; `path` is written `service.method`."""
    named = NEEDS.get(path)
    if named is not None:
        return named
    return "write" if "actor" in _parameters(method) else "read"


def guarded(workbench: Workbench, person: Person) -> Workbench:
    """The same workbench, for this person only."""
    return cast("Workbench", _Guarded(workbench, person, workbench, ""))


class _Guarded:
    """Something of the workbench: what is called is checked, what is within is guarded, too."""

    def __init__(self, workbench: Workbench, person: Person, within: object, path: str) -> None:
        self._workbench = workbench
        self._person = person
        self._within = within
        self._path = path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}" if self._path else name
        if name.startswith("_") or path in HIDDEN:
            raise NotAllowed("Only the process itself may do that.")
        found = getattr(self._within, name)
        if path in PLAIN or found is None:
            return found
        if inspect.isroutine(found):
            if self._path == "reviews" and path not in NEEDS:
                return found
            return _checked(self._workbench, self._person, path, found)
        if self._path in ("", "store"):
            return _Guarded(self._workbench, self._person, found, path)
        self._workbench.access.require(self._person, "read")
        return found


def _checked(workbench: Workbench, person: Person, path: str, method: Method) -> Method:
    action, log = needs(path, method), workbench.store.audit

    def call(*arguments: Any, **named: Any) -> Any:
        subject = next((one for one in arguments if isinstance(one, str)), "")[:200]
        try:
            workbench.access.require(person, action)
            _refuse_other_names(person, method, arguments, named)
        except NotAllowed:
            log.add(person.name, f"refused: {path}", subject, allowed=False).result()
            raise
        result = method(*arguments, **named)
        if action != "read" and path not in UNNOTED:
            log.add(person.name, path, subject).result()
        return result

    return call


def _refuse_other_names(
    person: Person, method: Method, arguments: tuple[Any, ...], named: dict[str, Any]
) -> None:
    places = [name for name, by_place in _parameters(method).items() if by_place]
    given = {**dict(zip(places, arguments, strict=False)), **named}
    if any(given.get(name, person.name) != person.name for name in OWN):
        raise NotAllowed("Nobody can act under another name.")


def _parameters(method: Method) -> Mapping[str, bool]:
    """The parameters of a bound method, and whether each can be given by its place."""
    return _parameters_of(getattr(method, "__func__", method), inspect.ismethod(method))


@lru_cache(maxsize=1024)
def _parameters_of(function: Method, bound: bool) -> Mapping[str, bool]:
    # A page calls a hundred methods each time it is drawn, and `signature` is slow.
    found = list(inspect.signature(function).parameters.values())[int(bound) :]
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {one.name: one.kind in by_place for one in found}
