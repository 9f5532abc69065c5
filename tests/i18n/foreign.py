"""Finds what a reader of one language should not have to read: words of the other language that are not data."""

import re
from collections.abc import Collection

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
DATE = re.compile(r"\d+年\d+月\d+日")  # shown in English too, as an example of how files write dates
FILE_NAME = re.compile(r"[\w-]+\.(?:xlsx|csv)\b")  # files are called what their owners call them
LATIN_WORD = re.compile(r"[A-Za-z]{2,}(?:['’][a-z]+)?")
# Pieces that are not words in any language: codes with digits, addresses, e-mail, file names, format examples.
CODE = re.compile(
    r"\S*\d\S*|\S+@\S+|https?://\S+|/[\w/-]+|\b[\w-]+\.(?:xlsx|csv|py|pdf|org|com|cn|example)\b|\b[A-Z]{2,3}\b"
)
# Names of things that Chinese business texts keep in Latin letters.
KEPT_IN_CHINESE = frozenset(
    [
        "OpenAccount",
        "Excel",
        "Word",
        "JPEG",
        "CSV",
        "xlsx",
        "UTF",
        "GB",
        "GBK",
        "ISO",
        "ID",
        "IP",
        "PDF",
        "Enter",
        "Esc",
        "Tab",
        "English",
        "MB",
        "KB",
        "sap",
    ]
)
# The switch names each language in itself.
KEPT_IN_ENGLISH = frozenset({"简体中文", "中文"})


def foreign_words(text: str, language: str, data: Collection[str] = ()) -> list[str]:
    """Words in `text` that do not belong on a page in `language` ('en' or 'zh-hans'); `data` is what users entered."""
    if any(text.strip() in known for known in data):
        return []  # a search box marks the part of a name that was typed: the rest stands apart
    for known in sorted(data, key=len, reverse=True):
        text = text.replace(known, " ")
    if language == "en":
        return [
            word for word in CHINESE.findall(FILE_NAME.sub(" ", DATE.sub(" ", text))) if word not in KEPT_IN_ENGLISH
        ]
    return [word for word in LATIN_WORD.findall(CODE.sub(" ", text)) if word not in KEPT_IN_CHINESE]
