"""A recorded risk rises with what is found, and falls only by a change of somebody who has read all of it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.children.risk import child_risk
from schemas.needs import Risk
from tests.sync.ledger import AREA, NOW, Ledger, id_of
from tests.sync.phones import HOUSEHOLD

ORDER = list(Risk)
FAMILY, CHILD = id_of(11), id_of(12)


class Device:
    """A worker's phone: what it last heard of the child's risk, and what it has not sent yet."""

    def __init__(self, number: int, ledger: Ledger) -> None:
        self.number = number
        self.ledger = ledger
        self.base = ledger.position
        self.risk = recorded(ledger)
        self.unsent: list[dict[str, Any]] = []

    def visit(self, mood: str) -> None:
        """A visit whose findings make the risk what they make it; what has risen is written down."""
        found = child_risk({"child_visit": {"mood": mood}}, NOW.date(), self.risk)
        if found.to_record is not None:
            self._write(found.to_record)

    def assess(self, risk: Risk) -> None:
        """The worker sets the risk, whatever it was."""
        self._write(risk)

    def _write(self, risk: Risk) -> None:
        self.unsent.append({"set": {"risk": risk.code}, "base": self.base, "says": (self.risk, risk)})
        self.risk = risk


def recorded(ledger: Ledger) -> Risk | None:
    risk = ledger.values(CHILD).get("risk")
    return next((each for each in Risk if each.code == risk), None)


def begun() -> Ledger:
    ledger = Ledger()
    for collection, record, form in (
        ("household", FAMILY, HOUSEHOLD),
        ("person", CHILD, {"household": str(FAMILY), "name": "王小明"}),
    ):
        (said,) = ledger.push(
            0, {"collection": collection, "record": str(record), "area": str(AREA), "set": form}
        )
        assert said.outcome == "applied"
    return ledger


def place(risk: Risk | None) -> int:
    return -1 if risk is None else ORDER.index(risk)


moves = st.tuples(
    st.integers(1, 3),
    st.one_of(
        st.tuples(st.just("visit"), st.sampled_from(["good", "watch", "concern", "danger"])),
        st.tuples(st.just("assess"), st.sampled_from(ORDER)),
        st.tuples(st.just("sync"), st.none()),
    ),
)


@given(st.lists(moves, max_size=25))
def test_risk_never_falls_without_a_change_that_says_so(year: list[tuple[int, tuple[str, Any]]]) -> None:
    ledger = begun()
    devices = {number: Device(number, ledger) for number in (1, 2, 3)}
    warnings: list[tuple[int, int, Risk]] = []  # by whom, at which place in the log, of what
    for number, (what, value) in [*year, *((number, ("sync", None)) for number in devices)]:
        device = devices[number]
        if what == "visit":
            device.visit(value)
        elif what == "assess":
            device.assess(value)
        else:
            for change in device.unsent:
                before, said = recorded(ledger), change.pop("says")
                pushed = {"collection": "person", "record": str(CHILD), "area": str(AREA), **change}
                (result,) = ledger.push(number, pushed)
                after = recorded(ledger)
                if place(after) < place(before):
                    assert place(said[1]) < place(before), "it says a lower risk than what stood"
                unread = [each for each in warnings if each[0] != number and each[1] > change["base"]]
                warnings = [*unread, (number, result.rev or 0, said[1])]
                assert place(after) == max(place(warning) for _, _, warning in warnings)
            device.unsent = []
            device.base, device.risk = ledger.position, recorded(ledger)


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["good", "watch", "concern", "danger"]))))
def test_visits_alone_only_raise_it(visits: list[tuple[int, str]]) -> None:
    ledger = begun()
    stood = recorded(ledger)
    for number, mood in visits:
        device = Device(number, ledger)
        device.visit(mood)
        for change in device.unsent:
            change.pop("says")
            ledger.push(number, {"collection": "person", "record": str(CHILD), "area": str(AREA), **change})
        assert place(recorded(ledger)) >= place(stood)
        stood = recorded(ledger)
    worst = max((place(_of(mood)) for _, mood in visits), default=-1)
    assert place(stood) == worst


def _of(mood: str) -> Risk:
    return child_risk({"child_visit": {"mood": mood}}, NOW.date(), None).suggested
