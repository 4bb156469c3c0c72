from __future__ import annotations

from pathlib import Path

import pytest

from core.access import check_address, sign_in_configured
from core.errors import NotAllowed


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_needs_no_sign_in(host: str) -> None:
    check_address(host, sign_in=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "workbench.example"])
def test_another_address_is_refused_without_sign_in(host: str) -> None:
    with pytest.raises(NotAllowed, match="auth"):
        check_address(host, sign_in=False)
    check_address(host, sign_in=True)


def test_sign_in_is_configured_by_an_auth_section(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    assert not sign_in_configured(secrets)
    secrets.write_text('[database]\nuser = "x"\n')
    assert not sign_in_configured(secrets)
    secrets.write_text('[auth]\nredirect_uri = "x"\n')
    assert sign_in_configured(secrets)
