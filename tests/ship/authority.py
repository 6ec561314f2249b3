"""A certificate authority of the test's own."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """Certificates made by openssl for the test."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir()
        own = (
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-subj",
            "/CN=ca",
            "-days",
            "2",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
        )
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", *own)

    def issue(self, name: str, san: str, *, days: int = 2) -> tuple[Path, Path]:
        """Return a certificate and its key; one of -1 days has expired yesterday."""
        (self.home / f"{name}.ext").write_text(f"subjectAltName={san}\nauthorityKeyIdentifier=keyid\n")
        self._openssl(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}",
        )
        signer = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", str(days))
        self._openssl("x509", "-req", "-in", f"{name}.csr", *signer, "-out", f"{name}.pem", "-extfile", f"{name}.ext")
        return self.home / f"{name}.pem", self.home / f"{name}.key"

    @property
    def ca(self) -> Path:
        return self.home / "ca.pem"

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.home, check=True, capture_output=True)
