"""Properties that hold in every life of a user, whatever is asked in whatever order."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from contracts.accounts.user_v1 import Role, UserActivated, UserEvent, UserInvited
from services.accounts.tests.make import (
    activate,
    activated,
    change_licence,
    change_profile,
    change_roles,
    deactivate,
    deactivated,
    end_sessions,
    enrol,
    enrolled,
    forget,
    forgotten,
    invite,
    invited,
    licence_changed,
    password_set,
    profile_changed,
    record_agreement,
    remove_totp,
    request_reset,
    reset_requested,
    roles_changed,
    sessions_ended,
    set_password,
    sign_in,
    signed,
    signed_in,
    totp_removed,
)
from services.accounts.user import (
    Active,
    Command,
    Forgotten,
    Unknown,
    User,
    decide,
    evolve,
    initial,
)

roles = st.lists(st.sampled_from(Role), unique=True, max_size=3).map(tuple)
sessions = st.sampled_from(["s-1", "s-2"])
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(invite, roles),
    st.just(record_agreement()),
    st.just(activate()),
    st.builds(deactivate, st.integers(0, 1)),
    st.builds(
        lambda wanted, others: change_roles(*wanted, others=others), roles, st.integers(0, 1)
    ),
    st.builds(change_profile, st.sampled_from([None, "1"])),
    st.just(change_licence()),
    st.sampled_from([request_reset(), set_password(), enrol(), remove_totp()]),
    st.builds(sign_in, sessions, proven=st.booleans()),
    st.builds(end_sessions, sessions | st.none()),
    st.just(forget()),
)
lives = st.lists(commands, max_size=20).map(lambda sequence: [invite(), *sequence])
events: st.SearchStrategy[UserEvent] = st.sampled_from(
    [
        invited(),
        signed(),
        activated(),
        deactivated(),
        roles_changed(Role.ANALYST),
        profile_changed(),
        licence_changed(),
        reset_requested(),
        password_set(),
        enrolled(),
        totp_removed(),
        signed_in(),
        sessions_ended(),
        forgotten(),
    ]
)


def lived(life: list[Command]) -> tuple[list[UserEvent], User]:
    """The recorded events and the user they lead to; a refused command changes nothing."""
    history: list[UserEvent] = []
    state = initial
    for command in life:
        decision = decide(command, state)
        if isinstance(decision, list):
            history += decision
            state = reduce(evolve, decision, state)
    return history, state


@given(lives)
def test_a_command_that_comes_again_is_no_news(life: list[Command]) -> None:
    for n, command in enumerate(life):
        _, before = lived(life[:n])
        decision = decide(command, before)
        if isinstance(decision, list):
            after = reduce(evolve, decision, before)
            assert decide(command, after) == []


@given(lives)
def test_no_driver_is_active_without_an_agreement(life: list[Command]) -> None:
    _, state = lived(life)
    if isinstance(state, Active) and Role.DRIVER in state.person.roles:
        assert state.person.agreement is not None


@given(lives)
def test_nothing_needs_credentials_before_the_activation(life: list[Command]) -> None:
    history, _ = lived(life)
    kinds = [type(event) for event in history]
    until = kinds.index(UserActivated) if UserActivated in kinds else len(kinds)
    early = {kind.__name__ for kind in kinds[:until]}
    secret = {"PasswordResetRequested", "PasswordSet", "TotpEnrolled", "SignedIn"}
    assert early.isdisjoint(secret)


@given(lives)
def test_an_active_user_has_a_role(life: list[Command]) -> None:
    _, state = lived(life)
    assert isinstance(state, Unknown | Forgotten) or state.person.roles


@given(st.lists(events, max_size=20))
def test_any_history_can_be_taken(history: list[UserEvent]) -> None:
    state = reduce(evolve, history, initial)
    began = any(isinstance(event, UserInvited) for event in history)
    assert (state is initial) is not began
