"""The command ``supportcarr``.  Commands import what they need when they run, so starting is quick."""

from __future__ import annotations

import errno
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from supportcarr.bootstrap.added_commands import added_commands, added_seeds
from supportcarr.bootstrap.settings import load_settings
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.private_files import PRIVATE_UMASK
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.store.port import StoreUnavailable, UnfinishedCopy
from supportcarr.supervisor.embedded_redis import EmbeddedRedisError
from supportcarr.supervisor.folder_lock import FolderInUse

LAB_COMMANDS = {
    "demo": "Run the platform and a simulated city on this machine.",
    "diagram": "Print a diagram of the rescue's state machine.",
    "sandbox": "Run the emulators of external services.",
    "simulator": "Run a simulated city against a running platform.",
}
LAB_SEEDS = {
    "town": "Fill a new store with a believable town: drivers, riders, weeks of rescues.",
}


class CommandGroup(click.Group):
    """Commands of this and other distributions; expected errors print one sentence, no traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *added_commands().names, *LAB_COMMANDS})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        command = super().get_command(ctx, name)
        if command is not None:
            return command
        for entry_point in added_commands().select(name=name):
            loaded: click.Command = entry_point.load()
            return loaded
        return _missing(name, LAB_COMMANDS[name]) if name in LAB_COMMANDS else None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (SettingsError, EmbeddedRedisError, FolderInUse) as error:
            raise click.ClickException(str(error)) from None
        except UnfinishedCopy as error:
            raise click.ClickException(f"{error}.") from None
        except StoreUnavailable as error:
            raise click.ClickException(f"The store cannot be used: {error}") from None
        except RedisError as error:
            raise click.ClickException(f"Redis cannot be used: {error}") from None
        except OSError as error:
            if error.filename is None or error.errno == errno.EPIPE:  # not a file: the trace says more
                raise
            raise click.ClickException(f"{error.filename} cannot be used: {error.strerror}.") from None


class SeedGroup(click.Group):
    """``seed``, and what other distributions can fill a new store with."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *added_seeds().names, *LAB_SEEDS})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        for entry_point in added_seeds().select(name=name):
            loaded: click.Command = entry_point.load()
            return loaded
        return _missing(f"seed {name}", LAB_SEEDS[name]) if name in LAB_SEEDS else None


def _missing(name: str, summary: str) -> click.Command:
    """Stands in for a command of the lab distribution where that is not installed."""

    def fail(**_: Any) -> None:
        raise click.ClickException(
            f"`supportcarr {name}` is part of the development tools: pip install supportcarr-lab"
        )

    return click.Command(
        name,
        callback=fail,
        help=f"{summary} Not installed: pip install supportcarr-lab",
        short_help="Not installed: pip install supportcarr-lab",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        add_help_option=False,
    )


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="supportcarr")
@click.pass_context
def main(ctx: click.Context) -> None:
    """SupportCarr: roadside rescue for e-bike riders."""
    before = os.umask(PRIVATE_UMASK)  # child processes inherit it
    ctx.call_on_close(lambda: os.umask(before))


@main.command()
def up() -> None:
    """Run all processes of the platform, supervised, without a simulated city."""
    from supportcarr.bootstrap.platform import run_up

    sys.exit(run_up(load_settings()))


@main.command()
def api() -> None:
    """Run an API process (HTTP)."""
    from supportcarr.bootstrap.processes import run_api

    run_api(load_settings())


@main.command()
def realtime() -> None:
    """Run a real-time process (Socket.IO)."""
    from supportcarr.bootstrap.processes import run_realtime

    run_realtime(load_settings())


@main.command()
def worker() -> None:
    """Run a worker process: jobs, deadlines, periodic tasks."""
    from supportcarr.bootstrap.processes import run_worker

    run_worker(load_settings())


@main.group(cls=SeedGroup, invoke_without_command=True)
@click.pass_context
def seed(ctx: click.Context) -> None:
    """Add the demo's service area, tariff and operators (idempotent).

    With `town` a new store is filled with people and weeks of rescues as well.
    """
    if ctx.invoked_subcommand is not None:
        return
    from supportcarr.bootstrap.processes import run_seed

    run_seed(load_settings())


@main.command(hidden=True)
def prepare() -> None:
    """Seed the store and start the city's clock: `up` and `demo` run this before other processes."""
    from supportcarr.bootstrap.processes import run_prepare

    run_prepare(load_settings())


@main.command("fork-server", hidden=True)
@click.argument("descriptor", type=int)
def fork_server(descriptor: int) -> None:
    """Fork the processes of `up` and `demo`, which ask over the socket DESCRIPTOR."""
    from supportcarr.bootstrap.preload import preload
    from supportcarr.supervisor.fork_server import serve_forks

    settings = load_settings()
    arguments = serve_forks(descriptor, lambda: preload(settings))
    main.main(arguments)  # in each forked process


@main.command()
@click.option("--apply", is_flag=True, help="Repair what can be repaired.")
def check(apply: bool) -> None:
    """Check settings, files, stores and indexes, and print each problem.

    Changes nothing without --apply.

    The exit code is 0 if nothing was found that does harm: what the server does not have and nothing depends
    on is printed as a remark.
    """
    from supportcarr.bootstrap.checks import missing_store, run_check

    settings = load_settings(keep_secrets=apply)
    if not apply and (path := missing_store(settings)):
        click.echo(f"There is no store at {path} yet: the first start, or --apply, creates it.", err=True)
    findings = run_check(settings, apply=apply)
    problems = [finding.text for finding in findings if not finding.harmless]
    remarks = [finding.text for finding in findings if finding.harmless]
    for text in remarks:
        click.echo(f"Remark: {text}")
    for text in problems:
        click.echo(text)
    found = f"{len(problems)} problem(s) found" if problems else "No problems found"
    click.echo(f"{found}; {len(remarks)} remark(s) that do no harm." if remarks else f"{found}.")
    sys.exit(1 if problems else 0)


@main.group()
def operators() -> None:
    """Add operators of the console."""


@operators.command("add")
@click.argument("phone")
@click.option("--role", type=click.Choice(["admin", "support"]), required=True)
@click.option("--name", required=True)
@click.password_option(envvar="SUPPORTCARR_OPERATOR_PASSWORD", help="Asked for if it is not given.")
def add_operator(phone: str, role: str, name: str, password: str) -> None:
    """Create an operator's account, or give the role to the account of that number and password.

    Admins add further operators in the console.  At the first sign-in the operator sets up an authenticator
    app; until then nothing else is possible.
    """
    from supportcarr.bootstrap.operators import Operator
    from supportcarr.bootstrap.processes import run_add_operator
    from supportcarr.contracts.errors import ApiError

    try:
        run_add_operator(load_settings(), role, Operator(phone, password), name)
    except ApiError as error:
        raise click.ClickException(error.detail) from None
    click.echo(f"{name} is {role} now, and sets up an authenticator app at the first sign-in.")


@main.command()
@click.argument("key")
def totp(key: str) -> None:
    """Print the current code of an authenticator KEY (such as those that `demo` prints)."""
    import time

    from supportcarr.auth.second_factors import STEP_SECONDS, code_at

    try:
        code = code_at(key, time.time())
    except ValueError:
        raise click.ClickException("This is no authenticator key (base32).") from None
    click.echo(f"{code}   for {STEP_SECONDS - int(time.time()) % STEP_SECONDS} more seconds")


@main.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--dump",
    type=click.Path(exists=True, path_type=Path),
    help="Seal this instead: a folder that deploy/mongodb/dump has made, or a file.",
)
def backup(file: Path | None, dump: Path | None) -> None:
    """Back up the store and the files of this machine, while they are in use.

    The backup is a file in SUPPORTCARR_BACKUP_FOLDER, sealed with the key in SUPPORTCARR_BACKUP_PUBLIC_KEY;
    those older than SUPPORTCARR_BACKUP_KEEP_DAYS are removed.  It is uploaded to SUPPORTCARR_BACKUP_S3_BUCKET
    too, if that is set.  `supportcarr restore` reads it.  With FILE the embedded store alone is copied there,
    as it is.
    """
    from supportcarr.bootstrap.commands import run_backup

    if file is None:
        from supportcarr.bootstrap.backup_commands import run_sealed_backup

        for line in run_sealed_backup(load_settings(keep_secrets=False), dump):
            click.echo(line)
        return
    if dump is not None:
        raise click.UsageError("--dump seals a file into the folder of the backups: leave FILE out.")
    if problem := run_backup(load_settings(), file):
        raise click.ClickException(problem)
    click.echo(f"The store is in {file}.")


@main.command()
def backups() -> None:
    """List the sealed backups and oplogs: name and bytes.

    Those in SUPPORTCARR_BACKUP_S3_BUCKET if it is set (its key must be allowed to list and to read), else
    those in SUPPORTCARR_BACKUP_FOLDER.
    """
    from supportcarr.bootstrap.backup_commands import run_list

    for line in run_list(load_settings(keep_secrets=False)):
        click.echo(line)


class BackupPath(click.Path):
    """A file that exists, or ``s3:NAME``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if str(value).startswith("s3:") else super().convert(value, param, ctx)


@main.command()
@click.argument("file", type=BackupPath(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file of the private key.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Unpack it into a new folder, and do no more.",
)
@click.option("--verify", is_flag=True, help="Only find out whether it could be restored.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]),
    metavar="TIME",
    help="With --into, of MongoDB: unpack the oplogs up to this moment too (2026-06-01T03:00:00Z).",
)
def restore(file: Path | str, key: Path, into: Path | None, verify: bool, until: datetime | None) -> None:
    """Restore a sealed backup: the store and the files, where there are none.

    FILE may be s3:NAME, in SUPPORTCARR_BACKUP_S3_BUCKET, or s3:latest.

    Stop the platform and move away what is left first.  A backup that is damaged, cut off, of a newer release
    or for another key is refused, and then nothing is changed.
    """
    from supportcarr.bootstrap.backup_commands import run_restore

    if until is not None and (into is None or verify):
        raise click.UsageError("--until needs --into, and no --verify.")
    settings = load_settings(keep_secrets=False)
    for line in run_restore(settings, file, key, into=into, verify=verify, until=until):
        click.echo(line)


@main.group()
def store() -> None:
    """Move a store to another engine; seal what is in it."""


@store.command("copy")
@click.option("--from", "source", required=True, metavar="URL", help="The store to copy.")
@click.option("--to", "target", required=True, metavar="URL", help="An empty store, or an unfinished copy.")
def copy_store(source: str, target: str) -> None:
    """Copy every document and pending event into another store, and compare both.

    Stop the platform first: nothing may write to either store meanwhile.  Run an interrupted copy
    again to continue it.  URLs are those of SUPPORTCARR_STORE_URL.
    """
    from supportcarr.bootstrap.store_commands import run_copy, table
    from supportcarr.kit.store.copy import CopyRefused
    from supportcarr.kit.store.port import StoreError

    click.echo("The platform must be stopped until this is done.", err=True)
    try:
        compared = run_copy(
            source, target, lambda name, done: click.echo(f"{name}: {done} written", err=True)
        )
    except (CopyRefused, StoreError) as error:
        raise click.ClickException(str(error)) from None
    for line in table(compared):
        click.echo(line)
    if not all(one.equal for one in compared):
        raise click.ClickException(
            "The stores differ: was one written to? Stop the platform, run this again."
        )
    click.echo("Everything was copied. Now set SUPPORTCARR_STORE_URL to the new store.")


@store.command("seal")
def seal_store() -> None:
    """Seal personal data that an older release stored in plain.

    The platform may run meanwhile.  Run it again after an interruption; it ends with what is left.
    """
    from supportcarr.bootstrap.key_commands import run_seal

    sealed, left = run_seal(
        load_settings(), lambda name, done: click.echo(f"{name}: {done} sealed", err=True)
    )
    click.echo(f"{sealed} documents were sealed; {left} hold personal data in plain.")
    if left:
        raise click.ClickException("Some documents were changed meanwhile: run this again.")


@main.group("map")
def map_group() -> None:
    """The map's own streets and names."""


@map_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--area", metavar="NAME", help="What the region is called. By default the file's name.")
def import_map(file: Path, area: str | None) -> None:
    """Make the map of a region from an extract of OpenStreetMap (.osm.pbf).

    Its streets are on the apps' own map from then on, and its names are found by the search for addresses.
    It replaces the region before; the platform may run.  Extracts: https://download.geofabrik.de.
    """
    from supportcarr.bootstrap.map_commands import MapImportFailed, run_import

    try:
        click.echo(run_import(load_settings(), file, area or file.name.partition(".")[0]))
    except MapImportFailed as error:
        raise click.ClickException(str(error)) from None


@main.group()
def audit() -> None:
    """The audit log."""


@audit.command("verify")
@click.option(
    "--anchors",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="A copy of the anchors, or a log with them; - for standard input. By default the anchors' file.",
)
def verify_audit(anchors: Path | None) -> None:
    """Find out whether the audit log was changed.  Changes nothing.

    The exit code is 0 if no record was changed, moved or removed, and none is missing at the end.
    """
    from supportcarr.bootstrap.audit_commands import run_verify, sentence

    found = run_verify(load_settings(keep_secrets=False), anchors)
    for problem in found.problems:
        click.echo(problem)
    click.echo(sentence(found))
    sys.exit(1 if found.problems else 0)


@main.group()
def jobs() -> None:
    """List dead letters and run them again."""


@jobs.command("list")
def list_jobs() -> None:
    """List dead letters, one JSON line each."""
    from supportcarr.bootstrap.commands import run_jobs

    for line in run_jobs(load_settings(), replay=None):
        click.echo(line)


@jobs.command("replay")
@click.argument("job_id")
def replay_job(job_id: str) -> None:
    """Run a dead letter again."""
    from supportcarr.bootstrap.commands import run_jobs

    for line in run_jobs(load_settings(), replay=job_id):
        click.echo(line)


@main.group()
def payments() -> None:
    """Look at payments that need a person."""


@payments.command("unresolved")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many.")
def unresolved_payments(limit: int) -> None:
    """List payments without an outcome, the oldest first, one JSON line each."""
    from supportcarr.bootstrap.commands import run_unresolved_payments

    for line in run_unresolved_payments(load_settings(), limit):
        click.echo(line)


@main.group()
def keys() -> None:
    """Rotate the keys that sign access tokens, find people, and protect personal data."""


@keys.command("rotate")
@click.option(
    "--refuse-older",
    is_flag=True,
    help="Refuse tokens of all older keys at once, because one has leaked: apps refresh theirs.",
)
def rotate_keys(refuse_older: bool) -> None:
    """Add a signing key, which signs in all processes within seconds.

    Tokens of older keys are good until they expire.  Rotation on schedule needs no command
    (SUPPORTCARR_AUTH_KEY_DAYS).
    """
    from supportcarr.bootstrap.commands import run_keys

    for line in run_keys(load_settings(), rotate=True, refuse_older=refuse_older):
        click.echo(line)


@keys.command("rotate-keyset")
@click.option("--add-only", is_flag=True, help="Add the key, and let it wrap nothing until the next run.")
@click.option("--forget-unused", is_flag=True, help="Remove the keys that wrap nothing any more.")
@click.option(
    "--copy",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Change this copy of a keyset that is a setting, one step at a time, and nothing else.",
)
def rotate_keyset(add_only: bool, forget_unused: bool, copy: Path | None) -> None:
    """Add a key to the keyset of personal data, and wrap every data key with it.

    The platform may run meanwhile.  Run it again after an interruption.  Where several machines have
    copies of the keyset: --add-only, copy the file to all of them, then run it without.  Backups of the
    store need the keys of their time: --forget-unused makes them unreadable.

    A keyset that is a setting (SUPPORTCARR_KEYSET_JSON) is changed in a copy: --copy FILE with --add-only,
    then without, at last with --forget-unused.  After each step put the copy where the setting is kept, and
    restart every process; between the last two run this in a process, without --copy: it rewraps.
    """
    from supportcarr.bootstrap.key_commands import run_rotate_keyset, run_rotate_keyset_copy
    from supportcarr.kit.runtime.settings import SettingsError

    try:
        if copy is not None:
            settings = load_settings(keep_secrets=False)
            lines = run_rotate_keyset_copy(settings, copy, add_only=add_only, forget=forget_unused)
        else:
            lines = run_rotate_keyset(load_settings(), add_only=add_only, forget=forget_unused)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    for line in lines:
        click.echo(line)


@keys.command("new-backup-pair")
@click.argument("private_file", type=click.Path(dir_okay=False, path_type=Path))
def new_backup_pair(private_file: Path) -> None:
    """Make a pair of keys for backups: the private one in PRIVATE_FILE, and print the setting of the other.

    The platform needs the public key only.  Move PRIVATE_FILE to where neither the platform nor its backups
    are: without it no backup can be read.
    """
    from supportcarr.bootstrap.backup_commands import run_new_pair

    click.echo(f"SUPPORTCARR_BACKUP_PUBLIC_KEY={run_new_pair(private_file)}")


@keys.command("encrypt-keyset")
@click.option("--before", default="", help="The key that encrypts it now (aws-kms://ARN), if it is another.")
def encrypt_keyset(before: str) -> None:
    """Encrypt the keyset's file with the key of AWS KMS in SUPPORTCARR_KEYSET_KMS_KEY.

    It may be plain, or encrypted with another key.  Running processes go on; those that start need the key.
    """
    from supportcarr.bootstrap.key_commands import run_encrypt_keyset
    from supportcarr.kit.runtime.settings import SettingsError

    try:
        click.echo(run_encrypt_keyset(load_settings(), before=before))
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


@keys.command("rotate-lookup")
def rotate_lookup() -> None:
    """Replace the key of the hashes by which phone numbers, names and plates are found.

    The platform may run meanwhile.  Run it again after an interruption: it goes on where it was.  To replace
    the secret itself, put the new one before the old one (NEW,OLD) in SUPPORTCARR_AUTH_LOOKUP_SECRET, restart
    the processes, run this, and remove the old one when the tokens that it made have ended (30 days).
    """
    from supportcarr.bootstrap.key_commands import run_rotate_lookup
    from supportcarr.kit.sealing.lookup_keys import LookupKeyMissing

    try:
        number = run_rotate_lookup(
            load_settings(), lambda what, done: click.echo(f"{what}: {done}", err=True)
        )
    except LookupKeyMissing as error:
        raise click.ClickException(f"{error}.") from None
    click.echo(f"Everything is found by key {number} from now on; the hashes of the one before are removed.")


@keys.command("list")
def list_keys() -> None:
    """List the signing keys, oldest first, and what each does.  Shows no secret."""
    from supportcarr.bootstrap.commands import run_keys

    for line in run_keys(load_settings()):
        click.echo(line)


@main.command("page-headers")
def page_headers() -> None:
    """Print the headers of pages as directives of nginx, for an edge that serves the apps itself."""
    from supportcarr.bootstrap.pages import nginx_page_headers

    for line in nginx_page_headers(load_settings(keep_secrets=False)):
        click.echo(line)


@main.group()
def push() -> None:
    """Notifications that are pushed to browsers."""


@push.command("keys")
def push_keys() -> None:
    """Make a key by which push services know this platform, and print the setting that holds it.

    With another key every browser has to subscribe again, which the apps do when they are opened.
    """
    from supportcarr.providers.vapid import new_private_key, private_key_of, public_key_of

    key = new_private_key()
    click.echo(f"# public key: {public_key_of(private_key_of(key))}")
    click.echo(f"SUPPORTCARR_PUSH_VAPID_PRIVATE_KEY={key}")


@main.command("openapi")
def print_openapi() -> None:
    """Print the OpenAPI document."""
    from supportcarr.bootstrap.commands import openapi

    click.echo(json.dumps(openapi(), indent=2))


@main.command("asyncapi")
def print_asyncapi() -> None:
    """Print the AsyncAPI document of the Socket.IO events."""
    from supportcarr.bootstrap.commands import asyncapi

    click.echo(json.dumps(asyncapi(), indent=2))
