func.func @f(%x: tensor<2x3xf32>, %i: tensor<2x3xi32>) {
  %0 = chlo.erf %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %1 = chlo.is_inf %x : tensor<2x3xf32> -> tensor<2x3xi1>
  %2 = chlo.next_after %x, %x : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %3, %4 = chlo.top_k(%x, k = 2) : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x2xi32>)
  %5 = chlo.constant dense<1.0> : tensor<2xf32>
  %6 = chlo.mulhi %i, %i : tensor<2x3xi32>, tensor<2x3xi32> -> tensor<2x3xi32>
  %7 = chlo.polygamma %x, %x : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %8 = chlo.zeta %x, %x : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return
}
