"""The command itself: ours, and asv's own beside them."""

import sys

import click

from mlx_asv.asv_edge.commands import ASV_COMMANDS, asv


class Cli(click.Group):
    """Our commands, and asv's under their own names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours first."""
        return [*super().list_commands(ctx), *ASV_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Ours, or a command that hands everything to asv."""
        if cmd_name not in ASV_COMMANDS:
            return super().get_command(ctx, cmd_name)

        @click.command(
            cmd_name,
            short_help=f"asv {cmd_name}",
            add_help_option=False,
            context_settings={"ignore_unknown_options": True},
        )
        @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
        def forward(arguments: tuple[str, ...]) -> None:
            sys.exit(asv(cmd_name, *arguments))

        return forward


@click.group(cls=Cli)
@click.version_option(package_name="mlx-asv")
def main() -> None:
    """Track the performance of MLX across its releases."""
