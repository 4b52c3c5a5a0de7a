"""Finds accounts by words of names: whole words, and words of which the first letters are given."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from supportcarr.auth.collections import USERS
from supportcarr.auth.model import User
from supportcarr.kit.sealing.lookup_keys import LookupKeys
from supportcarr.kit.sealing.search_terms import SearchTerms, Term
from supportcarr.kit.store.port import Store

WORD, PREFIX = "name word", "name prefix"
PREFIX_LETTERS = 3
WORDS_MAX = 8  # of one name or query
BATCH = 200


def words_of(text: str) -> list[str]:
    """The words of a name, without accents and capitals: ``Zoé O'Neil`` is ``zoe``, ``o``, ``neil``."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(" " if not one.isalnum() else one for one in plain if not unicodedata.combining(one))
    return list(dict.fromkeys(letters.split()))[:WORDS_MAX]


def terms_of(name: str) -> set[Term]:
    """What an account of that name is found by: each word, and the first three letters of each."""
    words = words_of(name)
    return {(WORD, word) for word in words} | {
        (PREFIX, word[:PREFIX_LETTERS]) for word in words if len(word) >= PREFIX_LETTERS
    }


def terms_for(query: str) -> list[Term]:
    """What to look for: a word of three letters or more may be the beginning of one."""
    return [
        (PREFIX, word[:PREFIX_LETTERS]) if len(word) >= PREFIX_LETTERS else (WORD, word)
        for word in words_of(query)
    ]


def matches(name: str, query: str) -> bool:
    """Whether each word of the query is a word of the name, or the beginning of one."""
    words = words_of(name)
    return all(
        any(word.startswith(asked) if len(asked) >= PREFIX_LETTERS else word == asked for word in words)
        for asked in words_of(query)
    )


class NameIndex:
    """Implements ``lookup_rotation.HashedData`` for the names of verified accounts."""

    name = "names"

    def __init__(self, store: Store, lookup_secrets: str) -> None:
        self._users = store.collection(USERS)
        self._terms = SearchTerms(store, LookupKeys(store, lookup_secrets))

    async def find(self, query: str, limit: int) -> Sequence[User]:
        """The accounts whose names have all words of the query, newest first."""
        terms, found = terms_for(query), list[User]()
        ids = await self._terms.find(terms) if terms else []
        for start in range(0, len(ids), BATCH):
            page = ids[start : start + BATCH]
            users = await self._users.get_many(page)
            found += [users[one] for one in page if one in users and matches(users[one].name, query)]
            if len(found) >= limit:
                break
        return found[:limit]

    async def update(self, user_id: str) -> None:
        """Let the account be found by the name that it has now.  Idempotent."""
        user = await self._users.get(user_id)
        if user is None or not user.verified:
            return
        await self._terms.put(user_id, terms_of(user.name))
        now = await self._users.get(user_id)
        if now is None or not now.verified:  # it was erased meanwhile
            await self._terms.forget(user_id)

    async def forget(self, user_id: str) -> None:
        await self._terms.forget(user_id)

    async def add_hashes(self, number: int) -> int:
        done = 0
        async for user in self._users.scan(batch=BATCH):
            if user.verified:
                done += bool(await self._terms.put(user.id, terms_of(user.name)))
        return done

    async def remove_hashes(self, number: int) -> int:
        return await self._terms.remove_hashes(number)
