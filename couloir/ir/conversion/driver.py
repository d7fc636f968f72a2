"""The driver of conversions: one walk forward through the old program that builds the new one beside it.

Everything that calls back and forth - regions inside ops, ops that rules insert, blocks that rules inline - is a process
(`couloir.ir.conversion.processes`), so nothing recurses on the size of the program.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import attrs

from couloir.ir.analysis.dominance import reverse_postorder
from couloir.ir.builder import CURRENT
from couloir.ir.conversion.casts import CAST, cancel_casts
from couloir.ir.conversion.endless import Origin, check_end
from couloir.ir.conversion.mapping import ValueMapping
from couloir.ir.conversion.places import Place, RecordingPoint, location_at
from couloir.ir.conversion.processes import Process, run
from couloir.ir.conversion.report import IllegalOps, cast_reason, difference, similar, why
from couloir.ir.conversion.results import result_groups
from couloir.ir.conversion.rewriter import Adaptor, ConversionRewriter, Convert, Converted, Group, Inline, single
from couloir.ir.conversion.rules import ConversionRule, ConversionRules, DependsOnIllegal
from couloir.ir.conversion.target import ConversionTarget, Legality, Verdict
from couloir.ir.errors import Error
from couloir.ir.operation import Block, BlockArgument, Operation, Region, UnregisteredOp, Value, collector_paused
from couloir.ir.rewriting.driver import Outcome, RewriteCycle
from couloir.ir.rewriting.events import Applied, Listener, Observer
from couloir.ir.rewriting.matcher import Miss
from couloir.ir.rewriting.rewriter import is_dead
from couloir.ir.rewriting.rule import NoMatch, Rewrite, Rule
from couloir.ir.text.printer import operation_text
from couloir.ir.traits import IsTerminator

if TYPE_CHECKING:
    from couloir.ir.attribute import Type
    from couloir.ir.conversion.type_converter import TypeConverter
    from couloir.ir.location import Location


@attrs.define
class ConversionOutcome(Outcome):
    """What a conversion did."""

    remaining: list[str] = attrs.field(factory=list)
    """After a partial conversion: the names of the ops of unknown legality that no rule converted."""
    casts: int = 0
    """After a partial conversion: the casts between old and new types that remain."""


@attrs.frozen(eq=False)
class _Failure:
    """An op that could not be converted."""

    op: Operation
    reason: str
    nearest: str
    stand_ins: Sequence[Value[Any]]


@attrs.frozen(eq=False)
class Options:
    """What a conversion does beside converting; see `apply_partial_conversion`."""

    listener: Listener | None = None
    texts: bool = False
    erase_dead: bool = True
    stop_after: int | None = None


class Conversion:
    """One conversion on its way. Rules see it through `ConversionRewriter`."""

    def __init__(
        self,
        root: Operation,
        target: ConversionTarget,
        rules: Sequence[type[Rule] | Rewrite] | ConversionRules,
        converter: TypeConverter | None,
        full: bool,
        options: Options,
    ) -> None:
        self.root = root
        self.target = target
        self.rules = rules if isinstance(rules, ConversionRules) else ConversionRules(rules)
        self.converter = converter
        self.full = full
        self.options = options
        self.outcome = ConversionOutcome()
        self.mapping = ValueMapping(root, converter)
        self.blocks: dict[Block, Block] = {}
        self.active: set[Block] = set()
        """Blocks that are being inlined."""
        self._visited: set[Block] = set()
        self.failures: dict[Operation, _Failure] = {}
        self.covered: dict[Operation, set[Operation]] = {}
        """For an op inside the pattern of an equation that applied: the ops of the match, which need it no more."""
        self.converted_ops: dict[str, Operation] = {}
        """The first op of each name that was converted, to compare with those that were not."""
        self._done: set[Operation] = set()
        """New ops that have been looked at."""
        self._moved: list[tuple[Operation, Operation]] = []
        """Placeholders, and the ops that take their places unchanged."""
        self._remaining: dict[str, None] = {}
        self._regions: list[Region] = []

    # -- the whole -----------------------------------------------------------------------------------------------------------

    def run(self) -> ConversionOutcome:
        """Converts, and puts the new program in the place of the old one. On any error nothing has changed."""
        installed = False
        try:
            with collector_paused():
                new = self._build()
                self._finish(new)
                self._install(new)
                installed = True
        finally:
            if not installed:
                self._drop()
        return self.outcome

    def failure_of(self, op: Operation) -> _Failure | None:
        """Why an op cannot be converted; None when it can. The program is not changed."""
        try:
            self._build()
        finally:
            self._drop()
        return self.failures.get(op)

    def _build(self) -> list[Region]:
        new = [self._opened(region, None, keep=True) for region in self.root.regions]
        for region, made in zip(self.root.regions, new, strict=True):
            run(self._region(region, made))
        self.mapping.resolve_forward()
        return new

    def _drop(self) -> None:
        for region in self._regions:
            if region.parent is None:
                _drop(region)

    def _finish(self, new: Sequence[Region]) -> None:
        """Removes what is not needed, and raises when something illegal is left."""
        if self.options.erase_dead:
            for region in new:
                _erase_dead(region)
        casts = [op for op in self.mapping.materialized if op.name == CAST and op.parent is not None]
        left = cancel_casts(casts)
        self.outcome.casts = len(left)
        self.outcome.remaining = list(self._remaining)
        report = IllegalOps(self.target.name)
        for failure in self.failures.values():
            if not self._is_covered(failure):
                report.add(failure.op, failure.reason, failure.nearest)
        if not report.entries and self.full and not self._is_stopped():
            for op in left:
                if self.target.legality(op).legality is not Legality.LEGAL:
                    report.add(op, cast_reason(op))
        for op, kind in self.mapping.materialized.items():
            if op.parent is not None and op.name != CAST and self._is_wrong(self.target.legality(op)):
                report.add(op, f"it was made by a {kind} materialization, and is not legal")
        report.raise_if_any()

    def _is_covered(self, failure: _Failure) -> bool:
        """Whether an op that was not converted is not needed, because it is dead or rules took it into their patterns."""
        op = failure.op
        if any(value.has_uses for value in failure.stand_ins):
            return False
        if self.options.erase_dead and is_dead(op):
            return True
        covered = self.covered.get(op)
        return covered is not None and all(user in covered for result in op.results for user in result.users)

    def _is_wrong(self, verdict: Verdict) -> bool:
        """Whether an op with this verdict must not remain."""
        return verdict.legality is Legality.ILLEGAL or (self.full and verdict.legality is Legality.UNKNOWN)

    def _is_stopped(self) -> bool:
        return self.options.stop_after is not None and self.outcome.applications >= self.options.stop_after

    def _install(self, new: Sequence[Region]) -> None:
        for placeholder, op in self._moved:
            if placeholder.parent is not None:
                placeholder.parent.insert_before(placeholder, op.detach())
                placeholder.erase()
        for old, made in zip(self.root.regions, new, strict=True):
            _drop(old)
            for block in old.blocks:
                block.detach()
            old.take_blocks(made)
        self.outcome.changed = self.outcome.applications > 0

    def new_block(self, old: Block) -> Block:
        """The block that takes the place of an old one."""
        return self.blocks.get(old, old)

    # -- regions and blocks --------------------------------------------------------------------------------------------------

    def _opened(self, region: Region, arguments: Sequence[Sequence[Type]] | None, *, keep: bool) -> Region:
        """A region with a new block for each of another one, and nothing in them. Raises `NoMatch` when a type has no form."""
        types: dict[Block, list[tuple[Type, ...]]] = {}
        for block in region.blocks:
            if arguments is not None and block is region.first_block:
                if len(arguments) != len(block.arguments):
                    raise Error(f"types for {len(arguments)} of {len(block.arguments)} block arguments are given")
                types[block] = [tuple(items) for items in arguments]
            else:
                types[block] = [(a.type,) if keep else self._argument_types(a) for a in block.arguments]
        made = Region()
        self._regions.append(made)
        for block in region.blocks:
            twin = self.blocks[block] = Block()
            made.append(twin)
            place = Place(twin)
            for old, group in zip(block.arguments, types[block], strict=True):
                new = tuple([twin.add_argument(type, None, old.location) for type in group])
                self.mapping.define(old, new, place)
        return made

    def _argument_types(self, argument: BlockArgument[Any]) -> tuple[Type, ...]:
        converter = self.converter
        found = (argument.type,) if converter is None else converter.convert(argument.type)
        if found is None:
            assert converter is not None
            reason = converter.reason(argument.type)
            raise NoMatch(f"a block argument has the type `{argument.type}`, {reason}")
        return found

    def _region(self, region: Region, made: Region, site: Location | None = None) -> Process:
        """Fills an opened region."""
        first = region.first_block
        blocks = [] if first is None else [first]
        if first is not region.last_block:  # definitions come before uses, but for blocks that are never reached
            reached = reverse_postorder(region)
            blocks = list(dict.fromkeys([*reached, *region.blocks]))
        for block in blocks:
            self._visited.add(block)
            yield self._ops(block.ops, Place(self.blocks[block], None, site))
        return made

    def _ops(self, ops: Iterable[Operation], place: Place) -> Process:
        """Converts ops, each where it belongs."""
        legality = self.target.legality
        for op in ops:
            verdict = legality(op)
            if verdict.legality is Legality.LEGAL or self._is_stopped():
                if op.regions:
                    yield self._keep(op, verdict, place)
                else:
                    self._copy(op, place)
            else:
                yield self._convert(op, verdict, place, None)

    def _keep(self, op: Operation, verdict: Verdict, place: Place) -> Process:
        """An op with regions that stays, with what is inside converted."""
        if verdict.recursive:
            self._copy_whole(op, place)
            return
        made: list[Region] = []
        for region in op.regions:
            made.append(self._opened(region, None, keep=True))
            yield self._region(region, made[-1], place.site)
        self._copy(op, place, made)

    def _copy(self, op: Operation, place: Place, regions: Sequence[Region] = ()) -> None:
        """An op that stays, with operands of the old types."""
        if any(self.mapping.lookup(value) is None for value in op.operands):
            self._stand_in(op, place)
            return
        copy = type(op).create(
            [self.mapping.legacy(value, place) for value in op.operands],
            [result.type for result in op.results],
            dict(op.attributes),
            regions,
            [self.new_block(block) for block in op.successors] if op.successors else (),
            location_at(op, place),
        )
        op._copy_extra(copy)  # pyright: ignore[reportPrivateUsage] -- the core's own
        place.insert(copy)
        self._done.add(copy)
        for old, new in zip(op.results, copy.results, strict=True):
            self.mapping.define(old, (new,), place)

    def _copy_whole(self, op: Operation, place: Place) -> None:
        """An op that stays with all that is inside."""
        inner = list(op.walk())
        inside: set[Value[Any]] = {result for o in inner for result in o.results}
        inside.update(a for o in inner for region in o.regions for block in region.blocks for a in block.arguments)
        taken = dict.fromkeys(value for o in inner for value in o.operands if value not in inside)
        if not taken and not op.results and not op.successors:
            placeholder = UnregisteredOp.make("conversion.moved")
            place.insert(placeholder)
            self._done.add(placeholder)
            self._moved.append((placeholder, op))
            return
        if any(self.mapping.lookup(value) is None for value in taken):
            self._stand_in(op, place)
            return
        copy = op.clone({value: self.mapping.legacy(value, place) for value in taken}, dict(self.blocks))
        place.insert(copy)
        self._done.add(copy)
        for old, new in zip(op.results, copy.results, strict=True):
            self.mapping.define(old, (new,), place)

    def _stand_in(self, op: Operation, place: Place) -> list[Value[Any]]:
        """Values in place of those that could not be converted, so that the walk goes on and finds what else is illegal."""
        made: list[Value[Any]] = []
        for result in op.results:
            types = (result.type,) if self.converter is None else self.converter.stand_in(result.type)
            group = None if types is None else tuple(Block(types).arguments)
            self.mapping.add_outside(group or ())
            made += group or ()
            self.mapping.define(result, group, place)
        return made

    # -- one op --------------------------------------------------------------------------------------------------------------

    def _convert(self, op: Operation, verdict: Verdict, place: Place, origin: Origin | None) -> Process:
        """Converts an op that is not legal, by the first rule that applies. `origin` tells how a rule made the op."""
        if origin is not None:
            check_end(op, origin)
        if op.name == CAST and self._is_undone(op, place, origin):
            return
        misses: list[tuple[ConversionRule, NoMatch]] = []
        for rule in self.rules.at(op):
            missed = yield self._attempt(rule, op, place, origin)
            if missed is None:
                return
            misses.append((rule, missed))
        if any(isinstance(miss, DependsOnIllegal) for _, miss in misses):
            self._stand_in(op, place)
            yield self._look_inside(op, place)
        elif self._is_wrong(verdict):
            yield self._fail(op, verdict, misses, place, origin)
        elif origin is None:
            self._remaining[op.name] = None
            if op.regions:
                yield self._keep(op, Verdict(Legality.UNKNOWN), place)
            else:
                self._copy(op, place)
        else:
            self._remaining[op.name] = None

    def _attempt(self, rule: ConversionRule, op: Operation, place: Place, origin: Origin | None) -> Process:
        """Tries a rule. None when it was applied, otherwise why not; then nothing has changed."""
        counts = self.outcome.statistics.of(rule.name)
        listener = self.options.listener
        before = operation_text(op) if listener is not None and self.options.texts else None
        point, mark = RecordingPoint(place, location_at(op, place)), place.last
        rewriter = ConversionRewriter(self, op, place)
        spent, answer = 0.0, None
        returned: Any = None
        process: Any = None
        counts.attempts += 1
        if not rule.matches:
            rewriter.matched(rule, (op,))
        try:
            adaptor = self._adaptor(op, place, origin) if rule.takes_operands else Adaptor(op, [])
            mark = place.last
            while True:
                start, token = perf_counter(), CURRENT.set(point)
                try:
                    returned = rule.convert(op, adaptor, rewriter) if process is None else process.send(answer)
                    if CURRENT.get() is not point:
                        if process is not None:
                            process.close()  # now, so that its `with` ends here
                        raise Error(
                            f"the rule {rule.name} yields inside a `with`, which ends there",
                            hint="yield first, then build with `at_end(...)`",
                        )
                except StopIteration as stop:
                    returned = stop.value
                    break
                finally:
                    CURRENT.reset(token)
                    spent += perf_counter() - start
                if process is not None:
                    answer = yield self._serve(returned, rule, op, place)
                elif isinstance(returned, Generator):
                    process = cast("Process", returned)
                else:
                    break
        except NoMatch as miss:
            self._undo(place, mark)
            counts.seconds += spent
            if isinstance(listener, Observer):
                listener.missed(rule, op, Miss(miss.reason, 1, op))
            return miss
        except Error as error:
            raise _located(error, op) from error
        try:
            groups = result_groups(rule, op, returned, self.converter)
            if None in groups and not self.failures and _is_missing(op, groups):
                raise Error(f"the rule {rule.name} gives nothing for a result of `{op.name}` that is used")
            fresh = self._fresh(rule, point.new, groups)
        except Error as error:
            raise _located(error, op) from error
        counts.hits += 1
        counts.seconds += spent
        for match in rewriter.absorbed:
            for inner in match:
                if inner is not op:
                    self.covered.setdefault(inner, set()).update(match)
        self.converted_ops.setdefault(op.name, op)
        number = self.outcome.applications
        self.outcome.applications += 1
        if listener is not None:
            new = [o for o in point.new if o.parent is not None]
            text = None if before is None else "\n".join(map(operation_text, new))
            event = Applied(rule.name, rule.summary, op.name, location_at(op, place), number, spent * 1e6, before, text)
            if isinstance(listener, Observer):
                listener.applied(event, new)
            else:
                listener(event)
        if fresh:
            made_by = Origin(rule.name, op, origin, 1 if origin is None else origin.depth + 1)
            for new in fresh:
                if new.parent is not None:
                    there = Place(new.parent, new, place.site)
                    yield self._convert(new, self.target.legality(new), there, made_by)
            groups = [None if group is None else self._resolved(group) for group in groups]
        self._replace(op, groups, place, origin)
        return None

    def _adaptor(self, op: Operation, place: Place, origin: Origin | None) -> Adaptor:
        inserted = origin is not None
        return Adaptor(op, [self.mapping.converted(value, place, inserted=inserted) for value in op.operands])

    def _serve(self, request: Any, rule: ConversionRule, op: Operation, place: Place) -> Process:
        """The process that does what a rule yields. Raises at once, `NoMatch` included, when it cannot begin."""
        if isinstance(request, Convert):
            made = self._opened(request.region, request.arguments, keep=False)
            return self._region(request.region, made, place.site)
        if not isinstance(request, Inline):
            raise Error(
                f"the rule {rule.name} yields {request!r}",
                hint="a rule yields `Convert(region)` or `Inline(block, ...)`",
            )
        block = request.block
        if block in self.active:
            raise Error(f"the rule {rule.name} inlines a block into itself")
        if len(request.arguments) != len(block.arguments):
            raise Error(
                f"{len(request.arguments)} values are given for the {len(block.arguments)} arguments of a block"
            )
        site = place.site if request.site is None else request.site
        into = request.into
        there = Place(place.block, place.before, site) if into is None else Place(into, None, site)
        for argument, given in zip(block.arguments, request.arguments, strict=True):
            group = None if given is None else (given,) if isinstance(given, Value) else given
            self.mapping.define(argument, group, there)
        return self._inlined(block, there)

    def _inlined(self, block: Block, place: Place) -> Process:
        """The ops of a block, and what became of the operands of its terminator."""
        self.active.add(block)
        self._visited.add(block)
        yield self._ops(_without_terminator(block), place)
        self.active.discard(block)
        last = block.last_op
        found: list[Converted | None] = []
        for value in last.operands if last is not None and last.has_trait(IsTerminator) else ():
            try:
                found.append(single(self.mapping.converted(value, place)))
            except NoMatch:
                found.append(None)
        return found

    def _fresh(
        self, rule: ConversionRule, made: Sequence[Operation], groups: Sequence[Group | None]
    ) -> list[Operation]:
        """Of the ops that a rule made those that are not legal, in program order."""
        for group in groups:
            for value in group or ():
                self._check_new(rule, value, None)
        illegal: list[Operation] = []
        stack = list(reversed(made))
        while stack:
            op = stack.pop()
            if op.parent is None or self._is_done(op):
                continue
            for value in op.operands:
                self._check_new(rule, value, op)
            self._done.add(op)
            verdict = self.target.legality(op)
            if verdict.legality is not Legality.LEGAL and not self._is_stopped():
                illegal.append(op)
            if op.regions and not verdict.recursive:
                inner = [
                    o for region in op.regions for block in region.blocks for o in block.ops if not self._is_done(o)
                ]
                stack += reversed(inner)
        return illegal

    def _is_done(self, op: Operation) -> bool:
        return op in self._done or op in self.mapping.materialized

    def _check_new(self, rule: ConversionRule, value: Value[Any], user: Operation | None) -> None:
        group = self.mapping.values.get(value, ())
        if group is None or (group and value not in group):
            what = "returned a value" if user is None else f"gave `{user.name}` an operand"
            raise Error(
                f"the rule {rule.name} {what} of the old program",
                hint="take it from the adaptor, or ask `rewriter.converted(value)`",
            )

    def _resolved(self, group: Group) -> Group:
        """Values for those that were results of inserted ops, which have been converted since."""
        found: list[Value[Any]] = []
        for value in group:
            now = self.mapping.values.get(value)
            found += (value,) if now is None else now
        return tuple(found)

    def _replace(self, op: Operation, groups: Sequence[Group | None], place: Place, origin: Origin | None) -> None:
        """Puts values in the place of the results of an op; an inserted op is erased."""
        for result, group in zip(op.results, groups, strict=True):
            self.mapping.define(result, group, place)
        if origin is None:
            return
        for result, group in zip(op.results, groups, strict=True):
            if result.has_uses and group is not None:
                result.replace_all_uses_with(self.mapping.legacy(result, place))
        if not any(result.has_uses for result in op.results):
            op.erase()

    def _undo(self, place: Place, mark: Operation | None) -> None:
        """Removes what an attempt inserted; casts of values from before it stay."""
        doomed: set[Operation] = set()
        for op in place.since(mark):
            if op not in self.mapping.materialized or any(v.defining_op in doomed for v in op.operands):
                doomed.add(op)
        for op in reversed(place.since(mark)):
            if op in doomed:
                op.detach()
                op.drop_references()

    def _is_undone(self, op: Operation, place: Place, origin: Origin | None) -> bool:
        """Whether a cast of the old program is not needed, since its operands have by now the types that it makes."""
        groups = [self.mapping.lookup(value) for value in op.operands]
        given = [value for group in groups for value in group or ()]
        wanted: list[tuple[Type, ...]] = []
        for result in op.results:
            types = (result.type,) if self.converter is None else self.converter.convert(result.type)
            wanted.append((result.type,) if types is None else types)
        if None in groups or [v.type for v in given] != [t for types in wanted for t in types]:
            return False
        rest = iter(given)
        self._replace(op, [tuple([next(rest) for _ in types]) for types in wanted], place, origin)
        return True

    def _fail(
        self,
        op: Operation,
        verdict: Verdict,
        misses: Sequence[tuple[ConversionRule, NoMatch]],
        place: Place,
        origin: Origin | None,
    ) -> Process:
        """Notes an op that stays illegal, and looks for further ones inside it."""
        reason = why(verdict, misses)
        if origin is not None:
            reason += f" (the rule {origin.rule} made it for `{origin.op.name}`)"
        stand_ins = self._stand_in(op, place) if origin is None else []
        self.failures[op] = _Failure(op, reason, self._nearest(op, misses), stand_ins)
        if origin is None:
            yield self._look_inside(op, place)

    def _look_inside(self, op: Operation, place: Place) -> Process:
        """Goes through the regions of an op that is not converted, for the report, where no rule has done so."""
        for region in op.regions:
            blocks = [block for block in region.blocks if block not in self._visited]
            if not blocks:
                continue
            self._opened(region, None, keep=True)
            for block in blocks:
                for argument in block.arguments:
                    if self.converter is not None and self.converter.stand_in(argument.type) is None:
                        self.mapping.values[argument] = None
                self._visited.add(block)
                yield self._ops(_without_terminator(block), Place(self.blocks[block], None, place.site))

    def _nearest(self, op: Operation, misses: Sequence[tuple[ConversionRule, NoMatch]]) -> str:
        """The nearest form that would be converted, as far as that can be said."""
        said = [miss.supported for _, miss in misses if miss.supported]
        if said:
            return "; ".join(said)
        twin = self.converted_ops.get(op.name)
        if twin is not None:
            return difference(op, twin)
        return "" if misses else similar(op.name, self.rules.names())


def _is_missing(op: Operation, groups: Sequence[Group | None]) -> bool:
    return any(group is None and result.has_uses for result, group in zip(op.results, groups, strict=True))


def _without_terminator(block: Block) -> Iterator[Operation]:
    last = block.last_op
    return (op for op in block.ops if op is not last or not op.has_trait(IsTerminator))


def _drop(region: Region) -> None:
    """Makes the ops of a region forget what they use."""
    for op in region.ops:
        op.drop_references()


def _erase_dead(region: Region) -> None:
    for op in reversed([inner for outer in region.ops for inner in outer.walk()]):
        if is_dead(op):
            op.erase()


def _located(error: Error, op: Operation) -> Error:
    """The error with the place of the op, when it names none."""
    if error.where is not None or isinstance(error, RewriteCycle):
        return error
    return Error(
        f"`{op.name}`: {error.message}",
        where=op.location.label or None,
        hint=error.hint,
        excerpt=error.excerpt,
        notes=error.notes,
    )
