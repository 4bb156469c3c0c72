from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.access import ACTIONS, MAY, ROLES, Access, Action, Person, Role, local_person, require
from core.config import AccessSection, Settings
from core.errors import NotAllowed, WorkbenchError
from core.guard import HIDDEN, NEEDS, PLAIN, guarded, needs
from core.records.models import ModelRef
from core.records.prompts import Part, PromptSpec, Turn
from core.workbench import Workbench

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SPEC = PromptSpec(turns=(Turn("user", (Part("hello"),)),))
WRITES = ("_handle.execute", "_handle.write", "writer.add", "writer.submit")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    environ = {
        "WORKBENCH_DB": str(tmp_path / "w.duckdb"),
        "WORKBENCH_SANDBOX_URL": "http://127.0.0.1:9",
        "WORKBENCH_PERSON": "ada",
    }
    opened = Workbench.open(Settings.from_environment(environ))
    yield opened
    opened.close()


def with_sign_in(bench: Workbench, section: AccessSection) -> None:
    """As if people had to sign in, with these roles."""
    bench.access = Access(lambda: section, lambda: NOON, sign_in=True)


# What each role may do, written down once more by hand.
EXPECTED: dict[Role, set[Action]] = {
    "viewer": {"read", "export"},
    "reviewer": {"review"},
    "editor": {"read", "export", "review", "write", "run", "manage_review"},
    "admin": {
        "read",
        "export",
        "review",
        "write",
        "run",
        "manage_review",
        "manage_models",
        "delete",
        "audit",
    },
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_do_what_it_is_for_and_nothing_else(role: Role, action: Action) -> None:
    person = Person("ada", True, role)
    if action in EXPECTED[role]:
        require(person, action, NOON)
    else:
        with pytest.raises(NotAllowed, match=role):
            require(person, action, NOON)


def test_what_is_not_known_is_not_allowed() -> None:
    assert set(MAY) == set(ROLES)
    with pytest.raises(NotAllowed):
        require(Person("ada", True, "owner"), "read", NOON)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        require(local_person("ada"), "fly", NOON)  # type: ignore[arg-type]


def test_a_sign_in_that_is_over_allows_nothing() -> None:
    ended = Person("ada", True, "admin", expires_at=NOON)
    lasting = Person("ada", True, "admin", expires_at=NOON + timedelta(seconds=1))
    require(lasting, "read", NOON)
    with pytest.raises(NotAllowed, match="sign-in has ended"):
        require(ended, "read", NOON)


@pytest.mark.parametrize(
    ("email", "role"),
    [
        pytest.param("Ada@Example.com ", "admin", id="upper and lower case are one"),
        pytest.param("ed@example.com", "editor", id="an editor"),
        pytest.param("ann@example.com", "reviewer", id="a reviewer"),
        pytest.param("both@example.com", "editor", id="the role that may most"),
        pytest.param("who@example.com", "viewer", id="anybody else"),
        pytest.param("", "viewer", id="nobody"),
    ],
)
def test_roles_go_by_address(email: str, role: Role) -> None:
    section = AccessSection(
        ["ada@example.com"], ["ed@example.com", "both@example.com"],
        ["ann@example.com", "both@example.com"],
    )  # fmt: skip
    access = Access(lambda: section, lambda: NOON, sign_in=True)
    assert access.person(email).role == role


def test_a_role_that_was_taken_away_is_gone_at_the_next_action() -> None:
    editors = ["ed@example.com"]
    access = Access(lambda: AccessSection(editors=editors), lambda: NOON, sign_in=True)
    person = access.person("ed@example.com")
    access.require(person, "write")
    editors.clear()
    with pytest.raises(NotAllowed):
        access.require(person, "write")


def test_without_sign_in_the_local_user_is_admin_and_with_it_nobody_is() -> None:
    local = local_person("ada")
    Access(AccessSection, lambda: NOON, sign_in=False).require(local, "audit")
    with pytest.raises(NotAllowed, match="Sign in"):
        Access(AccessSection, lambda: NOON, sign_in=True).require(local, "read")


def test_the_administrators_file_is_read_again_when_it_changes(bench: Workbench) -> None:
    file = bench.settings.admin_file
    assert file is not None
    assert bench.access.role("ed@example.com") == "viewer"
    file.write_text('[access]\neditors = ["ed@example.com"]\n', "utf-8")
    assert bench.access.role("ed@example.com") == "editor"
    file.write_text("[access]\neditors = []\n", "utf-8")
    assert bench.access.role("ed@example.com") == "viewer"


# -- the guarded workbench --


def test_an_editor_writes_and_it_is_noted(bench: Workbench) -> None:
    with_sign_in(bench, AccessSection(editors=["ed@example.com"]))
    mine = guarded(bench, bench.access.person("ed@example.com"))
    saved = mine.authoring.save_new("greeting", SPEC, actor="ed@example.com")
    assert mine.store.prompts.get(saved.version.prompt_id).name == "greeting"
    entry = bench.store.audit.page(1)[0]
    assert (entry.who, entry.action, entry.subject, entry.allowed) == (
        "ed@example.com", "authoring.save_new", "greeting", True,
    )  # fmt: skip


def test_a_viewer_looks_and_does_not_write(bench: Workbench) -> None:
    with_sign_in(bench, AccessSection())
    mine = guarded(bench, bench.access.person("who@example.com"))
    assert mine.store.prompts.list() == []
    with pytest.raises(NotAllowed):
        mine.authoring.save_new("greeting", SPEC, actor="who@example.com")
    assert bench.store.prompts.list() == []
    entry = bench.store.audit.page(1)[0]
    assert (entry.action, entry.allowed) == ("refused: authoring.save_new", False)


def test_the_catalogue_is_changed_by_administrators_only(bench: Workbench) -> None:
    section = AccessSection(["ada@example.com"], ["ed@example.com"])
    with_sign_in(bench, section)
    ref = ModelRef("gemini", "gemini-9-boron")

    def add(name: str) -> None:
        mine = guarded(bench, bench.access.person(name))
        mine.models.add(ref, "price", "1 / 2", source="list", actor=name, now=NOON)

    with pytest.raises(NotAllowed):
        add("ed@example.com")
    assert bench.catalogue.facts(ref) == ()
    add("ada@example.com")
    assert [fact.entered_by for fact in bench.catalogue.facts(ref)] == ["ada@example.com"]
    for path in ("models.add", "models.accept", "catalogue.add", "store.facts.add"):
        assert NEEDS[path] == "manage_models"


def test_nobody_acts_under_another_name(bench: Workbench) -> None:
    mine = guarded(bench, local_person("ada"))
    with pytest.raises(NotAllowed, match="another name"):
        mine.authoring.save_new("greeting", SPEC, actor="bob")
    with pytest.raises(NotAllowed, match="another name"):
        mine.authoring.draft("bob", "prompt")


@pytest.mark.parametrize("path", sorted(HIDDEN))
def test_what_is_for_the_process_is_for_nobody(bench: Workbench, path: str) -> None:
    found: object = guarded(bench, local_person("ada"))
    with pytest.raises(NotAllowed):
        for name in path.split("."):
            found = getattr(found, name)


def test_a_reviewer_reaches_nothing_but_reviews(bench: Workbench) -> None:
    with_sign_in(bench, AccessSection(reviewers=["ann@example.com"]))
    mine = guarded(bench, bench.access.person("ann@example.com"))
    reached = []
    for path, method in methods(bench):
        if path.startswith("reviews.") and path not in NEEDS:
            continue
        found: object = mine
        try:
            for name in path.split("."):
                found = getattr(found, name)
            assert callable(found) and callable(method)
            needed = [p for p in inspect.signature(method).parameters.values()
                      if p.default is p.empty and p.kind is not p.VAR_KEYWORD]  # fmt: skip
            found(**{p.name: "ann@example.com" for p in needed})
        except NotAllowed:
            continue
        except (WorkbenchError, TypeError, AttributeError):
            pass
        reached.append(path)
    assert reached == []


@pytest.mark.parametrize("role", [*ROLES, "owner"])
def test_the_whole_matrix_of_roles_and_methods(
    bench: Workbench, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every method there is, for every role and one that is not known; none is really called."""
    monkeypatch.setattr(bench.store.audit, "add", lambda *_, **__: NoEntry())
    monkeypatch.setattr(Access, "role", lambda *_: role)
    bench.access = Access(AccessSection, lambda: NOON, sign_in=True)
    mine = guarded(bench, Person("ann@example.com", True, "admin"))
    wrong = []
    for path, method in methods(bench):
        if path.startswith("reviews.") and path not in NEEDS:
            continue  # they ask for the person themselves, see tests/core/review/test_permits.py
        *within, name = path.split(".")
        service: object = bench
        for one in within:
            service = getattr(service, one)
        reached = stand_in(method)
        monkeypatch.setattr(type(service), name, reached)
        action = needs(path, method)  # type: ignore[arg-type]
        allowed = action in MAY.get(role, frozenset()) and path not in HIDDEN
        try:
            found: object = mine
            for one in (*within, name):
                found = getattr(found, one)
            done = found(**{one: "ann@example.com" for one in required(method)})  # type: ignore[operator]
        except NotAllowed:
            done = None
        if (done == "reached") is not allowed:
            wrong.append(path)
    assert wrong == []


class NoEntry:
    """What the audit log gives; nothing waits for it here."""

    def result(self) -> None:
        return None


def required(method: object) -> list[str]:
    """The parameters that have to be given."""
    parameters = inspect.signature(method).parameters.values()  # type: ignore[arg-type]
    return [p.name for p in parameters if p.default is p.empty
            and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]  # fmt: skip


def stand_in(method: object) -> Callable[..., str]:
    """A method with the same parameters that does nothing."""

    def reached(*_arguments: object, **_named: object) -> str:
        return "reached"

    own = list(inspect.signature(method).parameters.values())  # type: ignore[arg-type]
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    reached.__signature__ = inspect.Signature([itself, *own])  # type: ignore[attr-defined]
    return reached


def methods(bench: Workbench) -> list[tuple[str, object]]:
    """Every public method of every service and every noun of the store."""
    found: list[tuple[str, object]] = []
    services = {name: getattr(bench, name) for name in dir(bench) if not name.startswith("_")}
    nouns = {f"store.{n}": v for n, v in vars(bench.store).items() if not n.startswith("_")}
    for path, service in {**services, **nouns}.items():
        if path in PLAIN | HIDDEN or path == "store" or inspect.isroutine(service):
            continue
        for name, method in inspect.getmembers(service, inspect.isroutine):
            if not name.startswith("_"):
                found.append((f"{path}.{name}", method))
    return found


def test_reviews_that_take_a_person_check_it_and_the_others_are_checked(bench: Workbench) -> None:
    unchecked = [
        path
        for path, method in methods(bench)
        if path.startswith("reviews.")
        and path not in NEEDS
        and "person" not in inspect.signature(method).parameters  # type: ignore[arg-type]
    ]
    # A link and its token are what lets one in.
    assert unchecked == ["reviews.join"]


def test_what_writes_to_the_store_needs_more_than_reading(bench: Workbench) -> None:
    careless = [
        path
        for path, method in methods(bench)
        if path.startswith("store.")
        and any(sign in inspect.getsource(method) for sign in WRITES)  # type: ignore[arg-type]
        and path not in HIDDEN
        and needs(path, method) == "read"  # type: ignore[arg-type]
    ]
    assert careless == []


def test_the_table_names_methods_that_exist(bench: Workbench) -> None:
    there = {path for path, _ in methods(bench)} | {"store.backup"}
    assert set(NEEDS) <= there
