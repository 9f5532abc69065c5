"""Payment that may never fall due: words that let it wait for a resale, or for an acceptance without a date. Pure.

A text is read sentence by sentence in both languages, whatever the language of the contract. What is found is shown to
people who decide: the words are those that are usual, not all that can be thought of.
"""

import re
from collections.abc import Iterable

SENTENCES = re.compile(r"[。；;\n]|\.(?=\s|$)")

# Chinese: what is paid for (a number of days before it makes an acceptance dated), and what it waits for
PAY_ZH = r"(?:付款|付清|支付|结算|结清|结账|清偿|付)"
DATED_ZH = rf"(?:(?!{PAY_ZH}).){{0,30}}[0-9０-９〇零一二三四五六七八九十百两]+\s*个?(?:工作|自然)?[日天月周]"
OTHERS_ZH = r"(?:终端|下游|最终|业主|客户|用户|第三[方人]|总包|发包方|次级)"
SOLD_ZH = r"(?:转售|转卖|再销售|实现销售|售出|卖出|变现|销售(?:完毕|完成|完|出去)?)"
ALWAYS_ZH = re.compile(r"背靠背|(?:随|以)销(?:定)?(?:付|结)|实销实结")
RESALE_ZH = re.compile(
    rf"{SOLD_ZH}(?:完毕|完成|收入|款项?|回款|货款)?(?:到账)?(?:之)?(?:后|时|之日)(?!服务).{{0,24}}{PAY_ZH}"
    rf"|(?:转售|转卖|再销售|售出)[^，]{{0,8}}(?:后|时|之日).{{0,24}}{PAY_ZH}"
    rf"|(?:售完|卖完|销完|销售完毕).{{0,10}}{PAY_ZH}"
    rf"|回款[^，]{{0,4}}(?:后|时|之日|再).{{0,24}}{PAY_ZH}"
    rf"|收[到讫取].{{0,6}}{OTHERS_ZH}.{{0,12}}(?:款|付|支付)[^，]{{0,4}}(?:后|时|之日).{{0,24}}{PAY_ZH}"
    rf"|{OTHERS_ZH}[^，]{{0,8}}(?:付款|支付|回款|结算)[^，]{{0,4}}(?:后|时|之日).{{0,24}}{PAY_ZH}"
    rf"|以.{{0,16}}(?:转售|转卖|售出|销售|回款|收款)[^，]{{0,10}}为.{{0,10}}(?:前提|条件)"
    rf"|{PAY_ZH}(?:条件|前提|时间|期限)?.{{0,4}}以.{{0,12}}(?:转售|转卖|售出|销售|回款)"
)
ACCEPTANCE_ZH = re.compile(
    r"验收(?:(?:合格|通过|完成|完毕|结束|无误)+(?:并.{0,6})?(?:之)?(?:后|时|之日起?|[，,、])?|(?:之)?(?:后|时|之日起?))"
    rf"(?!{DATED_ZH}).{{0,24}}?{PAY_ZH}"
    rf"|以.{{0,12}}验收[^，]{{0,8}}为.{{0,10}}(?:前提|条件)"
)

# English
PAY_EN = re.compile(r"\b(?:pay(?:s|ment|ments|able|ing)?|paid|due|settle[sd]?|settlement|remit\w*)\b", re.IGNORECASE)
WHEN = r"\b(?:after|upon|once|when(?:ever)?|following|until|unless|if|on|subject\s+to|conditional\s+(?:up)?on)\b"
OTHERS_EN = r"(?:customers?|clients?|end[- ]?(?:users?|customers?)|owner|employer|third\s+part(?:y|ies))"
ALWAYS_EN = re.compile(r"\bpay[- ](?:when|if)[- ]paid\b|\bback[- ]to[- ]back\b", re.IGNORECASE)
RESALE_EN = re.compile(
    rf"{WHEN}[^,]{{0,60}}\b(?:resale|re-sale|resold|re-sold|re-?sells?|sold\s+on|sells?\s+on|onward\s+sale|sold\s+to)\b"
    rf"|{WHEN}.{{0,60}}\breceiv\w+.{{0,40}}\b{OTHERS_EN}\b|{WHEN}.{{0,60}}\breceipt\b.{{0,40}}\b{OTHERS_EN}\b"
    rf"|{WHEN}.{{0,40}}\b{OTHERS_EN}\b.{{0,30}}\b(?:pays|paid)\b",
    re.IGNORECASE,
)
ACCEPTANCE_EN = re.compile(rf"{WHEN}.{{0,50}}\b(?:acceptance|accepted|accepts)\b", re.IGNORECASE)
NUMBERS = "one|two|three|four|five|six|seven|ten|fourteen|fifteen|twenty|thirty|forty|sixty|ninety"
DATED_EN = re.compile(
    rf"\b(?:\d+|(?:{NUMBERS})(?:-\w+)?(?:\s*\(\d+\))?)[\s-]+(?:\w+\s+)?(?:days?|weeks?|months?)\b", re.IGNORECASE
)


def risky_payment(texts: Iterable[str], of_payment: Iterable[str] = ()) -> bool:
    """True when a text lets payment wait for a resale or for an acceptance without a date.

    Those `of_payment` speak of payment even where they do not name it, as the notes of a payment plan do.
    """
    said = [(text, False) for text in texts] + [(text, True) for text in of_payment]
    return any(
        is_risky(sentence, of_payment=about)
        for text, about in said
        for sentence in SENTENCES.split(text)
        if sentence.strip()
    )


def is_risky(sentence: str, *, of_payment: bool = False) -> bool:
    """One sentence without its full stop."""
    if ALWAYS_ZH.search(sentence) or ALWAYS_EN.search(sentence):
        return True
    chinese = f"{sentence}付款" if of_payment else sentence
    if RESALE_ZH.search(chinese) or ACCEPTANCE_ZH.search(chinese):
        return True
    if not of_payment and not PAY_EN.search(sentence):
        return False
    if RESALE_EN.search(sentence) or (of_payment and sentence.lower().strip().endswith("resale")):
        return True
    return bool(ACCEPTANCE_EN.search(sentence)) and not DATED_EN.search(sentence)
