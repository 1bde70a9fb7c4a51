"""A password to read out over a telephone."""

import secrets
from typing import Final

_WORDS: Final = (
    "huanghe baita lanshan wuquan yandan jincheng huangshui taohua meigui baihe niurou lamian tianshui "
    "dunhuang jiuquan zhangye gannan linxia dingxi pingliang wuwei baiyin longnan qingyang jinchang "
    "shuiche yangpi tiejiao wenxi jiangtai ganlan putao pingguo hetao huajiao danggui huangqi gouqi "
    "maidun qiaomai yangyu luotuo maoniu banma xique yanzi xueshan caoyuan shamo lvzhou"
)


def made_up_password() -> str:
    """Four words and four digits: some 36 bits, behind argon2id and a throttle."""
    words = [secrets.choice(_WORDS.split()) for _ in range(4)]
    return "-".join([*words, f"{secrets.randbelow(10_000):04}"])
