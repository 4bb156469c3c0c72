"""What judged metrics are called on a page."""

from __future__ import annotations

from pages.ui.language import N_, _
from pages.ui.text import label

TITLES = {
    "coherence": N_("Coherence"),
    "fluency": N_("Fluency"),
    "instruction_following": N_("Instruction following"),
    "text_quality": N_("Text quality"),
    "summarization_quality": N_("Summarization quality"),
    "question_answering_quality": N_("Question answering quality"),
    "safety": N_("Safety"),
    "groundedness": N_("Groundedness"),
    "verbosity": N_("Verbosity"),
    "multi_turn_chat_quality": N_("Multi-turn chat quality"),
    "multi_turn_safety": N_("Multi-turn safety"),
    "general_quality": N_("General quality (questions per case)"),
}
PAIRWISE = "pairwise_"


def rubric_title(name: str) -> str:
    """The title of a shipped metric; the name of a custom one, safe in a label."""
    family = name.removeprefix(PAIRWISE)
    title = _(TITLES[family]) if family in TITLES else label(family)
    return _("{metric}, in pairs").format(metric=title) if name.startswith(PAIRWISE) else title
