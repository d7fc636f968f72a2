func.func @f(%f: f32, %x: index, %v: vector<4xf32>, %w: vector<2x4xf32>, %m: memref<4x4xf32>) {
  %0 = tensor.empty(%x) : tensor<?x4xf32>
  %1 = tensor.extract %0[%x, %x] : tensor<?x4xf32>
  %2 = tensor.insert %f into %0[%x, %x] : tensor<?x4xf32>
  %3 = tensor.dim %0, %x : tensor<?x4xf32>
  %4 = tensor.cast %0 : tensor<?x4xf32> to tensor<4x4xf32>
  %5 = tensor.from_elements %f, %f, %f, %f : tensor<2x2xf32>
  %6 = tensor.splat %f : tensor<2x2xf32>
  %7 = tensor.splat %f[%x] : tensor<2x?xf32>
  %8 = vector.reduction <add>, %v : vector<4xf32> into f32
  %9 = vector.reduction <maximumf>, %v, %f fastmath<fast> : vector<4xf32> into f32
  %10 = vector.broadcast %f : f32 to vector<4xf32>
  %11 = vector.load %m[%x, %x] : memref<4x4xf32>, vector<4xf32>
  vector.store %11, %m[%x, %x] {alignment = 16 : i64} : memref<4x4xf32>, vector<4xf32>
  %12 = vector.extract %v[0] : f32 from vector<4xf32>
  %13 = vector.extract %v[%x] : f32 from vector<4xf32>
  %14 = vector.extract %w[1] : vector<4xf32> from vector<2x4xf32>
  %15 = vector.insert %f, %v [%x] : f32 into vector<4xf32>
  %16 = vector.insert %v, %w [0] : vector<4xf32> into vector<2x4xf32>
  %17 = vector.fma %v, %v, %v : vector<4xf32>
  %18 = vector.shape_cast %w : vector<2x4xf32> to vector<8xf32>
  %19 = vector.transpose %w, [1, 0] : vector<2x4xf32> to vector<4x2xf32>
  %20 = vector.bitcast %v : vector<4xf32> to vector<4xi32>
  return
}
