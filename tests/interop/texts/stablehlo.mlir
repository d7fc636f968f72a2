func.func @f(%x: tensor<2x3xf32>, %i: tensor<2x3xi32>, %p: tensor<2x3xi1>, %c: tensor<2x3xcomplex<f32>>,
             %s: tensor<f32>, %n: tensor<i32>, %b: tensor<i1>, %d: tensor<?x3xf32>) -> tensor<2x3xf32> {
  %0 = stablehlo.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %1 = stablehlo.constant {a.b} dense<1> : tensor<i32>
  %2 = stablehlo.add %x, %x : tensor<2x3xf32>
  %3 = stablehlo.add %x, %d : (tensor<2x3xf32>, tensor<?x3xf32>) -> tensor<2x3xf32>
  %4 = stablehlo.exponential %x {result_accuracy = #stablehlo.result_accuracy<ulps = 10, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>} : tensor<2x3xf32>
  %5 = stablehlo.abs %c : (tensor<2x3xcomplex<f32>>) -> tensor<2x3xf32>
  %6 = stablehlo.complex %x, %x : tensor<2x3xcomplex<f32>>
  %7 = stablehlo.real %c : (tensor<2x3xcomplex<f32>>) -> tensor<2x3xf32>
  %8 = stablehlo.is_finite %x : (tensor<2x3xf32>) -> tensor<2x3xi1>
  %9 = stablehlo.compare LT, %x, %x, TOTALORDER : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>
  %10 = stablehlo.compare EQ, %i, %i : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x3xi1>
  %11 = stablehlo.select %p, %x, %x : tensor<2x3xi1>, tensor<2x3xf32>
  %12 = stablehlo.select %b, %x, %d : (tensor<i1>, tensor<2x3xf32>, tensor<?x3xf32>) -> tensor<2x3xf32>
  %13 = stablehlo.clamp %x, %x, %x : tensor<2x3xf32>
  %14 = stablehlo.clamp %s, %x, %s : (tensor<f32>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %15 = stablehlo.convert %x : (tensor<2x3xf32>) -> tensor<2x3xi8>
  %16 = stablehlo.convert %x : tensor<2x3xf32>
  %17 = stablehlo.bitcast_convert %x : (tensor<2x3xf32>) -> tensor<2x3x4xi8>
  %18 = stablehlo.reduce_precision %x, format = e5m10 : tensor<2x3xf32>
  %19 = stablehlo.iota dim = 1 : tensor<2x3xf32>
  %20 = stablehlo.broadcast_in_dim %x, dims = [0, 2] : (tensor<2x3xf32>) -> tensor<2x4x3xf32>
  %21 = stablehlo.broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<2xf32>
  %22 = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
  %23 = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %24 = stablehlo.reverse %x, dims = [1] : tensor<2x3xf32>
  %25 = stablehlo.slice %x [0:2, 0:3:2] : (tensor<2x3xf32>) -> tensor<2x2xf32>
  %26 = stablehlo.dynamic_slice %x, %n, %n, sizes = [1, 2] : (tensor<2x3xf32>, tensor<i32>, tensor<i32>) -> tensor<1x2xf32>
  %27 = stablehlo.dynamic_update_slice %x, %26, %n, %n : (tensor<2x3xf32>, tensor<1x2xf32>, tensor<i32>, tensor<i32>) -> tensor<2x3xf32>
  %28 = stablehlo.pad %x, %s, low = [1, 0], high = [0, -1], interior = [0, 2] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x6xf32>
  %29 = stablehlo.concatenate %x, %x, dim = 0 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  %30 = stablehlo.get_dimension_size %x, dim = 0 : (tensor<2x3xf32>) -> tensor<i32>
  %31 = stablehlo.dot_general %x, %23, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  %32 = stablehlo.dot_general %x, %x, batching_dims = [0] x [0], contracting_dims = [1] x [1], precision = [HIGH, DEFAULT] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2xf32>
  %33 = stablehlo.dot_general %x, %23, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT], algorithm = <lhs_precision_type = tf32, rhs_precision_type = tf32, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1, allow_imprecise_accumulation = false> : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  %34 = stablehlo.reduce(%x init: %s) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  %35:2 = stablehlo.reduce(%x init: %s), (%i init: %n) across dimensions = [0, 1] : (tensor<2x3xf32>, tensor<2x3xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
    reducer(%a: tensor<f32>, %e: tensor<f32>) (%g: tensor<i32>, %h: tensor<i32>) {
      stablehlo.return %a, %h : tensor<f32>, tensor<i32>
    }
  %36 = stablehlo.reduce(%x init: %s) across dimensions = [1] {q.r} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    reducer(%a: tensor<f32>, %e: tensor<f32>) {
      %z = stablehlo.subtract %a, %e : tensor<f32>
      stablehlo.return %z : tensor<f32>
    }
  %37 = "stablehlo.reduce_window"(%x, %s) <{window_dimensions = array<i64: 1, 2>, padding = dense<[[0, 0], [1, 0]]> : tensor<2x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %e: tensor<f32>):
    %z = stablehlo.maximum %a, %e : tensor<f32>
    stablehlo.return %z : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %38:2 = stablehlo.while(%a = %n, %e = %x) : tensor<i32>, tensor<2x3xf32> attributes {w.v}
    cond {
      %z = stablehlo.compare LT, %a, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %z : tensor<i1>
    } do {
      stablehlo.return %a, %e : tensor<i32>, tensor<2x3xf32>
    }
  %39 = "stablehlo.if"(%b) ({
    stablehlo.return %x : tensor<2x3xf32>
  }, {
    stablehlo.return %2 : tensor<2x3xf32>
  }) : (tensor<i1>) -> tensor<2x3xf32>
  %40 = "stablehlo.case"(%n) ({
    stablehlo.return %x : tensor<2x3xf32>
  }) : (tensor<i32>) -> tensor<2x3xf32>
  %41:2 = stablehlo.optimization_barrier %x, %i : tensor<2x3xf32>, tensor<2x3xi32>
  stablehlo.optimization_barrier()
  %42 = stablehlo.tuple %x, %i : tuple<tensor<2x3xf32>, tensor<2x3xi32>>
  %43 = stablehlo.get_tuple_element %42[1] : (tuple<tensor<2x3xf32>, tensor<2x3xi32>>) -> tensor<2x3xi32>
  %44 = stablehlo.custom_call @target(%x) {api_version = 4 : i32, backend_config = {a = 1 : i32}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %45 = stablehlo.create_token : !stablehlo.token
  %46 = stablehlo.after_all %45, %45 : !stablehlo.token
  %47 = "stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 2>, slice_sizes = array<i64: 1, 2>}> : (tensor<2x3xf32>, tensor<2x3xi32>) -> tensor<2x2x3xf32>
  %48 = "stablehlo.sort"(%x) <{dimension = 1 : i64, is_stable = true}> ({
  ^bb0(%a: tensor<f32>, %e: tensor<f32>):
    %z = stablehlo.compare LT, %a, %e : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %z : tensor<i1>
  }) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}
func.func @g(%x: tensor<2x4x8x8xf32>, %w: tensor<6x2x3x3xf32>, %f: tensor<4xf32>, %a: tensor<3x3xf32>, %t: tensor<4xcomplex<f32>>, %k: tensor<2xui64>, %i: tensor<i32>, %h: tensor<1xi64>) {
  %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1], window = {stride = [2, 1], pad = [[1, 1], [0, 2]], lhs_dilate = [1, 1], rhs_dilate = [1, 2], reverse = [false, true]} {batch_group_count = 1 : i64, feature_group_count = 2 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision HIGHEST>]} : (tensor<2x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<2x6x4x6xf32>
  %1 = stablehlo.convolution(%x, %w) dim_numbers = [b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1], window = {} {batch_group_count = 1 : i64, feature_group_count = 2 : i64} : (tensor<2x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<2x6x6x6xf32>
  %2 = "stablehlo.batch_norm_inference"(%x, %f, %f, %f, %f) <{epsilon = 1.0e-5 : f32, feature_index = 1 : i64}> : (tensor<2x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x8x8xf32>
  %3 = stablehlo.cholesky %a, lower = true : tensor<3x3xf32>
  %4 = "stablehlo.triangular_solve"(%a, %a) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}> : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  %5 = stablehlo.fft %t, type = IRFFT, length = [6] : (tensor<4xcomplex<f32>>) -> tensor<6xf32>
  %6, %7 = stablehlo.rng_bit_generator %k, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<4xui32>)
  %8 = stablehlo.rng %i, %i, %h, distribution = UNIFORM : (tensor<i32>, tensor<i32>, tensor<1xi64>) -> tensor<5xi32>
  %9 = stablehlo.composite "my.op" %x {composite_attributes = {a = 1 : i32}, decomposition = @body} : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  return
}
func.func private @body(%x: tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32> {
  return %x : tensor<2x4x8x8xf32>
}
func.func @elementwise(%x: tensor<2x3xf32>, %i: tensor<2x3xi32>, %p: tensor<2x3xi1>, %c: tensor<2x3xcomplex<f32>>) {
  %200 = stablehlo.atan2 %x, %x : tensor<2x3xf32>
  %201 = stablehlo.divide %x, %x : tensor<2x3xf32>
  %202 = stablehlo.minimum %x, %x : tensor<2x3xf32>
  %203 = stablehlo.multiply %x, %x : tensor<2x3xf32>
  %204 = stablehlo.power %x, %x : tensor<2x3xf32>
  %205 = stablehlo.remainder %x, %x : tensor<2x3xf32>
  %206 = stablehlo.shift_left %i, %i : tensor<2x3xi32>
  %207 = stablehlo.shift_right_arithmetic %i, %i : tensor<2x3xi32>
  %208 = stablehlo.shift_right_logical %i, %i : tensor<2x3xi32>
  %209 = stablehlo.xor %i, %i : tensor<2x3xi32>
  %210 = stablehlo.or %i, %i : tensor<2x3xi32>
  %211 = stablehlo.and %p, %p : tensor<2x3xi1>
  %212 = stablehlo.cbrt %x : tensor<2x3xf32>
  %213 = stablehlo.ceil %x : tensor<2x3xf32>
  %214 = stablehlo.cosine %x : tensor<2x3xf32>
  %215 = stablehlo.exponential_minus_one %x : tensor<2x3xf32>
  %216 = stablehlo.floor %x : tensor<2x3xf32>
  %217 = stablehlo.log %x : tensor<2x3xf32>
  %218 = stablehlo.log_plus_one %x : tensor<2x3xf32>
  %219 = stablehlo.logistic %x : tensor<2x3xf32>
  %220 = stablehlo.negate %x : tensor<2x3xf32>
  %221 = stablehlo.round_nearest_afz %x : tensor<2x3xf32>
  %222 = stablehlo.round_nearest_even %x : tensor<2x3xf32>
  %223 = stablehlo.rsqrt %x : tensor<2x3xf32>
  %224 = stablehlo.sign %x : tensor<2x3xf32>
  %225 = stablehlo.sine %x : tensor<2x3xf32>
  %226 = stablehlo.sqrt %x : tensor<2x3xf32>
  %227 = stablehlo.tan %x : tensor<2x3xf32>
  %228 = stablehlo.tanh %x : tensor<2x3xf32>
  %229 = stablehlo.count_leading_zeros %i : tensor<2x3xi32>
  %230 = stablehlo.not %i : tensor<2x3xi32>
  %231 = stablehlo.popcnt %i : tensor<2x3xi32>
  %232 = stablehlo.imag %c : (tensor<2x3xcomplex<f32>>) -> tensor<2x3xf32>
  return
}
func.func @windows(%x: tensor<2x4x8x8xf32>, %f: tensor<4xf32>, %s: tensor<f32>, %i: tensor<2x1xi32>, %u: tensor<2x3xf32>, %t: tensor<5x3xf32>, %w: tensor<2x4x4x4xf32>) {
  %0:3 = "stablehlo.batch_norm_training"(%x, %f, %f) <{epsilon = 1.0e-5 : f32, feature_index = 1 : i64}> : (tensor<2x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<2x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>)
  %1:3 = "stablehlo.batch_norm_grad"(%x, %f, %f, %f, %x) <{epsilon = 1.0e-5 : f32, feature_index = 1 : i64}> : (tensor<2x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x4x8x8xf32>) -> (tensor<2x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>)
  %2 = "stablehlo.map"(%u, %u) <{dimensions = array<i64: 0, 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %z = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %z : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = "stablehlo.scatter"(%t, %i, %u) <{indices_are_sorted = true, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    stablehlo.return %b : tensor<f32>
  }) : (tensor<5x3xf32>, tensor<2x1xi32>, tensor<2x3xf32>) -> tensor<5x3xf32>
  %4 = "stablehlo.select_and_scatter"(%x, %w, %s) <{padding = dense<0> : tensor<4x2xi64>, window_dimensions = array<i64: 1, 1, 2, 2>, window_strides = array<i64: 1, 1, 2, 2>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %z = stablehlo.compare GE, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %z : tensor<i1>
  }, {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %z = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %z : tensor<f32>
  }) : (tensor<2x4x8x8xf32>, tensor<2x4x4x4xf32>, tensor<f32>) -> tensor<2x4x8x8xf32>
  return
}
func.func @plain(%x: tensor<2x3xf32>) {
  %0 = stablehlo.exponential %x : tensor<2x3xf32>
  %1 = stablehlo.custom_call @target(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = "stablehlo.all_reduce"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %3 = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %3 : tensor<f32>
  }) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
