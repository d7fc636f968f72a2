"""A toy dialect of complex numbers and tuples, and its way to arith: one type becomes two, none or the elements of a tuple."""

from __future__ import annotations

from couloir.dialects import arith, builtin
from couloir.ir.attribute import Type
from couloir.ir.attributes import FloatAttr
from couloir.ir.conversion import (
    Adaptor,
    ConversionRewriter,
    ConversionTarget,
    TypeConverter,
    conversion_rule,
)
from couloir.ir.fields import Operand, Operands, Result, Results, attr_default, result
from couloir.ir.operation import Operation, Region, Value
from couloir.ir.rewriting import NoMatch, Rule
from couloir.ir.traits import Commutative, IsTerminator, NoTerminator, Pure
from couloir.ir.types import ComplexType, NoneType, TupleType, f32
from couloir.passes.structural_conversion import STRUCTURAL_RULES, add_structural_legality


class Create(Operation, name="toy.create", traits=(Pure,)):
    re: Operand[Type]
    im: Operand[Type]
    result: Result[Type] = result()

    def infer(self):
        return ComplexType(self.re.type)


class Part(Operation, name="toy.part", traits=(Pure,)):
    x: Operand[Type]
    number: int = attr_default(0)
    result: Result[Type] = result()

    def infer(self):
        return self.x.type.element_type


class Add(Operation, name="toy.add", traits=(Pure, Commutative)):
    lhs: Operand[Type]
    rhs: Operand[Type]
    result: Result[Type] = result()

    def infer(self):
        return self.lhs.type


class Mul(Operation, name="toy.mul", traits=(Pure, Commutative)):
    lhs: Operand[Type]
    rhs: Operand[Type]
    result: Result[Type] = result()

    def infer(self):
        return self.lhs.type


class Square(Operation, name="toy.square", traits=(Pure,)):
    x: Operand[Type]
    result: Result[Type] = result()

    def infer(self):
        return self.x.type


class Conj(Operation, name="toy.conj", traits=(Pure,)):
    x: Operand[Type]
    result: Result[Type] = result()

    def infer(self):
        return self.x.type


class Pack(Operation, name="toy.pack", traits=(Pure,)):
    """A tuple of values."""

    items: Operands[Type]
    result: Result[Type] = result()

    def infer(self):
        return TupleType([v.type for v in self.items])


class Unpack(Operation, name="toy.unpack", traits=(Pure,)):
    """The elements of a tuple."""

    x: Operand[Type]
    items: Results[Type] = result()

    def infer(self):
        return list(self.x.type.types)


class Token(Operation, name="toy.token"):
    """Makes a token: a value of type none, which no number stands for."""

    result: Result[Type] = result()

    def infer(self):
        return NoneType()


class Use(Operation, name="toy.use"):
    """Keeps values alive; legal everywhere."""

    items: Operands[Type]


class Scope(Operation, name="toy.scope", traits=(NoTerminator,)):
    """Ops in a region."""

    region: Region


class Stop(Operation, name="toy.stop", traits=(IsTerminator,)):
    items: Operands[Type]


def complex_converter() -> TypeConverter:
    """complex<t> -> t, t; tuples -> their elements; none -> nothing; other types stay."""
    converter = TypeConverter()
    converter.add_conversion(Type, lambda type: type)
    converter.add_conversion(ComplexType, lambda type: [type.element_type] * 2)
    converter.add_conversion(NoneType, lambda type: [])
    converter.add_conversion(TupleType, lambda type: converter.convert_types(type.types))
    return converter


Pair = tuple[Value, Value]


@conversion_rule
def lower_create(op: Create, adaptor: Adaptor, rewriter: ConversionRewriter):
    """create(re, im)  =>  (re, im)"""
    return [(adaptor.re, adaptor.im)]


@conversion_rule
def lower_part(op: Part, adaptor: Adaptor, rewriter: ConversionRewriter):
    """part(x, n)  =>  x[n]"""
    if op.number not in (0, 1):
        raise NoMatch(f"a complex number has no part {op.number}", supported="number = 0 or 1")
    return adaptor.x[op.number]


@conversion_rule
def lower_add(op: Add, adaptor: Adaptor, rewriter: ConversionRewriter):
    """x + y  =>  part by part"""
    return [tuple(arith.AddF(a, b).result for a, b in zip(adaptor.lhs, adaptor.rhs, strict=True))]


@conversion_rule
def lower_mul(op: Mul, adaptor: Adaptor, rewriter: ConversionRewriter):
    """(a + bi)(c + di)  =>  (ac - bd) + (ad + bc)i"""
    (a, b), (c, d) = adaptor.lhs, adaptor.rhs
    re = arith.SubF(arith.MulF(a, c), arith.MulF(b, d)).result
    return [(re, arith.AddF(arith.MulF(a, d), arith.MulF(b, c)).result)]


@conversion_rule
def lower_conj(op: Conj, adaptor: Adaptor, rewriter: ConversionRewriter):
    """conj(a + bi)  =>  a - bi"""
    a, b = adaptor.x
    zero = arith.Constant(FloatAttr(0.0, f32), result_types=[f32])
    return [(a, arith.SubF(zero, b).result)]


class SquareIsMul(Rule):
    """square(x)  =>  x * x"""

    def pattern(x):
        return Square(x)

    def rewrite(x):
        whole = builtin.UnrealizedConversionCast(list(x), result_types=[ComplexType(x[0].type)]).results[0]
        return Mul(whole, whole)


@conversion_rule
def lower_pack(op: Pack, adaptor: Adaptor, rewriter: ConversionRewriter):
    """pack(a, b, ...)  =>  a, b, ..."""
    return [tuple(adaptor.flat_operands)]


@conversion_rule
def lower_unpack(op: Unpack, adaptor: Adaptor, rewriter: ConversionRewriter):
    """unpack(a, b, ...)  =>  a, b, ..."""
    rest = iter(adaptor.flat_operands)
    return [tuple(next(rest) for _ in rewriter.types([r.type])) for r in op.items]


@conversion_rule
def lower_token(op: Token, adaptor: Adaptor, rewriter: ConversionRewriter):
    """token()  =>  nothing"""
    return [()]


RULES = (
    lower_create,
    lower_part,
    lower_add,
    lower_mul,
    lower_conj,
    SquareIsMul,
    lower_pack,
    lower_unpack,
    lower_token,
    *STRUCTURAL_RULES,
)


def target(converter: TypeConverter) -> ConversionTarget:
    """Numbers only: arith, functions and control flow without complex numbers and tuples."""
    made = ConversionTarget("numbers")
    made.add_legal("arith", "builtin.module", Use, Scope)
    made.add_illegal("toy")
    add_structural_legality(made, converter)
    return made
