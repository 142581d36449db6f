"""What is compiled of a rule is kept as it is; an entry is linked with all that it calls, and optimised once.

Left to itself numba optimises each rule in full, again in each of its callers, and makes machine code of it that nobody
calls: more than half of the time that compiling takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _NoPlace:
    """Stands for the code generator of what gets no address: there is nothing to connect with Python's objects."""

    def set_env(self, name: str, environment: Any) -> None:
        """Connect nothing."""


class RuleLibrary(JITCodeLibrary):
    """The code of one rule, without those that it calls; it has no address."""

    @property
    def codegen(self) -> Any:
        """No generator of machine code."""
        return _NoPlace()

    def finalize(self) -> None:
        """Leave it to the entries to link, optimise and place the code."""
        self._raise_if_finalized()
        self._finalized = True

    def get_pointer_to_function(self, _: str) -> int:
        """No address."""
        self._ensure_finalized()
        return 0


class EntryLibrary(JITCodeLibrary):
    """The code of an entry and of all rules below it."""

    def finalize(self) -> None:
        """Link everything in, once, and make machine code of it."""
        self._codegen._check_llvm_bugs()
        self._raise_if_finalized()
        for library in _below(self, set()):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._optimize_final_module()
        self._final_module.verify()
        self._finalize_final_module()

    def _optimize_final_module(self) -> None:
        passes, builder = self._codegen._module_pass_manager()
        passes.run(self._final_module, builder)


def _below(library: JITCodeLibrary, seen: set[JITCodeLibrary]) -> Iterator[JITCodeLibrary]:
    """The libraries that one needs, each once; what numba's own hold is linked already."""
    for needed in library._linking_libraries:
        if needed not in seen:
            seen.add(needed)
            yield needed
            if isinstance(needed, RuleLibrary):
                yield from _below(needed, seen)


class RuleCompiler(Compiler):
    """numba's compiler, for rules."""

    library: type[JITCodeLibrary] = RuleLibrary

    def __init__(self, typing: Any, target: Any, _: None, *rest: Any) -> None:
        library = self.library(target.codegen(), "rules")
        library.enable_object_caching()
        super().__init__(typing, target, library, *rest)


class EntryCompiler(RuleCompiler):
    """numba's compiler, for entries."""

    library = EntryLibrary
