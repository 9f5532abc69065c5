"""What must hold of docker-compose.yml, Dockerfile, .env.example and the table of settings, with or without Docker."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

from scripts.console import ROOT

PRODUCT = ("migrate", "web", "worker", "beat")
SERVERS = ("postgres", "valkey")
# What compose and the image set themselves, whatever .env says.
SET_BY_DOCKER = {"DATA_DIR", "STATIC_ROOT", "PORT", "DEBUG"}
VARIABLE = re.compile(r"\$\{(\w+)(?::?[-?][^}]*)?\}")
NEEDED = re.compile(r"\$\{(\w+):\?")
READ_BY_SETTINGS = re.compile(r"""\benv(?:\.\w+)?\(\s*"(\w+)\"""")
READ_BY_GUNICORN = re.compile(r"""environ\.get\(["'](\w+)""")
GUNICORNS_OWN = {"FORWARDED_ALLOW_IPS"}
IN_EXAMPLE = re.compile(r"^#?([A-Z]\w+)=", re.MULTILINE)


def problems() -> Iterator[str]:
    import yaml

    text = (ROOT / "docker-compose.yml").read_text()
    try:
        compose = yaml.safe_load(text)
    except yaml.YAMLError as error:
        yield f"docker-compose.yml: {error}"
        return
    services: dict[str, dict[str, Any]] = compose["services"]
    for name in {*PRODUCT, *SERVERS} ^ set(services):
        yield f"docker-compose.yml: service {name} is missing or unknown"
    for name, service in services.items():
        yield from service_problems(name, service, services, compose.get("volumes") or {})
    yield from variable_problems(text, services)
    yield from dockerfile_problems()
    yield from said_by_docker()


def service_problems(
    name: str, service: dict[str, Any], services: dict[str, dict[str, Any]], volumes: dict[str, Any]
) -> Iterator[str]:
    where = f"docker-compose.yml, {name}"
    if name != "migrate" and "healthcheck" not in service:
        yield f"{where}: no health check"
    if "build" not in service and not re.search(r":\d", service.get("image", "")):
        yield f"{where}: the image has no version"
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if not source.startswith((".", "/")) and source not in volumes:
            yield f"{where}: volume {source} is not declared"
    for other, asked in service.get("depends_on", {}).items():
        if other not in services:
            yield f"{where}: depends on {other}, which is not there"
        elif asked["condition"] == "service_healthy" and "healthcheck" not in services[other]:
            yield f"{where}: waits for the health of {other}, which has no health check"
    if name in ("web", "worker", "beat"):
        if service.get("depends_on", {}).get("migrate", {}).get("condition") != "service_completed_successfully":
            yield f"{where}: does not wait for the migrations"
        if service.get("restart") != "unless-stopped":
            yield f"{where}: is not started again"
    if name == "migrate" and service.get("restart") != "no":
        yield f"{where}: must run once"
    if name == "postgres":
        if service["image"] != "postgres:18":
            yield f"{where}: PostgreSQL 18 is what the product is tested with"
        if "database:/var/lib/postgresql" not in service["volumes"]:
            yield f"{where}: the image of version 18 keeps its data below /var/lib/postgresql"
        if "C.UTF-8" not in service["environment"].get("POSTGRES_INITDB_ARGS", ""):
            yield f"{where}: the locale must be C.UTF-8"


def variable_problems(compose: str, services: dict[str, dict[str, Any]]) -> Iterator[str]:
    settings, gunicorn = (ROOT / "crm/settings.py").read_text(), (ROOT / "crm/gunicorn.py").read_text()
    yield from differences(
        read={*READ_BY_SETTINGS.findall(settings), *READ_BY_GUNICORN.findall(gunicorn), *GUNICORNS_OWN},
        filled_in=set(VARIABLE.findall(compose)),
        handed_on=set(services["web"]["environment"]),
        example=set(IN_EXAMPLE.findall((ROOT / ".env.example").read_text())),
        manual=documented((ROOT / "docs/operations.md").read_text()),
    )


def documented(manual: str) -> set[str]:
    """The names in the first column of the table of settings."""
    table = manual.partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def differences(
    *, read: set[str], filled_in: set[str], handed_on: set[str], example: set[str], manual: set[str]
) -> Iterator[str]:
    """All places name the same variables: what the product reads, and what compose fills in from .env."""
    for name in sorted(read - handed_on - SET_BY_DOCKER):
        yield f"docker-compose.yml: {name} is read by the product and not handed on to it"
    for name in sorted(handed_on - read):
        yield f"docker-compose.yml: {name} is read by nothing in the product"
    for where, named in ((".env.example", example), ("docs/operations.md, table of settings", manual)):
        for name in sorted((read | filled_in) - named):
            yield f"{where}: {name} is missing"
        for name in sorted(named - read - filled_in):
            yield f"{where}: {name} is used by nothing"


def dockerfile_problems() -> Iterator[str]:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    stages = [index for index, line in enumerate(lines) if line.startswith("FROM ")]
    if len(stages) < 2:
        yield "Dockerfile: one stage only"
    users = [line.split()[1] for line in lines[stages[-1] :] if line.startswith("USER ")]
    if not users or users[-1] in ("root", "0"):
        yield "Dockerfile: the product would run as root"
    if not any("--require-hashes" in line for line in lines):
        yield "Dockerfile: packages are installed without their hashes"


def said_by_docker() -> Iterator[str]:
    """Docker's own reading of the file, where the compose plugin is at hand."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        return
    needed = NEEDED.findall((ROOT / "docker-compose.yml").read_text())
    environment = {**os.environ, **dict.fromkeys(needed, "x")}
    command = [docker, "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    read = subprocess.run(command, env=environment, capture_output=True, text=True)
    if read.returncode:
        yield f"docker compose config: {read.stderr.strip()}"
