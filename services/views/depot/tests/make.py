"""Valid events with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.accounts import user_v1 as user
from contracts.common_v1 import Money
from contracts.depot_tours import order_v1 as order
from contracts.depot_tours import pickup_v1 as pickup
from contracts.depot_tours import returned_v1 as returned
from contracts.depot_tours import tour_v1 as tour
from contracts.tills import till_v1 as till

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CASH = Money(34_900, "MAD")
FIRST, SECOND = "CASA-2041/1", "CASA-2041/2"
CODES = (FIRST, SECOND)

# --- People -----------------------------------------------------------------


def invited(id: str, name: str, phone: str | None = "+212611111111") -> user.UserInvited:
    return user.UserInvited(
        user_id=id,
        organisation_id="maarif",
        email=f"{id}@example.org",
        name=name,
        language="ar",
        roles=(user.Role.COURIER,),
        phone=phone,
        invited_by="nadia",
        invited_at=NOON,
        reference=None,
        dealerships=(),
        at_once=None,
    )


def user_forgotten(id: str) -> user.SubjectForgotten:
    return user.SubjectForgotten(user_id=id, forgotten_at=NOON)


# --- Orders -----------------------------------------------------------------


def registered(
    id: str = "o-1",
    number: str = "CASA-2041",
    city: str = "Fès",
    codes: tuple[str, ...] = CODES,
    cash: Money | None = CASH,
) -> order.OrderRegistered:
    return order.OrderRegistered(
        order_id=id,
        organisation_id="maarif",
        tracking_number=number,
        city=city,
        recipient_name="Salma Idrissi",
        phone="+212612345678",
        address="12 rue Ibn Batouta",
        parcel_codes=codes,
        cash_on_delivery=cash,
        registered_by="nadia",
        registered_at=NOON,
    )


def asked(
    operator: str = "omar", id: str = "o-1", at: datetime = NOON
) -> order.PreparationAssigned:
    return order.PreparationAssigned(
        order_id=id,
        organisation_id="maarif",
        tracking_number="CASA-2041",
        operator_id=operator,
        assigned_by="nadia",
        assigned_at=at,
    )


def scanned(code: str = FIRST) -> order.ParcelScanned:
    return order.ParcelScanned(
        order_id="o-1", scan_id="s-1", parcel_code=code, scanned_by="omar", scanned_at=NOON
    )


def prepared() -> order.OrderPrepared:
    missing = order.MissingParcel(parcel_code=SECOND, reason=order.MissingReason.DAMAGED)
    return order.OrderPrepared(
        order_id="o-1",
        organisation_id="maarif",
        missing=(missing,),
        prepared_by="omar",
        prepared_at=NOON + HOUR,
    )


def recipient_forgotten() -> order.SubjectForgotten:
    return order.SubjectForgotten(order_id="o-1", forgotten_at=NOON)


# --- Pickups ----------------------------------------------------------------


def planned(
    id: str = "k-1",
    day: date = date(2030, 5, 2),
    order_id: str = "o-1",
    number: str = "CASA-2041",
    city: str = "Fès",
) -> pickup.PickupPlanned:
    one = pickup.OrderToPickUp(
        order_id=order_id, tracking_number=number, city=city, parcel_codes=CODES
    )
    return pickup.PickupPlanned(
        pickup_id=id,
        organisation_id="maarif",
        orders=(one,),
        day=day,
        planned_by="nadia",
        planned_at=NOON,
    )


def pickup_given(courier: str = "karim", id: str = "k-1") -> pickup.PickupAssigned:
    return pickup.PickupAssigned(
        pickup_id=id,
        organisation_id="maarif",
        courier_id=courier,
        assigned_by="nadia",
        assigned_at=NOON + HOUR,
    )


def pickup_canceled(id: str = "k-1") -> pickup.PickupCanceled:
    return pickup.PickupCanceled(
        pickup_id=id,
        organisation_id="maarif",
        courier_id="karim",
        assigned_by="nadia",
        canceled_at=NOON + 2 * HOUR,
    )


def verified() -> pickup.PickupVerified:
    lacking = pickup.NotBrought(SECOND, pickup.NotBroughtReason.NOT_READY)
    return pickup.PickupVerified(
        pickup_id="k-1",
        organisation_id="maarif",
        courier_id="karim",
        parcel_codes=(FIRST,),
        not_brought=(lacking,),
        verified_by="omar",
        verified_at=NOON + 3 * HOUR,
    )


# --- Tours ------------------------------------------------------------------


def on_tour(
    id: str = "o-1", number: str = "CASA-2041", city: str = "Fès", cash: Money | None = CASH
) -> tour.OrderOnTour:
    return tour.OrderOnTour(
        order_id=id,
        tracking_number=number,
        city=city,
        parcel_codes=CODES if id == "o-1" else (number,),
        cash_on_delivery=cash,
    )


def composed(
    *orders: tour.OrderOnTour, id: str = "t-1", courier: str = "karim", at: datetime = NOON
) -> tour.TourComposed:
    return tour.TourComposed(
        tour_id=id,
        organisation_id="maarif",
        courier_id=courier,
        orders=orders or (on_tour(),),
        composed_by="nadia",
        composed_at=at,
    )


def loaded(code: str = FIRST) -> tour.ParcelLoaded:
    return tour.ParcelLoaded(
        tour_id="t-1", scan_id="s-1", parcel_code=code, loaded_by="omar", loaded_at=NOON
    )


def begun() -> tour.HandoverBegun:
    return tour.HandoverBegun(tour_id="t-1", handover_id="h-1", courier_id="karim", begun_at=NOON)


def checked_out(*orders: str, behind: tuple[str, ...] = ()) -> tour.TourCheckedOut:
    reason = tour.LeftBehindReason.NO_ROOM
    return tour.TourCheckedOut(
        tour_id="t-1",
        organisation_id="maarif",
        courier_id="karim",
        left_behind=tuple(tour.LeftBehind(code, reason) for code in behind),
        order_ids=orders or ("o-1",),
        checked_out_by="omar",
        checked_out_at=NOON + HOUR,
    )


def exit_undone() -> tour.ExitUndone:
    return tour.ExitUndone(
        tour_id="t-1",
        organisation_id="maarif",
        courier_id="karim",
        undone_by="omar",
        undone_at=NOON + HOUR,
    )


def canceled(id: str = "t-1") -> tour.TourCanceled:
    return tour.TourCanceled(
        tour_id=id,
        organisation_id="maarif",
        courier_id="karim",
        given_by="nadia",
        canceled_at=NOON + HOUR,
    )


def reassigned(courier: str = "hassan") -> tour.TourReassigned:
    return tour.TourReassigned(
        tour_id="t-1",
        organisation_id="maarif",
        courier_id=courier,
        reassigned_by="omar",
        reassigned_at=NOON + 2 * HOUR,
    )


def failed(attempt: int = 1) -> tour.DeliveryFailed:
    return tour.DeliveryFailed(
        tour_id="t-1",
        organisation_id="maarif",
        order_id="o-1",
        courier_id="karim",
        reason=tour.FailureReason.REFUSED,
        attempt=attempt,
        location=None,
        photo_file_id=None,
        called=True,
        failed_at=NOON + 2 * HOUR,
    )


def handed_over(id: str = "o-1") -> tour.OrderHandedOver:
    return tour.OrderHandedOver(
        tour_id="t-1",
        organisation_id="maarif",
        order_id=id,
        courier_id="karim",
        cash=CASH,
        handed_over_at=NOON + 3 * HOUR,
    )


def given_back() -> tour.OrderGivenBack:
    return tour.OrderGivenBack(
        tour_id="t-1",
        organisation_id="maarif",
        order_id="o-1",
        courier_id="karim",
        tracking_number="CASA-2041",
        city="Fès",
        parcel_codes=CODES,
        stayed=(),
        cash_on_delivery=CASH,
        reason=tour.FailureReason.REFUSED,
        attempts=1,
        given_back_at=NOON + 3 * HOUR,
    )


# --- Returns ----------------------------------------------------------------


def came_back(
    id: str = "o-1",
    number: str = "CASA-2041",
    city: str = "Fès",
    courier: str = "karim",
    cash: Money | None = CASH,
    at: datetime = NOON,
) -> returned.OrderReturned:
    return returned.OrderReturned(
        order_id=id,
        organisation_id="maarif",
        tour_id="t-1",
        courier_id=courier,
        tracking_number=number,
        city=city,
        parcel_codes=(FIRST,),
        stayed=(SECOND,),
        cash_on_delivery=cash,
        reason=returned.ReturnReason.REFUSED,
        attempts=2,
        returned_at=at,
    )


def differs() -> returned.DiscrepancyFound:
    found = returned.ParcelFound("RABAT-7", returned.Finding.EXTRA)
    return returned.DiscrepancyFound(
        order_id="o-1",
        organisation_id="maarif",
        tracking_number="CASA-2041",
        claim_id="c-1",
        courier_id="karim",
        parcels=(found,),
        cash_differs=True,
        cash_stated=None,
        note=None,
        found_by="omar",
        found_at=NOON,
    )


def approved(id: str = "o-1", goes_back_in: timedelta = 7 * DAY) -> returned.ReturnApproved:
    return returned.ReturnApproved(
        order_id=id,
        organisation_id="maarif",
        tracking_number="CASA-2041",
        parcel_codes=(FIRST,),
        approved_by="omar",
        approved_at=NOON,
        sent_back_from=NOON + goes_back_in,
    )


def shelved() -> returned.ParcelShelved:
    return returned.ParcelShelved(
        order_id="o-1",
        organisation_id="maarif",
        parcel_code=FIRST,
        shelf="B-12",
        shelved_by="omar",
        shelved_at=NOON,
    )


def check_undone() -> returned.CheckUndone:
    return returned.CheckUndone(
        order_id="o-1", organisation_id="maarif", undone_by="omar", undone_at=NOON
    )


def left_again(id: str = "o-1") -> returned.ReturnLeft:
    return returned.ReturnLeft(
        order_id=id,
        organisation_id="maarif",
        tour_id="t-2",
        courier_id="hassan",
        confirmed_by="omar",
        left_at=NOON + DAY,
    )


def sent_back(id: str = "o-1") -> returned.SentBack:
    return returned.SentBack(
        order_id=id,
        organisation_id="maarif",
        tracking_number="CASA-2041",
        approved_by="omar",
        sent_back_at=NOON + 7 * DAY,
    )


# --- Cash -------------------------------------------------------------------

MAY = date(2030, 5, 1)


def mad(minor: int) -> Money:
    return Money(minor, "MAD")


def collected(day: date = MAY) -> till.CashCollected:
    return till.CashCollected(
        till_id=f"maarif:{day}",
        organisation_id="maarif",
        day=day,
        courier_id="karim",
        tour_id="t-1",
        order_id="o-1",
        amount=CASH,
        expected=CASH,
        after_close=False,
        collected_at=NOON,
    )


def counted(day: date = MAY) -> till.CashCounted:
    return till.CashCounted(
        till_id=f"maarif:{day}",
        organisation_id="maarif",
        day=day,
        courier_id="karim",
        counted=mad(34_800),
        counted_by="omar",
        counted_at=NOON,
    )


def till_closed(day: date = MAY) -> till.TillClosed:
    cash = till.CourierCash(courier_id="karim", expected=CASH, counted=mad(34_800))
    return till.TillClosed(
        till_id=f"maarif:{day}",
        organisation_id="maarif",
        day=day,
        couriers=(cash,),
        closed_by="nadia",
        closed_at=NOON,
    )


def cash_gap(
    day: date = MAY, minor: int = -100, reason: till.GapReason = till.GapReason.WRONG_CHANGE
) -> till.GapRecorded:
    return till.GapRecorded(
        till_id=f"maarif:{day}",
        organisation_id="maarif",
        day=day,
        courier_id="karim",
        gap=mad(minor),
        reason=reason,
        recorded_by="nadia",
        recorded_at=NOON,
    )


def deposited(minor: int, reference: str, day: date = MAY) -> till.CashDeposited:
    return till.CashDeposited(
        till_id=f"maarif:{day}",
        organisation_id="maarif",
        day=day,
        amount=mad(minor),
        reference=reference,
        deposited_by="nadia",
        deposited_at=NOON,
    )


def preparation_undone() -> order.PreparationUndone:
    return order.PreparationUndone(
        order_id="o-1", organisation_id="maarif", undone_by="omar", undone_at=NOON + HOUR
    )
