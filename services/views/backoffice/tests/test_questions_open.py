"""Which questions of drivers wait for billing's answer?"""

import pytest

from contracts.payments.payee_v1 import BankChangeCancelled, BankChangeTookEffect, PayeeEvent
from infra.consumers.views import OutOfOrder
from services.views.backoffice.questions_open import OLDEST, Reads, project, unanswered
from services.views.backoffice.tests.make import (
    HOUR,
    LATER,
    NOON,
    asked,
    driver_forgotten,
    registered,
    replied,
)
from services.views.backoffice.tests.stage import Office, served


class TestQuestion:
    @pytest.mark.requirement("HIF-30")
    def test_it_keeps_what_was_asked_and_answered(self) -> None:
        row = project(project(None, asked()), replied())
        assert row is not None
        assert (row.question, row.asked_at) == ("When?", NOON)
        assert (row.answer, row.answered_by, row.answered_at) == ("Tomorrow", "lea", LATER)

    def test_an_answer_to_nothing_comes_out_of_order(self) -> None:
        with pytest.raises(OutOfOrder):
            project(None, replied())

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
        assert not isinstance(event, Reads)


class TestWaiting:
    @pytest.mark.requirement("HIF-30")
    async def test_open_questions_come_oldest_first_until_answered(self, office: Office) -> None:
        await office.saw(asked("q-2", NOON + HOUR), asked(), asked("q-9", organisation="other"))
        waiting = unanswered("hiflow")
        found = await waiting.page(office.pool, OLDEST, None, 10)
        assert [row.question_id for row in found] == ["q-1", "q-2"]
        [second] = await waiting.page(office.pool, OLDEST, (NOON, "ada", "q-1"), 10)
        assert second.question_id == "q-2"
        await office.saw(replied())
        found = await waiting.many(office.pool, OLDEST)
        assert [row.question_id for row in found] == ["q-2"]

    async def test_words_are_forgotten_with_their_driver(self, office: Office) -> None:
        await office.saw(registered(), asked(), driver_forgotten())
        [row] = await unanswered("hiflow").many(office.pool, OLDEST)
        assert row.question == "XXXX"

    @pytest.mark.requirement("HIF-30")
    async def test_a_question_is_shown_until_billing_answers(self, office: Office) -> None:
        await office.saw(asked(), asked("q-2", LATER))
        async with served(office) as api:
            shown = await api.items("/questions/open")
            assert [one["question_id"] for one in shown] == ["q-1", "q-2"]
            await office.saw(replied())
            [left] = await api.items("/questions/open")
        assert left == {
            "driver_id": "ada",
            "driver": {"driver_id": "ada", "name": "", "phone": ""},
            "question_id": "q-2",
            "organisation_id": "hiflow",
            "invoice_id": "inv-t-1",
            "question": "When?",
            "asked_at": "2030-05-01T13:00:00Z",
            "answer": None,
            "answered_by": None,
            "answered_at": None,
        }
