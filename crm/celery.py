"""The Celery application. Tasks only say "look for work"; the Run and Step rows of crm.jobs are the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

app = Celery("openaccount")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
