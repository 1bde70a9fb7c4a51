"""Passwords that are guessed first: made of nothing but what everybody thinks of.

No list of leaked passwords is shipped. Ours must have 15 characters, and of the 30,000 most used ones that
the strength meter zxcvbn counts, 31 are that long, two thirds of them walks over the keyboard: such a list
would stop next to nothing, and what people make of a rule like ours is not on it (`Lanzhou@2026shegong`). So
a password is cut into what is expected of people in this service: common words in English, pinyin and
Chinese, the name of the account and of the service, years and dates, walks over the keyboard, repetitions.
One that is made of a few of those alone is refused. One that has anything more to it is taken: SP 800-63B,
3.1.1.2 compares the whole password and not the words within it, so that people may keep their way of choosing
one.
"""

import re
from collections.abc import Iterable
from typing import Final

# What a piece is worth; a password worth no more than ENOUGH is refused. Four words of the list, or any two
# characters that nobody expects beside two words, are more than a throttled guesser ever gets through.
ENOUGH: Final = 7
_WORD: Final = 2
_RUN: Final = 1
_DATE: Final = 1
_OTHER: Final = 2
_BETWEEN: Final = 1  # punctuation

_LISTED: Final = """
    password passwords passwd passphrase pass word welcome admin administrator root user username login
    logon letmein iloveyou love you monkey dragon master secret computer internet server system manager test
    testing temp default changeme change me hello sunshine princess football baseball superman batman shadow
    office work worker social society phone mobile android iphone xiaomi huawei summer winter spring autumn
    monday january december money happy lucky forever family friend china chinese the my is this new old abc
    xyz standard access google apple windows microsoft qwerty case visit team service help to in at for and
    woaini aini nihao mima wode denglu zhanghao yonghu guanli guanliyuan ceshi zhongguo beijing shanghai
    shenzhen guangzhou xian gansu lanzhou chengguan qilihe anning xigu honggu yuzhong gaolan yongdeng
    huanghe shegong shehui gongzuo shequ jiedao minzheng minzhengju zhengfu laoren ertong jiating ganbu
    dudao baobei baobao laopo laogong mama baba gege jiejie didi meimei erzi nver tiankong taiyang kuaile
    xinnian facai jiankang pingan xingfu xiexie zaijian woshi women shouji diannao niubi wang wei zhang liu
    chen yang zhao huang zhou xu sun ma zhu hu lin guo he gao luo zheng xie song tang deng feng li wu ai 520
    521 1314 5201314
    密码 口令 登录 账号 管理 管理员 测试 我爱你 你好 中国 北京 上海 甘肃 兰州 兰州市 城关 城关区 七里河
    七里河区 安宁 安宁区 西固 西固区 红古 红古区 榆中 皋兰 永登 黄河 社工 社会 社会工作 工作 社区 街道 民政
    民政局 老人 儿童 家庭 督导 我的 是 我 的 一二三四五六七八九十 一二三四五六 快乐 平安 健康
    liandong 联动
"""  # English and what stands in for it on keyboards, pinyin, Chinese, the name of the service
_WORDS: Final = frozenset(_LISTED.split())

# Rows of the keyboard; each key touches its row's neighbours and the keys above and below, left and right.
_ROWS: Final = ("`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./")
# The same keys with the shift key held.
_SHIFTED: Final = str.maketrans('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./")

_DATES: Final = re.compile(
    r"(?:(?:19|20)\d\d)(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?)?"  # 2026, 202611, 20261120
    r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:19|20)\d\d)?"  # 1120, 11202026
    r"|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"  # 261120
)

# What people write for letters, thinking that nobody else does.
_DISGUISES: Final = tuple(
    str.maketrans({"@": "a", "4": "a", "0": "o", "3": "e", "$": "s", "5": "s", "7": "t", "1": one, "!": one})
    for one in "il"
)


def is_common(password: str, names: Iterable[str] = ()) -> bool:
    """Whether `password` is made of a few expected pieces alone; its owner's `names` are expected too."""
    shown = password.casefold()
    if _repeats(shown):
        return True
    words = _WORDS | {name for each in names for name in _spellings(each)}
    longest = max(map(len, words))
    written = {shown, *(shown.translate(disguise) for disguise in _DISGUISES)}
    # worth[i]: the least that the first i characters are worth.
    worth = [0]
    run = 0  # how many characters before `end` are one walk over the keyboard
    for end in range(1, len(shown) + 1):
        run = run + 1 if end > 1 and _are_neighbours(shown[end - 2], shown[end - 1]) else 1
        last = shown[end - 1]
        best = worth[end - 1] + (_OTHER if last.isalnum() else _BETWEEN)
        if run >= 3:
            best = min(best, worth[end - run] + _RUN, worth[end - 3] + _RUN)
        for start in range(max(0, end - longest), end - 1):
            if any(text[start:end] in words for text in written):
                best = min(best, worth[start] + _WORD)
        for length in (4, 6, 8):
            if length <= end and _DATES.fullmatch(shown, end - length, end):
                best = min(best, worth[end - length] + _DATE)
        worth.append(best)
    return worth[-1] <= ENOUGH


def _repeats(text: str) -> bool:
    """Whether it is one piece again and again, the last time perhaps cut short, or of very few characters."""
    if len(set(text)) < 5:
        return True
    return any(text.startswith(text[period:]) for period in range(1, len(text) // 2 + 1))


def _spellings(name: str) -> set[str]:
    """A name and its parts, as they may stand in a password."""
    folded = name.casefold()
    parts = {folded, *re.split(r"[\W_]+", folded), re.sub(r"[\W_]+", "", folded)}
    return {part for part in parts if len(part) >= 2}


def _keys() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for number, row in enumerate(_ROWS):
        above = _ROWS[number - 1] if number else ""
        below = _ROWS[number + 1] if number + 1 < len(_ROWS) else ""
        for place, key in enumerate(row):
            # The top row begins one key further left than the letters under it. Zigzags (`q1w2e3`) jump one.
            up, down = place + (number == 1), place - (number == 0)
            near = row[max(0, place - 1) : place + 2]
            near += above[max(0, up - 1) : up + 3] + below[max(0, down - 2) : max(0, down + 2)]
            found[key] = frozenset(near)
    return found


_NEAR: Final = _keys()


def _are_neighbours(one: str, other: str) -> bool:
    """Whether the two are the same, next to each other on the keyboard, or follow in the alphabet."""
    one, other = one.translate(_SHIFTED), other.translate(_SHIFTED)
    if one == other or other in _NEAR.get(one, ()) or {one, other} == {"9", "0"}:
        return True
    return one.isascii() and one.isalnum() and other.isalnum() and abs(ord(one) - ord(other)) == 1
