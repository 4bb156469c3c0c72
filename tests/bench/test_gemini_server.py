from __future__ import annotations

import pytest

from bench.gemini_server import chunk_text
from bench.processes import gemini_server


@pytest.mark.parametrize("size", [60, 100, 700])
def test_a_chunk_begins_with_its_number_and_has_nearly_its_size(size: int) -> None:
    text = chunk_text(2, 17, size)
    assert text.startswith("‹2:17›")
    assert size - 50 <= len(text.encode()) <= size + 2


def test_the_journal_holds_what_was_sent_since_the_plan_was_set() -> None:
    with gemini_server() as server:
        server.plan(chunks=3, chunks_per_second=100, latency_ms=0)
        path = "/v1beta/models/m:streamGenerateContent"
        answers = [server.ask("POST", path, b"{}").decode() for _ in range(2)]
        journal = server.journal()
        server.plan(chunks=1)
        assert server.journal() == []
    assert [len(stream["sent"]) for stream in journal] == [3, 3]
    assert all(stream["finished"] for stream in journal)
    assert [answer.count("data: ") for answer in answers] == [3, 3]
    assert "‹1:2›" in journal[1]["text"] and "‹1:2›" in answers[1]
