"""What Celery calls. Both are safe to call at any time and any number of times."""

from celery import shared_task

from crm.jobs.chores import do_chores
from crm.jobs.purge import purge_old
from crm.jobs.worker import work_off


@shared_task(ignore_result=True)
def look_for_work() -> None:
    """See to small things, rescue what got stuck, then work until no run waits. At least once; the claims make it
    safe.
    """
    do_chores()
    work_off()


@shared_task(ignore_result=True)
def purge() -> None:
    """Delete files and runs whose time to be kept is over. At least once."""
    purge_old()
