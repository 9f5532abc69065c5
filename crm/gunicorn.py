"""How gunicorn serves the product; started with `--config python:crm.gunicorn`.

WEB_CONCURRENCY and FORWARDED_ALLOW_IPS (the proxies whose X-Forwarded-Proto is believed) are gunicorn's own variables.
"""

import os
from pathlib import Path

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"
preload_app = True
timeout = 60
graceful_timeout = 10
max_requests = 5000
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn's heart-beat file
control_socket_disable = True
errorlog = "-"
accesslog = None  # each request is in the product's own log, with its user
