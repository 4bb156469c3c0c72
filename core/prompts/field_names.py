"""What the fields of a prompt are called for people."""

from __future__ import annotations

from core.records.messages import N_

PARAMETERS = {
    "temperature": N_("Temperature"),
    "top_p": N_("Top-P"),
    "top_k": N_("Top-K"),
    "max_output_tokens": N_("Output limit (tokens)"),
    "stop_sequences": N_("Stop sequences"),
    "seed": N_("Seed"),
    "presence_penalty": N_("Presence penalty"),
    "frequency_penalty": N_("Frequency penalty"),
    "thinking_level": N_("Thinking level"),
    "thinking_budget": N_("Thinking budget (tokens)"),
    "include_thoughts": N_("Show thoughts"),
    "candidate_count": N_("Candidates per call"),
}
PLACES = {
    "model": N_("Model"),
    "turns": N_("Messages"),
    "tools": N_("Tools"),
    "media": N_("Files"),
    "location": N_("Location"),
    "system": N_("System instruction"),
    "turn": N_("Message"),
    "functions": N_("Function declarations"),
    "google_search": N_("Google Search"),
    "response_schema": N_("Structured output"),
    "value_sets": N_("Value sets"),
}


def name_of(field: str) -> str:
    """The message that names a field or parameter; the field itself when it has none."""
    bare = field.removeprefix("parameters.")
    return PARAMETERS.get(bare) or PLACES.get(bare) or bare
