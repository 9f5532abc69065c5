"""Memory of a web worker: the peak of a real gunicorn worker while it serves ageing, read from the kernel."""

from pathlib import Path

from tests.benchmarks.generate import AS_AT, Size
from tests.benchmarks.result import Result
from tests.benchmarks.web import serving, sign_in

LIGHT = "/receivables/ageing/?as_at=1991-01-01"
HEAVY = (
    f"/receivables/ageing/?as_at={AS_AT}",
    "/receivables/ageing/?as_at=2026-03-31",
    f"/receivables/ageing/?as_at={AS_AT}&group=owner",
    f"/receivables/ageing/documents/?as_at={AS_AT}&cell=b2",
    "/receivables/invoices/",
)
ALLOWED_MB = 20


def peak_mb(pid: int) -> float:
    """High-water mark of the resident memory of a process."""
    with Path(f"/proc/{pid}/status").open() as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError(f"the kernel does not tell the memory of {pid}")


def run(size: Size) -> list[Result]:
    with serving(sign_in(), workers=1) as server:
        (worker,) = server.workers()
        for _each in range(3):
            server.get(LIGHT)
        before = peak_mb(worker)
        for address in HEAVY:
            for _each in range(4):
                server.get(address)
        after = peak_mb(worker)
    grown = after - before
    return [
        Result("web worker after an empty report", before, "MB"),
        Result(
            "web worker after ageing and lists",
            after,
            "MB",
            target=f"grows by <= {ALLOWED_MB} MB at every size",
            met=grown <= ALLOWED_MB,
            note=f"grew by {grown:.1f} MB",
        ),
    ]
