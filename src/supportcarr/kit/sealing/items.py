"""Personal values inside the structs of a tuple, each with a person of its own.

The stored form of a struct has a field ``sealed`` beside the others.  A struct that was stored before the
field was declared personal holds the value plain; it is read as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import structs

from supportcarr.contracts.personal import PersonalItems
from supportcarr.kit.sealing.codec import SealBroken, place_of
from supportcarr.kit.sealing.data_keys import Ciphers
from supportcarr.kit.store.port import StoreError

SEALED = "sealed"

_encoder = msgspec.json.Encoder()


class SealedItems:
    """How the structs of one field of a collection's documents are sealed."""

    def __init__(self, collection: str, field: str, model: type[Any], declared: PersonalItems) -> None:
        """*model* is the type of the structs.  Raises ``TypeError`` for a declaration that cannot work."""
        infos = {info.name: info for info in structs.fields(model)}
        for name in (declared.field, declared.key, declared.owner.partition(".")[0]):
            if name not in infos:
                raise TypeError(f"{model.__name__} has no field {name}")
        hint = get_type_hints(model)[declared.field]
        if type(None) not in get_args(hint) or infos[declared.field].default is not None:
            raise TypeError(f"{model.__name__}.{declared.field}: it must be None by default")
        if SEALED in infos:
            raise TypeError(f"{model.__name__} cannot have a field {SEALED}")
        self.field, self.model = field, model
        self.stored = msgspec.defstruct(
            f"Stored{model.__name__}",
            [(SEALED, bytes | None, None)],
            bases=(model,),
            kw_only=True,
            frozen=True,
            omit_defaults=True,
        )
        self._collection, self._inner = collection, declared.field
        self.value_of = attrgetter(declared.field)
        self._owner_of: Callable[[Any], str | None] = attrgetter(declared.owner)
        self._key_of = attrgetter(declared.key)
        self._decode = msgspec.json.Decoder(hint).decode
        self._names = tuple(infos)
        self._values_of: Callable[[Any], tuple[Any, ...]] = attrgetter(*self._names)

    # --- whose it is --------------------------------------------------------------------------

    def owners(self, holder: Any) -> set[str]:
        """The people whose values the structs of *holder* have."""
        return {
            owner
            for item in getattr(holder, self.field)
            if self.value_of(item) is not None and (owner := self._owner_of(item)) is not None
        }

    def sealed_owners(self, stored: Any) -> set[str]:
        """The people whose sealed values the structs of a stored document have."""
        return {
            owner
            for item in getattr(stored, self.field)
            if item.sealed is not None and (owner := self._owner_of(item)) is not None
        }

    def is_plain(self, item: Any) -> bool:
        """True if the struct has a value that could be sealed."""
        return self.value_of(item) not in (None, "") and self._owner_of(item) is not None

    # --- sealing and opening ------------------------------------------------------------------

    def seal(self, document: Any, ciphers: Ciphers, known: tuple[Any, Any] | None) -> tuple[Any, ...]:
        """The stored form of the structs.  One that is in *known* (stored, plain) is not sealed again."""
        before, stored_before = self._of(known, 1), self._of(known, 0)
        sealed = []
        for at, item in enumerate(getattr(document, self.field)):
            if at < len(before) and before[at] == item and not self.is_plain(stored_before[at]):
                sealed.append(stored_before[at])
            else:
                sealed.append(self._sealed(item, document.id, ciphers))
        return tuple(sealed)

    def _sealed(self, item: Any, id: str, ciphers: Ciphers) -> Any:
        values = dict(zip(self._names, self._values_of(item), strict=True))
        owner = self._owner_of(item)
        if self.is_plain(item) and owner is not None:
            cipher = ciphers[owner]
            if cipher is not None:
                values[SEALED] = cipher.seal(_encoder.encode(values[self._inner]), self._place(item, id))
            values[self._inner] = None
        return self.stored(**values)

    def open(self, document: Any, ciphers: Ciphers, known: tuple[Any, Any] | None) -> tuple[Any, ...]:
        """The plain structs of a stored document.  One that *known* has is not opened again.

        Raises ``StoreError`` if a value was changed or belongs elsewhere.
        """
        before, stored_before = self._of(known, 1), self._of(known, 0)
        opened = []
        for at, item in enumerate(getattr(document, self.field)):
            if at < len(before) and stored_before[at] == item:
                opened.append(before[at])
            else:
                opened.append(self._opened(item, document.id, ciphers))
        return tuple(opened)

    def _opened(self, item: Any, id: str, ciphers: Ciphers) -> Any:
        values = dict(zip(self._names, self._values_of(item), strict=True))
        owner = self._owner_of(item)
        cipher = ciphers.get(owner) if owner is not None else None
        if item.sealed is not None and cipher is not None:
            try:
                values[self._inner] = self._decode(cipher.open(item.sealed, self._place(item, id)))
            except (SealBroken, msgspec.DecodeError) as error:
                raise StoreError(
                    f"{self._collection}: {self.field}.{self._inner} of {id}: {error}"
                ) from error
        return self.model(**values)

    def _of(self, known: tuple[Any, Any] | None, which: int) -> Sequence[Any]:
        return () if known is None else getattr(known[which], self.field)

    def _place(self, item: Any, id: str) -> bytes:
        name = f"{self.field}.{self._inner}.{self._key_of(item)}"
        return place_of("document", self._collection, name, id)
