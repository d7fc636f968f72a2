"""Instructions that JAX's programs seldom or never need on CPUs: the body of an entry computation for each."""

from __future__ import annotations

from typing import Final

COMPUTATIONS: Final = """
add { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT c = f32[] add(a, b) }
greater { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT c = pred[] compare(a, b), direction=GT }
add_and_max { a = f32[] parameter(0)
  b = f32[] parameter(1)
  c = f32[] parameter(2)
  d = f32[] parameter(3)
  e = f32[] add(a, c)
  f = f32[] maximum(b, d)
  ROOT g = (f32[], f32[]) tuple(e, f) }
double { a = (f32[4], (f32[4], s32[])) parameter(0)
  b = f32[4] get-tuple-element(a), index=0
  c = (f32[4], s32[]) get-tuple-element(a), index=1
  d = f32[4] get-tuple-element(c), index=0
  ROOT e = f32[4] add(b, d) }
negative { a = f32[4] parameter(0)
  ROOT b = f32[4] negate(a) }
going { s = (s32[], (f32[4], f32[])) parameter(0)
  i = s32[] get-tuple-element(s), index=0
  n = s32[] constant(3)
  ROOT c = pred[] compare(i, n), direction=LT, type=SIGNED }
step { s = (s32[], (f32[4], f32[])) parameter(0)
  i = s32[] get-tuple-element(s), index=0
  one = s32[] constant(1)
  j = s32[] add(i, one)
  t = (f32[4], f32[]) get-tuple-element(s), index=1
  x = f32[4] get-tuple-element(t), index=0
  y = f32[] get-tuple-element(t), index=1
  z = f32[4] broadcast(y), dimensions={}
  w = f32[4] multiply(x, z)
  u = (f32[4], f32[]) tuple(w, y)
  ROOT v = (s32[], (f32[4], f32[])) tuple(j, u) }
running { x = f32[3] parameter(0)
  c = f32[3] parameter(1)
  n = f32[3] add(x, c)
  ROOT t = (f32[3], f32[3]) tuple(n, n) }
"""

INSTRUCTIONS: Final = {
    "nested tuples": """x = f32[4] parameter(0)
  i = s32[] parameter(1)
  t = (f32[4], s32[]) tuple(x, i)
  u = (f32[4], (f32[4], s32[])) tuple(x, t)
  ROOT r = f32[4] call(u), to_apply=double""",
    "while of nested tuples": """x = f32[4] parameter(0)
  y = f32[] parameter(1)
  i = s32[] constant(0)
  t = (f32[4], f32[]) tuple(x, y)
  s = (s32[], (f32[4], f32[])) tuple(i, t)
  w = (s32[], (f32[4], f32[])) while(s), condition=going, body=step
  u = (f32[4], f32[]) get-tuple-element(w), index=1
  ROOT r = f32[4] get-tuple-element(u), index=0""",
    "conditional by truth": """p = pred[] parameter(0)
  x = f32[4] parameter(1)
  i = s32[] constant(0)
  t = (f32[4], s32[]) tuple(x, i)
  u = (f32[4], (f32[4], s32[])) tuple(x, t)
  ROOT r = f32[4] conditional(p, u, x), true_computation=double, false_computation=negative""",
    "conditional by number": """i = s32[] parameter(0)
  x = f32[4] parameter(1)
  ROOT r = f32[4] conditional(i, x, x), branch_computations={negative, negative}""",
    "map": """x = f32[2,3] parameter(0)
  y = f32[2,3] parameter(1)
  ROOT r = f32[2,3] map(x, y), dimensions={0,1}, to_apply=add""",
    "reduce of several": """x = f32[2,3] parameter(0)
  y = f32[2,3] parameter(1)
  i = f32[] constant(0)
  j = f32[] constant(-inf)
  ROOT r = (f32[2], f32[2]) reduce(x, y, i, j), dimensions={1}, to_apply=add_and_max""",
    "reduce-window of several": """x = f32[4,6] parameter(0)
  y = f32[4,6] parameter(1)
  i = f32[] constant(0)
  j = f32[] constant(-inf)
  ROOT r = (f32[2,6], f32[2,6]) reduce-window(x, y, i, j), window={size=2x3 stride=2x1 pad=0_0x1_1}, to_apply=add_and_max""",
    "dilated reduce-window": """x = f32[5,6] parameter(0)
  i = f32[] constant(0)
  ROOT r = f32[8,3] reduce-window(x, i), window={size=2x3 stride=1x2 pad=0_0x1_1 lhs_dilate=2x1 rhs_dilate=1x1}, to_apply=add""",
    "select-and-scatter": """x = f32[4,6] parameter(0)
  s = f32[2,3] parameter(1)
  i = f32[] constant(1)
  ROOT r = f32[4,6] select-and-scatter(x, s, i), window={size=2x2 stride=2x2}, select=greater, scatter=add""",
    "reversed convolution": """x = f32[1,5,2] parameter(0)
  w = f32[3,2,2] parameter(1)
  ROOT r = f32[1,5,2] convolution(x, w), window={size=3 pad=1_1 rhs_reversal=1}, dim_labels=b0f_0io->b0f""",
    "batch groups": """x = f32[4,5,2] parameter(0)
  w = f32[3,2,4] parameter(1)
  ROOT r = f32[2,3,4] convolution(x, w), window={size=3}, dim_labels=b0f_0io->b0f, batch_group_count=2""",
    "convolution without space": """x = f32[4,5] parameter(0)
  w = f32[5,3] parameter(1)
  ROOT r = f32[4,3] convolution(x, w), dim_labels=bf_io->bf""",
    "convolution of space in another order": """x = f32[1,5,6,2] parameter(0)
  w = f32[3,2,2,3] parameter(1)
  ROOT r = f32[1,3,5,3] convolution(x, w), window={size=2x3}, dim_labels=b10f_1i0o->b10f""",
    "dot of all dimensions": """x = f32[2,3,4,5] parameter(0)
  y = f32[5,2,6,3] parameter(1)
  ROOT r = f32[2,4,6] dot(x, y), lhs_batch_dims={0}, rhs_batch_dims={1}, lhs_contracting_dims={1,3}, rhs_contracting_dims={3,0}""",
    "dot of two types": """x = f32[2,3] parameter(0)
  h = bf16[2,3] convert(x)
  y = f32[3,4] parameter(1)
  ROOT r = f32[2,4] dot(h, y), lhs_contracting_dims={1}, rhs_contracting_dims={0}""",
    "precise dot": """x = f32[2,3] parameter(0)
  y = f32[3,4] parameter(1)
  ROOT r = f32[2,4] dot(x, y), lhs_contracting_dims={1}, rhs_contracting_dims={0}, operand_precision={highest,highest}""",
    "batch normalization": """x = f32[6,3] parameter(0)
  s = f32[3] parameter(1)
  o = f32[3] parameter(2)
  ROOT r = (f32[6,3], f32[3], f32[3]) batch-norm-training(x, s, o), epsilon=0.001, feature_index=1""",
    "batch normalization at inference": """x = f32[6,3] parameter(0)
  s = f32[3] parameter(1)
  m = f32[3] parameter(2)
  v = f32[3] exponential(s)
  ROOT r = f32[6,3] batch-norm-inference(x, s, m, m, v), epsilon=0.001, feature_index=1""",
    "batch normalization gradient": """x = f32[6,3] parameter(0)
  s = f32[3] parameter(1)
  g = f32[6,3] parameter(2)
  v = f32[3] exponential(s)
  ROOT r = (f32[6,3], f32[3], f32[3]) batch-norm-grad(x, s, s, v, g), epsilon=0.001, feature_index=1""",
    "largest and smallest": """x = f32[2,5] parameter(0)
  a = (f32[2,3], s32[2,3]) topk(x), k=3, largest=true
  b = f32[2,3] get-tuple-element(a), index=0
  c = s32[2,3] get-tuple-element(a), index=1
  d = (f32[2,3], s32[2,3]) topk(x), k=3, largest=false
  e = f32[2,3] get-tuple-element(d), index=0
  f = s32[2,3] get-tuple-element(d), index=1
  ROOT r = (f32[2,3], s32[2,3], f32[2,3], s32[2,3]) tuple(b, c, e, f)""",
    "decomposition": """x = f32[3,3] parameter(0)
  y = f32[3,3] dot(x, x), lhs_contracting_dims={1}, rhs_contracting_dims={1}
  e = f32[3,3] constant({{5,0,0},{0,5,0},{0,0,5}})
  z = f32[3,3] add(y, e)
  l = f32[3,3] cholesky(z), lower=true
  ROOT r = f32[3,3] triangular-solve(l, x), left_side=true, lower=true, unit_diagonal=false, transpose_a=TRANSPOSE""",
    "clamp": """x = f32[2,3] parameter(0)
  a = f32[] constant(-0.5)
  b = f32[2,3] parameter(1)
  c = f32[2,3] abs(b)
  ROOT r = f32[2,3] clamp(a, x, c)""",
    "pad": """x = f32[2,3] parameter(0)
  v = f32[] parameter(1)
  ROOT r = f32[5,4] pad(x, v), padding=1_2x-1_0_1""",
    "total order": """x = f32[2,3] parameter(0)
  y = f32[2,3] parameter(1)
  ROOT r = pred[2,3] compare(x, y), direction=LE, type=TOTALORDER""",
    "dependencies": """x = f32[4] parameter(0)
  t = token[] after-all()
  y = f32[4] add-dependency(x, t)
  ROOT r = f32[4] negate(y)""",
    "sizes": """x = f32[4,2] parameter(0)
  ROOT r = s32[] get-dimension-size(x), dimensions={1}""",
    "reduce-precision": """x = f32[4] parameter(0)
  ROOT r = f32[4] reduce-precision(x), exponent_bits=5, mantissa_bits=2""",
    "gather with batches": """x = f32[2,5,3] parameter(0)
  i = s32[2,4,1] constant({{{0},{4},{2},{9}},{{1},{0},{3},{-2}}})
  ROOT r = f32[2,4,3] gather(x, i), offset_dims={2}, collapsed_slice_dims={1}, start_index_map={1}, operand_batching_dims={0},
    start_indices_batching_dims={0}, index_vector_dim=2, slice_sizes={1,1,3}""",
    "scatter out of bounds": """x = f32[6,4] parameter(0)
  i = s32[5,2] constant({{-1,0},{0,1},{5,1},{4,3},{3,2}})
  u = f32[5,2,2] parameter(1)
  ROOT r = f32[6,4] scatter(x, i, u), update_window_dims={1,2}, inserted_window_dims={}, scatter_dims_to_operand_dims={0,1},
    index_vector_dim=1, to_apply=add""",
    "scatter of one window": """x = f32[5] parameter(0)
  i = u8[] constant(4)
  u = f32[2] parameter(1)
  ROOT r = f32[5] scatter(x, i, u), update_window_dims={0}, inserted_window_dims={}, scatter_dims_to_operand_dims={0},
    index_vector_dim=0, to_apply=add""",
    "iota": """ROOT r = f32[2,3] iota(), iota_dimension=1""",
    "complex numbers": """x = f32[4] parameter(0)
  y = f32[4] parameter(1)
  c = c64[4] complex(x, y)
  d = c64[4] constant({(1, 2), (-3, 0.5), (0, -1), (2.5, inf)})
  e = c64[4] multiply(c, c)
  f = f32[4] imag(e)
  g = f32[4] abs(c)
  ROOT r = (f32[4], f32[4], c64[4]) tuple(f, g, d)""",
    "fft": """x = f32[3,8] parameter(0)
  c = c64[3,5] fft(x), fft_type=RFFT, fft_length={8}
  ROOT r = f32[3,8] fft(c), fft_type=IRFFT, fft_length={8}""",
    "narrow types": """x = f32[4] parameter(0)
  a = f8e4m3fn[4] convert(x)
  b = f8e5m2[4] convert(x)
  c = s4[4] constant({-8, 7, 1, 0})
  d = f32[4] convert(a)
  e = f32[4] convert(b)
  f = s32[4] convert(c)
  ROOT r = (f32[4], f32[4], s32[4]) tuple(d, e, f)""",
}
"""The results are computed by XLA, of arrays that are made up for the parameters."""
