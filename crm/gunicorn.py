"""How gunicorn serves the product; started with `--config python:crm.gunicorn`.

WEB_CONCURRENCY and FORWARDED_ALLOW_IPS (the proxies whose X-Forwarded-Proto is believed) are gunicorn's own variables.
"""

import os
from pathlib import Path

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Two: threads of a process take turns at the interpreter, so that more of them answer no more pages, only each of them
# later (docs/benchmarks.md); a second one answers while the first waits for the database or prints a PDF.
threads = int(os.environ.get("WEB_THREADS", "2"))
worker_class = "gthread"
# A process takes a request only when it has a thread for it: else one process collects the connections that are kept
# open, and its users wait while another has nothing to do. The proxy in front keeps those of the browsers.
worker_connections = threads
keepalive = 0
preload_app = True
timeout = 60
graceful_timeout = 10
max_requests = 5000
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn's heart-beat file
control_socket_disable = True
errorlog = "-"
accesslog = None  # each request is in the product's own log, with its user
