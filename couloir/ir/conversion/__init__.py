"""Dialect conversion: a program leaves one set of ops, and perhaps of types, for another.

    target = ConversionTarget("loops")
    target.add_legal("affine", "arith", "memref")
    target.add_illegal("stablehlo")

    @conversion_rule
    def lower_negate(op: hlo.Negate, adaptor: Adaptor, rewriter: ConversionRewriter):
        \"\"\"negate(x)  =>  0 - x\"\"\"
        return arith.SubF(zero(), adaptor.operand)

    apply_full_conversion(module, target, [lower_negate, SomeEquation], converter)

The new program is built beside the old one, in one walk forward. So a rule reads the old program as it was, gets operands that are
converted already, and when the conversion fails nothing has changed. Source of the terms: MLIR, "Dialect Conversion".
"""

from __future__ import annotations

from couloir.ir.conversion.apply import apply_full_conversion, apply_partial_conversion
from couloir.ir.conversion.casts import CAST, cancel_casts
from couloir.ir.conversion.driver import ConversionOutcome
from couloir.ir.conversion.report import ConversionError, IllegalOps
from couloir.ir.conversion.rewriter import Adaptor, ConversionRewriter, Convert, Converted, Inline, flat
from couloir.ir.conversion.rules import ConversionRule, ConversionRules, DependsOnIllegal, conversion_rule
from couloir.ir.conversion.target import ConversionTarget, Legality
from couloir.ir.conversion.type_converter import TypeConverter
from couloir.ir.conversion.why import why_illegal

__all__ = [
    "CAST",
    "Adaptor",
    "ConversionError",
    "ConversionOutcome",
    "ConversionRewriter",
    "ConversionRule",
    "ConversionRules",
    "ConversionTarget",
    "Convert",
    "Converted",
    "DependsOnIllegal",
    "IllegalOps",
    "Inline",
    "Legality",
    "TypeConverter",
    "apply_full_conversion",
    "apply_partial_conversion",
    "cancel_casts",
    "conversion_rule",
    "flat",
    "why_illegal",
]
