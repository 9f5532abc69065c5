"""Core names, pinyin, initials and what customers are searched by."""

import pytest

from customers.names import core_name, initials, phone_digits, search_text, search_words, sort_key, spelled


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("深圳市华信科技有限公司", "华信科技"),
        ("广东省深圳市南山区华信科技股份有限公司", "华信科技"),
        ("华为技术（深圳）有限公司", "华为技术"),
        ("（中国）华为技术有限公司", "华为技术"),
        ("北京海淀科技园(有限合伙)", "海淀科技园"),
        ("单氏集团有限公司", "单氏"),
        ("上海银行股份有限公司", "上海银行"),
        ("重庆机械有限公司", "重庆机械"),
        ("中国石油化工集团有限公司", "中国石油化工"),
        ("有限公司", "有限公司"),
        ("上海", "上海"),
        ("WINC us", "winc"),
        ("WINC co", "winc"),
        ("WAL-MAR corp", "wal mar"),
        ("The Home Depot, Inc.", "home depot"),
        ("Huaxin Co., Ltd.", "huaxin"),
        ("O'Brien Ltd.", "obrien"),
        ("US", "us"),
        ("Systems Inc", "systems"),
        ("ＨＵＡＸＩＮ　ＬＴＤ", "huaxin"),
    ],
)
def test_the_core_name_drops_place_and_legal_form_but_never_everything(name: str, core: str) -> None:
    assert core_name(name) == core


def test_a_persons_name_is_its_own_core() -> None:
    assert core_name("上海 王", person=True) == "上海 王"


@pytest.mark.parametrize(
    ("name", "pinyin", "letters"),
    [
        ("曾国藩", "zengguofan", "zgf"),
        ("单雄信", "shanxiongxin", "sxx"),
        ("仇英", "qiuying", "qy"),
        ("解缙", "xiejin", "xj"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟卨", "moqixie", "mqx"),
        ("单", "dan", "d"),
    ],
)
def test_surnames_read_as_surnames(name: str, pinyin: str, letters: str) -> None:
    assert (spelled(name, person=True), initials(name, person=True)) == (pinyin, letters)


def test_a_company_reads_as_words_do() -> None:
    assert spelled("重庆长安汽车") == "chongqingchanganqiche"
    assert spelled("交通银行") == "jiaotongyinhang"
    assert spelled("单向空间") == "danxiangkongjian"
    assert spelled("单氏集团") == "shanshijituan"


def test_chinese_and_latin_names_sort_in_one_order() -> None:
    names = ["阿里", "Beta Ltd", "百度", "Zeta", "长安"]
    assert sorted(names, key=sort_key) == ["阿里", "百度", "Beta Ltd", "长安", "Zeta"]


def test_the_search_text_holds_every_way_to_find_a_customer() -> None:
    text = search_text(
        code="C001",
        name="深圳市华信科技有限公司",
        short_name="华信",
        english_name="Huaxin Tech",
        other_names="HX Technology; 华信集团",
        uscc="91110000600037341L",
    )
    for word in ("c001", "华信科技", "huaxinkeji", "hxkj", "huaxin tech", "hx technology", "91110000600037341l"):
        assert f" {word}" in text
    # Two characters from the middle stand there as a word, because the index helps only at the beginning of one.
    assert " 信科" in text


def test_short_words_are_looked_for_at_the_beginning_of_a_word() -> None:
    assert search_words("华信 Tech") == [" 华信", "tech"]
    assert search_words("深圳市华信科技有限公司") == ["深圳市华信科技"]
    assert search_words("  ") == []


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("+86 138 0013 8000", "13800138000"),
        ("0086-13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("0755-8888 8888 转 101", "75588888888"),
        ("(0755) 88888888 ext. 5", "75588888888"),
        ("123456", ""),
        ("", ""),
    ],
)
def test_phones_compare_by_their_digits(typed: str, digits: str) -> None:
    assert phone_digits(typed) == digits
