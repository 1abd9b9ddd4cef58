"""Devices: a manager adds and unpairs them, a phone pairs itself by the code that it is shown."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal, Self, assert_never

import segno
from pydantic import StringConstraints, model_validator

from contracts.dealerships import device_v1
from contracts.dealerships.device_v1 import (
    Application,
    DeviceAdded,
    DevicePaired,
    DeviceSeen,
    DeviceUnpaired,
    PairingCodeIssued,
)
from infra.database import Connection
from infra.host import Running
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Listed, Recorded, Router
from infra.http.auth import Principal
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant, Named
from infra.http.pages import Paging
from infra.http.request_context import PublicRequest, RequestContext, public, requires
from infra.lookups.devices import DEVICE as DEVICE_ROLE
from infra.proofs import LONGEST_PROOF, NotProved, claims_of, public_key, thumbprint
from infra.vault import Vault
from infra.wording import Unfit
from services.dealerships import device
from services.dealerships.adapters import device_names
from services.dealerships.aggregates import DEVICE
from services.dealerships.device import (
    AddDevice,
    IssuePairingCode,
    Known,
    NoSuchCode,
    NoSuchDevice,
    PairDevice,
    Paired,
    TellVersion,
    Unknown,
    UnpairDevice,
    Unpaired,
)
from services.dealerships.http.access import MANAGERS, ManagerContext, own
from services.dealerships.http.problems import DeviceNameTaken, KeyNotProved
from services.dealerships.read_models import devices_of_dealerships as rows_of

PublicContext = Annotated[PublicRequest, public()]
DeviceContext = Annotated[RequestContext, requires(DEVICE_ROLE)]
ShownContext = Annotated[RequestContext, requires(*MANAGERS, DEVICE_ROLE)]

DeviceName = Annotated[str, StringConstraints(pattern=r"^\S+$", max_length=64)]
"""Without spaces (FLB-025)."""
Version = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,40}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,40}\.[A-Za-z0-9_-]{43}$")]
NO_STORE = "no-store"

# --- Bodies and answers -----------------------------------------------------


class DeviceBody(Body):
    """A device to add."""

    name: DeviceName
    """Unique within the dealership."""
    application: Annotated[Application, Named()] = Application.FLEETBACK


class PublicKeyBody(Body):
    """An Ed25519 public key as a JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]

    @model_validator(mode="after")
    def _a_key(self) -> Self:
        try:
            public_key(self.x)
        except ValueError as error:
            raise Unfit("ed25519") from error
        return self


class PairingBody(Body):
    code: Code
    """The code of the picture: what follows `#code=`."""
    public_key: PublicKeyBody
    proof: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PROOF)]
    """A JSON Web Token signed (EdDSA) with the private key: `aud` is that of access tokens, and
    `code` the code."""
    version: Version
    """Of the application."""


class VersionBody(Body):
    version: Version


class PairingCodeShown(Answer):
    """The code that a manager shows the phone. It is told once, and kept nowhere."""

    device_id: str
    link: str
    """What the picture says: an address of the portal, with the code after `#code=`."""
    picture: str
    """The QR code, as SVG."""
    expires_at: Instant


class PairedShown(Answer):
    """The device that a phone is now."""

    device_id: str
    organisation_id: str
    dealership_id: str
    name: str
    application: Annotated[Application, Named()]
    key_id: str
    paired_at: Instant


class DeviceShown(Answer):
    device_id: str
    dealership_id: str
    name: str
    application: Annotated[Application, Named()]
    paired: bool
    paired_at: Instant | None
    version: str | None
    seen_at: Instant | None
    """When it last told its version, to within five minutes."""
    code_expires_at: Instant | None
    """The end of the code that a manager was shown last, while no phone is paired."""
    added_by: str
    added_at: Instant


class DeviceListed(Answer):
    """A device of a list."""

    device_id: str
    name: str
    application: Annotated[Application, Named()]
    paired: bool
    paired_at: Instant | None
    version: str | None
    seen_at: Instant | None
    added_at: Instant


class DeviceHistory(
    History,
    of=device_v1.contract,
    shows={
        DeviceAdded: (
            *("device_id", "organisation_id", "dealership_id", "device_name", "application"),
            *("added_by", "added_at"),
        ),
        PairingCodeIssued: (
            *("device_id", "organisation_id", "dealership_id", "issued_by", "issued_at"),
            "expires_at",
        ),
        DevicePaired: (
            *("device_id", "organisation_id", "dealership_id", "device_name", "application"),
            *("key_id", "version", "paired_at"),
        ),
        DeviceSeen: ("device_id", "organisation_id", "dealership_id", "version", "seen_at"),
        DeviceUnpaired: (
            *("device_id", "organisation_id", "dealership_id", "unpaired_by", "unpaired_at"),
        ),
    },
):
    """Every fact about a device, oldest first."""


# --- Routes -----------------------------------------------------------------


def routes(running: Running) -> Router:
    router = Router("Devices")
    codes = Codes(running)

    @router.post("/dealerships/{dealership_id}/devices", status_code=201)
    async def add_device(
        dealership_id: Id, body: DeviceBody, context: ManagerContext
    ) -> Answered[PairingCodeShown]:
        """Add a device, and show the code that pairs a phone with it: once, within fifteen
        minutes."""
        await own(context, dealership_id, *MANAGERS)
        device_id = context.new_id(readable_ids.DEVICE)
        code = await codes.of(context, device_id)

        async def keep(connection: Connection) -> None:
            if not await device_names.take(connection, dealership_id, body.name, device_id):
                raise context.refuse(DeviceNameTaken(body.name))

        command = AddDevice(
            device_id=device_id,
            organisation_id=context.principal.organisation_id,
            dealership_id=dealership_id,
            device_name=body.name,
            application=body.application,
            code_sha256=hashed(code),
            by=context.principal.subject,
            at=context.at,
        )
        answer = await context.handle(
            DEVICE,
            device_id,
            command,
            lambda state: codes.shown(state, code),
            created=f"/dealerships/devices/{device_id}",
            in_transaction=keep,
        )
        answer.headers["Cache-Control"] = NO_STORE
        return answer

    @router.get("/dealerships/{dealership_id}/devices")
    async def list_devices(
        dealership_id: Id, context: ManagerContext, page: Paging
    ) -> Answered[Listed[DeviceListed]]:
        """List the devices of a dealership, by name."""
        await own(context, dealership_id, *MANAGERS)
        rows = rows_of.of_dealership(context.principal.organisation_id, dealership_id)
        return await page.show(rows, rows_of.BY_NAME, listed)

    @router.get("/devices/{device_id}")
    async def show_device(device_id: Id, context: ShownContext) -> Answered[DeviceShown]:
        """Show a device of one's dealerships, never stale; a device sees itself."""
        found = await context.load(DEVICE, device_id)
        return context.show(shown(visible(context, found.state)), found)

    @router.get("/devices/{device_id}/history")
    async def device_history(
        device_id: Id, context: ManagerContext, part: HistoryPart
    ) -> Answered[DeviceHistory]:
        """List every fact about a device."""
        visible(context, (await context.load(DEVICE, device_id)).state)
        return await context.history(DEVICE, device_id, DeviceHistory, part)

    @router.post("/devices/{device_id}/pairing-codes", status_code=201)
    async def issue_pairing_code(
        device_id: Id, context: ManagerContext
    ) -> Answered[PairingCodeShown]:
        """Show another code; the former one pairs nothing any more. A paired device is unpaired
        first."""
        visible(context, (await context.load(DEVICE, device_id)).state)
        code = await codes.of(context, device_id)
        command = IssuePairingCode(
            device_id=device_id,
            organisation_id=context.principal.organisation_id,
            code_sha256=hashed(code),
            by=context.principal.subject,
            at=context.at,
        )
        answer = await context.handle(
            DEVICE,
            device_id,
            command,
            lambda state: codes.shown(state, code),
            created=f"/dealerships/devices/{device_id}",
        )
        answer.headers["Cache-Control"] = NO_STORE
        return answer

    @router.delete("/devices/{device_id}/pairing")
    async def unpair_device(device_id: Id, context: ManagerContext) -> Answered[Recorded]:
        """Unpair a device: its key opens nothing from now on, and a code that waits is void."""
        visible(context, (await context.load(DEVICE, device_id)).state)
        command = UnpairDevice(
            device_id=device_id,
            organisation_id=context.principal.organisation_id,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(DEVICE, device_id, command)

    @router.put("/devices/{device_id}/version")
    async def tell_version(
        device_id: Id, body: VersionBody, context: DeviceContext
    ) -> Answered[Recorded]:
        """Tell the version of the application, as the device itself: when it starts, and each time
        it reads its configuration. That is when it was last seen."""
        visible(context, (await context.load(DEVICE, device_id)).state)
        command = TellVersion(
            device_id=device_id,
            organisation_id=context.principal.organisation_id,
            version=body.version,
            at=context.at,
        )
        return await context.handle(DEVICE, device_id, command)

    @router.post("/pairings")
    async def pair_device(body: PairingBody, context: PublicContext) -> Answered[PairedShown]:
        """Pair a phone by the code that a manager shows it. The phone keeps the private key; its
        access tokens it gets from accounts, by assertions signed with it."""
        return await pair(context, body, running.settings.audience)

    return router


async def pair(context: PublicRequest, body: PairingBody, audience: str) -> Answered[PairedShown]:
    x = body.public_key.x
    try:
        claims = claims_of(body.proof, x, audience, ["code"])
    except NotProved as error:
        raise context.refuse(KeyNotProved()) from error
    if claims["code"] != body.code:
        raise context.refuse(KeyNotProved())
    device_id = body.code.partition(".")[0]
    found = (await context.load(DEVICE, device_id)).state
    if isinstance(found, Unknown):
        raise context.refuse(NoSuchCode())
    itself = Principal(device_id, found.added.organisation_id, frozenset({DEVICE_ROLE}))
    command = PairDevice(
        device_id=device_id,
        code_sha256=hashed(body.code),
        public_key=x,
        key_id=thumbprint(x),
        version=body.version,
        at=context.at,
    )
    return await context.as_principal(itself).handle(DEVICE, device_id, command, paired_shown)


# --- Codes ------------------------------------------------------------------


class Codes:
    """The codes that pair, which nobody can guess; the same again for a repeated request."""

    def __init__(self, running: Running) -> None:
        self._vault = Vault(running.pool, running.settings.masters)
        self._portal = running.settings.portal.rstrip("/")

    async def of(self, context: RequestContext, device_id: str) -> str:
        """The code that this request shows: the device's id and 256 bits."""
        name = f"{device_id}|{context.command_context.command_id}"
        return f"{device_id}.{await self._vault.token('pairing', name)}"

    def shown(self, state: device.Device, code: str) -> PairingCodeShown:
        """The code as an answer, and as a picture."""
        assert not isinstance(state, Unknown)
        assert state.code is not None
        # After `#` the code reaches no server's log.
        link = f"{self._portal}/pair#code={code}"
        return PairingCodeShown(
            device_id=state.added.device_id,
            link=link,
            picture=segno.make(link, micro=False, error="m").svg_inline(border=4),
            expires_at=state.code.expires_at,
        )


def hashed(code: str) -> str:
    return sha256(code.encode()).hexdigest()


# --- Answers ----------------------------------------------------------------


def visible(context: RequestContext, found: device.Device) -> Known:
    """A device of the caller's dealerships, or the caller itself. Raises a 404 `Problem`."""
    if isinstance(found, Unknown) or not _is_theirs(context, found.added):
        raise context.refuse(NoSuchDevice())
    return found


def _is_theirs(context: RequestContext, added: DeviceAdded) -> bool:
    who = context.principal
    if added.organisation_id != who.organisation_id:
        return False
    manages = added.dealership_id in context.dealerships(*MANAGERS)
    return manages or (DEVICE_ROLE in who.roles and who.subject == added.device_id)


def paired_shown(state: device.Device) -> PairedShown:
    assert isinstance(state, Paired)
    pairing = state.pairing
    return PairedShown(
        device_id=pairing.device_id,
        organisation_id=pairing.organisation_id,
        dealership_id=pairing.dealership_id,
        name=pairing.device_name,
        application=pairing.application,
        key_id=pairing.key_id,
        paired_at=pairing.paired_at,
    )


def shown(known: Known) -> DeviceShown:
    added = known.added
    paired_at: datetime | None = None
    seen_at: datetime | None = None
    version: str | None = None
    code_expires_at: datetime | None = None
    match known:
        case Paired():
            paired_at, seen_at = known.pairing.paired_at, known.seen_at
            version = known.version
        case Unpaired(code=code, was=was):
            code_expires_at = code.expires_at if code else None
            if was is not None:
                seen_at, version = was.seen_at, was.version
        case unhandled:
            assert_never(unhandled)
    return DeviceShown(
        device_id=added.device_id,
        dealership_id=added.dealership_id,
        name=added.device_name,
        application=added.application,
        paired=isinstance(known, Paired),
        paired_at=paired_at,
        version=version,
        seen_at=seen_at,
        code_expires_at=code_expires_at,
        added_by=added.added_by,
        added_at=added.added_at,
    )


def listed(row: rows_of.Row) -> DeviceListed:
    return DeviceListed(
        device_id=row.device_id,
        name=row.device_name,
        application=Application[row.application.upper()],
        paired=row.paired_at is not None,
        paired_at=row.paired_at,
        version=row.version,
        seen_at=row.seen_at,
        added_at=row.added_at,
    )
