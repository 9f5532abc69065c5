"""What Celery calls; safe to call at any time and any number of times."""

from celery import shared_task

from crm.notices.post import send_due


@shared_task(ignore_result=True)
def send_mail() -> None:
    """Send the mails that wait. Each at most once: it is claimed before the mail server is spoken to."""
    send_due()
