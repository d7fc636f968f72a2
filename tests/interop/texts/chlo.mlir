func.func @f(%x: tensor<2x3xf32>, %i: tensor<2x3xi32>) {
  %0 = chlo.erf %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %1 = chlo.is_inf %x : tensor<2x3xf32> -> tensor<2x3xi1>
  %2 = chlo.next_after %x, %x : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %3, %4 = chlo.top_k(%x, k = 2) : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x2xi32>)
  %5 = chlo.constant dense<1.0> : tensor<2xf32>
  %6 = chlo.mulhi %i, %i : tensor<2x3xi32>, tensor<2x3xi32> -> tensor<2x3xi32>
  %7 = chlo.polygamma %x, %x : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %8 = chlo.zeta %x, %x : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %100 = chlo.acos %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %101 = chlo.acosh %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %102 = chlo.asin %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %103 = chlo.asinh %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %104 = chlo.atan %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %105 = chlo.atanh %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %106 = chlo.bessel_i1e %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %107 = chlo.conj %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %108 = chlo.cosh %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %109 = chlo.digamma %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %110 = chlo.erf_inv %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %111 = chlo.erfc %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %112 = chlo.lgamma %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %113 = chlo.sinh %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %114 = chlo.square %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %115 = chlo.tan %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %116 = chlo.is_neg_inf %x : tensor<2x3xf32> -> tensor<2x3xi1>
  %117 = chlo.is_pos_inf %x : tensor<2x3xf32> -> tensor<2x3xi1>
  return
}
