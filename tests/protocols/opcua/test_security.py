"""Who comes in: policies, passwords that nobody can read on their way, certificates, sessions that nobody can take."""

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.security_policies import SecurityPolicyAes256Sha256RsaPss, SecurityPolicyBasic256Sha256
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from .test_writing import SETPOINT, written

pytestmark = pytest.mark.asyncio
CODES = ua.StatusCodes
URI = "urn:test:client"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key of a client."""
    folder = tmp_path_factory.mktemp("client")
    made = setup_self_signed_certificate(
        folder / "key.pem", folder / "certificate.der", URI, "localhost", [ExtendedKeyUsageOID.CLIENT_AUTH],
        {"commonName": "test"},
    )  # fmt: skip
    asyncio.run(made)
    return folder / "certificate.der", folder / "key.pem"


async def secured(client: Client, keys: tuple[Path, Path], policy: Any, mode: ua.MessageSecurityMode) -> Client:
    client.application_uri = URI
    await client.set_security(policy, str(keys[0]), str(keys[1]), mode=mode)
    return client


@pytest.mark.parametrize("policy", [SecurityPolicyBasic256Sha256, SecurityPolicyAes256Sha256RsaPss])
@pytest.mark.parametrize("mode", [ua.MessageSecurityMode.Sign, ua.MessageSecurityMode.SignAndEncrypt])
async def test_login_over_each_policy(served: Any, keys: Any, policy: Any, mode: ua.MessageSecurityMode) -> None:
    async with await secured(served.client("controller"), keys, policy, mode) as client:
        assert await written(client, SETPOINT, 200.0) == CODES.Good
    last = [e for e in served.audit.tail() if e["kind"] == "login"][-1]
    assert (last["user"], last["policy"]) == ("controller", policy.URI.rpartition("#")[2])
    kept = [path.read_bytes() for path in (served.folder / "pki/clients").glob("*.der")]
    assert keys[0].read_bytes() in kept, "the certificate of a user who logged in is kept"


async def test_the_server_offers_these_policies_and_no_others(served: Any) -> None:
    endpoints = await Client(served.url).connect_and_get_server_endpoints()
    offered = {(e.SecurityPolicyUri.rpartition("#")[2], ua.MessageSecurityMode(e.SecurityMode).name) for e in endpoints}
    both = {(p, m) for p in ("Basic256Sha256", "Aes256_Sha256_RsaPss") for m in ("Sign", "SignAndEncrypt")}
    assert offered == {("None", "None_"), *both}
    for endpoint in endpoints:
        kinds = {token.TokenType for token in endpoint.UserIdentityTokens}
        assert kinds == {ua.UserTokenType.Anonymous, ua.UserTokenType.UserName}
        if endpoint.SecurityMode != ua.MessageSecurityMode.SignAndEncrypt:
            policies = [t.SecurityPolicyUri for t in endpoint.UserIdentityTokens if t.TokenType == 1]
            assert not any(p.endswith("None") for p in policies), "no password in the clear"


@pytest.mark.parametrize(
    ("user", "password"), [("controller", "wrong"), ("nobody", "wrong"), ("", ""), ("x" * 5000, "y")]
)
async def test_a_wrong_password_is_refused_and_logged(served: Any, user: str, password: str) -> None:
    client = served.client()
    client.set_user(user or "\0")
    client.set_password(password)
    before = sum(served.audit.counts.get(kind, 0) for kind in ("login_failed", "refused"))
    with pytest.raises(ua.UaStatusCodeError):
        await client.connect()
    assert sum(served.audit.counts.get(kind, 0) for kind in ("login_failed", "refused")) > before


async def test_a_password_in_the_clear_is_refused(served: Any) -> None:
    client = served.client()
    await client.connect_socket()
    await client.send_hello()
    await client.open_secure_channel()
    await client.create_session()
    token = ua.UserNameIdentityToken(PolicyId="username", UserName="viewer")
    token.Password = served.users.passwords()["viewer"].encode()
    with pytest.raises(ua.UaStatusCodeError) as caught:
        await client.uaclient.activate_session(ua.ActivateSessionParameters(UserIdentityToken=token))
    assert caught.value.code == CODES.BadIdentityTokenRejected
    client.disconnect_socket()


async def test_key_and_certificate(served: Any) -> None:
    own = served.folder / "pki/own"
    assert stat.S_IMODE((own / "key.pem").stat().st_mode) == 0o600
    certificate = x509.load_der_x509_certificate((own / "certificate.der").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:steelyard:test"]
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    async with served.client() as client:
        assert (await client.get_namespace_array())[1] == "urn:steelyard:test"


async def test_a_certificate_that_is_over_is_refused(served: Any, keys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steelyard.protocols.opcua.server.in_force", lambda certificate: False)
    client = await secured(served.client("viewer"), keys, SecurityPolicyBasic256Sha256, ua.MessageSecurityMode.Sign)
    with pytest.raises(ua.UaStatusCodeError) as caught:
        await client.connect()
    assert caught.value.code == CODES.BadCertificateTimeInvalid


async def test_nobody_takes_the_session_of_another(served: Any) -> None:
    async with served.client("controller") as owner:
        await owner.create_subscription(100, None)
        tokens = [s.auth_token.Identifier for s in served.server._server.iserver._external_sessions.values()]
        assert all(isinstance(token, bytes) and len(token) == 32 for token in tokens)
        thief = served.client()
        await thief.connect_socket()
        await thief.send_hello()
        await thief.open_secure_channel()
        for guess in (ua.NodeId(1000), ua.NodeId(2000), ua.NodeId(b"\0" * 32, 0, ua.NodeIdType.ByteString)):
            thief.uaclient.session.restore_authentication_token(guess)
            with pytest.raises(ua.UaStatusCodeError):
                await thief.uaclient.activate_session(
                    ua.ActivateSessionParameters(UserIdentityToken=ua.AnonymousIdentityToken("anonymous"))
                )
        thief.disconnect_socket()
        assert await written(owner, SETPOINT, 201.0) == CODES.Good


async def test_a_session_has_only_its_own_subscriptions(served: Any) -> None:
    async with served.client() as one, served.client("viewer") as two:
        mine = await one.create_subscription(100, None)
        number = mine.subscription_id
        with pytest.raises(ua.UaStatusCodeError):
            await two.uaclient.create_monitored_items(ua.CreateMonitoredItemsParameters(SubscriptionId=number))
        assert (await two.uaclient.delete_subscriptions([number]))[0].value == CODES.BadSubscriptionIdInvalid
        taken = await two.uaclient.transfer_subscriptions(ua.TransferSubscriptionsParameters(SubscriptionIds=[number]))
        assert taken[0].StatusCode.value == CODES.BadSubscriptionIdInvalid
        assert number in served.server._server.iserver.subscription_service.subscriptions


async def test_without_anonymous_nobody_reads_unknown(tmp_path: Path, served: Any) -> None:
    served.site.anonymous = False
    try:
        with pytest.raises(ua.UaStatusCodeError) as caught:
            await served.client().connect()
        assert caught.value.code == CODES.BadIdentityTokenRejected
        async with served.client("viewer") as client:
            assert await client.get_node(SETPOINT).read_value() is not None
    finally:
        served.site.anonymous = True


async def test_a_lease_is_free_when_the_connection_breaks(served: Any) -> None:
    broken = served.client("controller")
    await broken.connect()
    await broken.create_subscription(100, None)
    assert await written(broken, SETPOINT, 202.0) == CODES.Good
    broken.uaclient.protocol.transport.abort()
    async with asyncio.timeout(5):
        while served.works.leases.holder("controller") is not None:
            await asyncio.sleep(0.01)
    async with served.client("controller") as client:
        assert await written(client, SETPOINT, 203.0) == CODES.Good
