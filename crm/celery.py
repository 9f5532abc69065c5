"""The Celery application. Tasks only say "look for work"; the Run and Step rows of crm.jobs are the truth."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

app = Celery("openaccount")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def look_at_settings(**kwargs: Any) -> None:
    """A worker under another base currency or time zone than the database was begun with does not start."""
    from crm.core.installation import refuse_at_start

    refuse_at_start()
