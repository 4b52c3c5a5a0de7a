"""How a client uploads a file, in responses of several parts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec


class UploadFormView(msgspec.Struct, frozen=True, kw_only=True):
    """POST ``multipart/form-data`` to ``url``: first these fields, then ``file`` with the content."""

    method: str
    url: str
    fields: Mapping[str, str]
    expires_at: datetime
