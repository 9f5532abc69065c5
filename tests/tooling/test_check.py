"""The checks of `make check` that are our own find what they look for."""

from pathlib import Path

import pytest

from scripts import check, translations


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("templates", "static", "crm"):
        (tmp_path / folder).mkdir()
    (tmp_path / "static/icons.txt").write_text("home\n")
    monkeypatch.setattr(check, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ('<p style="color: red">', "style attribute"),
        ("<style>p {}</style>", "inline <style>"),
        ("<script>go()</script>", "inline script"),
        ('<button onclick="go()">', "on* handler"),
        ('<p hx-on:click="go()">', "hx-on"),
        ('<p hx-vals="js:{a: 1}">', "script in an htmx attribute"),
    ],
)
def test_code_the_policy_forbids_is_found_with_its_line(checkout: Path, html: str, what: str) -> None:
    (checkout / "templates/page.html").write_text(f"{{# head\n#}}\n<main>\n{html}\n</main>")
    assert f"templates/page.html:4: {what}" in (check.inline_code() or "")


@pytest.mark.parametrize(
    "html",
    [
        '<script src="/static/a.js" defer></script>',
        '<script type="application/json" id="data">{}</script>',
        '{# <p style="x"> #}',
        '<p class="style" data-on="1">on time = 3',
    ],
)
def test_what_the_policy_allows_is_left_alone(checkout: Path, html: str) -> None:
    (checkout / "templates/page.html").write_text(html)
    assert check.inline_code() is None


def test_an_icon_that_is_not_in_the_sprite_is_found(checkout: Path) -> None:
    (checkout / "templates/page.html").write_text('{% icon "home" %}{% icon "rocket" %}')
    assert (check.icons() or "").splitlines() == ["templates/page.html: icon 'rocket' is not in static/icons.txt"]


def test_a_template_without_its_comment_is_found(checkout: Path) -> None:
    (checkout / "templates/good.html").write_text("{# page: title #}\n<p>")
    (checkout / "templates/child.html").write_text('{% extends "good.html" %}\n{# child #}\n<p>')
    (checkout / "templates/bad.html").write_text("<p>")
    assert (check.template_heads() or "").splitlines() == ["templates/bad.html: does not start with a {# comment #}"]


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("static/vendor/tabler/tabler.css", True),
        ("static/js/kit.min.js", True),
        ("static/js/list.js", False),
        ("static/images/logo.svg", False),
        ("fonts/noto.ttf", True),
    ],
)
def test_vendored_files_are_refused(checkout: Path, monkeypatch: pytest.MonkeyPatch, name: str, refused: bool) -> None:
    path = checkout / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    monkeypatch.setattr(check, "committed", lambda: [name])
    assert (check.vendored() is not None) is refused


def test_an_address_in_a_lock_file_is_refused(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "package-lock.json").write_text('{"resolved": "https://mirror.example/x.tgz"}')
    monkeypatch.setattr(check, "committed", lambda: ["package-lock.json"])
    assert "names the address of a registry" in (check.vendored() or "")


def test_translations_are_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gettext

    folder = tmp_path / "locale/zh_Hans/LC_MESSAGES"
    folder.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (folder / "django.po").write_text(header + 'msgid "customer"\nmsgstr "客户"\n')
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    assert translations.compile_translations() == 1
    assert translations.compile_translations() == 0
    with (folder / "django.mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("customer") == "客户"
