"""Versions of templates: drafted by some, reviewed and published by legal, retired by the next one."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pghistory
from django.db import IntegrityError
from django.utils.translation import gettext as _

from contracts import contract_rules as rules
from contracts.clause_text import condition_problem, known_names, own_problems, problems_in
from contracts.contract_errors import (
    AuthorPublishes,
    LanguageMissing,
    NothingToCopy,
    TemplateFaulty,
    TemplateNameless,
    TemplateTaken,
    VersionChanged,
    VersionInWork,
    VersionNotDraft,
)
from contracts.models import Clause, ContractKind, ContractLanguage, Element, Template, TemplateVersion, VersionState
from crm.core.dates import business_today
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy

MAY_WRITE = "contracts.change_templateversion"
MAY_PUBLISH = "contracts.publish_template"


def lock_version(version_id: int) -> TemplateVersion:
    return (
        TemplateVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("template")
        .get(pk=version_id)
    )


def create_template(
    *,
    actor: Any,
    kind: str,
    name_zh: str,
    name_en: str,
    code: str,
    languages: Sequence[str],
    copy_of_id: int | None = None,
) -> Template:
    """Begin a template, with the draft of a first version in each language: empty, or as a copy of what another
    template has published. The actor is the author of all of them.

    Raises NotAllowed, LanguageMissing, TemplateNameless, TemplateTaken, NothingToCopy.
    """
    if not actor.has_perm(MAY_WRITE):
        raise NotAllowed
    wanted = [language for language in ContractLanguage if language in languages]
    if not wanted:
        raise LanguageMissing
    head = {"name_zh": name_zh.strip(), "name_en": name_en.strip(), "code": code.strip().lower()}
    if not all(head.values()):
        raise TemplateNameless
    source = Template.objects.filter(pk=copy_of_id).first() if copy_of_id else None
    try:
        with atomic_or_busy(), pghistory.context(user=actor.pk):
            template = Template.objects.create(kind=ContractKind(kind), **head)
            for language in wanted:
                begin_version(template, language, copied=published_of(source, language) if source else None, by=actor)
    except IntegrityError as error:
        raise taken(error, head) from error
    return template


def published_of(template: Template, language: ContractLanguage) -> TemplateVersion:
    """Raises NothingToCopy."""
    found = template.versions.filter(language=language, state=VersionState.PUBLISHED).first()
    if found is None:
        raise NothingToCopy(template=template.name, language=language.label)
    return found


def taken(error: IntegrityError, head: Mapping[str, str]) -> Exception:
    """Which name or code of another template stood in the way."""
    for name, value in head.items():
        if f"template_{name}" in str(error):
            return TemplateTaken(name=value)
    return error


def begin_version(
    template: Template, language: str, *, copied: TemplateVersion | None, by: Any, number: int = 1
) -> TemplateVersion:
    """A draft with the clauses and variables of another version, if any."""
    own = template.name_zh if language == ContractLanguage.CHINESE else template.name_en
    made: TemplateVersion = TemplateVersion.objects.create(
        template=template,
        number=number,
        language=language,
        title=copied.title if copied and copied.template_id == template.pk else own,
        variables=copied.variables if copied else [],
        author_ids=[by.pk],
        created_by=by,
    )
    if copied:
        Clause.objects.bulk_create(Clause(version=made, **clause.own_words()) for clause in copied.clauses.all())
    return made


def new_version(*, actor: Any, template_id: int, language: str) -> TemplateVersion:
    """Begin the next version of a template in one language, as a copy of the newest.

    Raises NotAllowed, VersionInWork.
    """
    if not actor.has_perm(MAY_WRITE):
        raise NotAllowed
    with atomic_or_busy():
        template = Template.objects.select_for_update(no_key=True).get(pk=template_id)
        versions = template.versions.filter(language=ContractLanguage(language))
        in_work = versions.filter(state__in=(VersionState.DRAFT, VersionState.LEGAL_REVIEW)).first()
        if in_work is not None:
            raise VersionInWork(number=in_work.number)
        last = versions.order_by("-number").first()
        return begin_version(template, language, copied=last, by=actor, number=last.number + 1 if last else 1)


def save_version(
    *,
    actor: Any,
    version_id: int,
    edition: int | None,
    title: str,
    variables: list[dict[str, Any]],
    clauses: Sequence[dict[str, Any]],
) -> TemplateVersion:
    """Replace the words of a draft version; the actor is one of its authors from now on.

    Raises NotAllowed, VersionNotDraft, VersionChanged.
    """
    if not actor.has_perm(MAY_WRITE):
        raise NotAllowed
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        version = lock_version(version_id)
        if version.state != VersionState.DRAFT:
            raise VersionNotDraft
        if edition is not None and edition != version.edition:
            raise VersionChanged
        version.title, version.variables = title, variables
        version.edition += 1
        if actor.pk not in version.author_ids:
            version.author_ids = [*version.author_ids, actor.pk]
        version.save()
        version.clauses.all().delete()
        Clause.objects.bulk_create(
            Clause(version=version, **{**clause, "position": position}) for position, clause in enumerate(clauses, 1)
        )
    return version


def faults_of(variables: Any, clauses: Sequence[Clause]) -> list[str]:
    """What keeps a version from review, in words: unknown variables and marks, conditions, elements nobody provides."""
    found = []
    if bad := own_problems(variables):
        return [_("variable %(name)s is not fit") % {"name": name} for name in bad]
    known = known_names(variables)
    for clause in clauses:
        for kind, word in problems_in(clause.text, known):
            place = {"clause": clause.title, "word": word}
            found.append(
                _("%(clause)s: %(word)s is not known") % place
                if kind == "unknown"
                else _("%(clause)s: %(word)s means nothing here") % place
            )
        if condition_problem(clause.condition, known):
            found.append(_("%(clause)s: the condition cannot be read") % {"clause": clause.title})
    provided = {element for clause in clauses for element in clause.elements}
    found += [
        _("no clause provides: %(element)s") % {"element": Element(code).label}
        for code in rules.ELEMENTS
        if code not in provided
    ]
    return found


def send_to_review(*, actor: Any, version_id: int) -> TemplateVersion:
    """Hand a draft that has no faults to legal. Raises NotAllowed, VersionNotDraft, TemplateFaulty."""
    if not actor.has_perm(MAY_WRITE):
        raise NotAllowed
    with atomic_or_busy():
        version = lock_version(version_id)
        if version.state != VersionState.DRAFT:
            raise VersionNotDraft
        faults = faults_of(version.variables, list(version.clauses.all()))
        if faults:
            raise TemplateFaulty(problems="; ".join(faults))
        version.state = VersionState.LEGAL_REVIEW
        version.save(update_fields=["state"])
    return version


def return_to_draft(*, actor: Any, version_id: int) -> TemplateVersion:
    """Legal wants other words. Raises NotAllowed, VersionNotDraft."""
    if not actor.has_perm(MAY_PUBLISH):
        raise NotAllowed
    with atomic_or_busy():
        version = lock_version(version_id)
        if version.state != VersionState.LEGAL_REVIEW:
            raise VersionNotDraft
        version.state = VersionState.DRAFT
        version.save(update_fields=["state"])
    return version


def publish_version(*, actor: Any, version_id: int, on: dt.date | None = None) -> TemplateVersion:
    """Publish a reviewed version; the one before retires. Contracts that were drafted stay as they are.

    Raises NotAllowed, AuthorPublishes, VersionNotDraft.
    """
    if not actor.has_perm(MAY_PUBLISH):
        raise NotAllowed
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        version = lock_version(version_id)
        if version.state != VersionState.LEGAL_REVIEW:
            raise VersionNotDraft
        if actor.pk in version.author_ids:
            raise AuthorPublishes
        version.template.versions.filter(language=version.language, state=VersionState.PUBLISHED).update(
            state=VersionState.RETIRED
        )
        publish(version, reviewer=actor, on=on or business_today())
    return version


def publish(version: TemplateVersion, *, reviewer: Any, on: dt.date) -> None:
    """The version can be used, and contracts are found by its words."""
    version.state, version.published_on, version.reviewer = VersionState.PUBLISHED, on, reviewer
    version.search_text = rules.doubled("\n".join(clause.searched for clause in version.clauses.all()))
    version.save()
