"""The `hotroute` command: starts the stack, or one of its servers."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import cast

import click

from hotroute.extras import MissingExtraError
from hotroute.serving.settings.executables import NotInstalledError
from hotroute.setting_error import SettingError

PROJECT = ("new", "update")
"""The commands of `hotroute.project.cli`."""


class LazyGroup(click.Group):
    """The commands of `hotroute`; those that need an extra are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "jobs", *PROJECT])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "jobs":
            from hotroute.jobs.cli import jobs  # noqa: PLC0415

            return jobs
        if cmd_name in PROJECT:
            from hotroute.project import cli as project  # noqa: PLC0415

            return cast(click.Command, getattr(project, cmd_name))
        return super().get_command(ctx, cmd_name)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Run the stack, or one of its servers. Settings come from the environment; .env.example describes them."""


@cli.command()
def up() -> None:
    """Run the whole stack from the Procfile, until CTRL-C."""
    from hotroute.serving.stack.up import up as run  # noqa: PLC0415  # needs requirements/embedded.txt

    sys.exit(run(os.environ, Path.cwd()))


@cli.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
def run(command: tuple[str, ...]) -> None:
    """Run COMMAND with the settings that `up` gives to its parts, such as: hotroute run alembic history."""
    from hotroute.serving.stack.dev_environment import environment  # noqa: PLC0415

    chosen = environment(os.environ, Path.cwd(), lambda line: print(line, file=sys.stderr))
    try:
        os.execvpe(command[0], command, chosen)  # noqa: S606
    except FileNotFoundError:
        sys.exit(f"hotroute: there is no program {command[0]}")


@cli.command()
@click.option("--persistent", is_flag=True, help="That of jobs: on JOBS_REDIS_PORT, kept in DATA_DIR/jobs-redis.")
def redis(persistent: bool) -> None:
    """Become the cache's Redis, or that of jobs."""
    from hotroute.serving.stack.redis_server import command  # noqa: PLC0415

    replace_this_process(command(os.environ, persistent))


@cli.command()
@click.option(
    "--templates",
    envvar="NGINX_TEMPLATES",
    type=click.Path(path_type=Path),
    default="nginx",
    help="Folder of the project's templates.",
)
@click.option("--check", "todo", flag_value="check", help="Only check the configuration (nginx -t).")
@click.option(
    "--reload", "todo", flag_value="reload", help="Have the one that runs read certificate and settings again."
)
@click.option("--renew", "todo", flag_value="renew", help="The certificate only: needs no setting but DATA_DIR.")
@click.option("--eject", metavar="NAME", help="Only copy this template to the project's folder, to change it there.")
@click.option("--acme", is_flag=True, help="Before the first certificate: plain HTTP only, for an ACME client.")
def nginx(templates: Path, todo: str | None, eject: str | None, acme: bool) -> None:
    """Render the configuration to DATA_DIR/nginx and become Nginx."""
    from hotroute.serving.nginx import runtime_dir  # noqa: PLC0415
    from hotroute.serving.nginx.binary import choose  # noqa: PLC0415
    from hotroute.serving.nginx.render import render  # noqa: PLC0415
    from hotroute.serving.nginx.template_files import eject as copy_template  # noqa: PLC0415

    home = runtime_dir.folder(os.environ)
    if eject is not None:
        print(copy_template(eject, templates))
    elif todo == "renew":
        runtime_dir.renew(home)
    elif todo == "reload":
        process, program = runtime_dir.running(home)
        runtime_dir.reload(process, program, render(os.environ, program, templates, acme))
    elif todo == "check":
        program = choose(os.environ)
        print(runtime_dir.check(program, render(os.environ, program, templates, acme)))
    else:
        runtime_dir.check_stdout(os.environ)
        program = choose(os.environ)
        replace_this_process(runtime_dir.start(program, render(os.environ, program, templates, acme)))


@cli.command()
@click.argument("part", type=click.Choice(("app", "nginx", "stream")), default="app")
def health(part: str) -> None:
    """Ask a server of this machine or container whether it is alive; for the health checks of orchestrators."""
    from hotroute.serving.stack.health_check import check_health  # noqa: PLC0415

    if reason := check_health(os.environ, part):
        sys.exit(f"hotroute: {reason}")


@cli.command()
@click.argument("sources", nargs=-1, required=True, metavar="PACKAGE:FOLDER...")
def static(sources: tuple[str, ...]) -> None:
    """Build the files that Nginx serves into STATIC_DIR: fingerprinted names, compressed beforehand."""
    from hotroute.serving.nginx.static_build import build  # noqa: PLC0415
    from hotroute.settings.proxy import StaticFiles  # noqa: PLC0415

    into = StaticFiles.read(os.environ).static_folder
    for source in sources:
        print(f"{build(source, into)} files of {source} in {into}")


@cli.command()
@click.argument("url")
@click.option(
    "-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header field to send; repeatable."
)
@click.option("--app", default="", metavar="MODULE:NAME", help="The application, to name the parts of the key too.")
@click.option(
    "--ca", type=click.Path(exists=True, dir_okay=False), help="For https: the certificates to trust, a file."
)
def explain(url: str, headers: tuple[str, ...], app: str, ca: str | None) -> None:
    """Ask a running server for URL twice, and say why the answers did or did not come from the cache."""
    import ssl  # noqa: PLC0415

    from hotroute.cache.cli.explain import CannotExplain, field, report  # noqa: PLC0415

    sys.path.insert(0, str(Path.cwd()))
    try:
        fields = dict(map(field, headers))
        for line in report(url, fields, app, ssl.create_default_context(cafile=ca) if ca else None):
            print(line)
    except CannotExplain as reason:
        sys.exit(f"hotroute: {reason}")


@cli.command()
@click.argument("tags", nargs=-1, required=True, metavar="TAG...")
@click.option("--app", default="", metavar="MODULE:NAME", help="The application, to find Redis as it does.")
def invalidate(tags: tuple[str, ...], app: str) -> None:
    """Say that what depends on TAG has changed: a table's name, or what routes declare, such as article:a-slug.

    For programs that write without the application, after their commit. Without --app, Redis is found by REDIS_URL and
    CACHE_NAMESPACE.
    """
    from hotroute.cache import RedisClient, RedisStore, Unreachable  # noqa: PLC0415
    from hotroute.cache.cli import invalidate  # noqa: PLC0415
    from hotroute.cache.cli.explain import CannotExplain, front_of, load  # noqa: PLC0415

    sys.path.insert(0, str(Path.cwd()))

    def find_store() -> RedisStore:
        from hotroute.settings.application import CacheSettings  # noqa: PLC0415

        settings = CacheSettings.read(os.environ)
        return RedisStore(RedisClient(settings.redis, timeout=2), settings.cache_namespace)

    try:
        for line in invalidate.invalidate(front_of(load(app)).store if app else find_store(), tags, sure=bool(app)):
            print(line)
    except (CannotExplain, invalidate.NothingInvalidated) as reason:
        sys.exit(f"hotroute: nothing was invalidated: {reason}")
    except Unreachable as reason:
        sys.exit(f"hotroute: nothing was invalidated, Redis did not answer: {reason}")


@cli.command()
@click.option("--app", required=True, metavar="MODULE:NAME", help="The application, to find Redis and its databases.")
def trust(app: str) -> None:
    """Have a Redis that has just started count at once, if the databases say that nobody is about to commit.

    Only where no earlier Redis can be reached any more: it has ended at the same address. Not after a failover, while
    the former primary may still take what a server tells it.
    """
    from hotroute.cache import Unreachable  # noqa: PLC0415
    from hotroute.cache.cli.explain import CannotExplain, load  # noqa: PLC0415
    from hotroute.cache.cli.trust import NotTrusted  # noqa: PLC0415
    from hotroute.cache.cli.trust import trust as trust_redis  # noqa: PLC0415

    sys.path.insert(0, str(Path.cwd()))
    try:
        print(trust_redis(load(app)))
    except (CannotExplain, NotTrusted) as reason:
        sys.exit(f"hotroute: not trusted: {reason}")
    except Unreachable as reason:
        sys.exit(f"hotroute: not trusted, Redis did not answer: {reason}")


@cli.command()
@click.option("--span", default="24h", show_default=True, help="How far back to look: 90s, 15m, 24h, 7d, 4w.")
@click.option("--release", default="", help="Only what was measured of this release.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--app", default="", metavar="MODULE:NAME", help="The application, to find the records as it does.")
def advise(span: str, release: str, as_json: bool, app: str) -> None:
    """Say what to do about what the profiler measured: threads, workers, queries, hot routes.

    The records are found by PROFILER_URL or DATA_DIR; with --app, by the `Options(url=...)` of that application.
    """
    from hotroute.profiler.advice.command import CannotAdvise, run  # noqa: PLC0415

    sys.path.insert(0, str(Path.cwd()))
    try:
        run(os.environ, span, release, as_json, app)
    except CannotAdvise as reason:
        sys.exit(f"hotroute: {reason}")


@cli.command()
@click.option("--application", default="", metavar="MODULE:CLASS", help="The settings of the project's application.")
@click.option("--check", is_flag=True, help="Write nothing; fail where a file is not current.")
def settings(application: str, check: bool) -> None:
    """Write .env.example and docs/settings.md from the definitions of the settings."""
    from hotroute.settings import document  # noqa: PLC0415
    from hotroute.settings.application import ApplicationSettings  # noqa: PLC0415

    sys.path.insert(0, str(Path.cwd()))
    module, _, name = application.partition(":")
    documents = document.documents(getattr(import_module(module), name) if module else ApplicationSettings)
    stale = document.stale(documents)
    if check and stale:
        sys.exit(f"hotroute: not as the settings are defined: {', '.join(map(str, stale))}; run make settings")
    for file in stale:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(documents[file])
        print(f"wrote {file}")


def replace_this_process(command: list[str]) -> None:
    os.execv(command[0], command)  # noqa: S606  # no shell is wanted: the program gets this process and its signals


def main() -> None:
    try:
        cli()
    except (SettingError, NotInstalledError, MissingExtraError) as error:
        sys.exit(f"hotroute: {error}")
