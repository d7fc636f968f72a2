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
  %10 = math.isnan %v : vector<4xf32>
  %11 = math.ipowi %i, %i : i32
  %12 = math.fpowi %f, %i : f32, i32
  return
}
