"""The nightly step that gathers what people were told into one mail each."""

from crm.jobs.worker import Work
from crm.notices.services import make_digests


def digest(work: Work) -> None:
    with work.final():
        work.counts = {"mails": make_digests(on=work.today)}
