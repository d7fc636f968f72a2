func.func @f(%i: i32, %f: f32, %v: vector<4xf32>) {
  %0 = math.exp %f : f32
  %1 = math.tanh %v fastmath<afn> : vector<4xf32>
  %2 = math.absi %i : i32
  %3 = math.ctlz %i : i32
  %4 = math.ctpop %i : i32
  %5 = math.powf %f, %f fastmath<contract> : f32
  %6 = math.atan2 %f, %f : f32
  %7 = math.copysign %f, %f : f32
  %8 = math.fma %f, %f, %f : f32
  %9 = math.erf %f : f32
  %201 = math.erfc %v : vector<4xf32>
  %10 = math.isnan %v : vector<4xf32>
  %11 = math.ipowi %i, %i : i32
  %12 = math.fpowi %f, %i : f32, i32
  %100 = math.absf %f : f32
  %101 = math.acos %f : f32
  %102 = math.acosh %f : f32
  %103 = math.asin %f : f32
  %104 = math.asinh %f : f32
  %105 = math.atan %f : f32
  %106 = math.atanh %f : f32
  %107 = math.cbrt %f : f32
  %108 = math.ceil %f : f32
  %109 = math.cos %f : f32
  %110 = math.cosh %f : f32
  %111 = math.exp2 %f : f32
  %112 = math.expm1 %f : f32
  %113 = math.floor %f : f32
  %114 = math.log %f : f32
  %115 = math.log10 %f : f32
  %116 = math.log1p %f : f32
  %117 = math.log2 %f : f32
  %118 = math.round %f : f32
  %119 = math.roundeven %f : f32
  %120 = math.rsqrt %f : f32
  %121 = math.sin %f : f32
  %122 = math.sinh %f : f32
  %123 = math.sqrt %f : f32
  %124 = math.tan %f : f32
  %125 = math.trunc %f : f32
  %126 = math.isfinite %f {a.b, fastmath = #arith.fastmath<nnan>} : f32
  %127 = math.isinf %f {a.b, fastmath = #arith.fastmath<fast>} : f32
  %128 = math.cttz %i : i32
  return
}
