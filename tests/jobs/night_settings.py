"""Settings of the kill tests' workers: those of the product, in a hurry."""

from crm.settings import *  # noqa: F403
from crm.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.jobs.night_app.NightTestConfig"]
CELERY_BEAT_SCHEDULE = {
    "jobs-look-for-work": {"task": "crm.jobs.tasks.look_for_work", "schedule": 0.5, "options": {"expires": 5}}
}
CELERY_BEAT_SCHEDULER = "celery.beat:PersistentScheduler"
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2}
