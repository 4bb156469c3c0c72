"""The plan of the house, checked: who may import whom, where files may lie, how long they get."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {".venv", "data", "node_modules", ".tools"}
SOURCES = sorted(
    path
    for path in ROOT.rglob("*.py")
    if not SKIPPED & set(path.relative_to(ROOT).parts) and ".git" not in path.parts
)
PRODUCT = [p for p in SOURCES if p.relative_to(ROOT).parts[0] not in {"tests", "bench"}]

GOOGLE = r"(google|agentplatform|vertexai)(\.|$)"
FEATURES = r"core\.(prompts|comparison|datasets|evaluation|migration|optimization|review|lifecycle|samples|jobs)(\.|$)"

# Room (a path prefix) -> what it may never import, as a pattern over module names.
FORBIDDEN = {
    "core/": r"(streamlit|pages)(\.|$)",
    "core/records/": r"core\.(?!records)",
    "core/errors.py": r"core\.",
    "core/store/": rf"(core\.(?!records|errors|store)|{GOOGLE})",
    "core/engine/": rf"(duckdb|core\.store(?!\.ledger)|{FEATURES.replace('lifecycle|', '')})",
    "core/sandbox/": rf"(duckdb|{GOOGLE}|core\.(?!sandbox))",
    "core/lifecycle/": rf"(duckdb|{GOOGLE}|core\.(?!records|errors|lifecycle))",
    "core/i18n/": rf"(duckdb|{GOOGLE}|core\.(?!errors|i18n))",
    "core/prompts/": rf"(duckdb|{GOOGLE})",
    "core/comparison/": rf"(duckdb|{GOOGLE})",
    "core/datasets/": rf"(duckdb|{GOOGLE})",
    "core/evaluation/": rf"(duckdb|{GOOGLE})",
    "core/migration/": rf"(duckdb|{GOOGLE})",
    "core/optimization/": rf"(duckdb|{GOOGLE})",
    "core/review/": rf"(duckdb|{GOOGLE})",
    "core/commands/": rf"(duckdb|{GOOGLE})",
    "pages/": rf"(duckdb|{GOOGLE})",
    "app.py": rf"(duckdb|{GOOGLE})",
}

# Pure files: no store, engine, clock or chance of their own.
PURE = (
    "core/prompts/template.py",
    "core/prompts/difference.py",
    "core/prompts/fingerprint.py",
    "core/lifecycle/capabilities.py",
    "core/lifecycle/pricing.py",
    "core/lifecycle/lint.py",
    "core/lifecycle/calendar.py",
    "core/lifecycle/clock.py",
    "core/lifecycle/catalogue_file.py",
    "core/lifecycle/proposals.py",
    "core/migration/gate.py",
    "core/migration/evidence.py",
    "core/migration/progress.py",
    "core/migration/document.py",
    "core/migration/pdf_text.py",
    "core/engine/outcome.py",
    "core/comparison/plan.py",
    "core/comparison/served.py",
    "core/comparison/blind.py",
    "core/comparison/inputs.py",
    "core/comparison/facts.py",
    "core/comparison/numbers.py",
    "core/comparison/folding.py",
    "core/comparison/tally.py",
    "core/comparison/view_data.py",
    "core/comparison/export_html.py",
    "core/datasets/content.py",
    "core/datasets/chat.py",
    "core/datasets/checks.py",
    "core/datasets/difference.py",
    "core/datasets/encodings.py",
    "core/datasets/export.py",
    "core/datasets/from_runs.py",
    "core/datasets/mapping.py",
    "core/datasets/near_duplicates.py",
    "core/datasets/pii.py",
    "core/datasets/table.py",
    "core/datasets/splits.py",
    "core/evaluation/rubrics.py",
    "core/evaluation/rubric_text.py",
    "core/evaluation/model_metric.py",
    "core/evaluation/trivial.py",
    "core/evaluation/pairs.py",
    "core/evaluation/task.py",
    "core/evaluation/managed.py",
    "core/evaluation/sampling.py",
    # All metrics but those that an administrator wrote.
    *(
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "core/evaluation/metrics").glob("*.py"))
        if path.name != "custom.py"
    ),
    "core/evaluation/sample_file.py",
    "core/evaluation/failure_groups.py",
    "core/evaluation/statistics.py",
    "core/evaluation/multiplicity.py",
    "core/evaluation/power.py",
    "core/evaluation/agreement.py",
    "core/evaluation/ppi.py",
    "core/evaluation/ranking.py",
    "core/evaluation/sentences.py",
    "core/evaluation/served.py",
    "core/evaluation/clusters.py",
    "core/evaluation/row_choice.py",
    "core/lifecycle/drift.py",
    "core/lifecycle/fact_values.py",
    "core/optimization/candidates.py",
    "core/optimization/chance.py",
    "core/optimization/checks.py",
    "core/optimization/estimate.py",
    "core/optimization/guard.py",
    "core/optimization/heldout.py",
    "core/optimization/ledger.py",
    "core/optimization/meta_prompts.py",
    "core/optimization/parts.py",
    "core/optimization/search.py",
    "core/optimization/selection.py",
    "core/optimization/vapo_config.py",
    "core/optimization/vapo_data.py",
    "core/optimization/vapo_files.py",
    "core/evaluation/pairwise.py",
    "core/evaluation/board.py",
    "core/review/planning.py",
    "core/review/queue.py",
    "core/review/judging.py",
    "core/review/figures.py",
    "core/review/calibrating.py",
    "core/review/stopping.py",
    "core/review/sources.py",
    "core/review/review_export.py",
    "core/review/outcome.py",
)
IMPURE = r"(time|random|secrets|duckdb|core\.(store|engine(?!\.redact)|workbench|config))(\.|$)"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports_of(path: Path, *, only_top_level: bool = False) -> frozenset[str]:
    """Modules named in import statements; those under TYPE_CHECKING do not count."""
    tree = ast.parse(path.read_text("utf-8"))
    found: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from package import module` imports the module; the package is behind it anyway.
            modules = {name for name in inner if (ROOT / f"{name.replace('.', '/')}.py").exists()}
            found |= inner | (set() if modules else {node.module})
        if not only_top_level or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting.extend(ast.iter_child_nodes(node))
    return frozenset(found)


@pytest.mark.parametrize("room", FORBIDDEN)
def test_rooms_import_only_what_they_may(room: str) -> None:
    pattern = re.compile(FORBIDDEN[room])
    wrong = [
        f"{name_of(path)} imports {module}"
        for path in PRODUCT
        if name_of(path).startswith(room)
        for module in sorted(imports_of(path))
        if pattern.match(module)
    ]
    assert wrong == []


def test_only_the_store_imports_duckdb() -> None:
    wrong = [
        name_of(path)
        for path in PRODUCT
        if not name_of(path).startswith("core/store/")
        and any(re.match(r"duckdb(\.|$)", module) for module in imports_of(path))
    ]
    # The server only preloads modules; it opens nothing.
    assert wrong == []


@pytest.mark.parametrize("pure", PURE)
def test_pure_files_have_no_clock_chance_or_store(pure: str) -> None:
    wrong = [module for module in imports_of(ROOT / pure) if re.match(IMPURE, module)]
    assert wrong == []


def test_google_sdks_are_never_imported_on_the_start_up_path() -> None:
    wrong = [
        f"{name_of(path)} imports {module} at the top"
        for path in PRODUCT
        for module in imports_of(path, only_top_level=True)
        if re.match(GOOGLE, module)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("core.workbench", "google.genai google.cloud.aiplatform pandas altair streamlit pyarrow"),
        # The home page opens first: what it waits for, everybody waits for.
        ("pages.ui.frame, pages.ui.home.attention, pages.ui.home.story",
         "google.genai google.cloud.aiplatform pandas altair pyarrow"),
    ],
    ids=["workbench", "home"],
)  # fmt: skip
def test_what_is_started_first_leaves_the_heavy_modules_alone(modules: str, heavy: str) -> None:
    code = f"import sys, {modules}; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_no_import_cycle_in_core() -> None:
    graph = {module_of(path): imports_of(path, only_top_level=True) for path in PRODUCT}
    edges = {name: {other for other in found if other in graph} for name, found in graph.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for other in edges[name]:
                if other != name:
                    visit(other, (*trail, name))
            done.add(name)

    for name in edges:
        visit(name, ())


def test_no_script_lies_directly_in_pages() -> None:
    # Streamlit would run it without app.py, past any sign-in.
    assert [name_of(path) for path in (ROOT / "pages").glob("*.py")] == []


def test_page_scripts_define_no_class() -> None:
    # A rerun would redefine it, and `isinstance` would stop to hold.
    wrong = [
        name_of(path)
        for path in PRODUCT
        if re.match(r"pages/(?!ui/)", name_of(path)) or name_of(path) == "app.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_stay_readable(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 500


def test_no_machine_path_or_registry_in_the_project() -> None:
    tracked = subprocess.run(
        ["git", "grep", "-nIE", r"/work/|/root/|files\.pythonhosted|pypi\.org/simple", "--", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout
    assert [line for line in tracked.splitlines() if "test_architecture.py" not in line] == []
