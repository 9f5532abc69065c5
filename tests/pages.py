"""Reads the pages of the product as a browser would take them apart: texts, attributes, scripts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

from crm.accounts.models import User
from tests.security.matrix import ENTITY, RULES
from tests.world import World

SILENT = frozenset({"script", "style", "noscript", "template", "code", "kbd", "svg", "textarea"})
SAYING = ("title", "placeholder", "aria-label", "alt", "data-confirm")
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]


@dataclass
class Markup(HTMLParser):
    """The elements of a page in order, and the texts a reader meets in the page's own language."""

    elements: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    language: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool]] = []  # tag, and whether what is inside is silent or in another language

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, attributes))
        if tag == "html":
            self.language = attributes.get("lang", "")
        other = tag != "html" and "lang" in attributes  # says its own language, as the text of a document does
        sign = "avatar" in attributes.get("class", "")  # the first letter of a name
        silent = bool(self.open and self.open[-1][1]) or other or sign or tag in SILENT
        if not silent:
            self.texts += [attributes[name] for name in SAYING if attributes.get(name)]
        if tag not in VOID:
            self.open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self.open and self.open[-1][1]):
            self.texts.append(" ".join(data.split()))


@dataclass
class Visit:
    name: str
    url: str
    html: str
    markup: Markup


def address_of(world: World, name: str, holder: str = "alice") -> str:
    """The address of a rule, with the records of one holder where there are some in it."""
    rule, holding = RULES[name], world.holdings[holder]

    def part(arg: Any) -> Any:
        if arg == ENTITY:
            return world.entity.pk
        if str(arg).startswith("@"):
            return world.own[arg[1:]].pk
        return getattr(holding, arg[1:]).pk if str(arg).startswith(".") else arg

    return reverse(name, args=[part(arg) for arg in rule.args]) + (f"?{rule.asks}" if rule.asks else "")


def read(html: str, language: str = "") -> Markup:
    markup = Markup(language=language)
    markup.feed(html)
    return markup


def every_page(world: World, username: str, language: str) -> Iterator[Visit]:
    """Each page and part of a page that a GET gives, read by one person in one language."""
    User.objects.filter(username=username).update(language=language)
    client = Client(headers={"accept-language": language})
    client.force_login(User.objects.get(username=username))
    for name, rule in RULES.items():
        if rule.get != 200:
            continue
        response = client.get(address_of(world, name))
        if response.streaming or not response.headers["Content-Type"].startswith("text/html"):
            continue
        html = response.content.decode()
        yield Visit(name, response.request["PATH_INFO"], html, read(html, "zh-Hans" if language == "zh-hans" else "en"))
