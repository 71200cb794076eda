"""Sessions around a language model, and the actions that leave something."""

import json
from datetime import date
from pathlib import Path

import pytest

import sting

KEY = b"sixteen bytes or more"
TEXTS = [
    "",
    "mail ana@example.com, card 4111 1111 1111 1111 \U0001f600",
    "漢字 ana@example.com [EMAIL_BCDFGHJKLMNPQR] [[TEXT_BCDFGHJKLMNPQR]]",
    '{"ssn": 536228726, "password": "a\\"b"}',
    "password=\"x [EMAIL_BCDFGHJKLMNPQR] y\"",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("tolerant", [False, True])
def test_what_is_protected_is_restored(text: str, tolerant: bool) -> None:
    session = sting.Scrubber().session(KEY, tolerant=tolerant)
    sent = session.protect(text)
    assert "ana@" not in sent and "4111" not in sent
    assert session.restore(sent) == text
    again = session.protect(sent)
    assert session.restore(session.restore(again)) == text
    for cut in (1, 2, 7):
        stream = session.restore_stream()
        pieces = [stream.push(sent[i : i + cut]) for i in range(0, len(sent), cut)]
        assert "".join(pieces) + stream.finish() == text
        stream = session.restore_stream()
        data = sent.encode()
        assert b"".join(stream.push(data[i : i + cut]) for i in range(0, len(data), cut)) + stream.finish_bytes() == text.encode()


def test_tokens_are_stable_and_keyed() -> None:
    scrubber = sting.Scrubber()
    one, other = scrubber.session(KEY), scrubber.session(b"another key, as long")
    token = one.protect("ana@example.com")
    assert token == one.protect("ana@example.com") != other.protect("ana@example.com")
    assert one.restore(token) == "ana@example.com" and other.restore(token) == token
    assert scrubber.find(token) == []
    altered = f"< {token[1:-1].lower()} >"
    assert one.restore(altered) == altered
    assert [why for _, _, why in one.leftovers(altered + token.replace("EMAIL", "PHONE"))] == ["altered", "unknown"]
    assert scrubber.session(KEY, tolerant=True).restore(altered) == "ana@example.com"
    assert one.forget() == 1 and one.restore(token) == token


def test_messages() -> None:
    session = sting.Scrubber().session(KEY)
    messages = [
        {"role": "system", "content": "You serve ana@example.com."},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "pay", "arguments": json.dumps({"card": 4111111111111111})}}]},
        {"role": "tool", "content": [{"type": "text", "text": "ana@example.com"}]},
    ]
    sent = session.protect_messages(messages)
    assert [message["role"] for message in sent] == ["system", "assistant", "tool"]
    assert "ana@" not in str(sent) and "4111" not in str(sent)
    assert json.loads(session.restore_json(json.dumps(sent))) == messages


def test_a_vault_that_is_full_or_wrong_lets_nothing_out(tmp_path: Path) -> None:
    scrubber = sting.Scrubber()
    small = scrubber.session(KEY, vault=sting.Vault.memory(capacity=1))
    small.protect("ana@example.com")
    with pytest.raises(sting.StingError) as caught:
        small.protect("bea@example.com")
    assert caught.value.code == "vault_full" and "bea" not in str(caught.value)

    path = tmp_path / "values"
    token = scrubber.session(KEY, vault=sting.Vault.open(path, KEY)).protect("ana@example.com")
    assert b"ana" not in path.read_bytes()
    assert scrubber.session(KEY, vault=sting.Vault.open(path, KEY)).restore(token) == "ana@example.com"
    with pytest.raises(sting.StingError) as caught:
        sting.Vault.open(path, b"another key, as long")
    assert caught.value.code == "vault"


def test_actions_that_leave_something() -> None:
    def scrub(text: str, **actions: object) -> str:
        return sting.Scrubber(entities=list(actions), actions=actions, key=KEY).scrub(text).text

    assert scrub("from 198.51.100.23", ip_address="generalize") == "from 198.51.100.0"
    assert scrub("on 2024-03-09", date={"generalize": {"dates": "month"}}) == "on 2024-03"
    assert scrub("mail ana@example.com", email=lambda value, kind: f"<{kind} of {len(value)}>") == "mail <email of 15>"
    scrubber = sting.Scrubber(actions={"credit_card": "fpe"}, key=KEY)
    out = scrubber.scrub("4111 1111 1111 1111").text
    assert len(out) == 19 and out != "4111 1111 1111 1111"
    assert scrubber.decrypt(out, "credit_card") == "4111 1111 1111 1111"
    dates = sting.Scrubber(entities=["date"], actions={"date": {"date_shift": {"max_days": 30}}}, key=KEY).for_subject("a patient")
    start, end = dates.scrub("2024-01-31 2024-03-01").text.split()
    assert (date.fromisoformat(end) - date.fromisoformat(start)).days == 30

    def fails(value: str, kind: str) -> str:
        raise ValueError(value)

    with pytest.raises(sting.StingError) as caught:
        scrub("mail ana@example.com", email=fails)
    assert caught.value.code == "callback" and "ana" not in str(caught.value)
    with pytest.raises(sting.ConfigError):
        sting.Scrubber(actions={"email": "fpe"})


def test_exceptions_ask_who_calls() -> None:
    exception = {"kinds": ["email"], "roles": ["auditor"], "networks": ["10.0.0.0/8"], "times": [{"days": ["mon"]}]}
    scrubber = sting.Scrubber(exceptions=[exception])
    monday = 1_769_990_400.5
    caller = {"roles": ["auditor"], "address": "10.1.2.3", "time": monday}
    assert scrubber.for_caller(**caller).scrub("a@b.example").text == "a@b.example"
    assert scrubber.for_caller(roles=["auditor"]).scrub("a@b.example").text == "[EMAIL]"
    assert scrubber.for_caller(**{**caller, "time": monday + 86_400}).scrub("a@b.example").text == "[EMAIL]"
    assert scrubber.scrub("a@b.example").text == "[EMAIL]"
    with pytest.raises(sting.ConfigError):
        scrubber.for_caller(address="somewhere")
    with pytest.raises(sting.ConfigError):
        sting.Scrubber(exceptions=[{"networks": ["10.0.0.0/99"]}])


def test_profiles_modes_and_exceptions() -> None:
    own = {"name": "support", "extends": "secrets", "kinds": ["email"], "actions": {"email": "remove"}}
    scrubber = sting.Scrubber(own, exceptions=[{"values": ["*@ours.example"]}])
    assert scrubber.scrub("a@b.example, c@ours.example").text == ", c@ours.example"
    with pytest.raises(sting.ConfigError) as caught:
        sting.Scrubber({"name": "x", "kinds": ["no_such_kind"]})
    assert "no_such_kind" in str(caught.value)
    assert sting.detect_mode("The patient was prescribed 5 mg at the hospital.") == "medical"
    assert sting.Scrubber("hipaa", mode="medical").profile == "hipaa"
    for mode in ("boring", ""):
        with pytest.raises(sting.ConfigError):
            sting.Scrubber(mode=mode)
