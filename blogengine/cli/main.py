"""The commands, by name."""

import click

from blogengine.cli import demo
from blogengine.cli import doctor
from blogengine.cli import importing
from blogengine.cli import plugins
from blogengine.cli import serving
from blogengine.cli import setting_up
from blogengine.cli import themes
from blogengine.cli.instance import Opener
from blogengine.setup import VERSION


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--instance", metavar="FOLDER", help="The blog's folder; else $BLOGENGINE_INSTANCE, else ./instance."
)
@click.version_option(VERSION)
@click.pass_context
def group(context: click.Context, instance: str | None) -> None:
    """A blog engine you own."""
    context.obj = Opener(instance)


group.add_command(serving.serve)
group.add_command(setting_up.init)
group.add_command(setting_up.settings_command)
group.add_command(setting_up.password)
group.add_command(importing.import_group)
group.add_command(plugins.plugins)
group.add_command(themes.themes)
group.add_command(demo.demo)
group.add_command(doctor.doctor)
