"""Key and certificate of the server, made at first start; certificates of clients, kept when somebody logs in.

Files lie in ``pki/`` of the server's folder: ``own/key.pem`` (0600), ``own/certificate.der``, ``clients/*.der``.
"""

import hashlib
import ipaddress
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asyncua.crypto.cert_gen import dump_private_key_as_pem, generate_private_key, generate_self_signed_app_certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from steelyard.errors import DataError

DAYS, RENEW_BEFORE = 3650, timedelta(days=30)


class Pki:
    """The folder of keys; `key` and `certificate` are ready after construction, which may take a second at first."""

    def __init__(self, folder: Path, application_uri: str, host: str) -> None:
        """Load or make key and certificate; DataError when the files cannot be read."""
        self.folder, self._uri, self._host = folder, application_uri, host
        for part in ("own", "clients"):
            (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self.key = self._load_key()
            self.certificate = self._load_certificate()
        except (OSError, ValueError) as error:
            raise DataError(f"{folder} holds no usable key and certificate ({error}); move it away") from error

    def _load_key(self) -> RSAPrivateKey:
        path = self.folder / "own" / "key.pem"
        if path.exists():
            found = load_pem_private_key(path.read_bytes(), None)
            if not isinstance(found, RSAPrivateKey):
                raise ValueError("the key is no RSA key")
            return found
        made = generate_private_key()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(dump_private_key_as_pem(made))
        return made

    def _load_certificate(self) -> x509.Certificate:
        path = self.folder / "own" / "certificate.der"
        if path.exists():
            found = x509.load_der_x509_certificate(path.read_bytes())
            if self._fits(found):
                return found
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(self._uri)]
        names += [x509.DNSName(name) for name in sorted(self._host_names())]
        names += [x509.IPAddress(address) for address in sorted(self._addresses(), key=str)]
        made = generate_self_signed_app_certificate(
            self.key, "Steelyard", {"organizationName": "Steelyard"}, names,
            [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], DAYS,
        )  # fmt: skip
        path.write_bytes(made.public_bytes(Encoding.DER))
        return made

    def _fits(self, found: x509.Certificate) -> bool:
        """Return whether a certificate is ours, for this name and host, and lasts."""
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return (
            found.public_key() == self.key.public_key()
            and self._uri in names.get_values_for_type(x509.UniformResourceIdentifier)
            and self._host_names() <= set(names.get_values_for_type(x509.DNSName))
            and found.not_valid_after_utc - datetime.now(UTC) > RENEW_BEFORE
        )

    def _host_names(self) -> set[str]:
        return {"localhost", socket.gethostname()}

    def _addresses(self) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        found = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
        with suppress(ValueError):
            found.add(ipaddress.ip_address(self._host))
        return {address for address in found if not address.is_unspecified}

    def keep(self, certificate: bytes) -> str:
        """Keep the certificate of a client that has logged in; return its thumbprint, empty when it was known."""
        print_of = hashlib.sha1(certificate, usedforsecurity=False).hexdigest()
        path = self.folder / "clients" / f"{print_of}.der"
        if path.exists():
            return ""
        path.write_bytes(certificate)
        return print_of


def in_force(certificate: x509.Certificate) -> bool:
    """Return whether a certificate is valid now and its key is long enough."""
    key, now = certificate.public_key(), datetime.now(UTC)
    valid = certificate.not_valid_before_utc - timedelta(minutes=5) <= now <= certificate.not_valid_after_utc
    return valid and isinstance(key.key_size if hasattr(key, "key_size") else None, int) and key.key_size >= 2048  # type: ignore[union-attr]
