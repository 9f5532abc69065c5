"""A contract as a document: one content, set as PDF and written as a Word file, in the language of the contract."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from contracts.amount_words import in_words
from contracts.clause_text import long_date
from contracts.contract_words import ContractText, due_words, locale_of, party_names
from contracts.models import Contract, ContractChange, ContractState
from crm.core.display import figure
from crm.documents import pdf
from crm.documents.word import Paragraph, Table, docx

NUMERALS = "零一二三四五六七八九十"


@dataclass(frozen=True)
class Printed:
    """What both documents print, in their order."""

    title: str
    number: str
    about: str  # of which contract it is a further version, and which it replaces
    mark: str  # 'Draft' until it is approved
    clauses: list[tuple[str, str]]  # heading, text
    forms: str  # how the customer may pay, which stands behind the clause at forms_behind
    forms_behind: int
    plan: list[list[str]]  # rows of the payment plan, which stands behind the clause at plan_behind
    plan_title: str
    plan_heads: list[str]
    plan_note: str  # it prevails over the clause
    plan_behind: int
    schedule: str
    heads: list[str]
    rows: list[list[str]]
    total: str
    parties: list[tuple[str, list[str]]]  # who signs, and the lines to fill in


def chinese_numeral(number: int) -> str:
    """1 to 99 as '一', '十二', '三十'."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens]}十"
    return head + (NUMERALS[ones] if ones or not tens else "")


def printed(text: ContractText) -> Printed:
    """The contract as it is printed; in its own language, whoever asks."""
    contract = text.contract
    our_name, customer_name = party_names(contract)
    chinese = contract.language == "zh"
    with translation.override(locale_of(contract.language)):
        return Printed(
            title=contract.title,
            number=_("Contract number: %(number)s") % {"number": contract.number},
            about=about(contract),
            mark=_("Draft: not binding") if contract.state in (ContractState.DRAFT, ContractState.IN_APPROVAL) else "",
            clauses=[
                (
                    f"第{chinese_numeral(each.number)}条　{each.clause.title}"
                    if chinese
                    else f"{each.number}. {each.clause.title}",
                    each.written.text,
                )
                for each in text.clauses
            ],
            forms=text.form_note,
            forms_behind=text.form_clause - 1,
            plan=plan_rows(text),
            plan_title=_("Payment plan"),
            plan_heads=[
                _("No."),
                _("Share in percent"),
                _("Amount (%(currency)s)") % {"currency": contract.currency},
                _("When to pay"),
                _("Note"),
            ],
            plan_note=_(
                "Where this payment plan and the clauses on payment say different things, the dates and amounts of the "
                "plan prevail."
            ),
            plan_behind=text.payment_clause - 1,
            schedule=_("Schedule"),
            heads=[
                _("No."),
                _("Description"),
                _("Specification"),
                _("Unit"),
                _("Quantity"),
                _("Price"),
                _("Amount (%(currency)s)") % {"currency": contract.currency},
            ],
            rows=[
                [
                    str(line.position),
                    line.description,
                    line.specification,
                    line.unit,
                    printed_quantity(line.quantity),
                    figure(line.price),
                    figure(line.amount),
                ]
                for line in text.lines
            ],
            total=_("Total: %(currency)s %(amount)s (%(words)s)")
            % {
                "currency": contract.currency,
                "amount": figure(contract.amount),
                "words": in_words(contract.amount, currency=contract.currency, language=contract.language),
            },
            parties=[
                (name, [_("Authorised representative:"), _("Seal:"), _("Date:")])
                for name in (
                    _("Party A: %(name)s") % {"name": our_name},
                    _("Party B: %(name)s") % {"name": customer_name},
                )
            ],
        )


def about(contract: Contract) -> str:
    """What a further version is, of which contract, and what it replaces; in the language that is active."""
    replaced = contract.replaces
    if replaced is None:
        return ""
    words = {
        "contract": contract.base_number,
        "version": contract.revision,
        "replaced": replaced.revision,
        "signed": day_or_blank(replaced.signed_on, contract.language),
        "day": day_or_blank(contract.starts_on, contract.language),
    }
    if contract.change == ContractChange.RENEWAL:
        return (
            _(
                "Renewal of contract %(contract)s: version %(version)s, which follows version %(replaced)s, signed on "
                "%(signed)s, and takes its place from %(day)s on."
            )
            % words
        )
    return (
        _(
            "Amendment to contract %(contract)s: version %(version)s, which replaces version %(replaced)s, signed on "
            "%(signed)s, from %(day)s on."
        )
        % words
    )


def day_or_blank(day: dt.date | None, language: str) -> str:
    return long_date(day, language) if day else "____"


def plan_rows(text: ContractText) -> list[list[str]]:
    return [
        [
            str(part.position),
            "" if part.share is None else printed_quantity(part.share),
            "" if amount is None else figure(amount),
            due_words(part, text.contract.language),
            part.note,
        ]
        for part, amount in zip(text.plan, text.plan_amounts, strict=True)
    ]


def printed_quantity(quantity: Any) -> str:
    """'1,200' and '2.5': no noughts at the end."""
    return f"{quantity.normalize():,f}"


def contract_pdf(text: ContractText) -> bytes:
    """The contract as PDF. Raises DocumentFailed, FontsMissing."""
    content = printed(text)
    data = {
        "language": locale_of(text.contract.language),
        "title": content.title,
        "number": content.number,
        "about": content.about,
        "mark": content.mark,
        "clauses": [list(clause) for clause in content.clauses],
        "forms": content.forms,
        "forms_behind": content.forms_behind,
        "plan": content.plan,
        "plan_title": content.plan_title,
        "plan_heads": content.plan_heads,
        "plan_note": content.plan_note,
        "plan_behind": content.plan_behind,
        "schedule": content.schedule,
        "heads": content.heads,
        "rows": content.rows,
        "total": content.total,
        "parties": [list(party) for party in content.parties],
    }
    return pdf("contract", data, language=locale_of(text.contract.language))


def contract_docx(text: ContractText) -> bytes:
    """The contract as a Word file: paragraph by paragraph what the PDF says."""
    content = printed(text)
    chinese = text.contract.language == "zh"
    body: list[Paragraph | Table] = [Paragraph(content.title, style="Title"), Paragraph(content.number, align="right")]
    if content.about:
        body.append(Paragraph(content.about, align="both"))
    if content.mark:
        body.append(Paragraph(content.mark, align="center"))
    for place, (heading, words) in enumerate(content.clauses):
        body.append(Paragraph(heading, style="Heading1"))
        body += [Paragraph(line, indent=chinese, align="both") for line in words.split("\n")]
        if content.forms and place == content.forms_behind:
            body.append(Paragraph(content.forms, indent=chinese, align="both"))
        if content.plan and place == content.plan_behind:
            body += [
                Paragraph(content.plan_title),
                Table(content.plan_heads, content.plan, figures=(1, 2)),
                Paragraph(content.plan_note),
            ]
    if content.rows:
        body += [
            Paragraph(content.schedule, style="Heading1"),
            Table(content.heads, content.rows, figures=(4, 5, 6)),
            Paragraph(content.total, align="right"),
        ]
    for name, lines in content.parties:
        body.append(Paragraph(name, style="Heading1"))
        body += [Paragraph(line) for line in lines]
    return docx(body, title=f"{content.title} {text.contract.number}", language="zh-CN" if chinese else "en-GB")
