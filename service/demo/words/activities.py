"""What volunteers do together in a community, through the seasons."""

from datetime import date
from typing import Final, NamedTuple


class Occasion(NamedTuple):
    """An activity: its title, what was done, the skills it asks for, and the fixed day of a feast."""

    title: str
    content: str
    skills: tuple[str, ...]
    on: date | None = None


FEASTS: Final = (
    Occasion(
        "重阳节电话问候", "逐户给独居老人打电话，问候、登记买菜买药需求。", ("company",), date(2022, 10, 4)
    ),
    Occasion(
        "送菜送药上门",
        "为封控楼院的独居老人、残疾人家庭送菜、代买药品。",
        ("care", "emergency"),
        date(2022, 11, 9),
    ),
    Occasion(
        "宪法宣传与法律咨询",
        "在小广场摆台讲宪法、遗产、赡养纠纷，现场咨询二十多人次。",
        ("legal",),
        date(2022, 12, 5),
    ),
    Occasion(
        "腊八粥送老人", "熬腊八粥，分装送到行动不便的老人家中。", ("company", "care"), date(2022, 12, 30)
    ),
    Occasion("写春联送福字", "请书法爱好者写春联三百余副，居民排队领取。", ("arts",), date(2023, 1, 17)),
    Occasion("元宵节猜灯谜", "猜灯谜、煮元宵，老人孩子一起过节。", ("arts", "company"), date(2023, 2, 3)),
    Occasion(
        "学雷锋便民服务",
        "理发、磨刀、修小家电、量血压，服务居民。",
        ("hairdressing", "repair", "medical"),
        date(2023, 3, 3),
    ),
    Occasion(
        "三八节健康讲座", "请社区卫生服务中心医生讲两癌筛查和更年期保健。", ("medical",), date(2023, 3, 8)
    ),
    Occasion("清明文明祭扫宣传", "发放文明祭扫倡议书，劝导不在路口烧纸。", ("publicity",), date(2023, 4, 3)),
    Occasion(
        "全国助残日慰问",
        "走访残疾人家庭，登记辅具需求，讲解两项补贴。",
        ("company", "publicity"),
        date(2023, 5, 19),
    ),
    Occasion(
        "六一儿童游园会", "套圈、跳大绳、亲子绘画，给困境儿童送文具。", ("arts", "teaching"), date(2023, 6, 1)
    ),
    Occasion("端午包粽子", "和独居老人一起包粽子、缝香包。", ("company", "arts"), date(2023, 6, 21)),
    Occasion(
        "暑期防溺水宣讲",
        "给孩子们讲防溺水“六不两会”，现场演示抛绳救人。",
        ("emergency", "teaching"),
        date(2023, 7, 12),
    ),
    Occasion(
        "中秋团圆饭", "凑份子做团圆饭，请独居老人和留守孩子一起吃。", ("care", "company"), date(2023, 9, 26)
    ),
)
ALWAYS: Final = (
    Occasion("四点半课堂", "辅导放学后的孩子写作业，组织课外阅读。", ("teaching",)),
    Occasion("爱心理发", "为高龄和行动不便的老人上门理发。", ("hairdressing",)),
    Occasion("楼道清理", "清理楼道堆物和小广告，给老人家门口装感应灯。", ("environment", "repair")),
    Occasion("智能手机班", "教老人用手机挂号、缴费、视频，防误点链接。", ("teaching",)),
    Occasion("反诈宣传", "挨户讲“养老项目”、保健品和冒充公检法骗局。", ("publicity", "legal")),
    Occasion("义诊", "量血压、测血糖、看舌苔，给慢病老人讲用药。", ("medical",)),
    Occasion("燃气安全入户检查", "查软管、灶具和报警器，登记需要更换的人家。", ("repair", "emergency")),
    Occasion("陪伴独居老人", "两人一组上门，聊天、擦玻璃、换床单。", ("company", "care")),
    Occasion("垃圾分类劝导", "在投放点值守，教居民分类。", ("environment",)),
    Occasion("心理沙龙", "请心理咨询师带照护者做放松练习，说说心里话。", ("mental",)),
    Occasion("冬衣募集", "收集洗净的冬衣，分拣后送给困难家庭。", ("care", "environment")),
    Occasion("跳蚤市场", "孩子们换书换玩具，义卖款买文具送同学。", ("arts",)),
)
SKILLS: Final = {
    "company": 30,
    "care": 16,
    "medical": 8,
    "mental": 4,
    "legal": 4,
    "teaching": 14,
    "arts": 12,
    "repair": 8,
    "hairdressing": 6,
    "driving": 6,
    "emergency": 5,
    "environment": 14,
    "publicity": 12,
}
