"""The sentences of the rules of cases that say no."""

from typing import get_args

import pytest

from contracts.decisions import Changed
from contracts.interventions.case_v1 import MeasurementUnit, MediaKind, Module, SendingChannel
from infra.testing.problems import said_everywhere, told
from services.interventions import case, photo_account
from services.interventions.case import (
    answering,
    bringing,
    content,
    exporting,
    measuring,
    media,
    pricing,
    recipients,
    sending,
    visit,
    works,
)
from services.interventions.http.problems import WORDING, Rejection
from services.interventions.tests.make import eur

REJECTIONS: list[Rejection] = [
    case.NoSuchCase(),
    case.CaseIdTaken("J1"),
    case.CaseIsSent(),
    case.CaseIsAnswered(),
    case.CaseIsNotRead(),
    case.CaseIsClosed(),
    case.CaseIsNotClosed(),
    case.CaseIsForgotten(),
    content.CustomerIncomplete(("title",)),
    content.NotOfModule(Module.WARRANTY),
    content.InternalMessageNeedsVideo(),
    content.InternalMessageNotWhole(),
    pricing.PriceNotPossible(eur(-1), eur(1)),
    pricing.PriceNotInCurrency("GBP", "EUR"),
    pricing.TwoDiscounts(),
    pricing.DiscountAbovePrice(eur(2), eur(1)),
    works.TooManyWorks(500),
    works.DueDateIsPast(("Pads",)),
    works.DueDateIsMissing(),
    works.NothingIsDue(),
    works.WorkIsPaid(),
    bringing.CaseIsImportedAlready("J1"),
    bringing.CaseOfOtherCustomer("J1"),
    bringing.CaseOfOtherVehicle("J1"),
    bringing.TooManyImports(50),
    bringing.ImportedCaseNotAnswered("J1"),
    bringing.LineIsNotOpen("J1", "pads"),
    bringing.ReportOfOtherVehicle("TS1"),
    exporting.ExportIdTaken("e-1"),
    exporting.NotAPublicPhoto("m-1"),
    exporting.TooManyExports(100),
    photo_account.NoPhotoAccount(),
    photo_account.PhotoCredentialsRefused(),
    media.TooManyFiles(MediaKind.PHOTO, 50),
    media.VideoTooLong(301, 300),
    media.VideosTooLong(601, 600),
    media.VideoNotMeasured(),
    media.OnlyPhotosAreAnnotated(MediaKind.VIDEO),
    media.MediaIdTaken("m-1"),
    media.NoSuchMedia("m-1"),
    recipients.NoSuchRecipient("r-1"),
    recipients.TooManyRecipients(10),
    recipients.RecipientNotReached(),
    recipients.PayerSeesNoPrices(),
    recipients.RecipientOnlyReads(),
    recipients.NoWorkToDecide("w-1"),
    sending.StockIsNotSent(),
    sending.DirectSendIsOff(),
    sending.ChannelNotPossible(SendingChannel.SMS, blocked=True),
    sending.ChannelsNotPossible(),
    sending.WorksWithoutPrice(("Pads",)),
    sending.CaseIsNotSent(),
    answering.LinkIsVoid(),
    answering.LinkOnlyReads(),
    answering.LinkIsForwarded(),
    answering.BrowserKeepsNothing(),
    answering.NoSuchWork("w-1"),
    answering.WorkOfOthers("w-1"),
    answering.NothingToDecide(),
    answering.RiskNotAcknowledged(("Pads",)),
    answering.CodeIsNeeded(eur(1)),
    answering.AnswerCodeIsWrong(),
    answering.CodeTriedTooOften(5),
    answering.CodesAskedTooOften(5),
    answering.NoPhoneForCode(),
    answering.NoContactRequested(),
    measuring.MeasuredInOtherUnit(MeasurementUnit.VOLT),
    measuring.ValueNotPossible(100_000),
    measuring.TooManyDecimals(2),
    works.LevelIsMissing(),
    visit.VisitNotAsked(),
    visit.VisitIsRated(7),
    Changed({"version": 1}, {"version": 2}),
]


def test_every_rejection_is_a_status_and_a_sentence() -> None:
    assert {type(one) for one in REJECTIONS} == set(get_args(Rejection))
    for rejection in REJECTIONS:
        status, sentence = told(rejection, WORDING)
        assert status in (403, 404, 409, 410, 412, 422)
        assert sentence.endswith(".")


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)
