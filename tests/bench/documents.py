"""Families as workers write them down: what is pushed, and what the floor stores. Nobody real.

The number of documents a family is fixed, so that a batch is a round number of families; their contents are
drawn from a seed, so that two runs store the same.
"""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from schemas.collections import COLLECTIONS
from schemas.resident_id import RESERVED_PREFIX, with_check_digit
from service.demo.ids import id_made_at
from service.demo.names import FEMALE, HAN, MALE, full_name, surname

FAMILY: Final = 4  # documents: a household, its head, the head's spouse, a call on the head
_MADE: Final = datetime(2022, 9, 27, 1, 0, tzinfo=UTC)
_TODAY: Final = date(2022, 9, 27)


class Document(NamedTuple):
    """A record before it is a record. `fields` is its JSON form."""

    collection: str
    id: UUID
    fields: dict[str, Any]


class Refused(Exception):
    """The declarations refuse what would be pushed: what was measured would be quarantine."""


_SENTENCES: Final = (
    "老人独居，子女在新疆务工，每月通一次电话。",
    "患高血压多年，药能按时吃，最近血压偏高。",
    "家里烧煤取暖，烟囱接口松动，已提醒尽快更换。",
    "低保金按月到账，主要用于买药和交电费。",
    "孙子上三年级，作业无人辅导，成绩下滑。",
    "希望社区联系助餐点，中午能送一顿热饭。",
    "楼道灯坏了，上下楼扶墙走，怕再次摔倒。",
    "情绪平稳，愿意参加社区的手工小组。",
    "医保报销后自付部分仍有困难，想申请临时救助。",
    "儿媳外出打零工，早出晚归，孩子由奶奶照看。",
    "上门推销保健品的人来过两次，已讲解防骗知识。",
    "腿脚不便，买菜靠邻居帮忙，想要一副助行器。",
)
_DISTRICTS: Final = ("02", "03", "04", "05", "11")
_ESTATES: Final = ("定西路省建家属院", "福利东路兰化家属区", "晏家坪坪西公租房小区", "安宁西路驿前小区")
_NEEDS: Final = ("income", "medical", "medicine", "daily_care", "meals", "company", "heating", "tutoring")
_CATEGORIES: Final = ("minimum_living", "edge", "disabled", "gravely_ill", "elder_alone", "single_parent")
_ASSISTANCE: Final = ("minimum_living", "medical", "temporary", "disabled_living", "old_age")
_TAGS: Final = ("elder_alone", "empty_nest", "poor_elder", "minimum_living", "gravely_ill", "disabled")
_RISKS: Final = ("low", "medium", "high")
_INCOMES: Final = ("wages", "pension", "support", "allowance")
_EXPENSES: Final = ("food", "housing", "heating", "medical")


class Families:
    """Draws families from `seed`, as `worker` would write of them."""

    def __init__(self, seed: str, worker: UUID) -> None:
        self._chance = random.Random(seed)
        self._worker = worker
        self._moment = _MADE

    def batch(self, size: int) -> list[Document]:
        """`size` documents, parents before those that belong to them. A multiple of FAMILY."""
        if size % FAMILY:
            raise ValueError(f"a batch is whole families of {FAMILY}")
        return [document for _ in range(size // FAMILY) for document in self._family()]

    def id(self) -> UUID:
        """An id of now, as a phone draws it."""
        self._moment += timedelta(milliseconds=self._chance.randint(1, 900))
        return id_made_at(self._moment, self._chance)

    def text(self, sentences: int) -> str:
        """So many sentences of a worker's notes."""
        return "".join(self._chance.sample(_SENTENCES, sentences))

    def several(self, words: tuple[str, ...], most: int) -> list[str]:
        """Up to `most` of `words`, as a set is written."""
        return self._chance.sample(words, self._chance.randint(1, most))

    def _family(self) -> list[Document]:
        chance = self._chance
        name = surname(chance, HAN)
        age = chance.randint(35, 88)
        household, head, spouse = self.id(), self.id(), self.id()
        head_fields = self._person(household, name, MALE, age, "head")
        return [
            Document("household", household, self._household(head_fields["name"], head)),
            Document("person", head, head_fields),
            Document(
                "person", spouse, self._person(household, surname(chance, HAN), FEMALE, age - 2, "spouse")
            ),
            Document("elder_visit", self.id(), self._visit(head)),
        ]

    def _household(self, name: str, head: UUID) -> dict[str, Any]:
        chance = self._chance
        return {
            "community": f"6201{chance.choice(_DISTRICTS)}901901",
            "name": name,
            "address": f"{chance.choice(_ESTATES)}{chance.randint(1, 18)}号楼{chance.randint(101, 999)}室",
            "head": str(head),
            "kind": chance.choice(("urban", "rural")),
            "members": 2,
            "location": {
                "longitude": round(chance.uniform(103.06, 103.91), 6),
                "latitude": round(chance.uniform(36.03, 36.24), 6),
                "accuracy_m": chance.randint(3, 40),
            },
            "housing": chance.choice(("owned", "public_rental", "private_rental")),
            "income_items": [
                {"kind": kind, "amount_fen": chance.randint(100, 4800) * 100, "note": None}
                for kind in chance.sample(_INCOMES, 2)
            ],
            "income_month": "2022-09",
            "expense_items": [
                {"kind": kind, "amount_fen": chance.randint(100, 2600) * 100, "note": None}
                for kind in chance.sample(_EXPENSES, 3)
            ],
            "expense_month": "2022-09",
            "categories": self.several(_CATEGORIES, 3),
            "needs": self.several(_NEEDS, 4),
            "assistance": self.several(_ASSISTANCE, 2),
            "risk": chance.choice(_RISKS),
            "note": self.text(3),
        }

    def _person(self, household: UUID, family: str, sex: str, age: int, relation: str) -> dict[str, Any]:
        chance = self._chance
        born = _TODAY - timedelta(days=age * 365 + chance.randint(0, 364))
        order = chance.randint(10, 99) * 10 + chance.randrange(0, 10, 2) + (sex == MALE)
        return {
            "household": str(household),
            "name": full_name(chance, family, HAN, sex, born.year),
            "sex": "1" if sex == MALE else "2",
            "birth_date": born.isoformat(),
            "resident_id": with_check_digit(f"{RESERVED_PREFIX}{born:%Y%m%d}{order:03}"),
            "nationality": HAN,
            "phone": f"1{chance.randint(3, 9)}{chance.randrange(10**9):09}",
            "relation": relation,
            "marital": "20",
            "education": chance.choice(("60", "70", "80")),
            "health": chance.choice(("good", "fair", "chronic")),
            "disability_kind": chance.choice(("1", "2", "4")),
            "disability_grade": chance.choice(("1", "2")),
            "work": chance.choice(("employed", "flexible", "retired", "unemployed")),
            "tags": self.several(_TAGS, 2),
        }

    def _visit(self, subject: UUID) -> dict[str, Any]:
        chance = self._chance
        levels = ("good", "good", "watch", "concern")
        return {
            "subject": str(subject),
            "on": _TODAY.isoformat(),
            "by": str(self._worker),
            "kind": "home",
            "place": "家中",
            "met": "met",
            "next_on": (_TODAY + timedelta(days=30)).isoformat(),
            "risk": chance.choice(_RISKS),
            "needs": self.several(_NEEDS, 3),
            "findings": self.text(5),
            "health_change": "same",
            "medicine": chance.choice(("regular", "irregular", "short")),
            **{
                name: chance.choice(levels)
                for name in (
                    "food",
                    "heating",
                    "gas",
                    "fire_hazards",
                    "fall_hazards",
                    "mood",
                    "money",
                    "fraud",
                )
            },
            "contact_with_children": chance.choice(("weekly", "monthly", "rarely")),
            "emergency_contact": "reachable",
        }


def make_sure_they_are_declared() -> None:
    """Raises Refused where the record types no longer take such documents."""
    for document in Families("declared", UUID(int=1)).batch(10 * FAMILY):
        declared = COLLECTIONS.get(document.collection)
        if declared is None:
            raise Refused(f"there is no collection {document.collection}")
        problems = declared.problems_in_whole(document.fields)
        if problems:
            raise Refused(f"{document.collection}{problems[0].pointer}: {problems[0].detail_en}")
