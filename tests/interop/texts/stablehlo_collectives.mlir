func.func @f(%x: tensor<8x2xf32>, %y: tensor<4xf32>, %s: tensor<f32>, %t: !stablehlo.token, %i: tensor<i32>, %k: tensor<2xi32>, %b: tensor<?xf32>, %d: tensor<2x2xi32>) {
  %0 = "stablehlo.all_gather"(%x) <{all_gather_dim = 1 : i64, channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>, use_global_device_ids}> : (tensor<8x2xf32>) -> tensor<8x4xf32>
  %1:2 = "stablehlo.all_gather"(%x, %y) <{all_gather_dim = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<8x2xf32>, tensor<4xf32>) -> (tensor<16x2xf32>, tensor<8xf32>)
  %2:2 = "stablehlo.all_reduce"(%x, %y) <{replica_groups = dense<[[0, -1], [1, 2]]> : tensor<2x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %c: tensor<f32>):
    %z = stablehlo.add %a, %c : tensor<f32>
    stablehlo.return %z : tensor<f32>
  }) : (tensor<8x2xf32>, tensor<4xf32>) -> (tensor<8x2xf32>, tensor<4xf32>)
  %3 = "stablehlo.reduce_scatter"(%x) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, scatter_dimension = 0 : i64, use_global_device_ids}> ({
  ^bb0(%a: tensor<f32>, %c: tensor<f32>):
    %z = stablehlo.maximum %a, %c : tensor<f32>
    stablehlo.return %z : tensor<f32>
  }) : (tensor<8x2xf32>) -> tensor<4x2xf32>
  %4 = "stablehlo.all_to_all"(%x) <{concat_dimension = 1 : i64, replica_groups = dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>, split_count = 4 : i64, split_dimension = 0 : i64}> : (tensor<8x2xf32>) -> tensor<2x8xf32>
  %5:2 = "stablehlo.all_to_all"(%x, %x) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 0>, concat_dimension = 1 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, split_count = 2 : i64, split_dimension = 0 : i64}> : (tensor<8x2xf32>, tensor<8x2xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>)
  %6 = "stablehlo.collective_permute"(%x) <{source_target_pairs = dense<[[0, 1], [1, 0]]> : tensor<2x2xi64>}> : (tensor<8x2xf32>) -> tensor<8x2xf32>
  %7 = "stablehlo.collective_broadcast"(%x) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 0>, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<8x2xf32>) -> tensor<8x2xf32>
  %8 = stablehlo.replica_id : tensor<ui32>
  %9 = stablehlo.partition_id : tensor<ui32>
  %10:3 = "stablehlo.infeed"(%t) <{infeed_config = "x", layout = [[1, 0], [0]]}> : (!stablehlo.token) -> (tensor<8x2xf32>, tensor<4xf32>, !stablehlo.token)
  %11 = "stablehlo.outfeed"(%x, %t) <{outfeed_config = "y"}> : (tensor<8x2xf32>, !stablehlo.token) -> !stablehlo.token
  %12 = "stablehlo.send"(%x, %t) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 2>, is_host_transfer = true}> : (tensor<8x2xf32>, !stablehlo.token) -> !stablehlo.token
  %13:2 = "stablehlo.recv"(%t) <{channel_handle = #stablehlo.channel_handle<handle = 2, type = 3>, is_host_transfer = true}> : (!stablehlo.token) -> (tensor<8x2xf32>, !stablehlo.token)
  %14 = "stablehlo.send"(%x, %t) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, is_host_transfer = false, source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<8x2xf32>, !stablehlo.token) -> !stablehlo.token
  %15:2 = "stablehlo.recv"(%t) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, is_host_transfer = false, source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>}> : (!stablehlo.token) -> (tensor<8x2xf32>, !stablehlo.token)
  %16 = "stablehlo.cross-replica-sum"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<8x2xf32>) -> tensor<8x2xf32>
  return
}
func.func @async(%x: tensor<8x2xf32>) -> tensor<8x2xf32> {
  %0 = "stablehlo.async_start"(%x) ({
  ^bb0(%a: tensor<8x2xf32>):
    %z = "stablehlo.collective_permute"(%a) <{source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<8x2xf32>) -> tensor<8x2xf32>
    stablehlo.return %z : tensor<8x2xf32>
  }) : (tensor<8x2xf32>) -> !stablehlo.future<tensor<8x2xf32>>
  %1 = "stablehlo.async_done"(%0) : (!stablehlo.future<tensor<8x2xf32>>) -> tensor<8x2xf32>
  return %1 : tensor<8x2xf32>
}
