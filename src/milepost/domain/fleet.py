"""A group of vehicles."""

from milepost.domain.entity import Entity


class Fleet(Entity, frozen=True, kw_only=True):
    """What vehicles are grouped in, and what a member's sight can be restricted to."""

    name: str
    description: str | None = None
