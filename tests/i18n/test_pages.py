"""No page mixes languages: in Chinese no English words, in English no Chinese, except what people entered."""

import pytest

from tests.i18n.data import entered_names
from tests.i18n.foreign import foreign_words
from tests.pages import every_page
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("username", ["alice", "root"])
def test_pages_speak_one_language(world: World, username: str, language: str) -> None:
    data = entered_names()
    mixed: list[str] = []
    for visit in every_page(world, username, language):
        mixed += [
            f"{visit.name}: {' '.join(words)!r} in {text[:100]!r}"
            for text in visit.markup.texts
            if (words := foreign_words(text, language, data))
        ]
    assert not mixed, "\n".join(sorted(set(mixed)))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_say_their_language(world: World, language: str) -> None:
    said = {
        visit.name: visit.markup.elements[0].attributes.get("lang")
        for visit in every_page(world, "root", language)
        if visit.html.lstrip().lower().startswith("<!doctype")
    }
    assert said
    assert set(said.values()) == {"zh-Hans" if language == "zh-hans" else "en"}


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("客户 Customer", "zh-hans", ["Customer"]),
        ("客户 C000001, CNY 1,200.00", "zh-hans", []),
        ("陈爱丽 Alice Chen", "zh-hans", []),
        ("导入 .xlsx 或 CSV 文件", "zh-hans", []),
        ("Customers", "en", []),
        ("Customers 客户", "en", ["客户"]),
        ("简体中文", "en", []),
        ("Owner: 陈爱丽 Alice Chen", "en", []),
    ],
)
def test_the_finder_knows_words_from_data(text: str, language: str, found: list[str]) -> None:
    assert foreign_words(text, language, ["陈爱丽 Alice Chen"]) == found
