func.func @f(%x: tensor<2x3xf32>, %q: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %a: tensor<2x3x!quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25:1, 1.0e-05:-3}>>, %u: tensor<2x3x!quant.uniform<ui8:f32, 0.5>>, %w: tensor<2x!quant.uniform<i4<-7:7>:f16, 1.000000e+00>>) {
  %0 = stablehlo.uniform_quantize %x : (tensor<2x3xf32>) -> tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
  %1 = stablehlo.uniform_dequantize %q : (tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> tensor<2x3xf32>
  %2 = stablehlo.add %q, %q : tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
  %3 = stablehlo.uniform_quantize %q : (tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> tensor<2x3x!quant.uniform<ui8:f32, 0.1234567891234>>
  %4 = stablehlo.reshape %q : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<6x!quant.uniform<i8:f32, 0.5:3>>
  return
}
