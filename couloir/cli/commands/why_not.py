"""`couloir why-not`: why a rule does not apply, or why a conversion has no form for an op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.cli.common import Commands, command, load, lowering_arguments, model_arguments, pipeline_of, progress
from couloir.ir.errors import Error

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting.rule import Rewrite
    from couloir.ir.rewriting.why import Explanation

MAX_ANSWERS: Final = 20

EPILOG: Final = """examples:
  couloir why-not SubtractZero lenet.mlir --at %5
  couloir why-not IdentityReshape lenet.onnx --dims N=1 --to hlo --at conv1
  couloir why-not DoubleTranspose model.mlir -p canonicalize --at model.mlir:12
  couloir why-not onnx-to-hlo model.onnx --at nms

LOCATION is the name of a node, FILE:LINE or FILE:LINE:COLUMN, a value such as %5, or #NUMBER of an op in the order of the text.
Several ops may come from one location: each at which the rule could start is answered. Without --at all of them are.
"""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "why-not", _why_not, "say why a rule does not apply at an op", epilog=EPILOG)
    parser.add_argument("rule", metavar="RULE", help="the name of a rule, or of a conversion such as onnx-to-hlo")
    model_arguments(parser)
    parser.add_argument("--at", metavar="LOCATION", help="which op")
    lowering_arguments(parser.add_argument_group("what runs first"))
    parser.add_argument("--allow-unregistered", action="store_true", help="keep ops that no dialect defines")


def _why_not(options: Any) -> int:
    import couloir.passes.pipelines  # noqa: F401  # pyright: ignore[reportUnusedImport] -- defines the passes and their rules
    from couloir import api
    from couloir.ir.locating import find_ops
    from couloir.ir.passes import all_passes
    from couloir.ir.rewriting import find_rule, why_not
    from couloir.passes.simplification import families

    families()  # all rules are to be known
    conversion = all_passes().get(options.rule)
    rule = find_rule(options.rule) if conversion is None else None
    module = load(options)
    pipeline = pipeline_of(options, module)
    if pipeline is not None:
        with progress() as show:
            module, _ = api.opt(module, pipeline, on_pass=show)
    if conversion is not None:
        if options.at is None:
            raise Error(f"say at which op `{conversion.name}` is asked about", hint="--at conv1, or --at #12")
        print(f"{conversion.name}: {conversion.summary()}")
        _print_answers(find_ops(module, options.at), conversion().why_not)
        return 0
    assert rule is not None
    found = list(module.walk()) if options.at is None else find_ops(module, options.at)
    ops, others = _where_it_starts(rule, found, options.at)
    print(f"{rule.name}: {rule.summary}")
    _print_answers(ops, lambda op: why_not(rule, op))
    if others and options.at is not None:
        print(f"\n{others} more ops come from there; the rule does not start at them")
    return 0


def _print_answers(ops: Sequence[Operation], ask: Callable[[Operation], Explanation]) -> None:
    from couloir.ir.rewriting.why import excerpt

    for op in ops[:MAX_ANSWERS]:
        answer = ask(op)
        print(f"\n{excerpt(op)}")
        if op.location.label:
            print(f"  from: {op.location.label}")
        print("  " + str(answer).replace("\n", "\n  "))
    if len(ops) > MAX_ANSWERS:
        print(f"\n... and {len(ops) - MAX_ANSWERS} more ops; narrow them down with --at")


def _where_it_starts(rule: Rewrite, found: Sequence[Operation], at: str | None) -> tuple[list[Operation], int]:
    """The ops at which the rule could start, and how many others there are; all of them when it could start at none."""
    ops = [op for op in found if isinstance(op, rule.roots) and type(op) in rule.roots]
    if ops:
        return ops, len(found) - len(ops)
    if at is None:
        wanted = " or ".join(f"`{root.name}`" for root in rule.roots)
        raise Error(f"there is no {wanted}, where the rule {rule.name} starts")
    return list(found), 0
