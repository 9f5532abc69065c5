"""Amounts in words: Chinese capitals (大写金额) and English, as they stand beside the figures of a contract."""

from decimal import Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
CURRENCIES_ZH = {
    "CNY": "人民币", "USD": "美元", "EUR": "欧元", "GBP": "英镑", "HKD": "港币", "JPY": "日元",
    "CAD": "加拿大元", "AUD": "澳大利亚元", "NZD": "新西兰元", "CHF": "瑞士法郎", "SGD": "新加坡元", "KRW": "韩元",
    "MOP": "澳门元", "TWD": "新台币", "RUB": "俄罗斯卢布", "INR": "印度卢比", "THB": "泰铢", "AED": "阿联酋迪拉姆",
}  # fmt: skip
CURRENCIES_EN = {
    "CNY": "Renminbi yuan", "USD": "US dollars", "EUR": "euros", "GBP": "pounds sterling", "HKD": "Hong Kong dollars",
    "JPY": "Japanese yen", "CAD": "Canadian dollars", "AUD": "Australian dollars", "NZD": "New Zealand dollars",
    "CHF": "Swiss francs", "SGD": "Singapore dollars", "KRW": "South Korean won", "MOP": "Macanese patacas",
    "TWD": "New Taiwan dollars", "RUB": "Russian roubles", "INR": "Indian rupees", "THB": "Thai baht",
    "AED": "UAE dirhams",
}  # fmt: skip
ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ("", "thousand", "million", "billion", "trillion", "quadrillion")
LARGEST = Decimal("9999999999999999.99")


def in_words(amount: Decimal, *, currency: str, language: str) -> str:
    """An amount of 0 up to 9,999,999,999,999,999.99 in words; ValueError beyond that."""
    if not 0 <= amount <= LARGEST or amount != amount.quantize(Decimal("0.01")):
        raise ValueError(f"{amount} cannot be put into words")
    return capitals(amount, currency=currency) if language == "zh" else english(amount, currency=currency)


def currency_name(code: str, language: str) -> str:
    """The currency before an amount in figures: its name in Chinese where it has one here, else its code."""
    return CURRENCIES_ZH.get(code, code) if language == "zh" else code


def capitals(amount: Decimal, *, currency: str = "CNY") -> str:
    """'人民币壹万零伍元叁角整': whole amounts and those in tenths end in 整."""
    cents = int(amount * 100)
    whole, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    words = f"{chinese_integer(whole)}元" if whole or not cents else ""
    if jiao:
        words += f"{DIGITS[jiao]}角"
    elif fen and whole:
        words += "零"
    words += f"{DIGITS[fen]}分" if fen else "整"
    return f"{currency_name(currency, 'zh')}{words}"


def chinese_integer(number: int) -> str:
    """A whole number in capitals: one 零 for each run of noughts inside it, none at its end."""
    if number == 0:
        return DIGITS[0]
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            head, rest = divmod(number, size)
            gap = DIGITS[0] if rest and rest < size // 10 else ""
            return chinese_integer(head) + name + (gap + chinese_integer(rest) if rest else "")
    words, waiting = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            words += (DIGITS[0] if waiting and words else "") + DIGITS[digit] + PLACES[place]
            waiting = False
        else:
            waiting = True
    return words


def english(amount: Decimal, *, currency: str) -> str:
    """'US dollars one thousand two hundred and five and 30/100'."""
    cents = int(amount * 100)
    words = f"{CURRENCIES_EN.get(currency, currency)} {english_integer(cents // 100)}"
    return f"{words} and {cents % 100:02}/100" if cents % 100 else f"{words} only"


def english_integer(number: int) -> str:
    if number == 0:
        return ONES[0]
    groups: list[str] = []
    scale = 0
    while number:
        number, group = divmod(number, 1000)
        if group and not scale and group < 100 and number:
            groups.append(f"and {english_hundreds(group)}")
        elif group:
            groups.append(f"{english_hundreds(group)} {SCALES[scale]}".strip())
        scale += 1
    return " ".join(reversed(groups))


def english_hundreds(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{ONES[hundreds]} hundred"] if hundreds else []
    if rest:
        tail = ONES[rest] if rest < 20 else TENS[rest // 10] + (f"-{ONES[rest % 10]}" if rest % 10 else "")
        words.append(tail)
    return " and ".join(words)
