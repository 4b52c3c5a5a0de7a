"""What differs between the environments, from ``environments.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any

FORMS = {
    "account": r"\d{12}",
    "region": r"[a-z]{2}(-[a-z]+)+-\d",
    "host": r"([a-z0-9-]+\.)+[a-z]{2,}",
    "cloudfront_prefix_list": r"pl-[0-9a-f]{8,17}",
    "mongodb": r"atlas|documentdb|chart",
    "atlas_service": r"|com\.amazonaws\.vpce\.[a-z0-9-]+\.vpce-svc-[0-9a-f]+",
}


class ConfigError(ValueError):
    """A value of ``environments.toml`` cannot be used; the message names it."""


@dataclass(frozen=True)
class Environment:
    name: str
    account: str
    region: str
    host: str
    hosted_zone: Mapping[str, str]
    cloudfront_prefix_list: str
    network: str
    zones: Sequence[str]
    nat_gateways: int
    kubernetes: bool
    mongodb: str
    redis: Mapping[str, Any]
    github: Mapping[str, str]
    atlas_service: str = ""

    @property
    def is_production(self) -> bool:
        return self.name == "production"


def environments(file: Path) -> dict[str, Environment]:
    """All environments of the file.  Raises ``ConfigError``."""
    return {name: environment(name, given) for name, given in tomllib.loads(file.read_text()).items()}


def environment(name: str, given: Mapping[str, Any]) -> Environment:
    """Raises ``ConfigError``."""
    known = {field.name for field in fields(Environment)} - {"name"}
    if unknown := sorted(set(given) - known):
        raise ConfigError(f"{name}.{unknown[0]} is not known.")
    if missing := sorted(known - {"atlas_service"} - set(given)):
        raise ConfigError(f"{name}.{missing[0]} is missing.")
    for key, form in FORMS.items():
        if not re.fullmatch(form, str(given.get(key, ""))):
            raise ConfigError(f"{name}.{key} is not valid: {given.get(key)!r}.")
    if given["mongodb"] == "atlas" and not given.get("atlas_service"):
        raise ConfigError(f"{name}.atlas_service is missing: mongodb is atlas.")
    try:
        private = ip_network(given["network"]).is_private
    except ValueError as error:
        raise ConfigError(f"{name}.network is not valid: {error}.") from error
    if not private:
        raise ConfigError(f"{name}.network must be private.")
    if len(given["zones"]) < 2:
        raise ConfigError(f"{name}.zones must be at least 2: the stores have a second one in another zone.")
    return Environment(name=name, **given)


def examples(of: Environment) -> list[str]:
    """The values that are still those of the repository: with them it can be checked, and not deployed."""
    held = {
        "account": (of.account, r"(\d)\1{11}"),
        "host": (of.host, r".*\.example"),
        "hosted_zone.id": (of.hosted_zone["id"], r"Z0+"),
        "hosted_zone.name": (of.hosted_zone["name"], r".*\.example"),
        "atlas_service": (of.atlas_service, r".*\.vpce-svc-0+"),
    }
    return [f"{of.name}.{name}" for name, (value, form) in held.items() if re.fullmatch(form, value)]
