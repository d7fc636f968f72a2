func.func @f(%c: i1, %i: i32, %x: index, %f: f32) -> f32 {
  %0 = scf.for %k = %x to %x step %x iter_args(%a = %f) -> (f32) {
    scf.yield %a : f32
  }
  scf.for unsigned %k = %i to %i step %i : i32 {
    scf.for %l = %x to %x step %x {
    } {kind = "parallel"}
  }
  %1:2 = scf.if %c -> (f32, i32) {
    scf.yield %f, %i : f32, i32
  } else {
    scf.yield %f, %i : f32, i32
  }
  scf.if %c {
  }
  scf.if %c {
  } else {
    %2 = arith.addf %f, %f : f32
  } {b}
  %3 = scf.while (%a = %f) : (f32) -> f32 {
    scf.condition(%c) %a : f32
  } do {
  ^bb0(%b: f32):
    scf.yield %b : f32
  } attributes {a}
  scf.while : () -> () {
    scf.condition(%c)
  } do {
    scf.yield
  }
  %4 = scf.index_switch %x -> f32
  case 2 {
    %5 = arith.addf %f, %f : f32
    scf.yield %5 : f32
  }
  case -5 {
    scf.yield %f : f32
  }
  default {
    scf.yield %f : f32
  }
  %6:2 = scf.index_switch %x {a} -> f32, f32
  default {
    scf.yield %f, %f : f32, f32
  }
  scf.index_switch %x
  case 1 {
    scf.yield
  }
  default {
    scf.yield
  }
  cf.assert %c, "message"
  cf.cond_br %c, ^bb1(%f : f32), ^bb2
^bb1(%b: f32):
  cf.switch %i : i32, [
    default: ^bb2,
    42: ^bb1(%f : f32),
    -1: ^bb2
  ]
^bb2:
  cf.br ^bb3(%f : f32)
^bb3(%d: f32):
  cf.cond_br %c weights([1, 2]), ^bb4(%f : f32), ^bb5
^bb4(%e: f32):
  return %e : f32
^bb5:
  cf.switch %i : i32, [
    default: ^bb2
  ]
}
