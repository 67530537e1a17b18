"""The certificate and its key, checked before Nginx says what is wrong without naming a variable."""

import ssl
from pathlib import Path

from hotroute.settings import SettingError


def check_pair(chain: Path, key: Path) -> None:
    """Check that the files are there, can be read and belong together.

    Raises:
        SettingError: they cannot be used.
    """
    try:
        ssl.create_default_context(cafile=chain)
    except OSError as error:
        raise SettingError(f"TLS_CERTIFICATE: {chain} is not a certificate that can be used ({error})") from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password="")
    except (OSError, ValueError) as error:
        raise SettingError(f"TLS_CERTIFICATE_KEY: {key} is not the key of {chain} ({error})") from None
