"""Who may do what in human review, checked at every action; what was refused is logged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.access import Access, Action, Person, require
from core.errors import NotAllowed
from core.records.review import Invite, ReviewRound, RoundSource

if TYPE_CHECKING:
    from core.store import Store


class Permits:
    """Checks people against roles, rounds and invite links as they are now."""

    def __init__(self, store: Store, access: Access, now: Callable[[], datetime]) -> None:
        self._store = store
        self._access = access
        self._now = now
        # The links of people who review; a revoked one is put out of here.
        self._invites: dict[str, Invite | None] = {}

    def check(self, person: Person, action: Action, round_id: str = "") -> None:
        """NotAllowed unless the person may do it, in that round if one is named."""
        try:
            self._check(person, action, round_id)
        except NotAllowed:
            log = self._store.audit
            log.add(person.name, f"refused: {action}", round_id, allowed=False).result()
            raise

    def may(self, person: Person, action: Action) -> bool:
        """Whether `check` would pass; nothing is logged."""
        try:
            self._check(person, action, "")
        except NotAllowed:
            return False
        return True

    def _check(self, person: Person, action: Action, round_id: str) -> None:
        if person.invite_id is None:
            self._access.require(person, action)
            return
        require(replace(person, role="reviewer"), action, self._now())
        if person.round_id != round_id:
            raise NotAllowed("Your link is for another round. Open the link that you were sent.")
        if person.invite_id not in self._invites:
            self._invites[person.invite_id] = self._store.review.invite_named(person.invite_id)
        self.check_invite(self._invites[person.invite_id])

    def check_invite(self, invite: Invite | None) -> Invite:
        """The link, when it still lets people in. NotAllowed."""
        if invite is None:
            raise NotAllowed("This link leads nowhere. Ask whoever sent it for a new one.")
        over = invite.expires_at is not None and invite.expires_at <= self._now()
        if over or invite.revoked_at is not None:
            raise NotAllowed("This link is no longer valid. Ask whoever sent it for a new one.")
        return invite

    def forget(self, invite_id: str) -> None:
        """The link changed: look it up again."""
        self._invites.pop(invite_id, None)

    def check_reviewer(self, person: Person, round_: ReviewRound) -> None:
        """NotAllowed unless the person may review in the round."""
        self.check(person, "review", round_.id)
        if round_.settings.assigned and person.name not in round_.settings.assigned:
            raise NotAllowed("This round is for other reviewers. Ask whoever made it to add you.")

    def seen_by(self, person: Person, round_: ReviewRound) -> ReviewRound:
        """The round; for who may only review, without whose answers it is about."""
        if person.invite_id is None and self.may(person, "read"):
            return round_
        return replace(round_, competitors=(), source=RoundSource(round_.source.kind, ""))
