"""Makes object code of entries: numba compiles an entry and the rules below it, LLVM optimises them as one."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any, cast

from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from btcli.exchange.machine.compiled import INLINED, Rule, arguments, kinds, plain
from btcli.exchange.machine.linking import RuleCompiler, RuleLibrary
from btcli.exchange.machine.naming import symbol_of
from btcli.exchange.machine.views import teach_views

INTEGER, BYTES = ir.IntType(64), ir.IntType(8).as_pointer()
FAILED = 70  # exit code of a process whose rules did what no rule may: an exception cannot leave machine code
SENTENCE = "btcli: {} failed in machine code, which no rule may; run again with NUMBA_DISABLE_JIT=1 to see where\n"

_dispatchers: dict[Rule, Any] = {}  # numba's, by rule
_globals: dict[str, dict[str, Any]] = {}  # by module: what its names mean to the compiler


def build(entry: Rule) -> bytes:
    """The object code of an entry; its symbol takes and returns integers of 64 bits."""
    plain(entry)
    _link()
    with global_compiler_lock:
        _dispatchers[entry].compile((types.int64,) * arguments[entry])
        (rule,) = _dispatchers[entry].overloads.values()
        symbol = symbol_of(entry)
        return _way_in(rule, symbol).object_code(symbol)


def dispatcher(rule: Rule) -> Any:
    """numba's dispatcher of a registered rule. It has no way in from Python."""
    if rule not in _dispatchers:
        _dispatchers[rule] = _made(cast(FunctionType, plain(rule)), kinds[rule])
    return _dispatchers[rule]


def _made(rule: FunctionType, kind: str) -> Any:
    """The rule for the compiler: the same code, whose names will mean dispatchers where they name other rules."""
    names = _globals.setdefault(rule.__module__, dict(sys.modules[rule.__module__].__dict__))
    twin = FunctionType(rule.__code__, names, rule.__name__, rule.__defaults__)
    twin.__qualname__ = rule.__qualname__
    compiler: Any = njit  # numba has no static types
    if kind == INLINED:
        return compiler(twin, inline="always", error_model="numpy")
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": RuleCompiler}
    made = compiler(twin, error_model="numpy", **options)
    _forget_literals(made)
    return made


def _forget_literals(made: Any) -> None:
    """Compile one version of a rule for all integers: numba would compile one for each constant it is called with."""
    resolve = made.get_call_template
    unliteral: Any = types.unliteral

    def resolve_plain(args: Any, kws: Any) -> Any:
        return resolve(tuple(unliteral(arg) for arg in args), {name: unliteral(arg) for name, arg in kws.items()})

    made.get_call_template = resolve_plain


def _link() -> None:
    """Dispatchers for all registered rules, under the names by which they know each other."""
    teach_views()
    for rule in kinds:
        dispatcher(rule)
    for module, names in _globals.items():
        here = sys.modules[module].__dict__
        rules = {name: value for name, value in here.items() if isinstance(value, FunctionType) and value in kinds}
        names.update({name: _dispatchers[value] for name, value in rules.items()})


def _way_in(rule: Any, symbol: str) -> RuleLibrary:
    """A function that calls a compiled rule, and ends the process should that fail."""
    context, result = rule.target_context, rule.signature.return_type
    if not isinstance(result, types.Integer | types.Boolean):
        raise TypeError(f"{symbol} returns {result}; an entry returns an integer")
    library = RuleLibrary(cpu_target.target_context.codegen(), symbol)
    module = library.create_ir_module(symbol)
    arguments = rule.signature.args
    function = ir.Function(module, ir.FunctionType(INTEGER, [INTEGER] * len(arguments)), symbol)
    builder = ir.IRBuilder(function.append_basic_block())
    called = context.declare_function(module, rule.fndesc)
    status, value = context.call_conv.call_function(builder, called, result, arguments, function.args)
    with cgutils.if_unlikely(builder, status.is_error):
        _end_process(builder, SENTENCE.format(symbol).encode())
    builder.ret(context.cast(builder, value, result, types.int64))
    library.add_ir_module(module)
    library.add_linking_library(rule.library)
    return library


def _end_process(builder: ir.IRBuilder, sentence: bytes) -> None:
    number, nothing = ir.IntType(32), ir.VoidType()
    write = ir.Function(builder.module, ir.FunctionType(INTEGER, [number, BYTES, INTEGER]), "write")
    leave = ir.Function(builder.module, ir.FunctionType(nothing, [number]), "_exit")
    text = cgutils.global_constant(builder, "sentence", cgutils.make_bytearray(sentence))
    builder.call(write, [number(2), builder.bitcast(text, BYTES), INTEGER(len(sentence))])
    builder.call(leave, [number(FAILED)])
    builder.unreachable()
