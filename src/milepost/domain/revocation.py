"""By what a caller was let in, and what ends that."""

from typing import Literal
from uuid import UUID

import msgspec


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """By what a caller was let in.

    `tenant_id` is the tenant that it is good for. `user_id` is the account; of an API key it is the
    key's owner. A session has a `session_id` (the family of its refresh tokens), an API key an
    `api_key_id`.
    """

    tenant_id: UUID | None = None
    user_id: UUID | None = None
    session_id: UUID | None = None
    api_key_id: UUID | None = None


class Revocation(msgspec.Struct, frozen=True):
    """The end of everything that was let in by one account, one session, one API key or one tenant.

    `of` "user" also stands for a change of what the account may do: its sessions go on, but every
    connection has to ask again. Likewise "tenant" for a change of what it asks of its people.
    """

    of: Literal["tenant", "user", "session", "api_key"]
    id: UUID

    def ends(self, credential: Credential) -> bool:
        """Whether the caller who was let in by the credential has to go."""
        held: UUID | None = getattr(credential, f"{self.of}_id")
        return held == self.id
