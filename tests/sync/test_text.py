"""Notes that two people wrote at the same time come together, or go before a person; no word is lost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.text import merge_texts, sentences

words = st.text(alphabet="老人身体好药血压ab1。！？；.!? \n”)", max_size=30)
notes = st.lists(st.sampled_from("甲乙丙丁戊己庚辛"), max_size=8, unique=True).map(
    lambda letters: "".join(f"{letter}。" for letter in letters)
)


@given(st.text())
def test_a_text_cut_into_sentences_is_the_text_again(text: str) -> None:
    assert "".join(sentences(text)) == text


@given(words)
def test_a_text_of_punctuation_cut_into_sentences_is_the_text_again(text: str) -> None:
    assert "".join(sentences(text)) == text


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("老人身体好。血压高！", ["老人身体好。", "血压高！"]),
        ("他说：“我很好。”走了", ["他说：“我很好。”", "走了"]),
        ("体温37.5度，正常。", ["体温37.5度，正常。"]),
        ("He is well. She is not.", ["He is well. ", "She is not."]),
        ("第一行\n第二行", ["第一行", "\n", "第二行"]),
        ("真的？！好", ["真的？！", "好"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, pieces: list[str]) -> None:
    assert sentences(text) == pieces


@given(st.one_of(words, notes), st.one_of(words, notes))
def test_who_changed_nothing_takes_what_the_other_wrote(base: str, edited: str) -> None:
    assert merge_texts(base, base, edited) == edited
    assert merge_texts(base, edited, base) == edited


@given(words, words)
def test_two_who_wrote_the_same_agree(base: str, edited: str) -> None:
    assert merge_texts(base, edited, edited) == edited


@given(words, words, words)
def test_whether_texts_can_be_merged_does_not_depend_on_who_came_first(base: str, one: str, two: str) -> None:
    assert (merge_texts(base, one, two) is None) == (merge_texts(base, two, one) is None)


@given(notes, notes, notes)
def test_every_sentence_that_somebody_added_is_in_the_merged_text(base: str, one: str, two: str) -> None:
    merged = merge_texts(base, one, two)
    if merged is not None:
        added = {*sentences(one), *sentences(two)} - set(sentences(base))
        assert added <= {piece.strip("\n") for piece in sentences(merged)}


@given(notes, st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)))
def test_sentences_that_either_struck_out_are_gone_and_no_others(
    base: str, by_one: set[int], by_two: set[int]
) -> None:
    def without(struck: set[int]) -> str:
        return "".join(piece for place, piece in enumerate(sentences(base)) if place not in struck)

    assert merge_texts(base, without(by_one), without(by_two)) in (without(by_one | by_two), None)


@given(notes, notes)
def test_without_a_known_beginning_what_both_have_is_not_written_twice(one: str, two: str) -> None:
    merged = merge_texts(None, one, two)
    if merged is not None:
        assert {*sentences(one), *sentences(two)} == {p for p in sentences(merged) if p != "\n"}
        common = [p for p in sentences(one) if one.startswith(p) and two.startswith(p)]
        assert all(merged.count(piece) == 1 for piece in common)


def test_edits_of_different_sentences_are_put_together() -> None:
    base = "老人独居。血压偏高。无人照料。"
    assert (
        merge_texts(base, "老人与女儿同住。血压偏高。无人照料。", "老人独居。血压偏高。邻居每天探望。")
        == "老人与女儿同住。血压偏高。邻居每天探望。"
    )


def test_different_edits_of_one_sentence_go_before_a_person() -> None:
    assert merge_texts("血压偏高。", "血压正常。", "血压很高。") is None


def test_lines_added_below_by_two_people_are_both_kept() -> None:
    base = "周一探访，身体好"
    assert (
        merge_texts(base, base + "\n周二头晕。", base + "\n已量血压。")
        == "周一探访，身体好\n周二头晕。\n已量血压。"
    )


def test_two_first_notes_are_both_kept() -> None:
    assert merge_texts(None, "老人头晕。\n已送医。", "女儿来过。\n带了药。") == (
        "老人头晕。\n已送医。\n女儿来过。\n带了药。"
    )


def test_a_line_below_another_persons_unseen_line_does_not_write_that_one_twice() -> None:
    # A restored server has "甲。"; the phones send "甲。乙。" and, by who had read that, "甲。乙。丙。".
    assert merge_texts("甲。", "甲。乙。", "甲。乙。丙。") == "甲。乙。丙。"


def test_an_insertion_between_two_sentences_by_both_goes_before_a_person() -> None:
    assert merge_texts("甲。乙。", "甲。丙。乙。", "甲。丁。乙。") is None


def test_a_hostile_text_does_not_hold_up_the_others() -> None:
    base = "好。" * 2_000
    begun = time.process_time()
    merge_texts(base, "坏。" + base[2:] + "坏。", "差。" + base[4:] + "差。")
    assert time.process_time() - begun < 2
