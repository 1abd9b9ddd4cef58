"""Which streams the service keeps, and what decides about each."""

from contracts.support import desk_v1, notice_v1, reply_v1, request_v1
from infra.commands import Aggregate
from services.support import desk, notice, reply, request

REQUEST = Aggregate(
    contract=request_v1.contract,
    decide=request.decide,
    evolve=request.evolve,
    initial=request.initial,
    timers=request.timers,
    on_timer=request.on_timer,
)
DESK = Aggregate(
    contract=desk_v1.contract,
    decide=desk.decide,
    evolve=desk.evolve,
    initial=desk.initial,
)
NOTICE = Aggregate(
    contract=notice_v1.contract,
    decide=notice.decide,
    evolve=notice.evolve,
    initial=notice.initial,
)
REPLY = Aggregate(
    contract=reply_v1.contract,
    decide=reply.decide,
    evolve=reply.evolve,
    initial=reply.initial,
)
