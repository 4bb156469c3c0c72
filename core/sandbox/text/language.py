"""Which language, which sentences, which ending."""

from __future__ import annotations

import re
import unicodedata

_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_POLITE = (
    ("りました", "った"), ("しました", "した"), ("ませんでした", "なかった"), ("ません", "ない"), ("でした", "だった"),
    ("でしょう", "だろう"), ("ています", "ている"), ("ありました", "あった"), ("あります", "ある"),
    ("なりました", "なった"), ("なります", "なる"), ("できます", "できる"), ("います", "いる"),
    ("します", "する"), ("です", "である"),
)  # fmt: skip
_IS_POLITE = re.compile(
    r"(?:です|ます|ました|ません|でした|でしょう|ましょう|ください|下さい)(?:か|ね|よ)?$"
)


def is_japanese(text: str) -> bool:
    """Whether a fifth of the characters are Japanese."""
    return len(_JAPANESE.findall(text)) * 5 > len(text.strip()) * 0.999 and bool(text.strip())


def answer_language(instruction: str, subject: str) -> str:
    """The language asked for; else that of the instruction, else of the subject: "ja" or "en"."""
    if re.search(r"日本語で|in Japanese", instruction, re.IGNORECASE):
        return "ja"
    if re.search(r"英語で|in English", instruction, re.IGNORECASE):
        return "en"
    return "ja" if is_japanese(instruction if instruction.strip() else subject) else "en"


def sentences(text: str) -> list[str]:
    """Sentences without their surrounding white space; a line end ends one too."""
    joined: list[str] = []
    for piece in re.split(r"(?<=[。！？!?])(?![」』）)。！？!?])|(?<=\.)(?=\s)|\n+", text):
        piece = piece.strip()
        if piece:
            joined.append(piece)
    return joined


def plain_style(sentence: str) -> str:
    """です・ます becomes だ・である at the end of the sentence."""
    end = "。" if sentence.endswith("。") else ""
    body = sentence.removesuffix("。")
    for polite, plain in sorted(_POLITE, key=lambda pair: -len(pair[0])):
        if body.endswith(polite):
            return body.removesuffix(polite) + plain + end
    return sentence


def polite_style(sentence: str) -> str:
    """だ・である becomes です・ます at the end of the sentence."""
    end = "。" if sentence.endswith("。") else ""
    body = sentence.removesuffix("。")
    if _IS_POLITE.search(body):
        return sentence
    for polite, plain in sorted(_POLITE, key=lambda pair: -len(pair[1])):
        if body.endswith(plain):
            return body.removesuffix(plain) + polite + end
    return sentence


def normal(text: str) -> str:
    """NFKC, so that full-width digits and letters read alike."""
    return unicodedata.normalize("NFKC", text)
