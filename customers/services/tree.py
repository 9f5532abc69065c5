"""The tree of companies: who belongs to which parent company is changed by one at a time."""

from django.db import connection

LOCK = 7_204_118  # of no other lock of this installation


def lock_tree() -> None:
    """Wait for the tree until the transaction ends: what is read of it then stays so.

    Taken after the row of the customer that moves, before any credit account. Raises OperationalError where it is not
    had in time (crm.core.locks makes it Busy).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
