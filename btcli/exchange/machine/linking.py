"""What is compiled of a rule is kept as it is; an entry is linked with all that it calls, and optimised once.

Left to itself numba optimises each rule in full, again in each of its callers, and makes machine code of it that nobody
calls: more than half of the time that compiling takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llvmlite.binding import parse_assembly
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.runtime.nrt import rtsys

# In place of numba's: rules allocate nothing, and what they look at has no owner, so there are no holders to count and
# nothing to free.
UNCOUNTED = "\n".join(
    f"define linkonce_odr void @{name}(ptr %memory) alwaysinline {{ ret void }}"
    for name in ("NRT_incref", "NRT_decref", "NRT_MemInfo_call_dtor")
)


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
        """Leave it to the entries to link and optimise the code."""
        self._raise_if_finalized()
        self._finalized = True

    def get_pointer_to_function(self, _: str) -> int:
        """No address."""
        self._ensure_finalized()
        return 0

    def object_code(self, symbol: str) -> bytes:
        """Machine code of this and of all below it, optimised together; only the symbol is seen from outside."""
        self._codegen._check_llvm_bugs()
        module = self._final_module
        for library in _below(self, {rtsys.library}):
            module.link_in(library._get_module_for_linking(), preserve=True)
        module.link_in(parse_assembly(UNCOUNTED))
        for each in (*module.functions, *module.global_variables):
            if not each.is_declaration and each.name != symbol:
                each.linkage = "internal"
        passes, builder = self._codegen._module_pass_manager()
        passes.run(module, builder)
        module.verify()
        code: bytes = self._codegen._tm.emit_object(module)
        return code


def _below(library: JITCodeLibrary, seen: set[JITCodeLibrary]) -> Iterator[JITCodeLibrary]:
    """The libraries that one needs, each once; what numba's own need is linked into them already."""
    for needed in library._linking_libraries:
        if needed not in seen:
            seen.add(needed)
            yield needed
            if isinstance(needed, RuleLibrary):
                yield from _below(needed, seen)


class RuleCompiler(Compiler):
    """numba's compiler, for rules."""

    def __init__(self, typing: Any, target: Any, _: None, *rest: Any) -> None:
        super().__init__(typing, target, RuleLibrary(target.codegen(), "rule"), *rest)
