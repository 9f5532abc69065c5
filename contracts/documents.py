"""A contract as a document: one content, set as PDF and written as a Word file, in the language of the contract."""

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from contracts.amount_words import currency_name, in_words
from contracts.clause_text import long_date
from contracts.contract_text import GUARANTOR, ContractText, has_guarantor, party_names
from contracts.models import Contract, ContractChange
from contracts.rules.annexes import in_groups
from contracts.words import due_words, locale_of, standing_of
from crm.core.display import figure
from crm.documents import pdf
from crm.documents.errors import FontsMissing
from crm.documents.signs import lacking
from crm.documents.word import Beside, Paragraph, Part, Table, docx
from customers.rules import PERSON

NUMERALS = "零一二三四五六七八九十"


@dataclass(frozen=True)
class Printed:
    """What both documents print, in their order."""

    title: str
    number: str
    about: str  # of which contract it is a further version, and which it replaces
    mark: str  # why it does not bind: a draft, given up, ended
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
    annexes_title: str
    annex_heads: list[str]
    annexes: list[list[str]]  # number, title, name of the file, checksum
    annexes_note: str
    parties: list[tuple[str, list[str]]]  # who signs, and the lines to fill in; as many for each


def chinese_numeral(number: int) -> str:
    """1 to 99 as '一', '十二', '三十'."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens]}十"
    return head + (NUMERALS[ones] if ones or not tens else "")


def printed(text: ContractText) -> Printed:
    """The contract as it is printed; in its own language, whoever asks."""
    contract = text.contract
    chinese = contract.language == "zh"
    currency = currency_name(contract.currency, contract.language)
    with translation.override(locale_of(contract.language)):
        return Printed(
            title=contract.title,
            number=_("Contract number: %(number)s") % {"number": contract.number},
            about=about(contract),
            mark=standing_of(contract),
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
                _("Amount (%(currency)s)") % {"currency": currency},
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
                _("Amount (%(currency)s)") % {"currency": currency},
            ],
            rows=[
                [
                    str(line.position),
                    line.description,
                    line.specification,
                    line.unit,
                    printed_quantity(line.quantity),
                    figure(line.price, text.places),
                    figure(line.amount, text.places),
                ]
                for line in text.lines
            ],
            total=_("Total: %(currency)s %(amount)s (%(words)s)")
            % {
                "currency": currency,
                "amount": figure(contract.amount, text.places),
                "words": in_words(contract.amount, currency=contract.currency, language=contract.language),
            },
            annexes_title=_("Annexes"),
            annex_heads=[_("No."), _("Title"), _("File"), "SHA-256"],
            annexes=annex_rows(text),
            annexes_note=_("A file is the annex named here only where its SHA-256 is the one printed beside it."),
            parties=signing(contract),
        )


def signing(contract: Contract) -> list[tuple[str, list[str]]]:
    """Who signs, with the lines to fill in; a guarantor where the template knows one."""
    our_name, customer_name = party_names(contract)
    company = [_("Authorised representative:"), _("Seal:"), _("Date:")]
    person = [_("Signature:"), _("Fingerprint:"), _("Date:")]
    is_person = contract.customer.form == PERSON
    parties = [
        (_("Party A: %(name)s") % {"name": our_name}, company),
        (_("Party B: %(name)s") % {"name": customer_name}, person if is_person else company),
    ]
    if has_guarantor(contract.template_version.variables):
        name = str(contract.values.get(GUARANTOR) or "____")
        parties.append(
            (_("Party C: %(name)s") % {"name": name}, [_("Signature:"), _("Seal or fingerprint:"), _("Date:")])
        )
    return parties


def boxes(text: ContractText) -> list[str]:
    """The signs of a contract that its PDF cannot show; a Word file can. Raises FontsMissing."""
    content = printed(text)
    words = [content.title, content.about, *(word for clause in content.clauses for word in clause)]
    words += [cell for row in (*content.plan, *content.rows, *content.annexes) for cell in row]
    words += [name for name, _lines in content.parties]
    with suppress(FontsMissing):
        return lacking("".join(words))
    return []


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
            "" if amount is None else figure(amount, text.places),
            due_words(part, text.contract.language),
            part.note,
        ]
        for part, amount in zip(text.plan, text.plan_amounts, strict=True)
    ]


def annex_rows(text: ContractText) -> list[list[str]]:
    chinese = text.contract.language == "zh"
    return [
        [
            f"附件{chinese_numeral(number)}" if chinese else f"Annex {number}",
            annex.title,
            annex.name,
            in_groups(annex.checksum),
        ]
        for number, annex in enumerate(text.annexes, 1)
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
        "annexes_title": content.annexes_title,
        "annex_heads": content.annex_heads,
        "annexes": content.annexes,
        "annexes_note": content.annexes_note,
        "parties": [list(party) for party in content.parties],
    }
    return pdf("contract", data, language=locale_of(text.contract.language))


def contract_docx(text: ContractText) -> bytes:
    """The contract as a Word file: paragraph by paragraph what the PDF says."""
    content = printed(text)
    chinese = text.contract.language == "zh"
    body: list[Part] = [Paragraph(content.title, style="Title"), Paragraph(content.number, align="right")]
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
    if content.annexes:
        body += [
            Paragraph(content.annexes_title, style="Heading1"),
            Table(content.annex_heads, content.annexes),
            Paragraph(content.annexes_note),
        ]
    blocks = [
        [Paragraph(name, style="Signer"), *(Paragraph(f"{line} ____________", style="Signature") for line in lines)]
        for name, lines in content.parties
    ]
    body += [Beside([*blocks[place : place + 2], []][:2]) for place in range(0, len(blocks), 2)]
    return docx(
        body,
        title=f"{content.title} {text.contract.number}",
        language="zh-CN" if chinese else "en-GB",
        foot=f"{content.title}　{content.number}",
        pages="第 {} 页，共 {} 页" if chinese else "Page {} of {}",
    )
