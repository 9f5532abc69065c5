"""The same world as for the permissions."""

from tests.security.conftest import world

__all__ = ["world"]
