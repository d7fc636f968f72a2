func.func @f(%a: f32, %x: index, %n: index, %m: memref<4x4xf32>, %d: memref<?x?xf32>) {
  affine.for %i = 0 to 4 step 2 {
  } {kind = "parallel"}
  %0:2 = affine.for %k = -2 to %x iter_args(%p = %a, %q = %x) -> (f32, index) {
    affine.yield %p, %k : f32, index
  }
  affine.for %i = %x to %n {
    affine.for %j = affine_map<(d0) -> (d0 * 2)>(%i) to affine_map<(d0)[s0] -> (d0 + s0)>(%i)[%n] {
      %z = affine.load %m[%i * 2 - %j floordiv 3, symbol(%n) mod 4] {q} : memref<4x4xf32>
      affine.store %z, %m[0, 0] : memref<4x4xf32>
      affine.store %z, %d[-%i + symbol(%n), (%i + %j) ceildiv 2] : memref<?x?xf32>
      affine.store %z, %d[%i, %i] : memref<?x?xf32>
    }
  }
  affine.for %i = max affine_map<(d0) -> (d0, 3)>(%x) to min affine_map<()[s0] -> (s0, 9)>()[%n] {
  }
  affine.for %i = affine_map<(d0) -> (0)>(%n) to affine_map<(d0) -> (d0)>(%n) {
  }
  %1:2 = affine.parallel (%i, %j) = (0, max(%x, 2)) to (min(%n, %x), 10) reduce ("addf", "mulf") -> (f32, f32) {
    affine.yield %a, %a : f32, f32
  }
  affine.parallel (%i) = (0) to (%n) step (2) {
  } {z}
  affine.parallel () = () to () {
  }
  %2 = affine.if affine_set<(d0)[s0] : (d0 >= 0, s0 - d0 == 0)>(%x)[%n] -> f32 {
    affine.yield %a : f32
  } else {
    affine.yield %a : f32
  }
  affine.if affine_set<(d0) : (d0 - 1 == 0)>(%x) {
  } else {
  } {t}
  %3 = affine.apply affine_map<(d0) -> (d0 + 1)>(%x)
  %4 = affine.max affine_map<(d0)[s0] -> (d0, s0)>(%x)[%n] {u}
  %5 = affine.min affine_map<(d0)[s0] -> (d0, s0)>(%x)[%n]
  %6 = affine.vector_load %m[%x, %n + 1] : memref<4x4xf32>, vector<2xf32>
  affine.vector_store %6, %m[%x, %n + 1] : memref<4x4xf32>, vector<2xf32>
  return
}
