"""Names as they are heard in Lanzhou: Han, Hui, Dongxiang and Tibetan, by sex and by the years of birth.

Made up from parts, each as common as in life, so that a list of households reads like a street's and names
nobody. Given names follow fashion: 秀英 was born before 1955, 梓涵 after 2013.
"""

import random
from typing import Final, NamedTuple

MALE: Final = "1"  # GB/T 2261.1
FEMALE: Final = "2"

HAN: Final = "01"  # GB/T 3304
TIBETAN: Final = "04"
HUI: Final = "03"
DONGXIANG: Final = "26"

# Per thousand, after the commonest surnames of Gansu; 马 is Han here as well as Hui.
_SURNAMES: Final = {
    HAN: (
        "王 88 李 82 张 86 刘 56 陈 34 杨 40 赵 34 马 18 魏 26 高 16 吴 16 徐 13 周 16 孙 14 何 14 郭 13 "
        "朱 13 罗 8 宋 12 郑 7 谢 6 韩 9 唐 7 冯 8 董 8 曹 8 许 7 邓 4 梁 6 苏 6 蒋 5 田 7 任 7 姚 7 石 6 "
        "陶 3 侯 4 白 5 孟 4 秦 5 薛 4 雷 4 贺 3 康 4 金 3 汪 5 丁 4 芦 3 柴 3 俞 2 达 1 火 1 瞿 2 祁 3 "
        "巨 1 滕 1 颜 2 岳 3 安 3 彭 4 贾 5 闫 4 毛 3 史 4 水 1 肖 3 万 2 把 1 强 1 鲁 2 桑 1 师 1 撒 1"
    ),
    HUI: (
        "马 430 丁 40 杨 44 王 36 李 32 张 30 穆 26 白 24 金 20 韩 24 苏 22 沙 16 哈 8 拜 8 海 10 虎 6 "
        "冶 10 喇 10 安 10 陕 6 妥 8 闵 6 罗 10 何 10 周 8 买 6 锁 4 者 4 摆 4"
    ),
    DONGXIANG: "马 560 汪 50 杨 44 唐 36 牟 36 祁 20 张 30 高 24 王 24 妥 12 赵 12 锁 8 江 6",
    TIBETAN: "杨 40 马 20 王 20 李 16 安 16",
}


class _Fashion(NamedTuple):
    """Given names of one time: the first and the second character of two, and whole names."""

    until: int
    first: str
    second: str
    whole: str


_MEN: Final = (
    _Fashion(
        1954,
        "生 永 占 世 国 文 振 玉 德 兴 万 正 学 成 长 明 克 自 尚 维",
        "福 财 贵 禄 祥 林 才 义 德 荣 华 魁 清 元 昌 庆 仁 堂 海 俊",
        "富贵 德禄 万有 得胜 有才 满仓 存福 来福 守业 继祖",
    ),
    _Fashion(
        1969,
        "建 国 志 永 卫 新 文 玉 世 宝 学 忠 红 明 福 克 兰 立 成 生",
        "国 军 强 平 华 民 明 林 东 生 红 义 忠 庆 虎 祥 荣 武 成 斌",
        "建国 建军 援朝 跃进 卫东 国庆 建设 解放 兰生 金城 志强",
    ),
    _Fashion(
        1984,
        "小 建 海 志 晓 永 国 红 宏 文 立 俊 金 新 春 玉 学 彦 维 效",
        "军 强 伟 平 明 斌 龙 勇 辉 东 峰 刚 林 宁 杰 鹏 涛 亮 文 忠",
        "军 伟 强 勇 斌 刚 涛 峰 波 辉 超 宏 亮 平 杰",
    ),
    _Fashion(
        1999,
        "志 文 晓 海 俊 建 明 天 旭 彦 家 小 子 世 亚 嘉 振 伟 兴 永",
        "鹏 龙 杰 伟 博 涛 飞 强 东 辉 斌 宇 超 浩 帆 亮 凯 峰 刚 元",
        "磊 鹏 超 浩 帅 凯 鑫 飞 龙 涛 旭 博 阳 亮 洋 斌 杰 宁",
    ),
    _Fashion(
        2012,
        "浩 宇 俊 子 嘉 文 天 佳 志 家 博 明 昊 泽 瑞 思 鑫 世 立 凯",
        "轩 然 杰 豪 宇 辰 博 鑫 涛 航 阳 泽 源 龙 睿 飞 瑞 凯 翔 文",
        "昊 鑫 睿 浩 涵 轩 博 阳 瑞 凯",
    ),
    _Fashion(
        2100,
        "子 梓 宇 浩 沐 俊 奕 泽 嘉 铭 睿 昊 皓 宸 景 煜 一 佑 锦 博",
        "轩 豪 泽 辰 宸 睿 涵 晨 然 阳 航 诺 恒 熙 洋 霖 轶 安 瑞 程",
        "睿 辰 奕辰 一鸣 沐阳 梓睿",
    ),
)

_WOMEN: Final = (
    _Fashion(
        1954,
        "秀 桂 玉 凤 淑 兰 菊 翠 金 素 月 银 彩 巧 春 爱 梅 莲 香 存",
        "英 兰 花 珍 芳 莲 梅 香 琴 霞 娥 玲 云 秀 芝 贤 清 凤 萍",
        "秀英 桂英 玉兰 桂花 秀兰 淑珍 改花 转娃 引弟 菊香",
    ),
    _Fashion(
        1969,
        "玉 秀 桂 淑 爱 红 月 金 惠 春 翠 兰 雪 凤 彩 香 丽 建 小 永",
        "琴 霞 芳 兰 萍 梅 英 玲 花 珍 云 红 香 珠 莲 芬 君 莉 娟 凤",
        "秀琴 玉霞 爱萍 桂芳 红英 建华 凤霞 雪琴",
    ),
    _Fashion(
        1984,
        "小 丽 海 红 晓 玉 春 雪 慧 彩 亚 艳 金 爱 秀 文 美 巧 永 淑",
        "霞 燕 红 娟 玲 梅 芳 萍 琴 丽 英 艳 花 蓉 莉 兰 君 平 云",
        "丽 霞 燕 红 艳 静 敏 娟 玲 萍 慧 芳 蓉",
    ),
    _Fashion(
        1999,
        "婷 雅 晓 小 丽 海 亚 雪 慧 文 静 玉 佳 彩 银 春 娟 艳 晶 倩",
        "婷 娟 燕 丽 静 红 霞 萍 琴 楠 娜 梅 玲 雯 敏 芳 洁 倩 琪 茹",
        "婷婷 静 丽 娜 燕 娟 倩 雪 敏 瑶 洁 丹 莹 楠 晶晶",
    ),
    _Fashion(
        2012,
        "欣 雨 佳 思 梦 嘉 雅 若 诗 婷 梓 子 馨 心 晨 怡 静 文 紫 可",
        "怡 欣 涵 雨 瑶 彤 妍 琪 婷 然 萱 悦 蕊 宁 茹 溪 妮 颖 雯 月",
        "欣怡 佳怡 雨欣 思琪 梦瑶 雨桐 婧 悦",
    ),
    _Fashion(
        2100,
        "梓 诗 一 语 沐 可 欣 若 雨 依 思 子 芷 艺 佳 悦 昕 熙 妙 念",
        "涵 彤 诺 汐 萱 妍 馨 然 琪 瑶 怡 桐 宁 辰 菡 冉 予 月 童 安",
        "一诺 梓涵 可馨 语桐 若汐 沐瑶",
    ),
)

# Muslim names as families write them in Chinese; among the young beside an ordinary school name.
_HUI_MEN: Final = (
    "一卜拉 尤素夫 伊斯哈 达吾代 阿卜都 穆萨 主麻 尔撒 文义 成龙 忠良 进才 国明 占云 世俊 德明 学忠 玉忠 "
    "俊明 国栋 忠海 英杰 文明 少华 福祥 光荣 志明 晓东 建忠 海龙"
)
_HUI_WOMEN: Final = (
    "法土麦 麦燕 索菲 海澈 阿西燕 再乃白 玉兰 秀英 桂花 玉梅 小燕 兰花 秀兰 淑琴 海燕 玉琴 春花 梅花 秀芳 "
    "晓梅 小兰 桂芳 文秀 月英"
)
_DONGXIANG_MEN: Final = (
    "尤素 达吾 一布拉 哈克 奴海 胡赛尼 麻乃 木沙 者麻 阿卜都 二沙 舍木苏 五十九 六十三 得力克 占明 进福 "
    "国祥 成忠 玉龙"
)
_DONGXIANG_WOMEN: Final = (
    "麦日燕 阿西也 法土麦 海比白 色力麦 阿乙舍 哈三姐 祖来哈 古力其 奴给也 麦热 春兰 玉花 月兰 秀花 桂兰"
)
_TIBETAN_MEN: Final = "扎西才让 道吉才让 桑杰加措 完代克 贡布才旦 才让东珠 旦正加 尕藏才让"
_TIBETAN_WOMEN: Final = "卓玛草 才让卓玛 拉毛草 桑吉卓玛 央金草 尕藏草 旦知草 仁青措"


def _weighted(text: str) -> tuple[list[str], list[int]]:
    words = text.split()
    return words[::2], [int(weight) for weight in words[1::2]]


_SURNAME_TABLES: Final = {nationality: _weighted(text) for nationality, text in _SURNAMES.items()}
_MUSLIM: Final = {
    (HUI, MALE): _HUI_MEN.split(),
    (HUI, FEMALE): _HUI_WOMEN.split(),
    (DONGXIANG, MALE): _DONGXIANG_MEN.split(),
    (DONGXIANG, FEMALE): _DONGXIANG_WOMEN.split(),
}
_TIBETANS: Final = {MALE: _TIBETAN_MEN.split(), FEMALE: _TIBETAN_WOMEN.split()}


def surname(chance: random.Random, nationality: str) -> str:
    """A surname; of a Tibetan family the one that its members who have one carry."""
    words, weights = _SURNAME_TABLES[nationality]
    return chance.choices(words, weights)[0]


def full_name(chance: random.Random, family: str, nationality: str, sex: str, born: int) -> str:
    """A name for somebody born in the year `born` who carries the surname `family`."""
    if nationality == TIBETAN:
        return chance.choice(_TIBETANS[sex])
    muslim = _MUSLIM.get((nationality, sex))
    if muslim is not None and chance.random() < _share_of_muslim_names(nationality, born):
        return family + chance.choice(muslim)
    return family + _given(chance, sex, born, family)


def _share_of_muslim_names(nationality: str, born: int) -> float:
    if nationality == DONGXIANG:
        return 0.9 if born < 2000 else 0.6
    return 0.55 if born < 1985 else 0.25


def _given(chance: random.Random, sex: str, born: int, family: str) -> str:
    fashions = _MEN if sex == MALE else _WOMEN
    fashion = next(each for each in fashions if born <= each.until)
    if chance.random() < 0.2:
        return chance.choice(fashion.whole.split())
    first, second = fashion.first.split(), fashion.second.split()
    while True:
        one, other = chance.choice(first), chance.choice(second)
        if one != other and family not in (one, other):
            return one + other
