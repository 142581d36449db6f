"""A verb with an argument of its own that has nested verbs, too: the first word says which is meant."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class OwnOrNested(TyperGroup):
    """Does a nested verb where the first word is its name, else what the verb itself does, with all words for it."""

    allow_interspersed_args = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the words of a nested verb for it; read all others as the verb's own."""
        if args and args[0] in self.commands:
            self.params = [each for each in self.params if each.param_type_name == "option"]
            ctx._protected_args, ctx.args = args[:1], args[1:]
            return args[1:]
        rest: list[str] = super().parse_args(ctx, args)
        if words := [*ctx._protected_args, *rest]:
            ctx._protected_args, ctx.args = [], []
            if not ctx.resilient_parsing:
                ctx.fail(f"Got unexpected extra argument(s) ({' '.join(words)})")
        return []

    def invoke(self, ctx: Any) -> Any:
        """What the verb that was meant gives."""
        if not ctx._protected_args:
            return super().invoke(ctx)
        (name,), words = ctx._protected_args, ctx.args
        with ctx:
            ctx.invoked_subcommand = name
            nested = self.commands[name].make_context(name, words, parent=ctx)
            with nested:
                return nested.command.invoke(nested)
