func.func @f(%x: tensor<8x2xf32>, %y: tensor<2x4xf32>, %n: tensor<i32>, %k: tensor<3xi32>) {
  %0 = stablehlo.broadcast %x, sizes = [3, 1] : (tensor<8x2xf32>) -> tensor<3x1x8x2xf32>
  %1 = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<8x2xf32>, tensor<i32>) -> tensor<?x2xf32, #stablehlo.bounds<8, ?>>
  %2 = "stablehlo.torch_index_select"(%x, %k) <{batch_dims = 0 : i64, dim = 1 : i64}> : (tensor<8x2xf32>, tensor<3xi32>) -> tensor<8x3xf32>
  %3 = stablehlo.einsum %x, %y, config = "ab,bc->ac" : (tensor<8x2xf32>, tensor<2x4xf32>) -> tensor<8x4xf32>
  %4 = stablehlo.unary_einsum %x, config = "ab->ba" : (tensor<8x2xf32>) -> tensor<2x8xf32>
  return
}
func.func @conv(%x: tensor<2x4x8x8xf32>, %w: tensor<6x4x3x3xf32>, %p: tensor<2x2xi64>) {
  %0 = "stablehlo.dynamic_conv"(%x, %w, %p) <{batch_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]>, feature_group_count = 1 : i64, window_strides = array<i64: 1, 1>}> : (tensor<2x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<2x2xi64>) -> tensor<2x6x?x?xf32>
  return
}
func.func @dots(%x: tensor<8x2xf32>, %y: tensor<2x4xf32>, %v: tensor<2xf32>) {
  %0 = "stablehlo.dot"(%x, %y) : (tensor<8x2xf32>, tensor<2x4xf32>) -> tensor<8x4xf32>
  %1 = "stablehlo.dot"(%x, %v) <{precision_config = [#stablehlo<precision HIGH>, #stablehlo<precision DEFAULT>]}> : (tensor<8x2xf32>, tensor<2xf32>) -> tensor<8xf32>
  %2 = "stablehlo.dot"(%v, %v) {a.b} : (tensor<2xf32>, tensor<2xf32>) -> tensor<f32>
  %3 = "stablehlo.dot"(%v, %y) : (tensor<2xf32>, tensor<2x4xf32>) -> tensor<4xf32>
  return
}
