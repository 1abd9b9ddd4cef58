"""Phones that sign in: another one counts once its owner shows the code that it was sent."""

from typing import Literal

from starlette.requests import Request

from infra.database import Connection
from infra.http.answers import Answer, Answered, Router
from infra.http.clients import client_of
from infra.http.models import Body, Phone, takes_texts
from infra.http.problems import invalid
from infra.http.request_context import RequestContext
from services.accounts.adapters import secrets
from services.accounts.adapters.secrets import phone_codes, throttle
from services.accounts.aggregates import USER
from services.accounts.http.access import NO_STORE, Access, OwnContext, phone_of, wrong
from services.accounts.http.fields import Password, PhoneCode
from services.accounts.http.problems import AddressTaken
from services.accounts.http.registration import CodeSent, tell_owner
from services.accounts.user import Person
from services.accounts.user.sign_in import ChangePhone, RequestPhoneChange, SignsInWithoutPhone


class NewPhoneBody(Body):
    phone: Phone
    """The new one. Without a country code it is a number of Morocco."""
    password: Password
    """The caller's present password."""


class NewPhoneCodeBody(Body):
    code: PhoneCode
    """The digits that were sent to the new phone."""


class PhoneIsChanged(Answer):
    phone: Literal["changed"] = "changed"


def routes(access: Access) -> Router:
    router = access.router("Phone")

    @router.post("/me/phone", status_code=202)
    async def request_phone_change(
        body: NewPhoneBody, context: OwnContext, request: Request
    ) -> Answered[CodeSent]:
        """Ask for a code to another phone; answered alike whether it is free or not.

        For who signs in with a phone. The code is good for ten minutes and five attempts; the
        owner of a phone that has an account is told so instead.
        """
        person = await access.caller(context)
        safe, client = await access.without_secrets(context), client_of(request.scope)
        phone = phone_of(body.phone)
        if not takes_texts(phone):
            raise invalid("/phone", "value_error", "no_texts")
        password = body.password.get_secret_value()
        await access.prove_password(safe, client, person, password, "/password")
        await refuse_without_phone(access, safe, person)
        key = await access.secrets.phones.key(phone)
        await access.attempt(throttle.PHONE_CODE, key, client, context.at)
        await send_code(access, safe, person, phone, key)
        sent = CodeSent(sms=context.says("sms", "sent"))
        return context.in_language(Answered(sent, 202, NO_STORE))

    @router.put("/me/phone")
    async def change_phone(body: NewPhoneCodeBody, context: OwnContext) -> Answered[PhoneIsChanged]:
        """Confirm another phone with the code of the text message. It signs in from now on, the
        former one is told, and every session ends, this one too."""
        person = await access.caller(context)
        await confirm(access, await access.without_secrets(context), person, body.code)
        return Answered(PhoneIsChanged(), headers=NO_STORE)

    return router


async def refuse_without_phone(access: Access, context: RequestContext, person: Person) -> None:
    """Refuse who does not sign in with the phone that is known of them."""
    key = await access.secrets.phones.key(person.sign_in_phone or "")
    if person.user_id not in await access.accounts.signing_in(key):
        raise context.refuse(SignsInWithoutPhone())


async def code_key(access: Access, person: Person) -> bytes:
    """The key of the one code that changes the phone of somebody."""
    return await access.secrets.vault.hash("phone-change", person.user_id)


async def send_code(
    access: Access, context: RequestContext, person: Person, phone: str, key: bytes
) -> None:
    """Send a code to the new phone, and void any former one; nothing changes before it is shown.

    Of a phone that somebody else has, the owner is told, and nobody gets the code.
    """
    codes, mine = access.secrets.phone_codes, await code_key(access, person)
    code = await codes.code(mine, str(context.command_context.command_id))
    expires_at = context.at + phone_codes.LIFETIME

    async def keep(connection: Connection) -> None:
        await codes.keep(connection, mine, person.user_id, code, expires_at)

    holder = await access.accounts.find(await access.secrets.phones.holder(key) or "")
    if holder is not None and holder.person.user_id != person.user_id:
        await tell_owner(access, context, holder.person, phone, keep)
        return
    command = RequestPhoneChange(
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        phone=phone,
        code=code,
        expires_at=expires_at,
        at=context.at,
    )
    await context.perform(USER, person.user_id, command, keep)


async def confirm(access: Access, context: RequestContext, person: Person, code: str) -> None:
    """Give the new phone to who shows its code. A request that is repeated finds it changed."""
    credentials, phones = person.credentials, access.secrets.phones
    wanted = credentials.wanted_phone
    phone = wanted.new_phone if wanted else credentials.phone
    mine = await code_key(access, person)
    right = await access.secrets.phone_codes.judge(mine, code, context.at)
    if right is None or phone is None:
        raise wrong("/code", "phone_code")
    new, former = await phones.key(phone), await phones.key(person.sign_in_phone or "")
    # Who was added by an administrator may have proved no phone yet.
    has_proved = await phones.holder(former) == person.user_id
    give = phones.move if has_proved else phones.prove

    async def keep(connection: Connection) -> None:
        if not await phone_codes.spend(connection, mine, right, context.command_context.command_id):
            raise wrong("/code", "phone_code")
        await phones.drop(connection, person.user_id)
        await secrets.end_all(connection, person.user_id, context.at)
        if not await give(connection, new, person.user_id):
            raise context.refuse(AddressTaken())

    command = ChangePhone(
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        phone=phone,
        at=context.at,
    )
    await context.perform(USER, person.user_id, command, keep)
