func.func @f(%x: tensor<2x3xf32>, %v: tensor<3xf32>, %s: tensor<f32>, %i: tensor<2x3xi32>, %j: tensor<3xi32>, %p: tensor<3xi1>, %q: tensor<?xf32>, %c: tensor<2x3xcomplex<f32>>) {
  %0 = chlo.broadcast_add %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %1 = chlo.broadcast_add %x, %v {broadcast_dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %2 = chlo.broadcast_and %i, %j : (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xi32>
  %3 = chlo.broadcast_atan2 %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %4 = chlo.broadcast_compare %x, %v {comparison_direction = #chlo<comparison_direction LT>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  %5 = chlo.broadcast_compare %x, %v {compare_type = #chlo<comparison_type TOTALORDER>, comparison_direction = #chlo<comparison_direction GE>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  %6 = chlo.broadcast_complex %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xcomplex<f32>>
  %7 = chlo.broadcast_divide %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %8 = chlo.broadcast_maximum %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %9 = chlo.broadcast_minimum %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %10 = chlo.broadcast_multiply %x, %q : (tensor<2x3xf32>, tensor<?xf32>) -> tensor<2x3xf32>
  %11 = chlo.broadcast_next_after %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %12 = chlo.broadcast_or %i, %j : (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xi32>
  %13 = chlo.broadcast_polygamma %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %14 = chlo.broadcast_power %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %15 = chlo.broadcast_remainder %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %16 = chlo.broadcast_select %p, %x, %s : (tensor<3xi1>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %17 = chlo.broadcast_shift_left %i, %j : (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xi32>
  %18 = chlo.broadcast_shift_right_arithmetic %i, %j : (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xi32>
  %19 = chlo.broadcast_shift_right_logical %i, %j : (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xi32>
  %20 = chlo.broadcast_subtract %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %21 = chlo.broadcast_xor %i, %j : (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xi32>
  %22 = chlo.broadcast_zeta %x, %v : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %23 = "chlo.constant_like"(%x) <{value = 1.0 : f32}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %24 = chlo._asin_acos_kernel %c : tensor<2x3xcomplex<f32>> -> tensor<2x3xcomplex<f32>>
  return
}
func.func @ragged(%x: tensor<11x5xf32>, %y: tensor<3x5x7xf32>, %g: tensor<3xi64>) {
  %0 = "chlo.ragged_dot"(%x, %y, %g) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>, precision_config = [#chlo<precision DEFAULT>, #chlo<precision HIGH>]}> : (tensor<11x5xf32>, tensor<3x5x7xf32>, tensor<3xi64>) -> tensor<11x7xf32>
  return
}
func.func @scan(%x: tensor<4x5xf32>, %c: tensor<5xf32>) {
  %0:2 = "chlo.scan"(%x, %c) <{dimension = 0 : i64, operandSegmentSizes = array<i32: 1, 1>, resultSegmentSizes = array<i32: 1, 1>}> ({
  ^bb0(%a: tensor<5xf32>, %b: tensor<5xf32>):
    %z = stablehlo.add %a, %b : tensor<5xf32>
    stablehlo.return %z, %z : tensor<5xf32>, tensor<5xf32>
  }) : (tensor<4x5xf32>, tensor<5xf32>) -> (tensor<4x5xf32>, tensor<5xf32>)
  return
}
func.func @scans(%x: tensor<4x5xf32>, %c: tensor<5xf32>) {
  %0:2 = "chlo.scan"(%x, %c) <{dimension = 0 : i64, is_reverse = true, is_associative = false, scan_dim_size = 4 : i64, operandSegmentSizes = array<i32: 1, 1>, resultSegmentSizes = array<i32: 1, 1>}> ({
  ^bb0(%a: tensor<5xf32>, %b: tensor<5xf32>):
    %z = stablehlo.add %a, %b : tensor<5xf32>
    stablehlo.return %z, %z : tensor<5xf32>, tensor<5xf32>
  }) {a.b = 1 : i32} : (tensor<4x5xf32>, tensor<5xf32>) -> (tensor<4x5xf32>, tensor<5xf32>)
  %1:3 = "chlo.scan"(%x, %x, %c) <{dimension = 0 : i64, is_associative = true, operandSegmentSizes = array<i32: 2, 1>, resultSegmentSizes = array<i32: 2, 1>}> ({
  ^bb0(%d: tensor<5xf32>, %a: tensor<5xf32>, %b: tensor<5xf32>):
    stablehlo.return %a, %b, %b : tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
  }) : (tensor<4x5xf32>, tensor<4x5xf32>, tensor<5xf32>) -> (tensor<4x5xf32>, tensor<4x5xf32>, tensor<5xf32>)
  return
}
