"""Select, bounds and conversions: what each rule makes of a program, and what each guard keeps it from."""

from __future__ import annotations

import pytest

import couloir
from couloir.ir.rewriting import apply_rules, find_rule
from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.passes import family
from tests.passes.simplification.short import simplified, text

FAMILIES = ("select", "bounds", "conversion")

#: rule, element type, before, after
LAWS = [
    ("SelectSame", "f32", "%r = select %p, %x, %x", "%x"),
    ("SelectTrue", "f32", "%c = constant true; %r = select %c, %x, %y", "%x"),
    ("SelectFalse", "f32", "%c = constant false; %r = select %c, %x, %y", "%y"),
    ("SelectByNot", "f32", "%0 = not %p; %r = select %0, %x, %y", "%r = select %p, %y, %x"),
    ("SelectTrueOrFalse", "i1", "%a = constant true; %b = constant false; %r = select %p, %a, %b", "%p"),
    ("SelectFalseOrTrue", "i1", "%a = constant true; %b = constant false; %r = select %p, %b, %a", "%r = not %p"),
    ("SelectOrFalse", "i1", "%b = constant false; %r = select %p, %x, %b", "%r = and %p, %x"),
    ("SelectTrueOr", "i1", "%a = constant true; %r = select %p, %a, %x", "%r = or %p, %x"),
    ("SelectOneOrZero", "f32", "%a = constant 1.0; %b = constant 0.0; %r = select %p, %a, %b", "%r = convert %p to f32"),
    ("SelectPredicate", "i1", "%r = select %p, %p, %x", "%r = or %p, %x"),
    ("SelectOrPredicate", "i1", "%r = select %p, %x, %p", "%r = and %p, %x"),
    ("SelectOfSelected", "f32", "%0 = select %p, %x, %y; %r = select %p, %0, %z", "%r = select %p, %x, %z"),
    ("SelectOrSelected", "f32", "%0 = select %p, %y, %z; %r = select %p, %x, %0", "%r = select %p, %x, %z"),
    ("SelectByBoth", "f32", "%0 = select %q, %x, %y; %r = select %p, %0, %y", "%0 = and %p, %q; %r = select %0, %x, %y"),
    ("SelectByEither", "f32", "%0 = select %q, %x, %y; %r = select %p, %x, %0", "%0 = or %p, %q; %r = select %0, %x, %y"),
    ("SelectOfOneFunction", "f32", "%0 = tanh %x; %1 = tanh %y; %r = select %p, %0, %1", "%0 = select %p, %x, %y; %r = tanh %0"),
    ("SelectOfOneFunction", "f32", "%0 = subtract %x, %z; %1 = subtract %y, %z; %r = select %s, %0, %1", "%0 = select %s, %x, %y; %r = subtract %0, %z"),
    ("SelectGreater", "i32", "%0 = compare GE %x, %y; %r = select %0, %x, %y", "%r = maximum %x, %y"),
    ("SelectGreater", "i32", "%0 = compare GT %x, %y; %r = select %0, %x, %y", "%r = maximum %x, %y"),
    ("SelectLess", "ui8", "%0 = compare LE %x, %y; %r = select %0, %x, %y", "%r = minimum %x, %y"),
    ("SelectLess", "ui8", "%0 = compare LT %x, %y; %r = select %0, %x, %y", "%r = minimum %x, %y"),
    ("SelectNotGreater", "i32", "%0 = compare GT %x, %y; %r = select %0, %y, %x", "%r = minimum %x, %y"),
    ("SelectNotGreater", "i32", "%0 = compare GE %x, %y; %r = select %0, %y, %x", "%r = minimum %x, %y"),
    ("SelectNotLess", "i32", "%0 = compare LT %x, %y; %r = select %0, %y, %x", "%r = maximum %x, %y"),
    ("SelectNotLess", "i32", "%0 = compare LE %x, %y; %r = select %0, %y, %x", "%r = maximum %x, %y"),
    ("SelectGreaterFloat", "f32", "%0 = compare GE %x, %y; %r = select %0, %x, %y", "%r = maximum %x, %y"),
    ("SelectGreaterFloat", "complex<f32>", "%0 = compare GT %x, %y; %r = select %0, %x, %y", "%r = maximum %x, %y"),
    ("SelectGreaterFloat", "f32", "%0 = compare GT %x, %y; %r = select %0, %x, %y", "%r = maximum %x, %y"),
    ("SelectLessFloat", "f32", "%0 = compare LT %x, %y; %r = select %0, %x, %y", "%r = minimum %x, %y"),
    ("SelectLessFloat", "complex<f32>", "%0 = compare LT %x, %y; %r = select %0, %x, %y", "%r = minimum %x, %y"),
    ("SelectLessFloat", "f32", "%0 = compare LE %x, %y; %r = select %0, %x, %y", "%r = minimum %x, %y"),
    ("SelectEqual", "i32", "%0 = compare EQ %x, %y; %r = select %0, %x, %y", "%y"),
    ("SelectUnequal", "i1", "%0 = compare NE %x, %y; %r = select %0, %x, %y", "%x"),
    ("SelectEqualFloat", "f32", "%0 = compare EQ %x, %y; %r = select %0, %x, %y", "%y"),
    ("SelectEqualFloat", "complex<f32>", "%0 = compare EQ %x, %y; %r = select %0, %x, %y", "%y"),
    ("SelectNegative", "i32", "%c = constant 0; %0 = compare LT %x, %c; %1 = negate %x; %r = select %0, %1, %x", "%r = abs %x"),
    ("SelectNegative", "i32", "%c = constant 0; %0 = compare LE %x, %c; %1 = negate %x; %r = select %0, %1, %x", "%r = abs %x"),
    ("SelectPositive", "i32", "%c = constant 0; %0 = compare GT %x, %c; %1 = negate %x; %r = select %0, %x, %1", "%r = abs %x"),
    ("SelectPositive", "i32", "%c = constant 0; %0 = compare GE %x, %c; %1 = negate %x; %r = select %0, %x, %1", "%r = abs %x"),
    ("SelectNegativeFloat", "f32", "%c = constant -0.0; %0 = compare LT %x, %c; %1 = negate %x; %r = select %0, %1, %x", "%r = abs %x"),
    ("SelectNegativeFloat", "f32", "%c = constant 0.0; %0 = compare LE %x, %c; %1 = negate %x; %r = select %0, %1, %x", "%r = abs %x"),
    ("MaximumOfSame", "f32", "%r = maximum %x, %x", "%x"),
    ("MinimumOfSame", "i1", "%r = minimum %x, %x", "%x"),
    ("MaximumTwice", "f32", "%0 = maximum %y, %x; %r = maximum %0, %x", "%r = maximum %x, %y"),
    ("MinimumTwice", "f32", "%0 = minimum %y, %x; %r = minimum %0, %x", "%r = minimum %x, %y"),
    ("MaximumAbsorbs", "i32", "%0 = minimum %x, %y; %r = maximum %0, %x", "%x"),
    ("MinimumAbsorbs", "i1", "%0 = maximum %x, %y; %r = minimum %x, %0", "%x"),
    ("MaximumAbsorbsFloat", "f32", "%0 = minimum %x, %y; %r = maximum %0, %x", "%x"),
    ("MaximumAbsorbsFloat", "complex<f32>", "%0 = minimum %x, %y; %r = maximum %x, %0", "%x"),
    ("MinimumAbsorbsFloat", "f32", "%0 = maximum %x, %y; %r = minimum %x, %0", "%x"),
    ("MinimumAbsorbsFloat", "complex<f32>", "%0 = maximum %x, %y; %r = minimum %x, %0", "%x"),
    ("MaximumWithLeast", "i8", "%c = constant -128; %r = maximum %x, %c", "%x"),
    ("MaximumWithLeast", "f32", "%c = constant 0xFF800000; %r = maximum %x, %c", "%x"),
    ("MaximumWithLeast", "i1", "%c = constant false; %r = maximum %x, %c", "%x"),
    ("MinimumWithGreatest", "ui8", "%c = constant 255; %r = minimum %x, %c", "%x"),
    ("MinimumWithGreatest", "f32", "%c = constant 0x7F800000; %r = minimum %x, %c", "%x"),
    ("MaximumWithGreatest", "i8", "%c = constant 127; %r = maximum %x, %c", "%r = constant 127"),
    ("MinimumWithLeast", "i8", "%c = constant -128; %r = minimum %x, %c", "%r = constant -128"),
    ("MaximumWithInfinity", "f32", "%c = constant 0x7F800000; %r = maximum %x, %c", "%r = constant 0x7F800000"),
    ("MinimumWithInfinity", "f32", "%c = constant 0xFF800000; %r = minimum %x, %c", "%r = constant 0xFF800000"),
    ("MaximumOfNegated", "f32", "%0 = negate %x; %1 = negate %y; %r = maximum %0, %1", "%0 = minimum %x, %y; %r = negate %0"),
    ("MinimumOfNegated", "f32", "%0 = negate %x; %1 = negate %y; %r = minimum %0, %1", "%0 = maximum %x, %y; %r = negate %0"),
    ("MaximumOfNots", "i32", "%0 = not %x; %1 = not %y; %r = maximum %0, %1", "%0 = minimum %x, %y; %r = not %0"),
    ("MinimumOfNots", "i32", "%0 = not %x; %1 = not %y; %r = minimum %0, %1", "%0 = maximum %x, %y; %r = not %0"),
    ("MaximumWithNegated", "i32", "%0 = negate %x; %r = maximum %0, %x", "%r = abs %x"),
    ("MaximumWithNegated", "f32", "%0 = negate %x; %r = maximum %0, %x", "%r = abs %x"),
    ("MinimumWithNegated", "f32", "%0 = negate %x; %r = minimum %0, %x", "%0 = abs %x; %r = negate %0"),
    ("MaximumOfAbs", "f32", "%c = constant 0.0; %0 = abs %x; %r = maximum %0, %c", "%r = abs %x"),
    ("MaximumOfExponential", "f32", "%c = constant -2.0; %0 = exponential %x; %r = maximum %0, %c", "%r = exponential %x"),
    ("ClampWritten", "f32", "%a = constant 0.0; %b = constant 6.0; %0 = maximum %x, %a; %r = minimum %0, %b", "%a = constant 0.0; %b = constant 6.0; %r = clamp %a, %x, %b"),
    ("ClampWrittenFromAbove", "f32", "%a = constant 0.0; %b = constant 6.0; %0 = minimum %x, %b; %r = maximum %0, %a", "%a = constant 0.0; %b = constant 6.0; %r = clamp %a, %x, %b"),
    ("ClampTwice", "f32", "%0 = clamp %y, %x, %z; %r = clamp %y, %0, %z", "%r = clamp %y, %x, %z"),
    ("ClampTwice", "complex<f32>", "%0 = clamp %y, %x, %z; %r = clamp %y, %0, %z", "%r = clamp %y, %x, %z"),
    ("ClampClamped", "i32", "%a = constant 0; %b = constant 6; %c = constant 2; %d = constant 9; %0 = clamp %a, %x, %b; %r = clamp %c, %0, %d", "%a = constant 0; %b = constant 6; %c = constant 2; %d = constant 9; %0 = clamp %c, %a, %d; %1 = clamp %c, %b, %d; %r = clamp %0, %x, %1"),
    ("ClampToLeast", "ui8", "%c = constant 0; %r = clamp %c, %x, %y", "%r = minimum %x, %y"),
    ("ClampToGreatest", "f32", "%c = constant 0x7F800000; %r = clamp %y, %x, %c", "%r = maximum %x, %y"),
    ("ClampToOne", "i32", "%r = clamp %y, %x, %y", "%y"),
    ("ClampToOneFloat", "f32", "%r = clamp %y, %x, %y", "%y"),
    ("ClampToOneFloat", "complex<f32>", "%r = clamp %y, %x, %y", "%y"),
    ("MinimumOfClamped", "f32", "%a = constant 6.0; %b = constant 4.0; %0 = clamp %y, %x, %a; %r = minimum %0, %b", "%a = constant 6.0; %b = constant 4.0; %0 = minimum %a, %b; %r = clamp %y, %x, %0"),
    ("IdentityConvert", "f32", "%r = convert %x to f32", "%x"),
    ("ConvertWidened", "i8", "%0 = convert %x to i32; %r = convert %0 to f16", "%r = convert %x to f16"),
    ("ConvertWidened", "i8", "%0 = convert %x to f32; %r = convert %0 to i32", "%r = convert %x to i32"),
    ("ConvertWidened", "bf16", "%0 = convert %x to f32; %r = convert %0 to i8", "%r = convert %x to i8"),
    ("ConvertWidened", "i1", "%0 = convert %x to f32; %r = convert %0 to ui8", "%r = convert %x to ui8"),
    ("ConvertWidened", "ui8", "%0 = convert %x to f16; %r = convert %0 to f8E5M2", "%r = convert %x to f8E5M2"),
    ("ConvertTruncated", "i32", "%0 = convert %x to i16; %r = convert %0 to ui8", "%r = convert %x to ui8"),
    ("ConvertTruncated", "i32", "%0 = convert %x to ui64; %r = convert %0 to i64", "%r = convert %x to i64"),
    ("IdentityBitcast", "f32", "%r = bitcast_convert %x to f32", "%x"),
    ("BitcastTwice", "f32", "%0 = bitcast_convert %x to i32; %r = bitcast_convert %0 to ui32", "%r = bitcast_convert %x to ui32"),
    ("BitcastAndBack", "f32", "%0 = bitcast_convert %x to i32; %r = bitcast_convert %0 to f32", "%x"),
    ("ReducePrecisionToAll", "f16", "%r = reduce_precision %x {exponent_bits = 8 : i32, mantissa_bits = 10 : i32}", "%x"),
    ("ReducePrecisionTwice", "f32", "%0 = reduce_precision %x {exponent_bits = 5 : i32, mantissa_bits = 10 : i32}; %r = reduce_precision %0 {exponent_bits = 5 : i32, mantissa_bits = 10 : i32}", "%r = reduce_precision %x {exponent_bits = 5 : i32, mantissa_bits = 10 : i32}"),
    ("RealOfConvert", "f64", "%0 = convert %x to complex<f32>; %r = real %0", "%r = convert %x to f32"),
    ("RealOfConvert", "i32", "%0 = convert %x to complex<f32>; %r = real %0", "%r = convert %x to f32"),
    ("ImagOfConvert", "f32", "%0 = convert %x to complex<f64>; %r = imag %0", "%r = constant 0.0 to f64"),
    ("IsFiniteOfConvert", "f16", "%0 = convert %x to f32; %r = is_finite %0", "%r = is_finite %x"),
]  # fmt: skip

#: rule, element type, program: each would change if a guard were missing
KEPT = [
    ("SelectTrue", "f32", "%c = constant false; %r = select %c, %x, %y"),
    ("SelectFalse", "f32", "%c = constant true; %r = select %c, %x, %y"),
    ("SelectTrueOrFalse", "i1", "%a = constant true; %b = constant false; %r = select %s, %a, %b"),
    ("SelectTrueOrFalse", "i1", "%a = constant false; %b = constant false; %r = select %p, %a, %b"),
    ("SelectTrueOrFalse", "i1", "%a = constant true; %b = constant true; %r = select %p, %a, %b"),
    ("SelectFalseOrTrue", "i1", "%a = constant true; %b = constant false; %r = select %s, %b, %a"),
    ("SelectFalseOrTrue", "i1", "%a = constant false; %b = constant false; %r = select %p, %b, %a"),
    ("SelectFalseOrTrue", "i1", "%a = constant true; %b = constant true; %r = select %p, %b, %a"),
    ("SelectOrFalse", "i1", "%b = constant true; %r = select %p, %x, %b"),
    ("SelectOrFalse", "i1", "%b = constant false; %r = select %s, %x, %b"),
    ("SelectTrueOr", "i1", "%a = constant false; %r = select %p, %a, %x"),
    ("SelectTrueOr", "i1", "%a = constant true; %r = select %s, %a, %x"),
    ("SelectOneOrZero", "f32", "%a = constant 2.0; %b = constant 0.0; %r = select %p, %a, %b"),
    ("SelectOneOrZero", "f32", "%a = constant 1.0; %b = constant -0.0; %r = select %p, %a, %b"),
    ("SelectOneOrZero", "f32", "%a = constant 1.0; %b = constant 0.0; %r = select %s, %a, %b"),
    ("SelectOneOrZero", "complex<f32>", "%a = constant (1.0, 0.0); %b = constant (0.0, 0.0); %r = select %p, %a, %b"),
    ("SelectByBoth", "f32", "%0 = select %s, %x, %y; %r = select %p, %0, %y"),
    ("SelectByEither", "f32", "%0 = select %s, %x, %y; %r = select %p, %x, %0"),
    ("SelectOfOneFunction", "f32", "%0 = tanh %x; %1 = sine %y; %r = select %p, %0, %1"),
    ("SelectOfOneFunction", "f32", "%0 = compare LT %x, %z; %1 = compare GT %y, %z; %r = select %p, %0, %1"),
    ("SelectOfOneFunction", "f32", "%0 = subtract %x, %y; %1 = subtract %y, %z; %r = select %p, %0, %1"),
    ("SelectOfOneFunction", "f32", "%0 = convert %x to f16; %1 = convert %p to f16; %r = select %p, %0, %1"),
    ("SelectOfOneFunction", "f32", "%0 = tanh %x; %1 = tanh %y; %2 = select %p, %0, %1; %r = add %2, %0"),
    ("SelectOfOneFunction", "f32", "%0 = tanh %x; %1 = tanh %y; %2 = select %p, %0, %1; %r = add %2, %1"),
    ("SelectGreater", "f32", "%0 = compare GT %x, %y; %r = select %0, %x, %y"),
    ("SelectGreater", "i32", "%0 = compare LT %x, %y; %r = select %0, %x, %y"),
    ("SelectLess", "f32", "%0 = compare LT %x, %y; %r = select %0, %x, %y"),
    ("SelectLess", "i32", "%0 = compare GT %x, %y; %r = select %0, %x, %y"),
    ("SelectNotGreater", "f32", "%0 = compare GT %x, %y; %r = select %0, %y, %x"),
    ("SelectNotGreater", "i32", "%0 = compare LT %x, %y; %r = select %0, %y, %x"),
    ("SelectNotLess", "f32", "%0 = compare LT %x, %y; %r = select %0, %y, %x"),
    ("SelectNotLess", "i32", "%0 = compare GT %x, %y; %r = select %0, %y, %x"),
    ("SelectGreaterFloat", "f32", "%0 = compare LT %x, %y; %r = select %0, %x, %y"),
    ("SelectLessFloat", "f32", "%0 = compare GE %x, %y; %r = select %0, %x, %y"),
    ("SelectEqual", "f32", "%0 = compare EQ %x, %y; %r = select %0, %x, %y"),
    ("SelectUnequal", "f32", "%0 = compare NE %x, %y; %r = select %0, %x, %y"),
    ("SelectNegative", "f32", "%c = constant 0.0; %0 = compare LT %x, %c; %1 = negate %x; %r = select %0, %1, %x"),
    ("SelectNegative", "ui8", "%c = constant 0; %0 = compare LE %x, %c; %1 = negate %x; %r = select %0, %1, %x"),
    ("SelectNegative", "i32", "%c = constant 1; %0 = compare LT %x, %c; %1 = negate %x; %r = select %0, %1, %x"),
    ("SelectNegative", "i32", "%c = constant 0; %0 = compare GT %x, %c; %1 = negate %x; %r = select %0, %1, %x"),
    ("SelectPositive", "f32", "%c = constant 0.0; %0 = compare GT %x, %c; %1 = negate %x; %r = select %0, %x, %1"),
    ("SelectPositive", "i32", "%c = constant 1; %0 = compare GT %x, %c; %1 = negate %x; %r = select %0, %x, %1"),
    ("SelectPositive", "i32", "%c = constant 0; %0 = compare LT %x, %c; %1 = negate %x; %r = select %0, %x, %1"),
    ("SelectNegativeFloat", "f32", "%c = constant 1.0; %0 = compare LT %x, %c; %1 = negate %x; %r = select %0, %1, %x"),
    ("SelectNegativeFloat", "f32", "%c = constant 0.0; %0 = compare GT %x, %c; %1 = negate %x; %r = select %0, %1, %x"),
    ("SelectNegativeFloat", "complex<f32>", "%c = constant (0.0, 0.0); %0 = compare LT %x, %c; %1 = negate %x; %r = select %0, %1, %x"),
    ("MaximumTwice", "complex<f32>", "%0 = maximum %x, %y; %r = maximum %x, %0"),
    ("MinimumTwice", "complex<f32>", "%0 = minimum %x, %y; %r = minimum %x, %0"),
    ("MaximumAbsorbs", "f32", "%0 = minimum %x, %y; %r = maximum %x, %0"),
    ("MinimumAbsorbs", "f32", "%0 = maximum %x, %y; %r = minimum %x, %0"),
    ("MaximumWithLeast", "i8", "%c = constant 0; %r = maximum %x, %c"),
    ("MaximumWithLeast", "complex<f32>", "%c = constant (0xFF800000, 0.0); %r = maximum %x, %c"),
    ("MinimumWithGreatest", "i8", "%c = constant 0; %r = minimum %x, %c"),
    ("MinimumWithGreatest", "complex<f32>", "%c = constant (0x7F800000, 0.0); %r = minimum %x, %c"),
    ("MaximumWithGreatest", "i8", "%c = constant 0; %r = maximum %x, %c"),
    ("MaximumWithGreatest", "f32", "%c = constant 0x7F800000; %r = maximum %x, %c"),
    ("MinimumWithLeast", "i8", "%c = constant 0; %r = minimum %x, %c"),
    ("MinimumWithLeast", "f32", "%c = constant 0xFF800000; %r = minimum %x, %c"),
    ("MaximumWithInfinity", "f32", "%c = constant 1.0; %r = maximum %x, %c"),
    ("MinimumWithInfinity", "f32", "%c = constant 1.0; %r = minimum %x, %c"),
    ("MaximumOfNegated", "i32", "%0 = negate %x; %1 = negate %y; %r = maximum %0, %1"),
    ("MinimumOfNegated", "i32", "%0 = negate %x; %1 = negate %y; %r = minimum %0, %1"),
    ("MaximumWithNegated", "ui8", "%0 = negate %x; %r = maximum %x, %0"),
    ("MinimumWithNegated", "i32", "%0 = negate %x; %r = minimum %x, %0"),
    ("MaximumOfAbs", "f32", "%c = constant 1.0; %0 = abs %x; %r = maximum %0, %c"),
    ("MaximumOfAbs", "f32", "%c = constant [0.0, 1.0]; %0 = abs %x; %r = maximum %0, %c"),
    ("MaximumOfAbs", "i32", "%c = constant 0; %0 = abs %x; %r = maximum %0, %c"),
    ("MaximumOfExponential", "f32", "%c = constant 1.0; %0 = exponential %x; %r = maximum %0, %c"),
    ("MaximumOfExponential", "complex<f32>", "%c = constant (0.0, 0.0); %0 = exponential %x; %r = maximum %0, %c"),
    ("ClampWritten", "complex<f32>", "%a = constant (0.0, 0.0); %b = constant (1.0, 0.0); %0 = maximum %x, %a; %r = minimum %0, %b"),
    ("ClampWrittenFromAbove", "f32", "%a = constant 7.0; %b = constant 6.0; %0 = minimum %x, %b; %r = maximum %0, %a"),
    ("ClampWrittenFromAbove", "f32", "%a = constant 0.0; %b = constant -0.0; %0 = minimum %x, %b; %r = maximum %0, %a"),
    ("ClampWrittenFromAbove", "complex<f32>", "%a = constant (0.0, 0.0); %b = constant (6.0, 0.0); %0 = minimum %x, %b; %r = maximum %0, %a"),
    ("ClampToLeast", "ui8", "%c = constant 1; %r = clamp %c, %x, %y"),
    ("ClampToLeast", "complex<f32>", "%c = constant (0xFF800000, 0.0); %r = clamp %c, %x, %y"),
    ("ClampToGreatest", "f32", "%c = constant 1.0; %r = clamp %y, %x, %c"),
    ("ClampToGreatest", "complex<f32>", "%c = constant (0x7F800000, 0.0); %r = clamp %y, %x, %c"),
    ("ClampToOne", "f32", "%r = clamp %y, %x, %y"),
    ("MinimumOfClamped", "complex<f32>", "%a = constant (6.0, 0.0); %b = constant (4.0, 0.0); %0 = clamp %y, %x, %a; %r = minimum %0, %b"),
    ("IdentityConvert", "f32", "%r = convert %x to f16"),
    ("ConvertWidened", "i32", "%0 = convert %x to i8; %r = convert %0 to f32"),
    ("ConvertWidened", "i32", "%0 = convert %x to f32; %r = convert %0 to f16"),
    ("ConvertWidened", "i8", "%0 = convert %x to f32; %r = convert %0 to ui8"),
    ("ConvertWidened", "f32", "%0 = convert %x to f16; %r = convert %0 to f64"),
    ("ConvertWidened", "bf16", "%0 = convert %x to f16; %r = convert %0 to f64"),
    ("ConvertWidened", "f8E4M3FN", "%0 = convert %x to f8E5M2; %r = convert %0 to f64"),
    ("ConvertTruncated", "i8", "%0 = convert %x to ui8; %r = convert %0 to i32"),
    ("ConvertTruncated", "f32", "%0 = convert %x to i32; %r = convert %0 to i8"),
    ("ConvertTruncated", "i32", "%0 = convert %x to f64; %r = convert %0 to i8"),
    ("ConvertTruncated", "i64", "%0 = convert %x to i32; %r = convert %0 to f32"),
    ("IdentityBitcast", "f32", "%r = bitcast_convert %x to i32"),
    ("BitcastAndBack", "f32", "%0 = bitcast_convert %x to i32; %r = bitcast_convert %0 to ui32"),
    ("ReducePrecisionToAll", "f32", "%r = reduce_precision %x {exponent_bits = 8 : i32, mantissa_bits = 22 : i32}"),
    ("ReducePrecisionToAll", "f32", "%r = reduce_precision %x {exponent_bits = 7 : i32, mantissa_bits = 23 : i32}"),
    ("ReducePrecisionTwice", "f32", "%0 = reduce_precision %x {exponent_bits = 5 : i32, mantissa_bits = 10 : i32}; %r = reduce_precision %0 {exponent_bits = 5 : i32, mantissa_bits = 9 : i32}"),
    ("ReducePrecisionTwice", "f32", "%0 = reduce_precision %x {exponent_bits = 5 : i32, mantissa_bits = 10 : i32}; %r = reduce_precision %0 {exponent_bits = 4 : i32, mantissa_bits = 10 : i32}"),
    ("ReducePrecisionTwice", "f4E2M1FN", "%0 = reduce_precision %x {exponent_bits = 5 : i32, mantissa_bits = 10 : i32}; %r = reduce_precision %0 {exponent_bits = 5 : i32, mantissa_bits = 10 : i32}"),
    ("ImagOfConvert", "complex<f32>", "%0 = convert %x to complex<f64>; %r = imag %0"),
    ("IsFiniteOfConvert", "f32", "%0 = convert %x to f16; %r = is_finite %0"),
    ("IsFiniteOfConvert", "i32", "%0 = convert %x to f32; %r = is_finite %0"),
]  # fmt: skip


#: rule, program: types that leave a size open between two that do not, which need not fit each other
OPEN = [
    ("ConvertWidened", "%0 = stablehlo.convert %x : (tensor<2xi8>) -> tensor<?xi32>", "%r = stablehlo.convert %0 : (tensor<?xi32>) -> tensor<3xi64>", "tensor<3xi64>"),
    ("ConvertTruncated", "%0 = stablehlo.convert %x : (tensor<2xi8>) -> tensor<?xi32>", "%r = stablehlo.convert %0 : (tensor<?xi32>) -> tensor<3xi8>", "tensor<3xi8>"),
    ("BitcastTwice", "%0 = stablehlo.bitcast_convert %x : (tensor<2xi8>) -> tensor<?xui8>", "%r = stablehlo.bitcast_convert %0 : (tensor<?xui8>) -> tensor<3xi8>", "tensor<3xi8>"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "first", "second", "result"), OPEN)
def test_sizes_that_are_open_between_are_not_left_out(rule: str, first: str, second: str, result: str) -> None:
    text = f"func.func @main(%x: tensor<2xi8>) -> {result} {{\n{first}\n{second}\nreturn %r : {result}\n}}"
    module = couloir.parse(text)
    assert not apply_rules(module, [find_rule(rule)]).applications


def test_parts_of_numbers_whose_size_is_open() -> None:
    """A real part is as open as it was; of zeros the size has to be known."""
    text = """
func.func @main(%x: tensor<2xf32>) -> tensor<?xf32> {{
  %0 = stablehlo.convert %x : (tensor<2xf32>) -> tensor<?xcomplex<f32>>
  %1 = stablehlo.{part} %0 : (tensor<?xcomplex<f32>>) -> tensor<?xf32>
  return %1 : tensor<?xf32>
}}"""
    for rule, part, applied in (("RealOfConvert", "real", 1), ("ImagOfConvert", "imag", 0)):
        module = couloir.parse(text.format(part=part))
        assert apply_rules(module, [find_rule(rule)]).applications == applied


@pytest.mark.parametrize(("rule", "element", "before", "after"), LAWS)
def test_simpler(rule: str, element: str, before: str, after: str) -> None:
    assert simplified(rule, element, before) == text(element, after)


@pytest.mark.parametrize(("rule", "element", "lines"), KEPT)
def test_kept(rule: str, element: str, lines: str) -> None:
    assert simplified(rule, element, lines) == text(element, lines)


def test_each_rule_has_a_case() -> None:
    rules = {as_rewrite(rule).name for name in FAMILIES for rule in family(name)}
    assert rules == {law[0] for law in LAWS}
    assert {kept[0] for kept in KEPT} <= rules
