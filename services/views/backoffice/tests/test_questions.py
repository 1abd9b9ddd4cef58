"""Which questions of drivers wait for billing?"""

import pytest

from contracts.payments.payee_v1 import BankChangeCancelled, BankChangeTookEffect, PayeeEvent
from infra.consumers.views import OutOfOrder
from services.views.backoffice import questions
from services.views.backoffice.tests.conftest import Office
from services.views.backoffice.tests.make import (
    HOUR,
    LATER,
    NOON,
    asked,
    driver_forgotten,
    registered,
    replied,
)


class TestQuestion:
    @pytest.mark.requirement("HIF-30")
    def test_it_keeps_what_was_asked_and_answered(self) -> None:
        row = questions.project(questions.project(None, asked()), replied())
        assert row is not None
        assert (row.question, row.asked_at) == ("When?", NOON)
        assert (row.answer, row.answered_by, row.answered_at) == ("Tomorrow", "lea", LATER)

    def test_an_answer_to_nothing_comes_out_of_order(self) -> None:
        with pytest.raises(OutOfOrder):
            questions.project(None, replied())

    @pytest.mark.parametrize(
        "event",
        [
            BankChangeCancelled(
                driver_id="ada", organisation_id="hiflow", change_id="b-1", cancelled_at=NOON
            ),
            BankChangeTookEffect(
                driver_id="ada", organisation_id="hiflow", change_id="b-1", took_effect_at=NOON
            ),
        ],
    )
    def test_bank_details_are_no_question(self, event: PayeeEvent) -> None:
        row = questions.project(None, asked())
        assert questions.key(event) is None
        assert questions.project(row, event) == row


class TestWaiting:
    @pytest.mark.requirement("HIF-30")
    async def test_open_questions_come_oldest_first_until_answered(self, office: Office) -> None:
        await office.saw(asked("q-2", NOON + HOUR), asked(), asked("q-9", organisation="other"))
        found = await questions.unanswered(office.pool, "hiflow", None, 10)
        assert [row.question_id for row in found] == ["q-1", "q-2"]
        first = (found[0].asked_at, "ada", "q-1")
        [second] = await questions.unanswered(office.pool, "hiflow", first, 10)
        assert second.question_id == "q-2"
        await office.saw(replied())
        found = await questions.unanswered(office.pool, "hiflow", None, 10)
        assert [row.question_id for row in found] == ["q-2"]

    async def test_words_are_forgotten_with_their_driver(self, office: Office) -> None:
        await office.saw(registered(), asked(), driver_forgotten())
        [row] = await questions.unanswered(office.pool, "hiflow", None, 10)
        assert row.question == "XXXX"
