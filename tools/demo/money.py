"""The rest of the story: from the delivered mission to the money, with one line contested."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image, ImageDraw

from tools.demo.people import Person
from tools.demo.teller import Teller, expect, positions

COMPANY = {
    "legal_name": "Camille Roux EI",
    "street": "4 rue des Lilas",
    "postal_code": "69003",
    "city": "Lyon",
    "country": "FR",
    "company_number": "73282932000074",
    "vat_number": "FR44732829320",
}
BUYER = {
    "legal_name": "Relais Démonstration SAS",
    "registered_office": "8 rue de l'Exemple",
    "postal_code": "75012",
    "city": "Paris",
    "country": "FR",
    "company_number": "73282932000074",
    "vat_number": "FR44732829320",
}
IBAN = "FR1420041010050500013M02606"
EXTRA = 4_200
GRANTED = 2_500
TOLL = 3_480
LESS = 15_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file, and the headers with which a command that names it waits until it is known."""

    file_id: str
    position: dict[str, str]


def euros(amount_minor: int) -> dict[str, Any]:
    """As the APIs take it."""
    return {"amount_minor": amount_minor, "currency": "EUR"}


def shown(amount: dict[str, Any]) -> str:
    """As people read it."""
    return f"{amount['amount_minor'] / 100:.2f} {amount['currency']}"


def is_in(status: str) -> Callable[[Any], bool]:
    """Whether an invoice has come to a status."""
    return lambda found: bool(found["status"] == status)


def is_corrected(invoice: Any) -> bool:
    """Whether what a settlement changed has a number."""
    return any(one["number"] for one in invoice["settlements"])


def adjusted(account: Any) -> bool:
    """Whether a settlement has reached what is due."""
    return any(line["kind"] == "adjustment" for line in account["due"])


def receipt(text: str) -> bytes:
    """A photographed receipt, as far as a drawing goes."""
    picture = Image.new("RGB", (480, 640), "white")
    ImageDraw.Draw(picture).multiline_text((40, 60), text, fill="black", spacing=12)
    found = io.BytesIO()
    picture.save(found, "JPEG")
    return found.getvalue()


async def get_paid(teller: Teller, camille: Person, trip_id: str) -> None:
    """From the delivery to the payout, and one line contested and settled."""
    await introduce(teller, camille)
    toll = await photograph(teller, camille)
    invoice = await declare(teller, camille, trip_id, toll)
    await approve(teller, camille, invoice)
    await contest(teller, camille, invoice)
    await pay_out(teller, camille, invoice)


async def ask_for_more(teller: Teller, camille: Person, trip_id: str) -> None:
    teller.step("On the way the last bus is gone: she asks for a taxi, logistics grants a part")
    photo = await upload(teller, camille, "taxi.jpg", receipt("TAXI\n42,00 EUR"), "mission")
    asked = await teller.driver(
        camille,
        "POST",
        f"/missions/trips/{trip_id}/extra-costs",
        {
            "kind": "taxi",
            "amount": euros(EXTRA),
            "reason": "Plus de bus après 20 h",
            "photo_file_id": photo.file_id,
        },
        **photo.position,
    )
    grant = f"/missions/trips/{trip_id}/extra-costs/{asked.json()['id']}/acceptance"
    await teller.logistics("POST", grant, {"amount": euros(GRANTED)})
    teller.say(f"  asked: {shown(euros(EXTRA))}, granted: {shown(euros(GRANTED))}")


async def introduce(teller: Teller, camille: Person) -> None:
    teller.step("Both companies, and where the money goes")
    own = camille.driver_id
    proof = await upload(teller, camille, "rib.jpg", receipt(f"RIB\n{IBAN}"), "paper")
    await teller.driver(camille, "PUT", f"/invoices/sellers/{own}/company", COMPANY)
    await teller.driver(camille, "PUT", f"/invoices/sellers/{own}/mandate")
    bank = {"iban": IBAN, "holder": camille.name, "proof_file_id": proof.file_id}
    details = f"/payments/payees/{own}/bank-details"
    await teller.driver(camille, "PUT", details, bank, **proof.position)
    await teller.billing("PUT", "/invoices/buyer", BUYER)
    teller.say("  identifiers and IBAN checked; the IBAN is stored encrypted")


async def photograph(teller: Teller, camille: Person) -> Upload:
    teller.step("She photographs a receipt")
    content = receipt("PEAGE A6\n34,80 EUR HT\nTVA 20 % 6,96 EUR")
    toll = await upload(teller, camille, "peage.jpg", content, "receipt")
    kept = (await teller.driver(camille, "GET", f"/media/files/{toll.file_id}/content")).content
    expect(kept == content, "the receipt is not what was sent")
    teller.say(f"  {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()[:16]}…")
    return toll


async def upload(
    teller: Teller,
    who: Person,
    name: str,
    content: bytes,
    purpose: Literal["mission", "paper", "receipt"],
) -> Upload:
    """Send a file piece by piece."""
    about = {
        "name": name,
        "media_type": "image/jpeg",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "visibility": "private",
        "purpose": purpose,
    }
    path = (await teller.driver(who, "POST", "/media/uploads", about)).headers["Location"]
    await teller.send(who, f"{path}/pieces/0", content)
    completed = await teller.driver(who, "PUT", f"{path}/completion")
    status = completed.json()["status"]
    expect(status == "stored", f"the file is {status}")
    return Upload(path.rpartition("/")[2], positions([completed]))


def printed(rate: int, net: int, vat: int) -> dict[str, Any]:
    """A French receipt with one rate, as it is printed; the rate is in basis points."""
    parts = [{"rate": rate, "net": euros(net), "vat": euros(vat)}]
    return {"country": "FR", "parts": parts}


async def declare(teller: Teller, camille: Person, trip_id: str, paper: Upload) -> str:
    teller.step("The delivery made an invoice appear: she completes and validates it")
    invoice = f"/invoices/invoices/inv-{trip_id}"
    opened = await teller.until(camille, invoice, is_in("to_complete"))
    # She deducts the VAT of a toll, and none of a taxi, which so is a part of what it cost.
    toll = printed(2_000, TOLL, TOLL // 5)
    taxi = printed(1_000, GRANTED * 10 // 11, GRANTED - GRANTED * 10 // 11)
    for kind, amount, said in (("toll", TOLL, toll), ("taxi", GRANTED, taxi)):
        body = {
            "kind": kind,
            "amount": euros(amount),
            "receipt_file_id": paper.file_id,
            "receipt": said,
        }
        await teller.driver(camille, "POST", f"{invoice}/expenses", body, **paper.position)
    complete = (await teller.driver(camille, "GET", invoice)).json()
    await teller.driver(camille, "POST", f"{invoice}/validation", {"net": complete["net"]})
    found = (await teller.driver(camille, "GET", invoice)).json()
    expect(found["status"] == "validated", f"the invoice is {found['status']}")
    teller.say(f"  {opened['description']}: {len(found['lines'])} lines, net {shown(found['net'])}")
    return invoice


async def approve(teller: Teller, camille: Person, invoice: str) -> None:
    teller.step("Billing approves; the invoice gets its number and its paper")
    seen = (await teller.billing("GET", invoice)).json()
    told = {name: seen[name] for name in ("net", "validated_at")}
    await teller.billing("POST", f"{invoice}/approval", told)
    found = await teller.until(camille, invoice, lambda found: found["number"] is not None)
    paper = (await teller.driver(camille, "GET", f"{invoice}/document")).content
    expect(paper.startswith(b"%PDF"), "the document is no PDF")
    teller.say(f"  {found['number']}: {len(paper) // 1024} KiB of PDF/A-3 with Factur-X inside")


async def contest(teller: Teller, camille: Person, invoice: str) -> None:
    teller.step("She contests a line; billing settles it, and says why")
    line = f"{invoice}/lines/service"
    before = (await teller.driver(camille, "GET", invoice)).json()
    [service] = [one for one in before["lines"] if one["line_id"] == "service"]
    contest = {"amount": service["amount"], "reason": "Deux heures d'attente"}
    await teller.driver(camille, "POST", f"{line}/contest", contest)
    read = (await teller.billing("GET", invoice)).json()
    [contested] = [one["contest"] for one in read["lines"] if one["contest"]]
    why = "Livré un jour plus tard que prévu"
    settlement = {
        "contested_at": contested["contested_at"],
        "instead_of": service["amount"],
        "amount": euros(LESS),
        "explanation": why,
    }
    await teller.billing("POST", f"{line}/settlement", settlement)
    teller.say(f"  {shown(service['amount'])} became {shown(euros(LESS))}: « {why} »")
    [note] = (await teller.until(camille, invoice, is_corrected))["settlements"]
    path = f"{invoice}/corrections/{note['version']}/document"
    paper = (await teller.driver(camille, "GET", path)).content
    expect(paper.startswith(b"%PDF"), "the credit note is no PDF")
    teller.say(f"  credit note {note['number']}: {shown(note['adjustment'])} and its VAT")


async def pay_out(teller: Teller, camille: Person, invoice: str) -> None:
    teller.step("The payout: every figure names the fact behind it")
    payouts = f"/payments/payees/{camille.driver_id}/payouts"
    owed = (await teller.until(camille, payouts, adjusted))["due"]
    due = euros(sum(line["amount"]["amount_minor"] for line in owed))
    closed = (await teller.billing("POST", payouts, {"due": due})).json()
    statement = f"{payouts}/{closed['id']}"
    payment = {"reference": f"SEPA-{teller.run}", "iban": IBAN}
    await teller.billing("POST", f"{statement}/payment", payment)
    found = (await teller.driver(camille, "GET", statement)).json()
    for one in found["lines"]:
        fact = f"{one['fact']['stream']} version {one['fact']['version']}"
        teller.say(f"  {one['kind']:<12} {shown(one['amount']):>12}   [dim]{fact}[/dim]")
    teller.say(f"  {'net':<12} {shown(found['net']):>12}   {found['payment']['reference']}")
    paid = await teller.until(camille, invoice, is_in("paid"))
    books = (await teller.billing("GET", "/payments/ledger/accounts")).json()["items"]
    expect(sum(one["balance_minor"] for one in books) == 0, "the books do not balance")
    expect(paid["payment"]["reference"] == f"SEPA-{teller.run}", "paid by something else")
