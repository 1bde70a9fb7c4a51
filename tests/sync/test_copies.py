"""Which copy of a device shows a cursor."""

from sync.copies import Copy, copy_of, device_key
from sync.cursor import Cursor


def showing(copy: int, nonce: int) -> Cursor:
    return Cursor(bytes(8), copy, nonce, 20_000, ())


def test_a_device_that_shows_what_it_was_given_is_the_one_we_know() -> None:
    assert copy_of([Copy(0, 10, 11)], showing(0, 11)) == 0


def test_a_device_that_lost_an_answer_is_still_the_one_we_know() -> None:
    assert copy_of([Copy(0, 10, 11)], showing(0, 10)) == 0


def test_an_older_cursor_belongs_to_a_copy() -> None:
    assert copy_of([Copy(0, 20, 21)], showing(0, 11)) == 1


def test_a_copy_that_lost_its_first_answer_is_not_taken_for_yet_another() -> None:
    assert copy_of([Copy(0, 20, 21), Copy(1, 11, 30)], showing(0, 11)) == 1


def test_each_copy_goes_on_under_its_own_number() -> None:
    known = [Copy(0, 20, 21), Copy(1, 30, 31)]
    assert (copy_of(known, showing(0, 21)), copy_of(known, showing(1, 31))) == (0, 1)


def test_a_third_copy_gets_the_next_number() -> None:
    assert copy_of([Copy(0, 20, 21), Copy(1, 30, 31)], showing(0, 5)) == 2


def test_without_a_cursor_it_is_the_latest_copy() -> None:
    assert copy_of([], None) == 0
    assert copy_of([Copy(0, 1, 2), Copy(1, 3, 4)], None) == 1


def test_a_row_that_a_restore_took_away_does_not_make_a_copy() -> None:
    assert copy_of([], showing(1, 5)) == 1


def test_copies_are_told_apart_in_stamps() -> None:
    assert (device_key(7, 0), device_key(7, 2)) == ("7", "7.2")
