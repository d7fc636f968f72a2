"""The ONNX dialect: every schema makes a class, and the classes check, infer, print and parse as the schemas say."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx as onnx_package
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir.dialects
from couloir.dialects import onnx
from couloir.dialects.onnx import codecs, protos, schemas, stubs, types
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.errors import Error, VerifyError
from couloir.ir.operation import Block, Operation
from couloir.ir.registry import REGISTRY
from couloir.ir.text.parser import parse_module_op
from couloir.ir.traits import ConstantLike, Pure, RecursiveMemoryEffects
from couloir.ir.types import TensorType, Type, UnrankedTensorType, f16, f32, i1, i64
from couloir.ir.verify import faults, verify

SCHEMAS = schemas.all_schemas()


def values(*types: Type):
    return Block(types).arguments


def tensor(*dims: int | None, element: Type = f32) -> TensorType:
    return TensorType(dims, element)


# -- classes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", sorted({schema.domain for schema in SCHEMAS}))
def test_every_version_of_every_operator_has_a_class(domain: str) -> None:
    for schema in schemas.all_schemas(domain):
        name = schemas.op_name(schema.name, schema.since_version, domain)
        cls = REGISTRY.operation(name)
        assert cls is not None and cls.name == name
        assert issubclass(cls, onnx.OnnxOp)
        assert (cls.operator, cls.domain, cls.since_version) == (schema.name, domain, schema.since_version)
        definition = cls.definition
        assert [f.arity for f in definition.operands] == [p.option.name.lower() for p in schema.inputs]
        assert [f.arity for f in definition.results] == [p.option.name.lower() for p in schema.outputs]
        graphs = {key for key, a in schema.attributes.items() if a.type.name == "GRAPH"}
        assert {f.key for f in definition.regions} == graphs
        assert {f.key for f in definition.attributes} == set(schema.attributes) - graphs
        for field in definition.attributes:
            assert field.optional != schema.attributes[field.key].required


def test_names_lead_to_classes() -> None:
    assert onnx.ConvV11.name == "onnx.ConvV11"
    assert onnx.ConvV11 is REGISTRY.operation("onnx.ConvV11")
    assert onnx.Conv.since_version == onnx_package.defs.get_schema("Conv").since_version
    assert onnx.ml.Scaler.name == "onnx.ml.ScalerV1"
    training = importlib.import_module("couloir.dialects.onnx.preview.training")
    assert training.Adam.name == "onnx.preview.training.AdamV1"
    assert onnx.class_at("Softmax", 12) is onnx.SoftmaxV11
    assert onnx.class_at("Softmax", 13) is onnx.SoftmaxV13
    assert onnx.class_at("NoSuchThing", 13) is None


@pytest.mark.parametrize("name", ["onnx.ConvV2", "onnx.Conv", "onnx.NopeV1", "onnx.ConvV99999999999", "onnx.x.ConvV11"])
def test_names_of_nothing(name: str) -> None:
    assert REGISTRY.operation(name) is None


def test_a_misspelt_operator_is_an_attribute_error_that_helps() -> None:
    with pytest.raises(AttributeError, match=r"no ONNX operator 'Cnov'.*`Conv`"):
        _ = onnx.Cnov  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    with pytest.raises(Error, match="no version 2") as caught:
        onnx.schema_class("Conv", 2)
    assert "1, 11" in str(caught.value.hint)


def test_a_foreign_operator_set_has_no_classes() -> None:
    with pytest.raises(Error, match=r"com\.microsoft"):
        schemas.op_name("Gelu", 1, "com.microsoft")


def test_names_that_clash_get_an_underscore_and_keep_their_key() -> None:
    split = onnx.SplitV1.definition
    assert [f.name for f in split.operands] == ["input", "split"]
    assert next(f for f in split.attributes if f.key == "split").name == "split_"
    assert [f.name for f in onnx.BatchNormalizationV9.definition.results][:3] == ["Y", "mean_", "var_"]
    assert [f.name for f in onnx.SplitV1.definition.results] == ["outputs"]  # the schema says `outputs...`


def test_random_operators_are_not_pure() -> None:
    assert onnx.Conv.has_trait(Pure)
    for cls in (onnx.RandomNormal, onnx.RandomUniformLike, onnx.Bernoulli, onnx.Multinomial):
        assert not cls.has_trait(Pure)
    assert onnx.If.has_trait(RecursiveMemoryEffects) and not onnx.If.has_trait(Pure)
    assert onnx.Initializer.has_trait(ConstantLike)


def test_importing_the_dialect_does_not_import_onnx() -> None:
    code = "import sys, couloir.dialects.onnx; sys.exit('onnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- building, checking, inferring -------------------------------------------------------------------------------------


def test_a_class_builds_ops_with_inferred_types() -> None:
    x, w = values(tensor(1, 3, 8, 8), tensor(4, 3, 3, 3))
    conv = onnx.ConvV11(x, w, pads=(1, 1, 1, 1), strides=(2, 2))
    assert conv.Y.type is tensor(1, 4, 4, 4)
    assert conv.B is None
    assert (conv.auto_pad, conv.group, conv.strides, conv.dilations) == ("NOTSET", 1, (2, 2), None)
    assert "dilations" not in conv.attributes and "kernel_shape" not in conv.attributes
    assert not faults(conv)


def test_constants_tell_types() -> None:
    (x,) = values(tensor(2, 6))
    shape = onnx.Initializer(np.array([3, -1]))
    assert onnx.ReshapeV14(x, shape).result.type is tensor(3, 4)


def test_an_op_that_breaks_its_operators_rules_cannot_be_built() -> None:
    x, w = values(tensor(1, 3, 8, 8), tensor(4, 2, 3))
    with pytest.raises(Error, match=r"onnx\.ConvV11"):
        onnx.ConvV11(x, w)


def test_optional_results_come_with_result_types() -> None:
    (x,) = values(tensor(1, 1, 4, 4))
    pool = onnx.MaxPoolV12(x, kernel_shape=(2, 2))
    assert len(pool.results) == 1 and pool.Indices is None
    both = onnx.MaxPoolV12(x, kernel_shape=(2, 2), result_types=[tensor(1, 1, 3, 3), tensor(1, 1, 3, 3, element=i64)])
    assert both.Indices is both.results[1]


def test_native_code_is_not_shown_what_it_dies_of() -> None:
    x, i = values(tensor(2, 2), tensor(1, 1, element=i64))
    with pytest.raises(Error, match="must not be negative, but is -3"):
        onnx.GatherNDV13(x, i, batch_dims=-3)


def test_the_number_of_variadic_results_must_be_given() -> None:
    (x,) = values(tensor(4))
    with pytest.raises(Error, match="result_types"):
        onnx.SplitV18(x, num_outputs=2)
    assert len(onnx.SplitV18(x, num_outputs=2, result_types=[tensor(2)] * 2).outputs) == 2


def test_operands_left_out_in_the_middle_keep_their_places() -> None:
    x, upper = values(tensor(4), tensor())
    clip = onnx.ClipV13(x, None, upper)
    assert clip.min is None and clip.max is upper
    assert clip.attributes["operandSegmentSizes"].values == (1, 0, 1)  # pyright: ignore[reportAttributeAccessIssue]
    verify(clip)


def test_several_optional_results() -> None:
    x, w, r = values(tensor(5, 1, 3), tensor(1, 16, 3), tensor(1, 16, 4))
    lstm = onnx.LSTMV14(x, w, r, hidden_size=4, result_types=[tensor(5, 1, 1, 4), tensor(1, 1, 4)])
    assert lstm.Y is lstm.results[0] and lstm.Y_h is lstm.results[1] and lstm.Y_c is None
    verify(lstm)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x, h, b: onnx.AddV14.create([x, h], [x.type]), "same type T"),
        (lambda x, h, b: onnx.AddV14.create([b, b], [b.type]), "is one of"),
        (lambda x, h, b: onnx.AddV14.create([x], [x.type]), "2 operands|1 operands"),
        (lambda x, h, b: onnx.ConcatV13.create([x], [x.type]), "needs the attribute `axis`"),
        (lambda x, h, b: onnx.CastV13.create([x], [x.type], {"to": DenseElementsAttr.from_numpy(np.ones(1))}), "`to`"),
    ],
)
def test_the_verifier_knows_the_schema(make, message: str) -> None:
    op: Operation = make(*values(tensor(2), tensor(2, element=f16), tensor(2, element=i1)))
    with pytest.raises(VerifyError, match=message):
        verify(op)


def test_values_of_unknown_type_agree_with_all() -> None:
    x, y = values(tensor(2), onnx.AnyType())
    verify(onnx.AddV14.create([x, y], [UnrankedTensorType(f32)]))


# -- text --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "!onnx.seq<tensor<*xf32>>",
        "!onnx.opt<!onnx.seq<tensor<2x?xi64>>>",
        "!onnx.map<i64, tensor<*xf32>>",
        "tensor<2x!onnx.string>",
        "tensor<2x3xf32, #onnx.sparse>",
        "!onnx.any",
    ],
)
def test_types_print_and_parse(text: str) -> None:
    source = f'%0 = "test.op"() : () -> {text}'
    module = parse_module_op(source, allow_unregistered=True)
    assert str(next(iter(module.regions[0].ops)).results[0].type) == text


@given(st.lists(st.text(), max_size=5))
def test_constants_of_strings_print_and_parse(strings: list[str]) -> None:
    op = onnx.Initializer(np.array(strings, dtype=object))
    value = op.value
    assert isinstance(value, onnx.StringsAttr) and value.array.tolist() == strings
    again = parse_module_op(str(op))
    assert next(iter(again.regions[0].ops)).attributes["value"] is value


def test_ops_print_and_parse() -> None:
    text = """module {
  func.func @f(%arg0: tensor<4xf32>, %arg1: tensor<f32>) -> tensor<4xf32> {
    %0 = "onnx.ClipV13"(%arg0, %arg1) <{operandSegmentSizes = array<i32: 1, 0, 1>}> : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
    return %0 : tensor<4xf32>
  }
}
"""
    module = parse_module_op(text)
    verify(module)
    assert str(module).rstrip() == text.rstrip()


# -- the correspondence with onnx.proto --------------------------------------------------------------------------------


def test_element_types_are_those_of_onnx() -> None:
    numbers = dict(onnx_package.TensorProto.DataType.items())
    for element in types.ELEMENTS:
        if element.number not in numbers.values():
            continue  # an older onnx does not know the newest
        name = onnx_package.TensorProto.DataType.Name(element.number)
        assert numbers[name] == element.number
        # ONNX's own name in type strings is the lower-case one
        assert element.name == name.lower()


@pytest.mark.parametrize("element", types.ELEMENTS, ids=lambda e: e.name)
def test_constants_come_back_through_tensor_protos(element: types.ElementType) -> None:
    from couloir.frontends.onnx.tensors import TensorReader
    from couloir.ir.types import dtype_of

    if element.type is types.string:
        attribute = codecs.tensor_attribute(np.array([["a", "ü"], ["", "\n"]], dtype=object))
    else:
        dtype = dtype_of(element.type)
        bits = np.random.default_rng(0).integers(0, 256, 7 * dtype.itemsize, dtype=np.uint8)
        if element.bits < 8:
            bits &= (1 << element.bits) - 1
        elif dtype == np.bool_:
            bits &= 1
        attribute = DenseElementsAttr(TensorType((7,), element.type), bits.view(dtype))
    proto = protos.tensor_to_proto(attribute, "t")
    if element.number in onnx_package.TensorProto.DataType.values():
        onnx_package.checker.check_tensor(proto)
    back = TensorReader().read(proto)
    assert codecs.tensor_attribute(back) is attribute


@pytest.mark.parametrize(
    "type",
    [
        tensor(2, None, 3),
        tensor(),
        UnrankedTensorType(f16),
        onnx.SequenceType(onnx.OptionalType(tensor(None))),
        onnx.MapType(i64, tensor(2, element=onnx.StringType())),
        TensorType((2, 2), f32, onnx.SparseEncodingAttr()),
    ],
    ids=str,
)
def test_types_come_back_through_type_protos(type: Type) -> None:
    assert protos.type_from_proto(protos.type_to_proto(type)) is type


def test_symbolic_dimensions_are_bound_by_name() -> None:
    proto = protos.type_to_proto(tensor(None, None, 3), ["N", "M"])
    assert protos.type_from_proto(proto, {"N": 5}) is tensor(5, None, 3)


def test_deep_types_do_not_recurse() -> None:
    type: Type = tensor(2)
    for _ in range(5_000):
        type = onnx.SequenceType(type)
    assert protos.type_from_proto(protos.type_to_proto(type)) is type
    assert types.type_string(type) == "seq(" * 5_000 + "tensor(float)" + ")" * 5_000


def test_what_onnx_lacks_is_an_error() -> None:
    with pytest.raises(Error, match="tensors of `index`"):
        protos.type_to_proto(TensorType((2,), parse_type("index")))
    with pytest.raises(Error, match="no type `i32`"):
        protos.type_to_proto(parse_type("i32"))


def parse_type(text: str) -> Type:
    module = parse_module_op(f'%0 = "test.op"() : () -> {text}', allow_unregistered=True)
    return next(iter(module.regions[0].ops)).results[0].type


# -- stubs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", stubs.FILES)
def test_the_stubs_are_up_to_date(file: str) -> None:
    committed = (Path(couloir.dialects.__file__).parent / "onnx" / file).read_text(encoding="utf-8")
    recorded = stubs.recorded_version(committed)
    assert recorded is not None
    if recorded != onnx_package.__version__:
        pytest.skip(f"the stubs are for onnx {recorded}, installed is {onnx_package.__version__}")
    assert committed == stubs.stub_text(file), "run `python -m couloir.dialects.onnx.stubs`"


def test_the_stubs_are_python_and_name_every_class() -> None:
    text = stubs.stub_text("__init__.pyi")
    compile(text, "__init__.pyi", "exec")
    for schema in schemas.all_schemas(""):
        assert f"\nclass {schema.name}V{schema.since_version}(OnnxOp):" in text


def test_writing_stubs_makes_all_files(tmp_path: Path) -> None:
    written = stubs.write_stubs(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in written] == list(stubs.FILES)
    assert all(path.is_file() for path in written)
