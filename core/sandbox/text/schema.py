"""Fills a JSON Schema (or Gemini's OpenAPI form of it) from the prompt."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.sandbox.models import Profile
from core.sandbox.text import judge
from core.sandbox.text.checklist import questions
from core.sandbox.text.classify import classify
from core.sandbox.text.extract import all_facts, facts, kind_of, relevant
from core.sandbox.text.language import is_japanese, sentences
from core.sandbox.text.ngrams import coverage
from core.sandbox.text.reading import Asked
from core.sandbox.text.summarize import central, summarize

DEEPEST = 12
_YES = r"urgent|至急|緊急|immediately|ASAP|error|fail|down|停止|障害|できません|できない|不具合|怒|refund|返金"


class Filler:
    """Fills one schema for one prompt."""

    def __init__(
        self,
        asked: Asked,
        profile: Profile,
        chance: random.Random,
        temperature: float,
        definitions: Mapping[str, Any] | None = None,
    ) -> None:
        self._asked = asked
        self._profile = profile
        self._chance = chance
        self._temperature = temperature
        self._definitions = definitions or {}
        self._used: set[str] = set()

    def fill(self, schema: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
        """A value that is valid for the schema."""
        schema = self._resolved(schema, depth)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._choose(schema["enum"], name, str(schema.get("description", "")))
        match self._type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer":
                return round(self._number(schema, name))
            case "number":
                return self._number(schema, name)
            case "boolean":
                return self._truth(name, str(schema.get("description", "")))
            case "null":
                return None
            case _:
                return self._string(schema, name)

    def _resolved(self, schema: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
        reference = schema.get("$ref")
        if isinstance(reference, str) and depth < DEEPEST:
            found = self._definitions.get(reference.rsplit("/", 1)[-1])
            if isinstance(found, Mapping):
                return self._resolved(found, depth + 1)
        for key in ("anyOf", "any_of", "oneOf", "allOf"):
            options = schema.get(key)
            if options:
                filled = [o for o in options if str(o.get("type", "")).lower() != "null"]
                return self._resolved((filled or options)[0], depth + 1)
        return schema

    def _type(self, schema: Mapping[str, Any]) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind is None:
            kind = (
                "object" if "properties" in schema else "array" if "items" in schema else "string"
            )
        return str(kind).lower()

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        order = (
            schema.get("property_ordering") or schema.get("propertyOrdering") or list(properties)
        )
        required = schema.get("required") or list(properties)
        return {
            key: self.fill(properties[key], key, depth + 1)
            for key in order
            if key in properties and (key in required or depth < DEEPEST)
        }

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        least = int(schema.get("minItems") or schema.get("min_items") or 0)
        most = int(schema.get("maxItems") or schema.get("max_items") or 5)
        items: Mapping[str, Any] = self._resolved(schema.get("items") or {}, depth)
        subject = self._asked.subject
        if self._asked.graded and name == "questions":
            japanese = is_japanese(self._asked.instruction)
            made = questions(self._asked.graded, self._asked.instruction, japanese)
            filled: list[Any] = made[:most]
        elif self._type(items) == "string" and not items.get("enum"):
            kind = kind_of(name, str(schema.get("description", "")))
            found = facts(kind, subject) if kind else None
            if found is None:
                pieces = sentences(subject)
                found = central(pieces, most, self._profile, self._chance, 0.0) if pieces else []
            filled = [_sized(one, items) for one in found[:most]]
        elif depth >= DEEPEST:
            filled = []
        else:
            pieces = sentences(subject)[:200]
            chosen = central(pieces, min(most, 3), self._profile, self._chance, 0.0)
            filled = [self._about(piece).fill(items, name, depth + 1) for piece in chosen]
        while len(filled) < least:
            filled.append(self.fill(items, name, depth + 1))
        return filled

    def _about(self, subject: str) -> Filler:
        asked = replace(self._asked, subject=subject)
        return Filler(asked, self._profile, self._chance, self._temperature, self._definitions)

    def _choose(self, options: list[Any], name: str, description: str) -> Any:
        texts = [str(option) for option in options]
        verdict = judge.verdict(self._asked, texts)
        if verdict is not None:
            return options[texts.index(verdict)]
        asked = Asked(
            self._asked.instruction, self._asked.subject, tuple(texts),
            {t: self._asked.definitions.get(t, "") for t in texts}, self._asked.examples,
        )  # fmt: skip
        chosen = classify(asked, self._profile, self._chance, self._temperature)
        return options[texts.index(chosen)]

    def _number(self, schema: Mapping[str, Any], name: str) -> float:
        low, high = schema.get("minimum"), schema.get("maximum")
        score = judge.score(self._asked, low, high) if judge.is_rubric(self._asked) else None
        if score is None:
            kind = kind_of(name, str(schema.get("description", ""))) or "number"
            found = [re.sub(r"[^\d.\-]", "", fact) for fact in facts(kind, self._asked.subject)]
            found += [f.replace(",", "") for f in facts("number", self._asked.subject)]
            score = next((float(f) for f in found if re.fullmatch(r"-?\d+(?:\.\d+)?", f)), 0.0)
        score = max(score, float(low)) if low is not None else score
        return min(score, float(high)) if high is not None else score

    def _truth(self, name: str, description: str) -> bool:
        verdict = judge.holds(self._asked, f"{name} {description}")
        if verdict is not None:
            return verdict
        about = re.sub(r"[_\W]+", " ", f"{name} {description}")
        return bool(re.search(_YES, self._asked.subject, re.IGNORECASE)) or (
            coverage(about, self._asked.subject) > 0.5
        )

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        description = str(schema.get("description", ""))
        return _sized(self._free_text(name, description), schema)

    def _free_text(self, name: str, description: str) -> str:
        if re.search(r"reason|explanation|rationale|理由|根拠", name, re.IGNORECASE):
            return judge.reason(self._asked) or self._nearest(name, description)
        subject = self._asked.subject
        kind = kind_of(name, description)
        if kind is not None:
            found = [fact for fact in facts(kind, subject) if fact not in self._used]
            self._used.update(found[:1])
            return found[0] if found else ""
        if re.search(r"summary|要約|概要|title|件名|見出し", name, re.IGNORECASE):
            return summarize(subject, f"1 sentence {description}", self._profile, self._chance, 0.0)
        return self._nearest(name, description)

    def _nearest(self, name: str, description: str) -> str:
        found = relevant(f"{name} {description}", self._asked.subject)
        every = all_facts(self._asked.subject)
        return found[0] if found else next(iter(every.values()), [""])[0]


def _sized(text: str, schema: Mapping[str, Any]) -> str:
    """The text within the lengths that a schema allows."""
    most = schema.get("maxLength") or schema.get("max_length")
    least = int(schema.get("minLength") or schema.get("min_length") or 0)
    text = text[: int(most)] if most else text
    return text + "." * (least - len(text))
