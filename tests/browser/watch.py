"""What a browser test must not meet on its way, whatever it tests: collected here, it fails the test at its end."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

from tests.i18n.foreign import foreign_words

GUARD = (Path(__file__).parent / "guard.js").read_text()
# What Chromium says by itself about an answer that `Watch.answered` judges already.
ECHO = "Failed to load resource: the server responded with a status of"
# htmx says so when a newer request takes the place of an older one: `hx-sync` does that on purpose.
REPLACED = ("htmx:sendAbort", "htmx:afterRequest")


@dataclass
class Watch:
    """The findings of one test: policy violations, script errors, failed requests, texts in the wrong language."""

    findings: list[str] = field(default_factory=list)
    texts: set[tuple[str, str, str]] = field(default_factory=set)
    allowed: set[tuple[int, str]] = field(default_factory=set)
    typed: list[str] = field(default_factory=list)  # what the test itself typed or uploaded

    def allow(self, status: int, path: str) -> None:
        """The test provokes this answer: a refusal is what it is about."""
        self.allowed.add((status, path))

    def attach(self, context: BrowserContext) -> None:
        context.add_init_script(GUARD)
        context.on("page", self.follow)

    def follow(self, page: Page) -> None:
        page.on("console", self.said)
        page.on("pageerror", lambda error: self.findings.append(f"script error on {page.url}: {error}"))
        page.on("response", self.answered)
        page.on("requestfailed", self.failed)

    def said(self, message: ConsoleMessage) -> None:
        text = message.text
        if text.startswith("[guard] text "):
            seen: dict[str, Any] = json.loads(text.removeprefix("[guard] text "))
            self.texts.add((seen["page"], "zh-hans" if seen["language"] == "zh-Hans" else "en", seen["text"]))
        elif message.type in ("error", "warning") and ECHO not in text and not text.startswith(REPLACED):
            self.findings.append(f"console {message.type}: {text}")

    def answered(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if response.status >= 400 and response.status != 422 and (response.status, path) not in self.allowed:
            self.findings.append(f"{response.status} {response.request.method} {response.url}")

    def failed(self, request: Any) -> None:
        # A page that is left while something still loads is no failure.
        if request.failure and "ERR_ABORTED" not in request.failure:
            self.findings.append(f"{request.failure} {request.url}")

    def verdict(self, data: list[str]) -> list[str]:
        """Everything that speaks against the pages of this test; `data` are the names that users entered."""
        wrong = list(self.findings)
        for page, language, text in sorted(self.texts):
            if words := foreign_words(text, language, [*data, *self.typed]):
                wrong.append(f"not in {language} on {page}: {' '.join(words)!r} in {text[:120]!r}")
        return wrong
