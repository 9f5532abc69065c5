"""The language of who reads."""

from django.utils.translation import get_language


def in_chinese() -> bool:
    """Whether the reader's language is Chinese; names kept in both languages are then shown in Chinese."""
    return (get_language() or "").startswith("zh")
