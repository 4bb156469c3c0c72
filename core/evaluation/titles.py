"""What metrics are called by people. Their names are for files, options and signatures."""

from __future__ import annotations

from collections.abc import Callable

from core.records.messages import N_

COMPUTED = {
    "exact_match": N_("Exact match"),
    "contains": N_("Contains the text"),
    "not_contains": N_("Does not contain the text"),
    "regex": N_("Fits the pattern"),
    "chrf": "chrF",
    "rouge_1": "ROUGE-1",
    "rouge_2": "ROUGE-2",
    "rouge_l": "ROUGE-L",
    "rouge_lsum": "ROUGE-Lsum",
    "bleu": "BLEU",
    "label_accuracy": N_("Label accuracy"),
    "number_agreement": N_("Numbers agree"),
    "date_agreement": N_("Dates agree"),
    "json_valid": N_("Valid JSON"),
    "json_schema": N_("Fits the JSON Schema"),
    "max_characters": N_("At most so many characters"),
    "min_characters": N_("At least so many characters"),
    "max_sentences": N_("At most so many sentences"),
    "min_sentences": N_("At least so many sentences"),
    "answer_language": N_("Language of the answer"),
    "tool_call_valid": N_("Valid tool call"),
    "tool_name_match": N_("Right tool"),
    "tool_parameter_key_match": N_("Tool parameters: names"),
    "tool_parameter_kv_match": N_("Tool parameters: values"),
    "trajectory_exact_match": N_("Tool calls: exactly"),
    "trajectory_in_order_match": N_("Tool calls: in order"),
    "trajectory_any_order_match": N_("Tool calls: in any order"),
    "trajectory_precision": N_("Tool calls: precision"),
    "trajectory_recall": N_("Tool calls: recall"),
    "trajectory_single_tool_use": N_("Tool calls: one tool used"),
    "latency_ms": N_("Time to the whole answer (ms)"),
    "first_token_ms": N_("Time to the first token (ms)"),
    "cost_usd": N_("Cost of an answer ($)"),
    "output_tokens": N_("Output tokens"),
}
JUDGED = {
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
"""Begins the name of a judged metric that puts two answers side by side."""


def metric_title(name: str, translate: Callable[[str], str]) -> str:
    """The title in the language of `translate`; of a metric of somebody's own, its name."""
    if name in COMPUTED:
        return translate(COMPUTED[name])
    family = name.removeprefix(PAIRWISE)
    title = translate(JUDGED[family]) if family in JUDGED else family.replace("_", " ")
    if not name.startswith(PAIRWISE):
        return title
    return translate(N_("{metric}, in pairs")).format(metric=title)
