"""Settings of the measured web server: those of production, without collected static files and without TLS."""

from crm.settings import *  # noqa: F403
from crm.settings import STORAGES

DEBUG = False
DEMO_MODE = False
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
ROOT_URLCONF = "tests.benchmarks.urls"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# The log of requests goes nowhere: it would be measured with them.
LOGGING = {"version": 1, "disable_existing_loggers": True, "root": {"handlers": [], "level": "CRITICAL"}}
LOGGING_CONFIG = "logging.config.dictConfig"
# Nights are started by the benchmark alone.
NIGHT_HOUR = None
