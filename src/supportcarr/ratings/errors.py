"""The errors of ratings.

Conflict
├── RatingNotPossible   409, the rescue is not over, or ended without its people having met
├── RatingClosed        409, too late: 30 days are over, or the other side's rating has been shown
└── AlreadyRated        409, each side rates once
"""

from __future__ import annotations

from supportcarr.contracts.errors import Conflict


class RatingNotPossible(Conflict):
    code, title = "rating_not_possible", "Only a rescue that was completed or aborted can be rated"


class RatingClosed(Conflict):
    code, title = "rating_closed", "This rescue cannot be rated any more"


class AlreadyRated(Conflict):
    code, title = "already_rated", "You have rated this rescue; a rating cannot be changed"
