"""Decisions about teams; no database."""


def stands_under(path: str, other: str) -> bool:
    """True when the team with `path` is the team with `other` or stands somewhere under it."""
    return path.startswith(other)
