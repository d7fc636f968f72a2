memref.global "private" constant @g : memref<4xf32> = dense<1.0> {alignment = 64 : i64}
memref.global @g2 : memref<4xf32> = uninitialized
memref.global @g3 : memref<2x2xi8> = dense<[[1, 2], [3, 4]]>
memref.global @g4 : memref<4xf32>
func.func @f(%a: f32, %x: index, %m: memref<4x4xf32>, %d: memref<?x?xf32>, %u: memref<*xf32>) {
  %0 = memref.alloca(%x) : memref<?xf32>
  %1 = memref.alloc(%x)[%x] {alignment = 64 : i64} : memref<?xf32, affine_map<(d0)[s0] -> (d0 + s0)>>
  %2 = memref.alloc() : memref<4xf32>
  %3 = memref.expand_shape %d [[0, 1], [2]] output_shape [%x, 2, %x] : memref<?x?xf32> into memref<?x2x?xf32>
  %4 = memref.collapse_shape %d [[0, 1]] : memref<?x?xf32> into memref<?xf32>
  %5 = memref.load %m[%x, %x] {nontemporal = true} : memref<4x4xf32>
  memref.store %a, %m[%x, %x] {alignment = 16 : i64} : memref<4x4xf32>
  %6 = memref.cast %m : memref<4x4xf32> to memref<?x4xf32>
  %7 = memref.cast %m : memref<4x4xf32> to memref<*xf32>
  %8 = memref.subview %m[%x, 0] [2, 2] [1, 1] : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1], offset: ?>>
  %9 = memref.reinterpret_cast %m to offset: [%x], sizes: [2, %x], strides: [4, 1]
      : memref<4x4xf32> to memref<2x?xf32, strided<[4, 1], offset: ?>>
  %10 = memref.get_global @g : memref<4xf32>
  %11 = memref.dim %u, %x : memref<*xf32>
  memref.copy %2, %10 : memref<4xf32> to memref<4xf32>
  memref.dealloc %2 : memref<4xf32>
  return
}
