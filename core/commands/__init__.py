"""The verbs of `python -m core`, one file each."""

from __future__ import annotations

import importlib

from core.commands.verb import Verb

# The order of `--help`. A verb is imported only when it is asked for.
SUMMARIES = {
    "run": "send a prompt to a model and print the answer",
    "compare": "put prompts and models side by side on the same inputs",
    "prompts": "list prompts, show one, list its versions",
    "history": "list runs, newest first",
    "score": "score answers in a file",
    "evaluate": "a dataset through prompts and models, scored and compared",
    "export": "write a prompt or runs to a file",
    "import": "read prompts from files",
    "models": "tell what ends when, and what here depends on it",
    "lint": "check a prompt for another model",
    "freeze": "keep a model's answers on a dataset while it still gives them",
    "gate": "decide whether a candidate may take the baseline's place",
    "optimize": "optimize a prompt by a VAPO configuration, with a verdict",
    "migrate": "move a prompt to another model, up to the gate, the decision and the dossier",
    "review": "list rounds of human review, show what one found, export it",
    "doctor": "check this installation",
    "sandbox": "serve simulated models on this machine",
}

_MODULES = {"import": "import_"}


def load(name: str) -> Verb:
    """The verb of that name, which must be in SUMMARIES."""
    verb = importlib.import_module(f"core.commands.{_MODULES.get(name, name)}").VERB
    assert isinstance(verb, Verb)
    return verb
