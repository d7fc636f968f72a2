"""The text itself: older forms, comments, names, places, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.frontends.hlo_text import parse, read
from couloir.frontends.hlo_text.lexer import unescaped
from couloir.ir.attributes import StringAttr
from couloir.ir.location import FileLineColLoc, NameLoc

OLDER = """\
HloModule cluster_1__XlaCompiledKernel

// The form of 2018: names with `%`, types before operands, no layout in the head.
%add_F32.5 (lhs.6: f32[], rhs.7: f32[]) -> f32[] {
  %lhs.6 = f32[] parameter(0)
  %rhs.7 = f32[] parameter(1)
  ROOT %add.8 = f32[] add(f32[] %lhs.6, f32[] %rhs.7)
}

ENTRY %cluster_1 (arg0.1: f32[2,2], arg1.2: (f32[2], /*index=1*/s32[])) -> (f32[2], f32[2]) {
  %arg1.2 = (f32[2]{0}, s32[]) parameter(1)
  %get-tuple-element.3 = f32[2]{0} get-tuple-element((f32[2]{0}, s32[]) %arg1.2), index=0
  %arg0.1 = f32[2,2]{1,0} parameter(0), metadata={op_type="_Arg" op_name="in \\"x\\" \\303\\251" source_file="model.py" source_line=7}
  %constant.4 = f32[2,2]{1,0} constant({ /*i0=0*/
    { 1, 2 },
    /*i0=1*/ { 3, -inf }
  })
  %multiply.5 = f32[2,2]{1,0} multiply(f32[2,2]{1,0} %arg0.1, f32[2,2]{1,0} %constant.4)
  %constant.6 = f32[] constant(0)
  %reduce.9 = f32[2]{0} reduce(f32[2,2]{1,0} %multiply.5, f32[] %constant.6), dimensions={0}, to_apply=%add_F32.5
  ROOT %tuple.10 = (f32[2]{0}, /*index=1*/ f32[2]{0}) tuple(f32[2]{0} %reduce.9, f32[2]{0} %get-tuple-element.3)
}
"""


def test_older_form_is_read() -> None:
    module = parse(OLDER, file="older.hlo")
    x = np.array([[1, 2], [3, 1]], np.float32)
    found = couloir.run(module, x, np.array([5, 6], np.float32), np.int32(0))
    assert [array.tolist() for array in found] == [[10, -np.inf], [5, 6]]
    main = module.functions[0]
    assert [str(main.argument_attribute(i, "onnx.name")) for i in range(3)] == [
        '"in \\22x\\22 \\C3\\A9"',
        '"arg1.2.0"',
        '"arg1.2.1"',
    ]
    assert [op.location.label for op in main.entry.ops][:2] == ["older.hlo:14:3", "older.hlo:18:3"]


def test_instructions_are_data() -> None:
    module = read(OLDER)
    assert list(module.computations) == ["add_F32.5", "cluster_1"]
    root = module.entry.root
    assert (root.name, root.opcode, root.operands) == ("tuple.10", "tuple", ["reduce.9", "get-tuple-element.3"])
    reduce = module.entry.instructions[-2]
    assert {key: module.text(span) for key, span in reduce.attributes.items()} == {
        "dimensions": "{0}",
        "to_apply": "%add_F32.5",
    }


FRAMES = """\
HloModule m

FileNames
1 "/src/model.py"

FunctionNames
1 "f"

FileLocations
1 {file_name_id=1 function_name_id=1 line=60 end_line=60 column=14 end_column=52}

StackFrames
1 {file_location_id=1 parent_frame_id=1}
2 {file_location_id=9 parent_frame_id=1}

ENTRY e {
  x = f32[2] parameter(0)
  a = f32[2] negate(x), metadata={op_name="jit(f)/neg" stack_frame_id=1}
  b = f32[2] negate(a), metadata={op_name="jit(f)/neg" stack_frame_id=2}
  c = f32[2] negate(b), metadata={op_name="jit(f)/neg" source_file="g.py" source_line=3 source_end_line=4}
  d = f32[2] negate(c), metadata={source_file="g.py" source_line=3 source_column=9}
  ROOT e = f32[2] negate(d)
}
"""


def test_ops_know_the_lines_of_the_program() -> None:
    found = [op.location for op in parse(FRAMES, file="m.hlo").functions[0].entry.ops]
    assert found[:5] == [
        NameLoc("jit(f)/neg", FileLineColLoc("/src/model.py", 60, 14)),
        NameLoc("jit(f)/neg"),
        NameLoc("jit(f)/neg", FileLineColLoc("g.py", 3, 1)),
        FileLineColLoc("g.py", 3, 9),
        FileLineColLoc("m.hlo", 22, 8),
    ]


def test_computations_stand_in_any_order_and_inside_each_other() -> None:
    inside = """HloModule m
ENTRY e {
  x = f32[3] parameter(0)
  f = f32[] fusion(x), kind=kLoop, calls=
  {
    p = f32[3] parameter(0)
    z = f32[] constant(0)
    ROOT r = f32[] reduce(p, z), dimensions={0}, to_apply={
      a = f32[] parameter(0)
      b = f32[] parameter(1)
      ROOT c = f32[] add(a, b)
    }
  }
  i = s32[] constant(1)
  ROOT k = f32[] conditional(i, f, f), branch_computations={ { a = f32[] parameter(0)
    ROOT n = f32[] negate(a) }, { ROOT a = f32[] parameter(0) }}, metadata={op_name="k"}
}
"""
    outside = """HloModule m
ENTRY e {
  x = f32[3] parameter(0)
  f = f32[] fusion(x), kind=kLoop, calls=f.calls
  i = s32[] constant(1)
  ROOT k = f32[] conditional(i, f, f), branch_computations={negate, id}
}
negate { a = f32[] parameter(0)
  ROOT n = f32[] negate(a) }
id { ROOT a = f32[] parameter(0) }
f.calls {
  p = f32[3] parameter(0)
  z = f32[] constant(0)
  ROOT r = f32[] reduce(p, z), dimensions={0}, to_apply=add
}
add { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT c = f32[] add(a, b) }
"""
    assert str(parse(inside)) == str(parse(outside))
    assert couloir.run(parse(inside), np.arange(3, dtype=np.float32))[0] == 3


def test_shapes_may_be_left_out_and_instructions_stand_in_operands() -> None:
    short = """
add { a = f32[] parameter(0)
  b = f32[] parameter(1)
  c = add(a, b) }
step { s = (s32[], f32[2,2]) parameter(0)
  i = get-tuple-element(s), index=0
  x = get-tuple-element(s), index=1
  j = add(i, s32[] constant(1))
  ROOT t = tuple(j, x) }
going { s = (s32[], f32[2,2]) parameter(0)
  i = get-tuple-element(s), index=0
  ROOT c = pred[] compare(i, s32[] constant(3)), direction=LT }
last { x = f32[2,2] {0,1} parameter(0)
  y = dot(x, negate(x)), lhs_contracting_dims={1}, rhs_contracting_dims={0}
  t = tuple(s32[] constant(0), y)
  w = while(t), condition=going, body=step
  u = opt-barrier(w)
  v = get-tuple-element(u), index=1
  k = call(f32[] constant(1), f32[] constant(2)), to_apply=add
  ROOT r = add(v, f32[2,2] broadcast(k)) }
"""
    module = parse(short)
    assert module.attributes["sym_name"] == StringAttr("module_last")
    x = np.array([[1, 2], [3, 4]], np.float32)
    assert (couloir.run(module, x)[0] == 3 - x @ x).all()


def test_a_computation_may_be_function_and_region() -> None:
    module = parse("""HloModule m
add { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT c = f32[] add(a, b) }
main { ROOT a = f32[] parameter(0) }
ENTRY e { x = f32[3] parameter(0)
  z = f32[] constant(0)
  r = f32[] reduce(x, z), dimensions={0}, to_apply=add
  s = f32[] reduce(x, r), dimensions={0}, to_apply=add
  t = f32[] call(s), to_apply=main
  ROOT u = f32[] call(s, t), to_apply=add }
""")
    assert [function.sym_name for function in module.functions] == ["main", "add", "main.0"]
    assert couloir.run(module, np.arange(3, dtype=np.float32))[0] == 12


def test_constants_of_tuples_and_of_one_element() -> None:
    module = parse("""HloModule m:
ENTRY e {
  t = (f32[2,1], (s32[2], pred[]), ()) constant(( { {1}, {-2} }, ({2, 42}, true), () ))
  a = f32[2,1] get-tuple-element(t), index=0
  b = (s32[2], pred[]) get-tuple-element(t), index=1
  c = bf16[1,1] constant(3)
  d = c64[1] constant((1, 2))
  ROOT r = (f32[2,1], (s32[2], pred[]), bf16[1,1], c64[1]) tuple(a, b, c, d)
}""")
    assert [array.tolist() for array in couloir.run(module)] == [[[1], [-2]], [2, 42], True, [[3]], [1 + 2j]]


def test_constants_whose_elements_are_left_out() -> None:
    module = parse("HloModule m\nENTRY e {\n ROOT c = f32[20] constant({...})\n}")
    assert "dense_resource<__elided__> : tensor<20xf32>" in str(module)
    with pytest.raises(couloir.Error, match="__elided__"):
        couloir.run(module)
    with pytest.raises(couloir.Error, match="__elided__"):
        couloir.lower(module, "loops")


@pytest.mark.parametrize(
    ("element", "literal", "bits"),
    [("f32", "nan(0x3)", 0x7F800003), ("f32", "-nan", 0xFFC00000), ("f64", "-nan(0x8000000000001)", 0xFFF8000000000001), ("f16", "nan(0x200)", 0x7E00), ("bf16", "nan(0x1)", 0x7F81)],
)  # fmt: skip
def test_constants_keep_the_bits_of_a_nan(element: str, literal: str, bits: int) -> None:
    (found,) = couloir.run(parse(f"HloModule m\nENTRY e {{\n ROOT c = {element}[1] constant({{{literal}}})\n}}"))
    assert int(found.view(f"u{found.dtype.itemsize}")[0]) == bits


@given(st.text())
def test_strings_that_xla_escapes(text: str) -> None:
    escaped = ""
    for byte in text.encode("utf-8", "surrogatepass"):
        character = chr(byte)
        escaped += character if character.isascii() and character.isalnum() else f"\\{byte:03o}"
    assert unescaped(escaped).encode("utf-8", "surrogateescape") == text.encode("utf-8", "surrogatepass")
    assert unescaped(r"\n\t\"\\\'\x41") == "\n\t\"\\'A"


# -- what is refused -------------------------------------------------------------------------------------------------------


def entry(*lines: str) -> str:
    return "\n".join(["HloModule m", "ENTRY e {", "x = f32[2,3] parameter(0)", *lines, "}"])


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "1:1", "expected `HloModule`"),
        ("HloModule", "1:10", "expected the name of the module"),
        ("HloModule m", "1:12", "no computation"),
        (entry("y = negate(x), metadata={} z"), "5:1", "expected `=`"),
        (entry("y = parameter(1)"), "4:1", "a parameter has a shape"),
        (entry("y = broadcast(x), dimensions={0,1}"), "4:1", "does not follow from its operands alone"),
        (entry("y = (f32[], f32[]) constant((1, 2, 3))"), "4:1", "a tuple of 2"),
        (entry("y = (f32[], f32[]) constant((1, 2)"), "5:1", r"expected `\)`"),
        (entry("y = f32[2] constant(1)"), "4:1", "does not have the shape"),
        ("HloModule m\nENTRY e {\n}", "2:7", "no instructions"),
        ("HloModule m\nENTRY e {\nx = f32[2] parameter(0)", "3:24", "expected the name of an instruction, or `}`"),
        ("HloModule m, a=1, a=2", "1:19", "stands here twice"),
        ("HloModule m, a={[}]", "1:18", "expected `]`"),
        ('HloModule m, a={"', "1:17", "this string does not end"),
        ("HloModule m, a=", "1:16", "expected a value"),
        (entry() + "\nENTRY f {\nROOT y = f32[] constant(1)\n}", "5:1", "one `ENTRY`"),
        (entry() + "\ne {\nROOT y = f32[] constant(1)\n}", "5:1", "two computations 'e'"),
        (entry("ROOT y = f32[2,3] negate(x)", "ROOT z = f32[2,3] negate(x)"), "5:1", "one `ROOT`"),
        (entry("x = f32[2,3] negate(x)"), "4:1", "two instructions 'x'"),
        (entry("y = f32[2,3] negate(z)", "z = f32[2,3] negate(x)"), "4:1", "'z' of 'y' stands further down"),
        (entry("x1 = f32[2,3] negate(x)", "y = f32[2,3] negate(x2)"), "5:1", "'x2' of 'y' is not there"),
        (entry("y = f32[2,3] negat(x)"), "4:1", "there is no opcode `negat`"),
        (entry("y = f32[2,3] negate(x, x)"), "4:1", "1 operands, not 2"),
        (entry("y = f32[3,2] negate(x)"), "4:1", "gives .tensor<2x3xf32>., but the text says .tensor<3x2xf32>."),
        (entry("y = f31[2,3] negate(x)"), "4:5", "no element type `f31`"),
        (entry("y = f32[2,a] negate(x)"), "4:5", "`a` is no size"),
        (entry("y = f32[2,-3] negate(x)"), "4:5", "`-3` is no size"),
        (entry("y = f32[2,3]{0,1,2} negate(x)"), "4:5", "does not name each of 2 dimensions"),
        (entry("y = f32[99999999999999999999] negate(x)"), "4:5", "elements"),
        (entry("y = f32[] parameter(0)"), "4:1", "two parameters 0"),
        (entry("y = f32[] parameter(2)"), "2:7", "none with number 1"),
        (entry("y = f32[] parameter(-1)"), "2:7", "none with number 1"),
        (entry("y = f32[] parameter(a)"), "4:21", "expected a number"),
        (entry("y = f32[2] constant({1,2,3})"), "4:1", "does not have the shape"),
        (entry("y = f16[] constant(nan(0x400))"), "4:1", "does not fit into `f16`"),
        (entry("y = f8e4m3fn[] constant(nan(0x1))"), "4:1", "does not fit into `f8E4M3FN`"),
        (entry("y = s8[] constant(128)"), "4:1", "128 does not fit into `i8`"),
        (entry("y = f32[2] reduce(x, x), dimensions={1}, to_apply=g"), "4:51", "no computation 'g'"),
        (entry("y = f32[2] reduce(x, x), dimensions={1}"), "4:1", "needs the attribute `to_apply`"),
        (entry("y = f32[2,3] transpose(x), dimensions={0,1"), "5:2", "found the end of the text"),
        (entry("y = f32[2,3] transpose(x), dimensions={0;1}"), "4:41", "expected `,` or `}`"),
        (entry("y = f32[2,3] transpose(x), dimensions={0,1}x"), "4:44", "end of the value"),
        (entry("y = f32[2,3] transpose(x)"), "4:1", "needs the attribute `dimensions`"),
        (entry("y = f32[2,3] transpose(x), dimensions={0,0}"), "4:1", "names each dimension"),
        (entry("y = pred[2,3] compare(x, x), direction=LTE"), "4:1", "is one of EQ, NE"),
        (entry("y = f32[2,3] get-tuple-element(x), index=0"), "4:1", "a tuple"),
        (entry("t = (f32[2,3]) tuple(x)", "y = f32[2,3] get-tuple-element(t), index=1"), "5:1", "none has the number 1"),
        (entry("t = (f32[2,3]) tuple(x)", "y = f32[2,3] negate(t)"), "5:1", "operand 0 of `negate` is an array"),
        (entry("t = (f32[2,3]) tuple(x)", "y = bf16[2,3] get-tuple-element(t), index=0"), "5:1", "the text says .tensor<2x3xbf16>."),
        (entry("t = token[] constant(1)"), "4:1", "a constant is an array"),
        (entry("y = f32[2,3] pad(x, x), padding=1_1"), "4:1", "one entry for each dimension"),
        (entry("y = f32[2,1] slice(x), slice={[0:2],[2:4]}"), "4:1", "from 2 to 4"),
        (entry("y = f32[2,2] dot(x, x), lhs_contracting_dims={1}, rhs_contracting_dims={1}, algorithm=dot_f31"), "4:1", "`dot_f31`"),
        (entry("y = f32[2,3] custom-call(x), custom_call_target=foo"), "4:49", "expected a string"),
        (entry("y = f32[2,3] call(x), to_apply=e"), "2:7", "'e' uses itself"),
        (entry("y = f32[2,3] negate(f32[3,2] x)"), "4:1", "operand 0 is said to be .tensor<3x2xf32>., but it is .tensor<2x3xf32>."),
        ("HloModule m\nENTRY e () -> f32[2] {\nx = f32[] constant(1)\n}", "2:7", "result of 'e' is said to be .tensor<2xf32>."),
        (entry("y = f32[2,3] conditional(x, x), branch_computations={e}"), "2:7", "'e' uses itself"),
        (entry("y = f32[] conditional(x, x), branch_computations={g}") + "\ng { ROOT x = f32[2,3] parameter(0) }", "4:1", "not by a `tensor<2x3xf32>`"),
        (entry("y = f32[2,3] conditional(x, x)"), "4:1", "has computations"),
    ],
)  # fmt: skip
def test_fault_is_named_at_its_place(text: str, place: str, message: str) -> None:
    with pytest.raises(couloir.ParseError, match=message) as caught:
        parse(text, file="f.hlo")
    assert caught.value.where == f"f.hlo:{place}"


def test_text_is_a_string() -> None:
    with pytest.raises(couloir.Error, match="HLO text is a str, not bytes"):
        parse(b"HloModule m")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        (entry(), {"bytes": 20}, "bytes"),
        (entry("y = f32[2,3] negate(x)"), {"nodes": 1}, "2 operations"),
        (entry(), {"rank": 1}, "2 dimensions"),
        (entry(), {"elements": 5}, "6 elements"),
        (entry("y = f32[4] constant({1,2,3,4})"), {"constant_bytes": 15}, "16 bytes of constants"),
        (entry("y = ((f32[])) tuple(x)"), {"depth": 1}, "2 levels"),
        (entry("abcdef = f32[2,3] negate(x)"), {"name_length": 5}, "6 characters"),
        (entry("y = (f32[2,3], f32[2,3]) tuple(x, x)"), {"attribute_items": 1}, "2 items"),
    ],
)
def test_limits_hold(text: str, limits: dict[str, int], message: str) -> None:
    with pytest.raises(couloir.Error, match=message):
        parse(text, limits=couloir.Limits(**limits))


def test_regions_of_regions_do_not_explode() -> None:
    """Each computation becomes two regions of the next one: 2^40 ops of 4 kB of text."""
    lines = ["HloModule m", "c0 { a = f32[] parameter(0)", "b = f32[] parameter(1)", "ROOT c = f32[] add(a, b) }"]
    for level in range(1, 40):
        lines += [f"c{level} {{ a = f32[] parameter(0)", "b = f32[] parameter(1)"]
        lines += [f"d = f32[] reduce(a, b), dimensions={{}}, to_apply=c{level - 1}"]
        lines += [f"ROOT c = f32[] reduce(d, b), dimensions={{}}, to_apply=c{level - 1} }}"]
    lines += ["ENTRY e { x = f32[] parameter(0)", "ROOT y = f32[] reduce(x, x), dimensions={}, to_apply=c39 }"]
    with pytest.raises(couloir.Error, match="operations once its functions are expanded"):
        parse("\n".join(lines))


def test_nothing_recurses() -> None:
    depth = 1500
    shape = "(" * depth + "f32[]" + ")" * depth
    module = parse(f"HloModule m\nENTRY e {{\nx = {shape} parameter(0)\nROOT y = {shape} copy(x)\n}}")
    assert couloir.run(module, np.float32(3)) == (3,)
    calls = [f"c{i} {{ a = f32[] parameter(0)\nROOT b = f32[] call(a), to_apply=c{i + 1} }}" for i in range(depth)]
    calls += [
        f"c{depth} {{ ROOT a = f32[] parameter(0) }}",
        "ENTRY e { x = f32[] parameter(0)\nROOT y = f32[] call(x), to_apply=c0 }",
    ]
    assert len(parse("\n".join(["HloModule m", *calls])).functions) == depth + 2
    loops = [
        "HloModule m",
        "c { a = f32[] parameter(0)\nROOT t = pred[] constant(false) }",
        "b0 { ROOT a = f32[] parameter(0) }",
    ]
    loops += [
        f"b{i + 1} {{ a = f32[] parameter(0)\nROOT b = f32[] while(a), condition=c, body=b{i} }}" for i in range(depth)
    ]
    loops += [f"ENTRY e {{ x = f32[] parameter(0)\nROOT y = f32[] call(x), to_apply=b{depth} }}"]
    assert couloir.run(parse("\n".join(loops)), np.float32(3)) == (3,)
    nested = "{ ROOT a = f32[] parameter(0) }"
    for _ in range(200):
        nested = "{ a = f32[] parameter(0)\n ROOT b = f32[] call(a), to_apply=" + nested + "}"
    with pytest.raises(couloir.Error, match="more than 100 computations inside each other"):
        parse(f"HloModule m\nENTRY e {{ a = f32[] parameter(0)\nROOT b = f32[] call(a), to_apply={nested} }}")
