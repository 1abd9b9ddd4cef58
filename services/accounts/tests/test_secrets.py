"""Keys, hashes and tokens: sealed, hashed, used once, in time."""

import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pyotp
import pytest

from infra.database import Pool, open_pool
from infra.http.auth import PublishedKeys, Verifier
from infra.http.problems import Problem
from infra.tokens import SigningKey, issue, jwks
from infra.vault import UnknownMasterKey, Vault
from services.accounts.adapters import secrets
from services.accounts.adapters.secrets import keys, links, sessions, throttle, totp
from services.accounts.adapters.secrets.claims import Claims, Kind
from services.accounts.adapters.secrets.keys import ACCESS, AHEAD, PERIOD, Key, SigningKeys
from services.accounts.adapters.secrets.links import Purpose
from services.accounts.adapters.secrets.passwords import HASHER, NOBODYS, Passwords, keep
from services.accounts.adapters.secrets.sessions import Session, Sessions
from services.accounts.adapters.secrets.throttle import (
    Limit,
    TooManyAttempts,
    admit,
    succeed,
)
from services.accounts.adapters.secrets.totp import SecondFactors, Verdict, confirm, step_of

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database, 4, "secrets")
    async with pool.connection() as connection:
        for _ in range(2):
            await connection.execute(secrets.TABLES.encode())
    yield pool
    await pool.close()


@pytest.fixture
def vault(pool: Pool) -> Vault:
    return Vault(pool, {"old": OLD})


class TestPasswords:
    async def test_a_password_is_its_owners(self, pool: Pool) -> None:
        passwords = Passwords(pool)
        hashed = await passwords.hash("caf\u00e9 au lait")
        async with pool.connection() as connection:
            await keep(connection, "ada", hashed)
        assert hashed.startswith("$argon2id$")
        # Another keyboard sends the accent as a character of its own.
        tried = ["caf\u00e9 au lait", "cafe\u0301 au lait", "cafe au lait"]
        assert [await passwords.matches("ada", one) for one in tried] == [True, True, False]
        assert not await passwords.matches("nobody", "nobody has this password")

    def test_nobodys_password_takes_as_long_to_check_as_anybodys(self) -> None:
        assert not HASHER.check_needs_rehash(NOBODYS)
        assert HASHER.verify(NOBODYS, "nobody has this password")


class TestSecondFactor:
    @pytest.mark.parametrize(("drift", "right"), [(-60, False), (-30, True), (30, True)])
    def test_a_clock_may_be_one_step_off(self, drift: int, right: bool) -> None:
        secret = pyotp.random_base32()
        code = pyotp.TOTP(secret).at(NOON + timedelta(seconds=drift))
        assert (step_of(secret, code, NOON) is not None) is right

    async def test_an_older_code_is_no_good_after_a_newer_one(
        self, pool: Pool, vault: Vault
    ) -> None:
        factors = SecondFactors(pool, vault)
        secret = await factors.begin("ada", "request")
        assert await factors.begin("ada", "request") == secret
        newer, older = [pyotp.TOTP(secret).at(NOON - n * 30 * SECOND) for n in range(2)]
        codes = (newer, newer, older, pyotp.TOTP(secret).at(NOON + 90 * SECOND))
        tried = [await factors.judge("ada", code, NOON) for code in codes]
        assert tried == [Verdict.RIGHT, Verdict.USED, Verdict.USED, Verdict.WRONG]

    async def test_what_is_confirmed_is_not_replaced(self, pool: Pool, vault: Vault) -> None:
        factors = SecondFactors(pool, vault)
        secret = await factors.begin("ada", "first")
        async with pool.connection() as connection:
            await confirm(connection, "ada")
        await factors.begin("ada", "second")
        assert await factors.judge("ada", pyotp.TOTP(secret).at(NOON), NOON) is Verdict.RIGHT

    def test_it_is_shown_as_a_picture(self) -> None:
        shown = totp.enrolment("JBSWY3DP" * 4, "ada@example.org")
        assert shown.uri.startswith("otpauth://totp/Relais:ada%40example.org?secret=JBSW")
        assert shown.picture.startswith("data:image/svg+xml;base64,")


class TestThrottle:
    LIMIT = Limit("test", 2, timedelta(minutes=15))

    async def test_the_next_attempt_waits_until_the_oldest_is_over(self, pool: Pool) -> None:
        counted = [(self.LIMIT, b"key")]
        for minutes in (0, 5):
            await admit(pool, counted, NOON + timedelta(minutes=minutes))
        with pytest.raises(TooManyAttempts) as refused:
            await admit(pool, counted, NOON + timedelta(minutes=14))
        assert refused.value.seconds == 60
        await admit(pool, counted, NOON + timedelta(minutes=15))

    async def test_others_are_not_counted(self, pool: Pool) -> None:
        for key in (b"a", b"b", b"a", b"b"):
            await admit(pool, [(self.LIMIT, key)], NOON)
        await succeed(pool, [(self.LIMIT, b"a")], NOON)
        await admit(pool, [(self.LIMIT, b"a")], NOON)
        with pytest.raises(TooManyAttempts):
            await admit(pool, [(self.LIMIT, b"b")], NOON)

    async def test_only_failures_are_counted_for_an_address(self, pool: Pool) -> None:
        counted = [(throttle.SIGN_IN[0], b"pair"), (self.LIMIT, b"address")]
        for second in range(3):
            at = NOON + second * SECOND
            await admit(pool, counted, at)
            await succeed(pool, counted, at)
        for second in (4, 5):
            await admit(pool, [(self.LIMIT, b"address")], NOON + second * SECOND)
        with pytest.raises(TooManyAttempts):
            await admit(pool, [(self.LIMIT, b"address")], NOON + 6 * SECOND)

    async def test_a_client_where_the_owner_signed_in_is_known_for_a_while(
        self, pool: Pool
    ) -> None:
        assert not await throttle.is_known(pool, b"pair", NOON)
        await succeed(pool, [(self.LIMIT, b"pair")], NOON)
        last = NOON + throttle.KNOWN_FOR
        assert await throttle.is_known(pool, b"pair", last - SECOND)
        assert not await throttle.is_known(pool, b"pair", last)
        assert not await throttle.is_known(pool, b"another", NOON)

    def test_strangers_and_known_clients_have_a_hundred_guesses_an_hour(self) -> None:
        limits = [throttle.SIGN_IN[1], throttle.KNOWN_CLIENT[1]]
        assert [limit.within for limit in limits] == [timedelta(hours=1)] * 2
        assert sum(limit.most for limit in limits) == 100

    def test_who_guesses_does_not_lock_the_owner_out_at_once(self) -> None:
        pair, address, client = throttle.SIGN_IN
        assert pair.most < address.most < client.most


def key(days: float) -> Key:
    return Key(SigningKey.generate(), NOON - timedelta(days=days))


class TestSigningKeys:
    def test_a_key_is_due_when_the_newest_is_old(self) -> None:
        assert keys.due([], NOON)
        assert keys.due([key(PERIOD.days)], NOON)
        assert not keys.due([key(PERIOD.days - 0.01)], NOON)

    def test_a_key_signs_once_it_was_published_long_enough(self) -> None:
        old, new = key(31), key(0)
        ring = [new, old]
        assert keys.signing([new], NOON) is new, "there is no other"
        assert keys.signing(ring, NOON + AHEAD - SECOND) is old
        assert keys.signing(ring, NOON + AHEAD) is new

    def test_a_key_is_published_while_its_tokens_may_live(self) -> None:
        old, new = key(31), key(0)
        last = NOON + AHEAD + 2 * ACCESS
        assert keys.published([new, old], last - SECOND) == [new, old]
        assert keys.published([new, old], last) == [new]

    async def test_processes_share_the_keys_of_the_database(self, pool: Pool, vault: Vault) -> None:
        ours, theirs = SigningKeys(pool, vault), SigningKeys(pool, vault)
        first = await ours.signing(NOON)
        assert (await theirs.signing(NOON)).kid == first.kid
        await theirs.rotate(NOON + timedelta(seconds=1))
        later = NOON + timedelta(minutes=1)
        assert [k.kid for k in await ours.published(later)] == await kids(theirs, later)
        assert (await ours.signing(later)).kid == first.kid
        assert (await ours.signing(later + AHEAD)).kid != first.kid

    async def test_keys_rotate_by_themselves(self, pool: Pool, vault: Vault) -> None:
        ring = SigningKeys(pool, vault)
        first = await ring.signing(NOON)
        later = NOON + PERIOD
        assert (await ring.signing(later)).kid == first.kid
        assert len(await kids(ring, later)) == 2
        assert (await ring.signing(later + AHEAD)).kid != first.kid
        assert first.kid not in await kids(ring, later + AHEAD + 2 * ACCESS)

    async def test_a_withdrawn_key_admits_nobody(self, pool: Pool, vault: Vault) -> None:
        ring = SigningKeys(pool, vault)
        stolen = await ring.signing(NOON)
        await ring.withdraw(stolen.kid, NOON)
        published = jwks(*await ring.published(NOON))
        verifier = Verifier(PublishedKeys(published), "relais-accounts", "relais")
        with pytest.raises(Problem):
            verifier.principal(f"Bearer {issue(stolen, 'eve', 'o', ['billing'])}".encode())
        now = await ring.signing(NOON)
        assert verifier.principal(f"Bearer {issue(now, 'ada', 'o', [])}".encode()).subject == "ada"

    async def test_private_keys_are_kept_sealed(self, pool: Pool, vault: Vault) -> None:
        await SigningKeys(pool, vault).signing(NOON)
        async with pool.connection() as connection:
            cursor = await connection.execute("select sealed from secrets.signing_key")
            [(sealed,)] = await cursor.fetchall()
        assert b"PRIVATE KEY" not in bytes(sealed)
        with pytest.raises(UnknownMasterKey):
            await SigningKeys(pool, Vault(pool, {"new": NEW})).signing(NOON)


async def kids(ring: SigningKeys, now: datetime) -> Sequence[str]:
    return [pair.kid for pair in await ring.published(now)]


SESSION = Session("s-1", "ada", False, NOON, NOON + timedelta(hours=1))


async def succession(kept: Sessions, token: str, request: UUID, seconds: float = 0) -> str | None:
    """The successor of a token that is used so many seconds after noon."""
    return await kept.succeed(SESSION, token, request, NOON + seconds * SECOND, 30 * SECOND)


class TestSessions:
    async def test_a_token_works_once_and_for_one_request(self, pool: Pool, vault: Vault) -> None:
        kept, token, request = await self.begun(pool, vault), "t" * 43, uuid4()
        next_one = await succession(kept, token, request)
        assert next_one is not None
        assert await succession(kept, token, request, 40) == next_one
        assert await succession(kept, token, uuid4(), 40) is None
        assert await succession(kept, next_one, uuid4(), 40) is not None
        assert await succession(kept, token, request, 40) is None, "its successor was used"

    @pytest.mark.parametrize(("seconds", "in_time"), [(29, True), (31, False)])
    async def test_a_token_just_replaced_works_for_another_tab(
        self, pool: Pool, vault: Vault, seconds: float, in_time: bool
    ) -> None:
        kept, token = await self.begun(pool, vault), "t" * 43
        first = await succession(kept, token, uuid4())
        second = await succession(kept, token, uuid4(), seconds)
        assert first is not None
        assert (second is not None) is in_time
        assert second != first

    async def test_each_tab_goes_on_with_its_own_successor(self, pool: Pool, vault: Vault) -> None:
        kept, token, request = await self.begun(pool, vault), "t" * 43, uuid4()
        first = await succession(kept, token, uuid4())
        second = await succession(kept, token, request, 1)
        assert first is not None
        assert second is not None
        # The very request again, whose answer was lost, also when the leeway is over.
        assert await succession(kept, token, request, 60) == second
        later = [await succession(kept, one, uuid4(), 300) for one in (first, second)]
        assert None not in later
        assert await succession(kept, token, request, 301) is None, "its successor was used"
        assert await succession(kept, first, uuid4(), 400) is None, "used a while ago"

    async def test_an_ended_session_has_no_leeway(self, pool: Pool, vault: Vault) -> None:
        kept, token = await self.begun(pool, vault), "t" * 43
        await succession(kept, token, uuid4())
        async with pool.connection() as connection:
            await sessions.end(connection, "ada", NOON)
        assert await succession(kept, token, uuid4(), 1) is None

    async def test_an_ended_session_has_no_successors(self, pool: Pool, vault: Vault) -> None:
        kept = await self.begun(pool, vault)
        async with pool.connection() as connection:
            await sessions.end(connection, "ada", NOON, "another")
            assert (await kept.find("t" * 43)) == SESSION
            await sessions.end(connection, "ada", NOON)
        found = await kept.find("t" * 43)
        assert found is not None
        assert found.is_over(NOON)
        assert await succession(kept, "t" * 43, uuid4()) is None

    def test_a_session_is_over_at_its_end(self) -> None:
        assert SESSION.is_over(SESSION.expires_at)
        assert not SESSION.is_over(SESSION.expires_at - SECOND)

    async def begun(self, pool: Pool, vault: Vault) -> Sessions:
        async with pool.connection() as connection:
            await sessions.begin(connection, SESSION, "t" * 43)
        return Sessions(pool, vault)


async def test_what_is_over_is_swept(pool: Pool) -> None:
    async with pool.connection() as connection:
        await sessions.begin(connection, SESSION, "t" * 43)
        await links.make(connection, Purpose.PASSWORD, "l" * 43, "ada", SESSION.expires_at)
        counts = []
        for before in (SESSION.expires_at, SESSION.expires_at + SECOND):
            await secrets.sweep(connection, before)
            cursor = await connection.execute(
                "select (select count(*) from secrets.refresh_token) + count(*) from secrets.link"
            )
            counts += await cursor.fetchall()
    assert counts == [(2,), (0,)]


async def test_a_text_has_one_holder_and_a_holder_one_text(pool: Pool, vault: Vault) -> None:
    claims = Claims(pool, vault, Kind.EMAIL)
    ada, other = await claims.key("Ada@Example.org "), await claims.key("other@example.org")
    assert ada == await claims.key("ada@example.ORG")
    async with pool.connection() as connection:
        assert await claims.prove(connection, ada, "ada")
        assert await claims.prove(connection, ada, "ada"), "a repeat"
        assert not await claims.prove(connection, ada, "eve")
        assert await claims.prove(connection, other, "ada"), "who has one keeps it"
    assert [await claims.holder(key) for key in (ada, other)] == ["ada", None]
    assert os.fsencode("example") not in ada


async def test_a_text_is_expected_of_one_user_in_each_organisation(
    pool: Pool, vault: Vault
) -> None:
    claims = Claims(pool, vault, Kind.EMAIL)
    ada, other = await claims.key("ada@example.org"), await claims.key("other@example.org")
    async with pool.connection() as connection:
        assert await claims.expect(connection, ada, "hiflow", "ada") == "ada"
        assert await claims.expect(connection, ada, "hiflow", "eve") == "ada"
        assert await claims.expect(connection, ada, "rival", "eve") == "eve"
        assert await claims.expect(connection, other, "hiflow", "bob") == "bob"
        assert (await claims.expected(ada), await claims.holder(ada)) == (["ada", "eve"], None)
        await claims.expect_no_more("ada")
        assert await claims.expect(connection, ada, "hiflow", "max") == "max"


async def test_an_address_that_an_invitation_claimed_is_proved_like_any_other(
    pool: Pool, vault: Vault
) -> None:
    claims = Claims(pool, vault, Kind.EMAIL)
    ada, eve = await claims.key("ada@example.org"), await claims.key("eve@example.org")
    async with pool.connection() as connection:
        for key, holder in ((ada, "ada"), (eve, "eve")):
            await claims.prove(connection, key, holder)
        await keep(connection, "eve", "a hash")
        for _ in range(2):
            await connection.execute(secrets.TABLES.encode())
    assert [await claims.holder(key) for key in (ada, eve)] == [None, "eve"]
    assert [await claims.expected(key) for key in (ada, eve)] == [["ada"], []]


async def test_a_text_moves_to_another_unless_somebody_has_it(pool: Pool, vault: Vault) -> None:
    claims = Claims(pool, vault, Kind.EMAIL)
    old, new, taken = [await claims.key(text) for text in ("a@x.org", "b@x.org", "c@x.org")]
    async with pool.connection() as connection:
        await claims.prove(connection, old, "ada")
        await claims.prove(connection, taken, "eve")
    for key, holder, moved in ((new, "ada", True), (taken, "ada", False), (old, "bob", False)):
        async with pool.connection() as connection:
            assert await claims.move(connection, key, holder) is moved
            if not moved:
                await connection.rollback()
    assert [await claims.holder(key) for key in (old, new, taken)] == [None, "ada", "eve"]


async def test_a_link_is_for_one_purpose(pool: Pool) -> None:
    now = datetime.now(UTC)
    async with pool.connection() as connection:
        await links.make(connection, Purpose.EMAIL, "e" * 43, "ada", now + SECOND)
        await links.make(connection, Purpose.PASSWORD, "p" * 43, "ada", now + SECOND)
        await links.void(connection, "ada", Purpose.EMAIL)
    found = ("ada", Purpose.PASSWORD)
    assert await links.find(pool, list(Purpose), "p" * 43, now) == found
    assert await links.find(pool, [Purpose.EMAIL], "p" * 43, now) is None
    assert await links.find(pool, [Purpose.EMAIL], "e" * 43, now) is None
    assert await links.find(pool, [Purpose.PASSWORD], "p" * 43, now + SECOND) is None


async def test_a_recovery_code_is_its_owners_and_good_once(pool: Pool, vault: Vault) -> None:
    factors = SecondFactors(pool, vault)
    codes = await factors.recovery_codes("ada", "request")
    assert codes == await factors.recovery_codes("ada", "request")
    first, all_of_them = await factors.hashes("ada", codes[:1]), await factors.hashes("ada", codes)
    async with pool.connection() as connection:
        await totp.keep_recovery_codes(connection, "ada", all_of_them)
    assert await factors.holds("ada", all_of_them)
    assert not await factors.holds("eve", first)
    async with pool.connection() as connection:
        assert await totp.spend(connection, "ada", first)
        assert not await totp.spend(connection, "ada", first)
    assert not await factors.holds("ada", all_of_them)
