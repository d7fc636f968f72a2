module @outer attributes {test.a} {
  func.func private @h(f32 {x.y = 1 : i32}) -> (f32 {a.b}) attributes {no_inline}
  func.func public @k(%a: f32 {x.y = 1 : i32}, %b: i32) -> (f32, f32 {a.b}) attributes {test.c = 2 : i32} {
    %0 = call @h(%a) {no_inline} : (f32) -> f32
    %1:2 = builtin.unrealized_conversion_cast %a : f32 to i64, f32
    %2 = builtin.unrealized_conversion_cast to i64
    return %0, %a : f32, f32
  }
  func.func @higher(%f: () -> f32) -> (() -> f32) {
    return %f : () -> f32
  }
  module @inner {
  }
}
