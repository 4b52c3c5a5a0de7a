"""The built web apps that the API serves, and where pages have moved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from supportcarr.bootstrap.settings import Settings

WEB = Path(__file__).resolve().parents[3] / "web" / "apps"
# The built apps by the path that they are served at.
APPS = {"/": "rider", "/driver": "driver", "/track": "track", "/admin": "admin", "/docs": "docs"}
# Where the apps have the pages that were once at /account; browsers keep what follows the # of a link.
MOVED_PAGES = {
    "/account": "/me",
    "/account/sign-in": "/sign-in",
    "/account/sign-up": "/sign-up",
    "/account/reset": "/reset",
    "/account/rides": "/rescues",
    "/account/bikes": "/bikes",
    "/account/driving": "/me/driving",
    "/account/{path:path}": "/me",
}
LOCAL_APPS = {"/gallery": "gallery"}  # the design system, for people who work on it


def app_folders(settings: Settings) -> Mapping[str, Path]:
    """The folders of the built apps by path; the local profile has more of them."""
    apps = APPS | LOCAL_APPS if settings.deployment.profile == "local" else APPS
    return {path: WEB / app / "dist" for path, app in apps.items()}


def page_redirects(settings: Settings) -> Mapping[str, str]:
    """Targets by path; in the local profile the emulators' pages are among them."""
    if settings.deployment.profile != "local":
        return MOVED_PAGES
    sandbox = f"http://127.0.0.1:{settings.servers.sandbox_port}/sandbox"
    return MOVED_PAGES | {"/sandbox": sandbox, "/sandbox/{path:path}": sandbox}
