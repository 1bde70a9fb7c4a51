"""What residents talk over, which organisations they start, and what a community does through the year."""

from datetime import date
from typing import Final, NamedTuple


class Matter(NamedTuple):
    """Something that was deliberated: what was proposed, who is to see to it, and what came of it."""

    title: str
    topic: str
    proposal: str
    owner: str
    outcome: str


MATTERS: Final = (
    Matter(
        "院内停车怎么停",
        "parking",
        "东侧划二十个车位，消防通道不停车",
        "物业",
        "车位线已划，通道装了提示牌。",
    ),
    Matter(
        "楼道杂物清理",
        "environment",
        "每月最后一个周六各楼自查清理",
        "楼栋长",
        "清出杂物三车，约定写进楼规。",
    ),
    Matter("长者餐桌放在哪里", "elders", "利用闲置门房改成助餐点", "社区", "门房已腾出，街道拨了灶具。"),
    Matter(
        "广场舞几点收", "neighbours", "晚上九点前结束，音量调低", "合唱舞蹈队", "双方签了约定，投诉少了。"
    ),
    Matter(
        "加装电梯要不要办", "renovation", "先做三单元意愿调查再议", "居民议事会", "同意率八成，已报街道。"
    ),
    Matter("公共收益怎么花", "money", "一半修门禁，一半留作应急", "业委会", "门禁修好，账目贴在公示栏。"),
)

WORTHIES: Final = (
    ("teacher", ("children", "publicity"), "退休语文老师，会讲会写"),
    ("party_member", ("deliberation", "mediation"), "老党员，说话有人听"),
    ("craftsperson", ("environment",), "木工电工都拿手"),
    ("doctor", ("elders",), "社区医生退休，会量血压讲慢病"),
    ("veteran", ("patrol",), "退役军人，热心巡逻"),
    ("artist", ("culture", "organisation"), "会拉板胡，带着大家唱秦腔"),
)


class Club(NamedTuple):
    """A community organisation."""

    name: str
    kind: str
    aim: str
    charter: str


CLUBS: Final = (
    Club(
        "金秋秦腔社",
        "culture",
        "传唱秦腔，丰富居民文化生活。",
        "一、自愿参加；二、每周两次排练；三、账目公开。",
    ),
    Club("邻里帮帮团", "mutual_help", "谁家有急事，邻居搭把手。", "一、不收钱；二、接单登记；三、量力而行。"),
    Club(
        "老街坊议事会",
        "deliberation",
        "商量院里的事，办大家的事。",
        "一、有事先商量；二、过半才算数；三、结果要公示。",
    ),
    Club(
        "小橘灯陪伴队",
        "children",
        "陪放学后没人管的孩子写作业、做游戏。",
        "一、两人以上同行；二、先培训后上岗；三、保护孩子隐私。",
    ),
)


class Event(NamedTuple):
    """A community activity of the workers' own, on about that day."""

    title: str
    kind: str
    plan: str
    on: date


EVENTS: Final = (
    Event("社区居民需求调查", "survey", "入户与扫码问卷结合，分楼栋统计。", date(2022, 12, 15)),
    Event("新春邻里百家宴", "festival", "每家一道菜，独居老人由志愿者接送。", date(2023, 1, 13)),
    Event(
        "妇女权益与婚姻家庭政策宣传",
        "marriage",
        "设咨询台，讲婚姻登记、冷静期与反家庭暴力法。",
        date(2023, 3, 7),
    ),
    Event("亲子阅读日", "parenting", "祖辈父辈一起读绘本，交换图书。", date(2023, 4, 21)),
    Event("残健同行趣味运动会", "culture", "轮椅接力、盲人摸象、飞镖套圈。", date(2023, 5, 18)),
    Event("居家安全与防诈骗课堂", "safety", "燃气、用电、防诈骗三个摊位，盖满章换礼品。", date(2023, 7, 13)),
)

FUNERALS: Final = (
    ("文化广场", ("simple", "civilised", "ecological"), date(2023, 3, 29)),
    ("社区党群服务中心", ("benefits", "papers"), date(2023, 8, 24)),
)
