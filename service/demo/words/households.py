"""What is written about a family: the note in its file, what a screening found, why a referral is made."""

import random
from typing import Final

from service.demo.families import Family, Member
from service.demo.means import Means
from service.demo.names import FEMALE

_FORMS: Final = {
    "elder_alone": ("独居老人", "一人居住"),
    "empty_nest": ("空巢老人，老两口一起生活", "老两口居住"),
    "grandparents": ("隔代抚养家庭", "祖辈照看孙辈"),
    "nuclear": ("一家{count}口同住", "夫妻带{minors}个孩子"),
    "mother_at_home": ("丈夫在{away}务工，妻子在家带{minors}个孩子",),
    "one_parent": ("单亲家庭，{parent}一人带{minors}个孩子",),
    "three_generations": ("三代同住，{count}口人", "上有老下有小，一家{count}口"),
    "couple": ("夫妻二人居住，子女已成家",),
    "adult_alone": ("单身一人居住", "一人户，与亲戚来往少"),
    "disabled_adult_child": ("老人照顾残疾{child}，无人替手",),
    "grown_child": ("夫妻与成年{child}同住",),
}
_ABSENT: Final = {
    "no_children": ("无子女",),
    "children_apart": ("子女不在身边", "子女已分家另过"),
    "parents_work": ("孩子父母在{away}务工", "孩子父母常年在{away}，过年才回"),
    "divorce": ("父母离异",),
    "one_dead": ("孩子{gone}已故", "孩子{gone}因病去世"),
    "unsupported": ("父母均无法履行抚养责任，由祖辈照看", "孩子父母一方重残，一方多年失联"),
    "orphan": ("父母均已去世，由祖辈抚养",),
}
_DISABILITY: Final = {
    "limbs": "肢体",
    "sight": "视力",
    "hearing": "听力",
    "speech": "言语",
    "intellect": "智力",
    "mind": "精神",
}
_GRADE: Final = ("一", "二", "三", "四")
_NUMBERS: Final = "〇一二三四五六"
_INDUSTRY: Final = ("{name}原在{industry}上班", "{name}是{industry}下岗职工", "早年在{industry}干过活")
_GOOD: Final = ("邻里关系好", "家里收拾得干净", "愿意参加社区活动", "配合工作", "热心，常帮楼里代取快递")
_NEED: Final = {
    "medical": ("看病开支大", "每月药费{money}元左右，负担重"),
    "daily_care": ("日常照料人手不够", "起居要人搭把手"),
    "medicine": ("常年吃药，买药不方便", "药费每月要几百元"),
    "tutoring": ("孩子作业无人辅导",),
    "guardianship": ("监护力量弱，孩子没人管得住",),
    "aids": ("行走不便，缺助行器",),
    "heating": ("冬季取暖费有困难",),
    "education": ("学杂费、资料费有压力", "孩子上学开支大"),
    "housing": ("房屋漏雨，墙皮脱落", "租房居住，房租压力大"),
    "employment": ("有劳动能力，想找个离家近的活", "打零工不稳定，希望介绍工作"),
    "mental": ("情绪低落，需要心理疏导", "遭变故后不愿与人来往"),
    "income": ("收入低，日常开支靠节省", "入不敷出，欠亲戚{debt}元"),
    "safety": ("用火用电有隐患",),
    "company": ("平时没人说话，盼着有人来", "与社会接触少"),
    "meals": ("做饭困难，常吃剩饭",),
}
_OPENING: Final = {
    "first": ("入户建档时了解：", "首次入户。", "按排查名单入户。", "社区推荐，入户核实。"),
    "closed": ("疫情期间先电话核实：", "小区封控，电话了解：", "线上核实，解封后补入户。"),
    "review": ("半年复核。", "复查入户。", "情况有变化，重新评估。"),
}
_CLOSING: Final = (
    "已讲解“8+1”救助政策，{who}表示清楚。",
    "留了联系卡，有事随时打电话。",
    "与社区民政专干一起核实。",
    "",
)
_REASON: Final = {
    "below_line": (
        "家庭人均月收入{per_head}元，低于当地低保标准（演示值）",
        "主要收入为{source}，人均每月{per_head}元，难以维持基本生活",
    ),
    "no_income": ("家中无固定收入，靠亲友接济", "无收入来源，基本生活没有着落"),
    "alone": ("{ill}，家庭收入略高于低保标准，按规定可单独提出申请", "属低保边缘家庭，{ill}，申请单人保"),
    "extreme_poverty": (
        "无劳动能力、无生活来源、无法定赡养人",
        "孤身一人，无固定收入，亲属均无力扶养",
    ),
    "medical": ("{ill}，一年自付医疗费约{cost}元，已超出家庭承受能力", "{ill}，报销后一年自付约{cost}元"),
    "education": ("{child}在读，学费和资料费筹措困难", "{child}在读，家庭属低收入，申请助学"),
    "dangerous": ("住房为危旧平房，雨季渗漏", "自建房墙体开裂，社区已劝其暂住亲戚家"),
    "rental": ("无自有住房，租房居住，每月房租{rent}元", "一直租房，房东要收回，找不到便宜的房子"),
    "employment": ("家中有劳动能力人员失业，申请公益性岗位", "有劳动能力人员失业半年，希望参加技能培训"),
    "sudden": (
        "突发急病住院，家庭一时难以周转",
        "家里着火，家具衣物受损",
        "务工受伤停工两个月，生活临时困难",
    ),
    "rigid": ("{ill}，治疗和必需支出超出家庭承受能力", "看病支出大，每月入不敷出，已向亲戚借款"),
    "disaster_relief": ("七月强降雨冲了院墙，屋内进水", "暴雨致后墙倾斜，临时安置在亲戚家"),
    "aids": ("行走困难，政策补贴的辅具不合用，需要一台轮椅", "长期卧床，缺一张护理床，想请爱心企业帮助"),
    "heating": ("冬季取暖困难，需要煤和棉被",),
    "mental": ("家庭遭变故，需要心理咨询师长期陪伴",),
}
_OUTCOME: Final = {
    "minimum_living": ("自{month}月起纳入低保，{count}人，每月{amount}元", "评审通过，按{count}人发放"),
    "extreme_poverty": ("认定为分散供养特困人员，签订照料协议", "纳入特困供养，每月{amount}元"),
    "medical": ("医疗救助{amount}元，已到账", "医保二次报销后再救助{amount}元"),
    "education": ("资助{amount}元，开学前到账", "学校减免住宿费，并给助学金{amount}元"),
    "housing": ("列入公租房轮候", "租赁补贴每月{amount}元"),
    "employment": ("安排到社区保洁公益岗", "参加家政培训，已上岗"),
    "temporary": ("临时救助{amount}元，先行发放", "一次性临时救助{amount}元"),
    "disaster_relief": ("发放救灾款{amount}元、棉被两床", "应急局核灾后补助{amount}元"),
    "social_force": ("爱心企业送到家", "慈善会资助{amount}元", "志愿者团队认领，已送达"),
}
_REFUSED: Final = {
    "minimum_living": "核对发现名下有{car}，不符合条件，已书面告知",
    "temporary": "同一事由年内已救助过，不再重复",
    "housing": "名下另有住房，不符合条件",
    "medical": "自付费用未达到起付标准",
}
_SUPPLEMENT: Final = (
    "请补充近六个月银行流水",
    "缺出院结算单",
    "请补子女收入证明",
    "残疾证复印件不清楚，请重新提交",
)


def note(chance: random.Random, family: Family, industry: str, needs: list[str]) -> str:
    """The note in the family's file."""
    pick = chance.choice
    child = next((m for m in family.members if m.relation in ("son", "daughter")), family.head)
    words = {
        "count": _NUMBERS[len(family.members)],
        "minors": _NUMBERS[len(family.minors)] if len(family.minors) != 2 else "两",
        "gone": "父亲" if family.gone == "father" else "母亲",
        "away": family.away or "外地",
        "parent": "母亲" if family.head.sex == FEMALE else "父亲",
        "child": "女儿" if child.sex == FEMALE else "儿子",
        "name": family.head.name,
        "industry": industry,
        "money": str(chance.randint(3, 14) * 100),
        "debt": pick(("一万多", "两万多", "三万", "五万余")),
    }
    said = [pick(_FORMS[family.form])]
    if family.absent in _ABSENT:
        said.append(pick(_ABSENT[family.absent]))
    said += [trouble(member) for member in family.members if member.disability or member.is_grave]
    if family.head.work in ("retired", "none") and family.head.age() > 45 and chance.random() < 0.4:
        said.append(pick(_INDUSTRY))
    first = "，".join(said) + "。"
    rest = [pick(_NEED[need]) for need in needs[:2] if need in _NEED]
    if chance.random() < 0.35:
        rest.append(pick(_GOOD))
    return (first + ("，".join(rest) + "。" if rest else "")).format_map(words)


def trouble(member: Member) -> str:
    """An illness or disability in a few words: 王秀英肢体二级残疾、尿毒症."""
    parts = []
    if member.disability is not None:
        parts.append(f"{_DISABILITY[member.disability.kind]}{_GRADE[member.disability.grade - 1]}级残疾")
    if member.illness is not None and (member.is_grave or not parts):
        parts.append(member.illness.split("，")[0])
    return member.name + ("患" if parts and not member.disability else "") + "、".join(parts)


def screening(chance: random.Random, family: Family, needs: list[str], per_head: int, opening: str) -> str:
    """What a screening found. `opening`: first, review, or closed when nobody could come in."""
    pick = chance.choice
    said = [pick(_OPENING[opening])]
    said.append(f"家庭{len(family.members)}口人，月人均收入约{per_head}元。")
    ill = [trouble(member) for member in family.members if member.illness or member.disability]
    if ill:
        said.append("，".join(ill[:3]) + "。")
    found = [
        pick(_NEED[need]).format(
            money=chance.randint(3, 14) * 100, debt=pick(("一万多", "两万多", "三万", "五万余"))
        )
        for need in needs
        if need in _NEED
    ]
    said.append("，".join(found[:3]) + "。" if found else "目前生活平稳，暂无突出困难。")
    said.append(pick(_CLOSING).format(who="老人" if family.head.is_elder else "户主"))
    return "".join(said)


def reason(chance: random.Random, kind: str, family: Family, means: Means) -> str:
    """Why help is applied for."""
    ill = next(
        (each for each in family.members if each.is_grave),
        next((each for each in family.members if each.disability or each.illness), None),
    )
    child = next((each for each in family.members if each.work in ("pupil", "student")), family.head)
    own = means.counted_per_head(len(family.members))
    cost = sum(item.yuan for item in means.expenses if item.kind in ("medical", "rehabilitation")) * 12
    said = chance.choice(_REASON[_grounds(kind, means, own)]).format(
        per_head=own,
        source=means.source,
        ill=trouble(ill) if ill is not None else f"{family.head.name}因病住院",
        cost=f"{round(max(cost, 3000), -3):,}",
        child=child.name,
        rent=next((item.yuan for item in means.expenses if item.kind == "housing"), 600),
    )
    return said + "。"


def _grounds(kind: str, means: Means, own: int) -> str:
    """Which of the ways to say it fits the family."""
    match kind:
        case "minimum_living":
            return "no_income" if own < 60 else "below_line" if own < means.line else "alone"
        case "housing":
            return "dangerous" if means.dwelling == "owned_dangerous" else "rental"
        case "temporary":
            return "rigid" if "rigid_spending" in means.categories else "sudden"
        case "social_force":
            return next((need for need in ("aids", "heating", "mental") if need in means.needs), "aids")
    return kind


def outcome(chance: random.Random, kind: str, family: Family, yuan: int, month: int) -> str:
    """What the department decided for the family."""
    return chance.choice(_OUTCOME[kind]).format(amount=yuan, count=len(family.members), month=month)


def refusal(chance: random.Random, kind: str) -> str:
    """Why the department refused."""
    said = _REFUSED.get(kind, "经核对不符合条件")
    return said.format(car=chance.choice(("一辆面包车", "两套住房", "大额存款")))


def supplement(chance: random.Random) -> str:
    """What the department still asks for."""
    return chance.choice(_SUPPLEMENT)
