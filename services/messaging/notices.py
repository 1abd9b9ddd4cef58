"""Reactions: which facts somebody is told about, and with which template.

The id of a message follows from the fact, so a fact that comes again makes no second message. A
message expires, so history that is read much later says nothing any more.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never
from uuid import NAMESPACE_URL, uuid5

from contracts.accounts import user_v1 as user
from contracts.alerts.alert_v1 import AlertEvent
from contracts.common_v1 import Money
from contracts.invoices import invoice_v1 as invoice
from contracts.messaging.message_v1 import Channel, Fact, MessageQueued, Topic
from contracts.missions import trip_v1 as trip
from contracts.papers import paper_v1 as paper
from contracts.payments import payee_v1 as payee
from contracts.runtime import REDACTED
from services.messaging.message import Queue

MESSAGES = uuid5(NAMESPACE_URL, "relais:messaging:messages")
KEEPS = timedelta(days=7)
"""How long a message that has no end of its own is worth sending."""
NOTHING: Mapping[str, str] = {}


def about_accounts(event: user.UserEvent) -> list[Queue]:
    """Invitation, activation, passwords, addresses (HIF-03, HIF-04, HIF-39, N-01, N-02)."""
    match event:
        case user.UserInvited():
            return [_to(event.user_id, Topic.SECURITY, "invited", event.invited_at)]
        case user.UserActivated():
            return [_to(event.user_id, Topic.SECURITY, "activated", event.activated_at)]
        case user.PasswordResetRequested():
            return _reset(event)
        case user.EmailChangeRequested():
            return _confirm(event)
        case user.EmailChanged(user_id=who, changed_at=at):
            return [_to(who, Topic.SECURITY, "email_changed", at, former=True)]
        case user.PasswordSet(means=user.PasswordMeans.RESET | user.PasswordMeans.CHANGE):
            return [_to(event.user_id, Topic.SECURITY, "password_changed", event.set_at)]
        case user.TotpRemoved():
            return [_to(event.user_id, Topic.SECURITY, "second_factor_removed", event.removed_at)]
        case user.UserDeactivated():
            return [_to(event.user_id, Topic.SECURITY, "deactivated", event.deactivated_at)]
        case user.PasswordSet() | user.AgreementSigned() | user.TotpEnrolled():
            return []
        case user.RolesChanged() | user.ProfileChanged() | user.LicenceChanged():
            return []
        case user.SignedIn(user_id=who, with_recovery_code=True, signed_in_at=at):
            return [_to(who, Topic.SECURITY, "recovery_code_used", at)]
        case (
            user.RecoveryCodesMade()
            | user.SignedIn()
            | user.SessionsEnded()
            | user.SubjectForgotten()
        ):
            return []
        case unhandled:
            assert_never(unhandled)


def _reset(event: user.PasswordResetRequested) -> list[Queue]:
    if event.reset_link == REDACTED:
        return []
    who, at, private = event.user_id, event.requested_at, {"link": event.reset_link}
    # A link that opens an account goes to the address it was asked for, and nowhere else.
    way, end, name, topic = Channel.EMAIL, event.expires_at, "password_reset", Topic.SECURITY
    return [_to(who, topic, name, at, private=private, expires_at=end, only=way)]


def _answered(
    event: trip.CounterAccepted | trip.CounterDeclined, name: str, at: datetime
) -> list[Queue]:
    """To the user of logistics who made the counter-offer, where that was recorded."""
    if event.offered_by is None or event.price is None:
        return []
    facts = {"trip": event.trip_id, "amount": _amount(event.price)}
    return [_to(event.offered_by, Topic.QUOTES, name, at, f"trip/{event.trip_id}", facts)]


def _confirm(event: user.EmailChangeRequested) -> list[Queue]:
    if REDACTED in (event.new_email, event.confirmation_link):
        return []
    who, at, private = event.user_id, event.requested_at, {"link": event.confirmation_link}
    way, end, name, topic = Channel.EMAIL, event.expires_at, "email_change", Topic.SECURITY
    where = event.new_email
    return [_to(who, topic, name, at, private=private, expires_at=end, only=way, address=where)]


def about_papers(event: paper.PaperEvent) -> list[Queue]:
    """Papers that are turned down, expire soon or have expired (C6, HIF-42)."""
    who, about = event.user_id, f"paper/{event.paper_id}"
    kind = {"paper": event.kind.name.lower()}
    match event:
        case paper.PaperRefused(reason=reason, refused_at=at) if reason != REDACTED:
            private = {"reason": reason}
            return [_to(who, Topic.PAPERS, "paper_refused", at, about, kind, private)]
        case paper.ExpiryNoticeGiven(expires_on=day, noticed_at=at):
            facts = kind | {"last_day": day.isoformat()}
            return [_to(who, Topic.PAPERS, "paper_expiring", at, about, facts)]
        case paper.PaperExpired(expires_on=day, expired_at=at):
            facts = kind | {"last_day": day.isoformat()}
            return [_to(who, Topic.PAPERS, "paper_expired", at, about, facts)]
        case paper.PaperRefused() | paper.PaperAdded() | paper.PaperAccepted():
            return []
        case unhandled:
            assert_never(unhandled)


TripNews = trip.TripPublished | trip.TripExpired | trip.AttachmentAdded | trip.AttachmentRemoved
QuoteNews = trip.QuoteSubmitted | trip.QuoteModified | trip.QuoteWithdrawn | trip.QuoteAccepted
Rest = trip.StopDetailed | trip.SubjectForgotten | trip.ClientNamed
"""What the driver did, or need not be told."""


def about_trips(event: trip.TripEvent) -> list[Queue]:
    """Quotes, new missions, extra costs, deliveries (HIF-19, HIF-20, HIF-27, N-05)."""
    about, own = f"trip/{event.trip_id}", {"trip": event.trip_id}
    if isinstance(event, TripNews | QuoteNews | Rest):
        return []
    match event:
        case trip.QuoteRefused(driver_id=who, reason=reason, refused_at=at):
            facts = own | {"reason": reason}
            return [_to(who, Topic.QUOTES, "quote_refused", at, about, facts)]
        case trip.MissionAssigned(driver_id=who, from_day=day, assigned_at=at):
            # Of an accepted quote this event tells more than the acceptance it follows.
            facts = own | {"day": day.isoformat()}
            if event.direct:
                return [_to(who, Topic.MISSIONS, "mission_assigned", at, about, facts)]
            return [_to(who, Topic.QUOTES, "quote_accepted", at, about, facts)]
        case trip.TripProposed(driver_id=who, proposed_at=at):
            return [_to(who, Topic.MISSIONS, "trip_proposed", at, about, own)]
        case trip.QuoteExpired(driver_id=who, expired_at=at):
            return [_to(who, Topic.QUOTES, "quote_expired", at, about, own)]
        case trip.CounterOffered(driver_id=who, offered_at=at):
            facts = own | {"amount": _amount(event.price)}
            return [_to(who, Topic.QUOTES, "counter_offer", at, about, facts)]
        case trip.CounterAccepted(accepted_at=at):
            return _answered(event, "counter_accepted", at)
        case trip.CounterDeclined(declined_at=at):
            return _answered(event, "counter_declined", at)
        case trip.ExtraCostRequested() | trip.ExtraCostAccepted() | trip.ExtraCostRefused():
            return _extra_cost(event)
        case trip.DeliveryConfirmed(driver_id=who, confirmed_at=at):
            told = [_to(who, Topic.MISSIONS, "delivery_confirmed", at, about, own)]
            # The client of a trip is met under its id.
            client, name = event.trip_id, "vehicle_delivered"
            theirs = [_to(client, Topic.MISSIONS, name, at, about, own)]
            return told + theirs if event.client_told else told
        case unhandled:
            assert_never(unhandled)


def about_alerts(event: AlertEvent) -> list[Queue]:
    """A new trip that a driver looks for (HIF-41, N-04)."""
    facts = {
        "trip": event.trip_id,
        "departure": event.departure_city,
        "arrival": event.arrival_city,
        "day": event.from_day.isoformat(),
        "last_day": event.until_day.isoformat(),
        "km": str(event.distance_km),
    }
    who, at, about = event.driver_id, event.alerted_at, f"trip/{event.trip_id}"
    return [_to(who, Topic.ALERTS, "trip_alert", at, about, facts)]


ExtraCost = trip.ExtraCostRequested | trip.ExtraCostAccepted | trip.ExtraCostRefused


def _extra_cost(event: ExtraCost) -> list[Queue]:
    match event:
        case trip.ExtraCostRequested(amount=amount, requested_at=at):
            name, facts = "extra_cost_asked", {"amount": _amount(amount)}
        case trip.ExtraCostAccepted(amount=amount, accepted_at=at):
            name, facts = "extra_cost_accepted", {"amount": _amount(amount)}
        case trip.ExtraCostRefused(reason=reason, refused_at=at):
            name, facts = "extra_cost_refused", {"reason": reason}
        case unhandled:
            assert_never(unhandled)
    who, about, own = event.driver_id, f"trip/{event.trip_id}", {"trip": event.trip_id}
    return [_to(who, Topic.MISSIONS, name, at, about, own | facts, part=event.request_id)]


def about_invoices(event: invoice.InvoiceEvent) -> list[Queue]:
    """An invoice was opened again, approved, contested by billing, settled or paid (G-15)."""
    about, own = f"invoice/{event.invoice_id}", {"invoice": event.invoice_id}
    match event:
        case invoice.InvoiceApproved(driver_id=who, approved_at=at):
            facts = own | {"trip": event.trip_id, "total": _amount(event.total)}
            return [_to(who, Topic.MONEY, "invoice_approved", at, about, facts)]
        case invoice.LineContested(by=invoice.Party.BILLING) if event.reason != REDACTED:
            who, at, private = event.driver_id, event.contested_at, {"reason": event.reason}
            return [_to(who, Topic.MONEY, "invoice_contested", at, about, own, private)]
        case invoice.ContestSettled(driver_id=who) if event.explanation != REDACTED:
            facts = own | {"trip": event.trip_id, "amount": _amount(event.amount)}
            at, private = event.settled_at, {"explanation": event.explanation}
            return [_to(who, Topic.MONEY, "contest_settled", at, about, facts, private)]
        case invoice.InvoicePaid(driver_id=who, paid_at=at):
            facts = own | {"reference": event.reference}
            return [_to(who, Topic.MONEY, "invoice_paid", at, about, facts)]
        case invoice.LineContested() | invoice.ContestSettled() | invoice.InvoiceNumbered():
            return []
        case invoice.CorrectionNumbered():
            return []
        case invoice.TripNoted() | invoice.InvoicePrepared() | invoice.ExtraNoted():
            return []
        case invoice.InvoiceOpened() | invoice.PriceAgreed() | invoice.ExpensesValidated():
            return []
        case invoice.ExpensesReopened(driver_id=who, reopened_at=at):
            return [_to(who, Topic.MONEY, "expenses_reopened", at, about, own)]
        case invoice.ExpenseAdded() | invoice.ExpenseRemoved():
            return []
        case unhandled:
            assert_never(unhandled)


def about_payees(event: payee.PayeeEvent) -> list[Queue]:
    """Answers (HIF-30), and to every address by every channel changes of bank details (P8)."""
    who, about = event.driver_id, f"payee/{event.driver_id}"
    match event:
        case payee.BankChangeRequested(requested_at=at, effective_at=until):
            facts = {"day": until.date().isoformat()}
            return _everywhere(who, "bank_change_requested", at, about, facts)
        case payee.BankChangeCancelled(cancelled_at=at):
            return _everywhere(who, "bank_change_cancelled", at, about)
        case payee.BankDetailsGiven(given_at=at) | payee.BankChangeTookEffect(took_effect_at=at):
            return _everywhere(who, "bank_change_took_effect", at, about)
        case payee.QuestionAnswered(answered_at=at) if event.answer != REDACTED:
            private, part = {"answer": event.answer}, event.question_id
            return [
                _to(who, Topic.MONEY, "question_answered", at, about, private=private, part=part)
            ]
        case payee.QuestionAsked() | payee.QuestionAnswered():
            return []
        case unhandled:
            assert_never(unhandled)


def _everywhere(
    who: str, template: str, at: datetime, about: str, facts: Mapping[str, str] = NOTHING
) -> list[Queue]:
    return [
        _to(who, Topic.SECURITY, template, at, about, facts, only=channel, former=True)
        for channel in (Channel.EMAIL, Channel.SMS)
    ]


def target(command: Queue) -> str:
    """The message that the command makes."""
    return command.message.message_id


def _to(
    user_id: str,
    topic: Topic,
    template: str,
    at: datetime,
    about: str = "",
    facts: Mapping[str, str] = NOTHING,
    private: Mapping[str, str] = NOTHING,
    *,
    expires_at: datetime | None = None,
    only: Channel | None = None,
    former: bool = False,
    part: str = "",
    address: str | None = None,
) -> Queue:
    way = only.name if only else part
    name = f"{user_id}|{template}|{about}|{at.isoformat()}|{way}"
    return Queue(
        MessageQueued(
            message_id=f"m-{uuid5(MESSAGES, name).hex}",
            user_id=user_id,
            topic=topic,
            template=template,
            facts=tuple(Fact(name=name, value=value) for name, value in facts.items()),
            private=json.dumps(private) if private else None,
            only=only,
            former_addresses=former,
            about=about or f"user/{user_id}",
            expires_at=expires_at or at + KEEPS,
            queued_at=at,
            address=address,
        )
    )


def _amount(money: Money) -> str:
    return f"{money.amount_minor} {money.currency}"
