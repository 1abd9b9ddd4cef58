"""The service `messaging`: what goes out to people, how, when, and whether it arrived."""

from contracts.accounts import user_v1
from infra import vault
from infra.consumers.reactions import Reaction
from infra.host import Service
from services.messaging import http
from services.messaging.adapters import channels, notices
from services.messaging.adapters.outbound import attempts, receipts, replies, sink
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.http.problems import WORDING
from services.messaging.reactions import from_accounts_user as accounts
from services.messaging.read_models import browsers, outbox, recipients

service = Service(
    name="messaging",
    about="What goes out to people, how, when, and whether it arrived.",
    aggregates=(MESSAGE, PREFERENCES),
    reactions=(
        Reaction(
            "people",
            user_v1.contract,
            accounts.react,
            PREFERENCES,
            accounts.target,
            reads=accounts.Reads,
        ),
        *notices.reactions(),
    ),
    views=(outbox.view, recipients.view, browsers.view),
    routes=http.router,
    wording=WORDING,
    migrations=(
        receipts.TABLES + sink.TABLES,
        attempts.TABLES,
        attempts.BY_AGE,
        vault.TABLES,
        receipts.NUMBERS + replies.TABLES,
    ),
    workers={"sender": channels.sender},
    reaches=("mail", "texts", "push"),
)
