"""The stored form of a type with personal fields, derived from the model's annotations.

The stored type has the model's fields; a personal one may be absent, and ``sealed`` maps the names of those
to their sealed values.  A field inside another is named ``FIELD_INNER`` there.  Documents that were stored
before a field was declared personal hold it plain; they are read as they are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import NODEFAULT, structs

from supportcarr.contracts.documents import Document
from supportcarr.contracts.personal import Personal, PersonalItems
from supportcarr.kit.sealing.codec import SealBroken, place_of
from supportcarr.kit.sealing.data_keys import Ciphers
from supportcarr.kit.sealing.items import SealedItems
from supportcarr.kit.store.port import StoreError

T = TypeVar("T", bound=msgspec.Struct)

SEALED = "sealed"

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Part:
    """One personal value of a document: a field, or a field inside one."""

    name: str  # in ``sealed``, and in the associated data
    field: str
    inner: str | None
    personal: Personal
    decode: Callable[[bytes], Any]
    optional: bool
    clear_field: str | None

    def value_of(self, holder: Any) -> Any:
        value = getattr(holder, self.field)
        return value if self.inner is None or value is None else getattr(value, self.inner)


@dataclass(frozen=True, slots=True)
class _Nested:
    """A struct of which some fields are personal: its stored type, and the names of its fields."""

    model: type[Any]
    stored: type[Any]
    names: tuple[str, ...]
    values_of: Callable[[Any], tuple[Any, ...]]


def personal_fields(model: type[Any]) -> dict[str, Personal]:
    """The personal fields of a model, by name."""
    found: dict[str, Personal] = {}
    for name, hint in get_type_hints(model, include_extras=True).items():
        for one in getattr(hint, "__metadata__", ()):
            if isinstance(one, Personal):
                found[name] = one
    return found


def items_of(collection: str, model: type[Any]) -> tuple[SealedItems, ...]:
    """The fields of a model whose structs have a personal value each.  Raises as ``SealedItems`` does."""
    found: list[SealedItems] = []
    for name, hint in get_type_hints(model, include_extras=True).items():
        for one in getattr(hint, "__metadata__", ()):
            if isinstance(one, PersonalItems):
                found.append(SealedItems(collection, name, _struct_in(hint), one))
    return tuple(found)


def parts_of(model: type[Any]) -> tuple[Part, ...]:
    """The personal values of a model.  Raises ``TypeError`` for a declaration that cannot work."""
    infos = {info.name: info for info in structs.fields(model)}
    parts: list[Part] = []
    for field, personal in personal_fields(model).items():
        for owner in personal.owners:
            if owner.partition(".")[0] not in infos:
                raise TypeError(f"{model.__name__}.{field}: there is no field {owner}")
        if not personal.owners:
            raise TypeError(f"{model.__name__}.{field}: whose is it?")
        for inner in personal.inside or (None,):
            hint = infos[field].type if inner is None else _hints_of(infos[field].type)[inner]
            name = field if inner is None else f"{field}_{inner}"
            parts.append(
                Part(
                    name,
                    field,
                    inner,
                    personal,
                    msgspec.json.Decoder(hint).decode,
                    type(None) in get_args(_bare(hint)),
                    f"{inner or field}_{personal.clear.suffix}" if personal.clear else None,
                )
            )
    return tuple(parts)


def _bare(hint: Any) -> Any:
    """The type without annotations."""
    while hasattr(hint, "__metadata__"):
        hint = get_args(hint)[0]
    return hint


def _hints_of(hint: Any) -> dict[str, Any]:
    return get_type_hints(_struct_in(hint), include_extras=True)


def _struct_in(hint: Any) -> type[Any]:
    bare = _bare(hint)
    for one in (bare, *get_args(bare)):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            return one
    raise TypeError(f"{hint} is not a struct, so nothing inside it can be personal")


class Shape(Generic[T]):
    """How the documents of one collection are sealed."""

    def __init__(self, collection: str, model: type[T]) -> None:
        self.collection, self.model = collection, model
        self.parts = parts_of(model)
        self.items = items_of(collection, model)
        self._nested: dict[str, _Nested] = {}
        self._clear_fields = tuple(dict.fromkeys(p.clear_field for p in self.parts if p.clear_field))
        self.stored = self._stored_type()
        self._names = tuple(info.name for info in structs.fields(model))
        self._values_of: Callable[[Any], tuple[Any, ...]] = attrgetter(*self._names)
        self._owner_fields = tuple({part.personal.owners: part.personal for part in self.parts}.values())

    @property
    def fields(self) -> set[str]:
        """The names of the fields that are sealed, or have something sealed in them."""
        return {part.field for part in self.parts} | {items.field for items in self.items}

    def _stored_type(self) -> type[Any]:
        personal = {part.field for part in self.parts}
        items = {one.field: one for one in self.items}
        fields: list[Any] = []
        for info in structs.fields(self.model):
            if info.name in (SEALED, *self._clear_fields):
                raise TypeError(f"{self.model.__name__} cannot have a field {info.name}")
            if info.name in ("id", "version"):
                continue
            inside = tuple(p.inner for p in self.parts if p.field == info.name and p.inner is not None)
            if inside:
                self._nested[info.name] = nested = _nested(_struct_in(info.type), inside)
                optional = type(None) in get_args(_bare(info.type))
                fields.append(_field(info, nested.stored | None if optional else nested.stored))
            elif info.name in personal:
                fields.append((info.name, _bare(info.type) | None, None))
            elif info.name in items:
                fields.append(_field(info, tuple.__class_getitem__((items[info.name].stored, ...))))
            else:
                fields.append(_field(info, info.type))
        fields += [(name, str | None, None) for name in self._clear_fields]
        fields.append((SEALED, dict[str, bytes], {}))
        return msgspec.defstruct(
            f"Stored{self.model.__name__}",
            fields,
            bases=(Document,),
            kw_only=True,
            frozen=True,
            omit_defaults=True,
        )

    # --- whose it is --------------------------------------------------------------------------

    def owners(self, document: Any) -> set[str]:
        """The people whose values the document holds or may hold."""
        return {
            owner for personal in self._owner_fields if (owner := personal.owner_of(document)) is not None
        }.union(*(items.owners(document) for items in self.items))

    def sealed_owners(self, stored: Any) -> set[str]:
        """The people whose sealed values a stored document holds."""
        sealed = getattr(stored, SEALED)
        return {
            owner
            for part in self.parts
            if part.name in sealed and (owner := part.personal.owner_of(stored)) is not None
        }.union(*(items.sealed_owners(stored) for items in self.items))

    def has_plain(self, stored: Any) -> bool:
        """True if a stored document has a personal value that is not sealed, and could be."""
        return any(
            part.value_of(stored) not in (None, "") and part.personal.owner_of(stored) is not None
            for part in self.parts
        ) or any(items.is_plain(one) for items in self.items for one in getattr(stored, items.field))

    # --- sealing and opening ------------------------------------------------------------------

    def seal(self, document: T, ciphers: Ciphers, known: tuple[Any, T] | None = None) -> Any:
        """The stored form.  A value that is in *known* (stored document, plain one) is not sealed again.

        A value without a known owner stays plain; one whose owner's key is destroyed is left out.
        """
        values = dict(zip(self._names, self._values_of(document), strict=True))
        sealed: dict[str, bytes] = {}
        inner: dict[str, dict[str, Any]] = {}
        for part in self.parts:
            value = part.value_of(document)
            if value is None or value == "":
                continue
            owner = part.personal.owner_of(document)
            kept = self._kept_seal(part, value, owner, known)
            clear = part.personal.clear
            if clear is not None and part.clear_field is not None:
                before = getattr(known[0], part.clear_field) if kept is not None and known else None
                values[part.clear_field] = before or clear.of(value)
            if owner is None:
                continue
            if part.inner is None:
                values[part.field] = None
            else:
                inner.setdefault(part.field, {})[part.inner] = None
            if kept is None and (cipher := ciphers[owner]) is not None:
                kept = cipher.seal(_encoder.encode(value), self._place(part, document))
            if kept is not None:
                sealed[part.name] = kept
        for field, nested in self._nested.items():
            if (value := values[field]) is not None:
                fields = dict(zip(nested.names, nested.values_of(value), strict=True))
                values[field] = nested.stored(**(fields | inner.get(field, {})))
        for items in self.items:
            values[items.field] = items.seal(document, ciphers, known)
        values[SEALED] = sealed
        return self.stored(**values)

    def _kept_seal(
        self, part: Part, value: Any, owner: str | None, known: tuple[Any, T] | None
    ) -> bytes | None:
        """The seal of before, if neither the value nor its owner has changed."""
        if known is None:
            return None
        stored, plain = known
        sealed: bytes | None = getattr(stored, SEALED).get(part.name)
        if sealed is None:
            return None
        before = part.value_of(plain)
        same = before is value or before == value
        return sealed if same and part.personal.owner_of(plain) == owner else None

    def open(self, stored: Any, ciphers: Ciphers, known: tuple[Any, T] | None = None) -> T:
        """The plain document.  A sealed value that *known* has is not opened again.

        Raises ``StoreError`` if a value was changed or belongs elsewhere.
        """
        values = dict(zip(self._names, self._values_of(stored), strict=True))
        sealed = getattr(stored, SEALED)
        known_sealed = getattr(known[0], SEALED) if known is not None else {}
        inner: dict[str, dict[str, Any]] = {}
        for part in self.parts:
            seal = sealed.get(part.name)
            if seal is None:
                if part.optional or part.value_of(stored) is not None:
                    continue
                if part.inner is not None and values[part.field] is None:
                    continue
                value = self._neutral(part, stored)
            elif known is not None and known_sealed.get(part.name) == seal:
                value = part.value_of(known[1])
            else:
                value = self._opened(part, stored, seal, ciphers)
            if part.inner is None:
                values[part.field] = value
            else:
                inner.setdefault(part.field, {})[part.inner] = value
        for field, nested in self._nested.items():
            if (value := values[field]) is not None:
                fields = dict(zip(nested.names, nested.values_of(value), strict=True))
                values[field] = nested.model(**(fields | inner.get(field, {})))
        for items in self.items:
            values[items.field] = items.open(stored, ciphers, known)
        return self.model(**values)

    def _opened(self, part: Part, stored: Any, seal: bytes, ciphers: Ciphers) -> Any:
        owner = part.personal.owner_of(stored)
        cipher = ciphers.get(owner) if owner is not None else None
        if cipher is None:
            return self._neutral(part, stored)
        try:
            return part.decode(cipher.open(seal, self._place(part, stored)))
        except (SealBroken, msgspec.DecodeError) as error:
            raise StoreError(f"{self.collection}: {part.name} of {stored.id}: {error}") from error

    def _neutral(self, part: Part, stored: Any) -> Any:
        if part.optional:
            return None
        clear = part.personal.clear
        if clear is not None and part.clear_field is not None:
            text = getattr(stored, part.clear_field)
            if text is not None:
                return clear.neutral(text)
        return copy.copy(part.personal.neutral)

    def _place(self, part: Part, document: Any) -> bytes:
        return place_of("document", self.collection, part.name, document.id)


def _field(info: structs.FieldInfo, type_: Any) -> Any:
    if info.default is not NODEFAULT:
        return info.name, type_, info.default
    if info.default_factory is not NODEFAULT:
        return info.name, type_, msgspec.field(default_factory=info.default_factory)
    return info.name, type_


def _nested(model: type[Any], inside: Sequence[str]) -> _Nested:
    fields = [
        (info.name, _bare(info.type) | None, None) if info.name in inside else _field(info, info.type)
        for info in structs.fields(model)
    ]
    stored = msgspec.defstruct(
        f"Stored{model.__name__}", fields, kw_only=True, frozen=True, omit_defaults=True
    )
    names = tuple(info.name for info in structs.fields(model))
    return _Nested(model, stored, names, attrgetter(*names))
