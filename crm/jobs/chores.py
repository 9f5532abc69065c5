"""What is looked after every few seconds besides the runs: apps register it (registry.chores)."""

import logging

from django.db import InterfaceError, OperationalError

from crm.core.registry import registry

log = logging.getLogger(__name__)


def do_chores() -> None:
    """Each by itself: one that fails is logged and does not keep the others from being done."""
    for name, chore in registry.chores.items():
        try:
            chore()
        except (OperationalError, InterfaceError):
            raise  # the database is away: whoever calls looks again later
        except Exception:
            log.exception("chore %s failed", name)
