"""Complex numbers and their parts."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule
from couloir.ir.traits import ConstantLike
from couloir.passes.simplification.guards import complex_numbers, filled, floats, is_zero


class RealOfComplex(Rule):
    """real(complex(x, y))  =>  x"""

    allow_shared = True

    def pattern(x, y):
        return hlo.Real(hlo.Complex(x, y))

    def rewrite(x):
        return x


class ImagOfComplex(Rule):
    """imag(complex(x, y))  =>  y"""

    allow_shared = True

    def pattern(x, y):
        return hlo.Imag(hlo.Complex(x, y))

    def rewrite(y):
        return y


class ComplexOfParts(Rule):
    """complex(real(z), imag(z))  =>  z"""

    allow_shared = True

    def pattern(z):
        return hlo.Complex(hlo.Real(z), hlo.Imag(z))

    def where(z):
        return complex_numbers(z)

    def rewrite(z):
        return z


class RealOfReal(Rule):
    """real(x)  =>  x, of floats"""

    def pattern(x):
        return hlo.Real(x)

    def where(x):
        return floats(x)

    def rewrite(x):
        return x


class ImagOfReal(Rule):
    """imag(x)  =>  0.0, of floats"""

    def pattern(x):
        return hlo.Imag(x)

    def where(x):
        return floats(x)

    def rewrite(x):
        return filled(x, 0)


class RealOfNegated(Rule):
    """real(-z)  =>  -real(z)"""

    def pattern(z):
        return hlo.Real(hlo.Negate(z))

    def where(z):
        return complex_numbers(z)

    def rewrite(z):
        return hlo.Negate(hlo.Real(z))


class ImagOfNegated(Rule):
    """imag(-z)  =>  -imag(z)"""

    def pattern(z):
        return hlo.Imag(hlo.Negate(z))

    def where(z):
        return complex_numbers(z)

    def rewrite(z):
        return hlo.Negate(hlo.Imag(z))


class ComplexOfNegated(Rule):
    """complex(-x, -y)  =>  -complex(x, y)"""

    def pattern(x, y):
        return hlo.Complex(hlo.Negate(x), hlo.Negate(y))

    def rewrite(x, y):
        return hlo.Negate(hlo.Complex(x, y))


class AbsOfConjugate(Rule):
    """abs(complex(x, -y))  =>  abs(complex(x, y))"""

    def pattern(x, y):
        return hlo.Abs(hlo.Complex(x, hlo.Negate(y)))

    def rewrite(x, y):
        return hlo.Abs(hlo.Complex(x, y))


class AbsOfRealComplex(Rule):
    """abs(complex(x, 0))  =>  abs(x)"""

    def pattern(x, zero: ConstantLike):
        return hlo.Abs(hlo.Complex(x, zero))

    def where(zero):
        return is_zero(zero)

    def rewrite(x):
        return hlo.Abs(x)


class AbsOfImaginary(Rule):
    """abs(complex(0, y))  =>  abs(y)"""

    def pattern(y, zero: ConstantLike):
        return hlo.Abs(hlo.Complex(zero, y))

    def where(zero):
        return is_zero(zero)

    def rewrite(y):
        return hlo.Abs(y)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    RealOfComplex,
    ImagOfComplex,
    ComplexOfParts,
    RealOfReal,
    ImagOfReal,
    RealOfNegated,
    ImagOfNegated,
    ComplexOfNegated,
    AbsOfConjugate,
    AbsOfRealComplex,
    AbsOfImaginary,
)
