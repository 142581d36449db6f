"""Object code placed in memory by llvmlite alone."""

from __future__ import annotations

from typing import Any

from btcli.exchange.machine.symbols import outside

_engines: list[Any] = []  # own the code, which stays for good


def load(code: bytes, symbol: str) -> int:
    """The address of a symbol of an object; raises OSError where it cannot be run, and ValueError for a wrong object.

    A symbol that nobody knows would end the process, so those are looked up before.
    """
    import llvmlite.binding as llvm

    llvm.check_jit_execution()
    needed = outside(code)
    engine = _engine(llvm)  # only now the symbols of the process are known to LLVM
    unknown = sorted(name for name in needed if not llvm.address_of_symbol(name))
    if unknown:
        raise ValueError(f"symbols that this process does not know: {', '.join(unknown)}")
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    address = int(engine.get_function_address(symbol))
    if not address:
        raise ValueError(f"the object has no {symbol}")
    return address


def _engine(llvm: Any) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(jit=True)
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
