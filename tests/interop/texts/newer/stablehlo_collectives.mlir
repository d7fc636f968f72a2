func.func @collectives(%x: tensor<8x2xf32>, %y: tensor<4xf32>, %root: tensor<1xi32>, %roots: tensor<2xi32>) {
  %0 = "stablehlo.collective_reduce"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
  ^bb0(%a: tensor<f64>, %b: tensor<f64>):
    %6 = stablehlo.add %a, %b : tensor<f64>
    stablehlo.return %6 : tensor<f64>
  }) : (tensor<8x2xf32>) -> tensor<8x2xf64>
  %1:2 = "stablehlo.collective_reduce"(%x, %y, %roots) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 0>, has_dynamic_root, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, use_global_device_ids}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %6 = stablehlo.maximum %a, %b : tensor<f32>
    stablehlo.return %6 : tensor<f32>
  }) : (tensor<8x2xf32>, tensor<4xf32>, tensor<2xi32>) -> (tensor<8x2xf32>, tensor<4xf32>)
  %2:2 = "stablehlo.collective_broadcast"(%x, %y) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<8x2xf32>, tensor<4xf32>) -> (tensor<8x2xf32>, tensor<4xf32>)
  %3 = "stablehlo.collective_broadcast"(%x, %root) <{has_dynamic_root, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<8x2xf32>, tensor<1xi32>) -> tensor<8x2xf32>
  %4 = "stablehlo.all_gather"(%x) <{all_gather_dim = 1 : i64, replica_groups = #stablehlo.replica_group_mesh_axes<mesh = #stablehlo.mesh<axes=[<name = "x", size = 2>, <name = "y", size = 4>], device_ids=dense<[7, 6, 5, 4, 3, 2, 1, 0]> : tensor<8xi64>>, axes = [#stablehlo.axis_ref<name = "x">, #stablehlo.axis_ref<name = "y", sub_axis_info = (2)2>]>}> : (tensor<8x2xf32>) -> tensor<8x8xf32>
  %5 = "stablehlo.all_gather"(%x) <{all_gather_dim = 1 : i64, replica_groups = #stablehlo.replica_group_mesh_axes<mesh = @grid, axes = [#stablehlo.axis_ref<name = "x">]>}> : (tensor<8x2xf32>) -> tensor<8x4xf32>
  return
}
func.func private @grid()
