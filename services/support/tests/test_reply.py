"""The rules of canned replies."""

from infra.testing.spec import Spec
from services.support import reply
from services.support.reply import LanguageNamedTwice, NoSuchReply
from services.support.tests.make import drop_reply, keep_reply, reply_dropped, reply_kept

given = Spec(reply.decide, reply.evolve, reply.initial).given


def test_the_last_one_that_is_kept_counts() -> None:
    given().when(keep_reply()).records(reply_kept())
    given(reply_kept()).when(keep_reply(title="Reload")).records(reply_kept("Reload"))


def test_a_language_has_one_text() -> None:
    given().when(keep_reply("fr", "ar", "fr")).is_rejected(LanguageNamedTwice("fr"))


def test_a_reply_is_dropped_and_kept_again() -> None:
    given(reply_kept()).when(drop_reply()).records(reply_dropped())
    given(reply_kept(), reply_dropped()).when(keep_reply()).records(reply_kept())
    given().when(drop_reply()).is_rejected(NoSuchReply())


def test_another_operator_has_its_own() -> None:
    given(reply_kept()).when(keep_reply(organisation="other")).is_rejected(NoSuchReply())
    given(reply_kept()).when(drop_reply("other")).is_rejected(NoSuchReply())
