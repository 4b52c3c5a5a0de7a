"""Finds documents by words of sealed values: one document for each keyed hash of a word and what has it.

Who reads the store sees which of them share a word, but not which word.
"""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Sequence

from supportcarr.contracts.documents import Document
from supportcarr.kit.sealing.lookup_keys import LookupHashes, LookupKeys
from supportcarr.kit.store.port import Collection, CollectionSpec, Index, Store
from supportcarr.kit.store.purge import delete_document, delete_matching

TERMS_READ = 1_000  # of one word; of more the newest subjects are found
RACES_MAX = 5

Term = tuple[str, str]  # what it is of ("name word"), and the word


class SearchTerm(Document, frozen=True, kw_only=True):
    """One word of one subject.  The id is made of the other fields."""

    term: str  # keyed hash
    subject: str  # the id of what has the word
    key_number: int  # of the look-up key


SEARCH_TERMS = CollectionSpec(
    "searchterms", SearchTerm, indexes=(Index("term", "subject"), Index("subject"), Index("key_number"))
)


class SearchTerms:
    def __init__(self, store: Store, keys: LookupKeys) -> None:
        self._terms: Collection[SearchTerm] = store.collection(SEARCH_TERMS)
        self._keys = keys

    async def put(self, subject: str, terms: Several[Term]) -> int:
        """Let *subject* be found by exactly these words; how many documents were changed.  Idempotent."""
        changed = 0
        for _ in range(RACES_MAX):
            state = await self._keys.state()
            changed += await self._store(subject, terms, self._keys.made_by(state))
            if await self._keys.state() == state:  # else a key was added or removed meanwhile
                break
        return changed

    async def _store(self, subject: str, terms: Several[Term], hashes: LookupHashes) -> int:
        wanted = {one.id: one for one in documents_of(subject, terms, hashes)}
        stored = await self._of(subject)
        missing = [one for known, one in wanted.items() if known not in stored]
        if missing:
            await self._terms.insert_many(missing)
        surplus = [
            one for known, one in stored.items() if known not in wanted and one.key_number in hashes.keys
        ]
        for one in surplus:
            await delete_document(self._terms, one.id)
        return len(missing) + len(surplus)

    async def _of(self, subject: str) -> dict[str, SearchTerm]:
        page = await self._terms.find({"subject": subject}, limit=TERMS_READ)
        return {one.id: one for one in page.items}

    async def forget(self, subject: str) -> None:
        """Let nothing find *subject* any more.  Idempotent."""
        await delete_matching(self._terms, {"subject": subject})

    async def remove_hashes(self, number: int) -> int:
        """Remove what was made with that key; how many."""
        return await delete_matching(self._terms, {"key_number": number})

    async def find(self, terms: Sequence[Term]) -> list[str]:
        """The subjects that have all of the words, newest first."""
        hashes = await self._keys.hashes()
        found: list[str] | None = None
        for kind, word in terms:
            page = await self._terms.find(
                {"term": hashes.to_find(kind, word)}, sort="-subject", limit=TERMS_READ
            )
            having = dict.fromkeys(one.subject for one in page.items)
            found = list(having) if found is None else [one for one in found if one in having]
        return found or []


def documents_of(subject: str, terms: Several[Term], hashes: LookupHashes) -> list[SearchTerm]:
    """The documents by which *subject* is found by these words."""
    return [
        _term(number, hashes.of(number, kind, word), subject)
        for number in hashes.keys
        for kind, word in terms
    ]


def _term(number: int, hashed: str, subject: str) -> SearchTerm:
    return SearchTerm(id=f"{hashed}.{subject}", term=hashed, subject=subject, key_number=number)
