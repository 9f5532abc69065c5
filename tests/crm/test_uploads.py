"""What is taken of the files that people bring, and what is kept of them."""

import hashlib

import pytest
from django.core.files.base import ContentFile

from crm.core.errors import DomainError
from crm.core.uploads import PAPERS, SCANS, Accepted, Kinds, accepted

PDF = b"%PDF-1.7 of a contract"
LARGE = PDF + b"0" * (1024 * 1024)


class Refused(DomainError):
    code = "refused"
    message = "%(name)s is not a file of at most %(megabytes)s MB."


def take(content: bytes, name: str, kinds: Kinds = PAPERS) -> Accepted:
    return accepted(ContentFile(content), name, kinds=kinds, megabytes=1, refused=Refused)


def test_what_is_kept_of_a_file_is_its_plain_name_size_type_and_checksum() -> None:
    file = ContentFile(PDF)
    file.read()
    kept = accepted(file, "C:\\papers/../Contract.PDF", kinds=SCANS, megabytes=1, refused=Refused)
    assert kept == Accepted("Contract.PDF", len(PDF), "application/pdf", hashlib.sha256(PDF).hexdigest())
    assert file.read() == PDF, "who saves it begins at its beginning"
    assert take(PDF, f"{'x' * 300}.pdf").name == f"{'x' * 196}.pdf"


@pytest.mark.parametrize("kind", PAPERS)
def test_every_kind_is_known_by_how_it_begins(kind: str) -> None:
    begins, content_type = PAPERS[kind]
    assert take(begins + b"...", f"paper{kind}").content_type == content_type
    with pytest.raises(Refused):
        take(b"MZ...", f"paper{kind}")


@pytest.mark.parametrize(
    ("content", "name", "kinds"),
    [
        (PDF, "paper.exe", PAPERS),
        (PDF, "pdf", PAPERS),
        (b"", "paper.pdf", PAPERS),
        (b"PK\x03\x04", "paper.docx", SCANS),
    ],
)
def test_what_is_not_of_the_kinds_asked_for_is_refused(content: bytes, name: str, kinds: Kinds) -> None:
    with pytest.raises(Refused) as refusal:
        take(content, name, kinds)
    assert refusal.value.params == {"name": name, "megabytes": 1}


def test_what_is_too_heavy_is_refused() -> None:
    assert take(LARGE[: 1024 * 1024], "paper.pdf").size == 1024 * 1024
    with pytest.raises(Refused):
        take(LARGE, "paper.pdf")
