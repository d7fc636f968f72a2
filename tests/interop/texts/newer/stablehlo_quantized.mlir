func.func @f(%x: tensor<2x3xf32>, %q: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %a: tensor<2x3x!quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25:1, 1.0e-05:-3}>>, %u: tensor<2x3x!quant.uniform<ui8:f32, 0.5>>, %w: tensor<2x!quant.uniform<i4<-7:7>:f16, 1.000000e+00>>) {
  %0 = stablehlo.uniform_quantize %x : (tensor<2x3xf32>) -> tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
  %1 = stablehlo.uniform_dequantize %q : (tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> tensor<2x3xf32>
  %2 = stablehlo.add %q, %q : tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
  %3 = stablehlo.uniform_quantize %q : (tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> tensor<2x3x!quant.uniform<ui8:f32, 0.1234567891234>>
  %4 = stablehlo.reshape %q : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<6x!quant.uniform<i8:f32, 0.5:3>>
  return
}
func.func @per_axis(%a: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25:1}>>, %o: tensor<1x3x!quant.uniform<i8:f32:0, {0.5}>>, %n: tensor<3xi32>) {
  %0 = stablehlo.transpose %a, dims = [1, 0] : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25:1}>>) -> tensor<3x2x!quant.uniform<i8:f32:1, {0.5, 0.25:1}>>
  %1 = stablehlo.reshape %a : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25:1}>>) -> tensor<1x2x3x!quant.uniform<i8:f32:1, {0.5, 0.25:1}>>
  %2 = stablehlo.broadcast_in_dim %o, dims = [1, 2] : (tensor<1x3x!quant.uniform<i8:f32:0, {0.5}>>) -> tensor<4x2x3x!quant.uniform<i8:f32:1, {0.5, 0.5}>>
  %3 = stablehlo.add %a, %a : tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25:1}>>
  %4 = stablehlo.constant() <{value = dense<[1, 2]> : tensor<2xi8>}> {a.b} : () -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  %5 = stablehlo.dynamic_reshape %a, %n : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25:1}>>, tensor<3xi32>) -> tensor<?x2x3x!quant.uniform<i8:f32:1, {0.5, 0.25:1}>>
  %6 = stablehlo.bitcast_convert %a : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25:1}>>) -> tensor<2x3xi8>
  %7 = stablehlo.uniform_dequantize %a : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25:1}>>) -> tensor<2x3xf32>
  %8 = stablehlo.get_dimension_size %a, dim = 1 : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25:1}>>) -> tensor<i32>
  return
}
func.func private @types(!quant.any<i8<-8:7>:f32>, !quant.calibrated<f32<-0.998:1.2321>>, tensor<4x6x!quant.uniform<i8:f32:{0:2, 1:3}, {{1.0, 2.0:1}, {3.0, 4.0}}>>)
