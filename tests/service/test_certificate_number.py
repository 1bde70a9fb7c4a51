"""Numbers of certificates: found again however they are typed, and made by nobody else."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from service.volunteers.certificates import in_hours
from service.volunteers.number import LONGEST, certificate_of, number_of

KEY = bytes(range(32))
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@given(st.uuids(), st.sampled_from(["{}", " {} ", "编号：{}"]), st.booleans())
def test_a_number_leads_to_its_certificate_however_it_is_typed(id: UUID, around: str, is_small: bool) -> None:
    number = number_of(KEY, id)
    typed = around.format(number.lower() if is_small else number).replace("-", " ")
    assert len(number) <= LONGEST and certificate_of(KEY, typed) == id


@given(st.uuids(), st.data())
def test_a_number_with_another_letter_is_no_number(id: UUID, data: st.DataObject) -> None:
    number = number_of(KEY, id).replace("-", "")
    place = data.draw(st.integers(0, len(number) - 2))  # the last letter stands for fewer bits
    letter = data.draw(st.sampled_from([each for each in LETTERS if each != number[place]]))
    assert certificate_of(KEY, number[:place] + letter + number[place + 1 :]) is None


@given(st.uuids(), st.binary(min_size=32, max_size=32).filter(lambda key: key != KEY))
def test_a_number_of_another_key_is_no_number(id: UUID, key: bytes) -> None:
    assert certificate_of(KEY, number_of(key, id)) is None


@given(st.text(max_size=LONGEST))
def test_whatever_somebody_types_is_answered(text: str) -> None:
    assert certificate_of(KEY, text) is None


@given(st.integers(0, 6_000_000))
def test_hours_are_cut_and_never_more_than_was_served(minutes: int) -> None:
    whole, _, hundredths = in_hours(minutes).partition(".")
    said = int(whole) * 100 + int(hundredths)
    assert said * 60 <= minutes * 100 < (said + 1) * 60
