"""Numerical programs as people write them in JAX: solvers, simulations, signals, sampling, algorithms on integers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.ode import odeint

from tests.programs.table import Made, normal, program

KEY = jax.random.key(0)

# -- linear algebra and iteration --------------------------------------------------------------------------------------


@program("linear solvers", terms=256)
def _() -> Made:
    def solve(a: Any, b: Any) -> Any:
        spd = a @ a.T + 4 * jnp.eye(len(a))
        factor = jax.scipy.linalg.cho_factor(spd, lower=True)
        triangle = jax.scipy.linalg.solve_triangular(jnp.tril(spd), b, lower=True)
        return jnp.linalg.solve(spd, b), jax.scipy.linalg.cho_solve(factor, b), triangle, jnp.linalg.inv(spd)

    return solve, (normal(5, 5), normal(5, 2, seed=1))


@program("gradient of a linear solver", terms=512)
def _() -> Made:
    def loss(a: Any, b: Any) -> Any:
        spd = a @ a.T + 4 * jnp.eye(len(a))
        return (jnp.linalg.solve(spd, b) ** 2).sum() + jnp.linalg.slogdet(spd)[1]

    return jax.value_and_grad(loss, (0, 1)), (normal(4, 4), normal(4, 2, seed=1))


@program("conjugate gradients", terms=512)
def _() -> Made:
    """By hand in a `while`, and that of JAX, which is a custom_linear_solve."""

    def solve(a: Any, b: Any) -> Any:
        spd = a @ a.T + 4 * jnp.eye(len(a))

        def going(state: Any) -> Any:
            _, r, _, count = state
            return (r @ r > 1e-6) & (count < 20)

        def step(state: Any) -> Any:
            x, r, p, count = state
            along = spd @ p
            rate = (r @ r) / (p @ along)
            rest = r - rate * along
            return x + rate * p, rest, rest + (rest @ rest) / (r @ r) * p, count + 1

        x, *_ = jax.lax.while_loop(going, step, (jnp.zeros_like(b), b, b, 0))
        return x, jax.scipy.sparse.linalg.cg(lambda v: spd @ v, b, maxiter=10)[0]

    return solve, (normal(4, 4), normal(4, seed=1))


@program("Newton iteration", terms=16)
def _() -> Made:
    def root(a: Any) -> Any:
        def going(state: Any) -> Any:
            x, steps = state
            return (jnp.abs(x * x - a) > 1e-4 * a) & (steps < 50)

        return jax.lax.while_loop(going, lambda s: (0.5 * (s[0] + a / s[0]), s[1] + 1), (a, 0))

    return root, (np.float32(2.0),)


@program("many Newton iterations at once", terms=64)
def _() -> Made:
    """`vmap` of a `while`: it runs until the last one is done. The derivative comes from JAX."""

    def root(a: Any) -> Any:
        def f(x: Any) -> Any:
            return x**3 - a

        def step(state: Any) -> Any:
            x, _ = state
            return x - f(x) / jax.grad(f)(x), f(x)

        return jax.lax.while_loop(lambda s: jnp.abs(s[1]) > 1e-3, step, (a, jnp.inf))[0]

    return jax.vmap(root), (np.array([1.0, 8.0, 0.5, 27.0], np.float32),)


@program("power iteration", terms=256)
def _() -> Made:
    def largest(a: Any) -> Any:
        def step(_: Any, v: Any) -> Any:
            w = a.T @ (a @ v)
            return w / jnp.linalg.norm(w)

        v = jax.lax.fori_loop(0, 12, step, jnp.ones(a.shape[1]) / a.shape[1] ** 0.5)
        return jnp.linalg.norm(a @ v), v

    return largest, (normal(6, 4),)


@program("derivatives of derivatives", terms=128)
def _() -> Made:
    def f(x: Any) -> Any:
        return jnp.sum(jnp.tanh(x) ** 3) + jnp.prod(jnp.cos(x))

    def derivatives(x: Any, t: Any) -> Any:
        return jax.jvp(f, (x,), (t,)), jax.hessian(f)(x), jax.jacfwd(jax.grad(f))(x), jax.vmap(jax.grad(f))(x[None])

    return derivatives, (normal(4), normal(4, seed=1))


@program("k-means", terms=64)
def _() -> Made:
    def k_means(points: Any, centres: Any) -> Any:
        def step(centres: Any, _: Any) -> Any:
            distances = jnp.sum((points[:, None] - centres[None]) ** 2, -1)
            nearest = jnp.argmin(distances, 1)
            counts = jax.ops.segment_sum(jnp.ones(len(points)), nearest, 3)
            sums = jax.ops.segment_sum(points, nearest, 3)
            return sums / jnp.maximum(counts, 1)[:, None], nearest

        return jax.lax.scan(step, centres, None, length=4)

    points = normal(20, 2)
    return k_means, (points, points[:3])


@program("Gaussian process", terms=512)
def _() -> Made:
    def predict(x: Any, y: Any, at: Any) -> Any:
        def kernel(a: Any, b: Any) -> Any:
            return jnp.exp(-0.5 * (a[:, None] - b[None]) ** 2)

        factor = jnp.linalg.cholesky(kernel(x, x) + 0.1 * jnp.eye(len(x)))
        weights = jax.scipy.linalg.cho_solve((factor, True), y)
        v = jax.scipy.linalg.solve_triangular(factor, kernel(x, at), lower=True)
        likelihood = -0.5 * y @ weights - jnp.log(jnp.diag(factor)).sum()
        return kernel(at, x) @ weights, 1.0 - (v * v).sum(0), likelihood

    return predict, (np.linspace(0, 3, 8).astype(np.float32), normal(8), np.linspace(0, 3, 4).astype(np.float32))


# -- simulation --------------------------------------------------------------------------------------------------------


@program("Runge-Kutta steps", terms=256)
def _() -> Made:
    def integrate(y: Any, step: Any) -> Any:
        def slope(y: Any) -> Any:
            return jnp.stack([y[1], jnp.float32(2.0) * (1 - y[0] ** 2) * y[1] - y[0]])

        def advance(y: Any, _: Any) -> Any:
            k1 = slope(y)
            k2 = slope(y + 0.5 * step * k1)
            k3 = slope(y + 0.5 * step * k2)
            k4 = slope(y + step * k3)
            y = y + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            return y, y

        return jax.lax.scan(advance, y, None, length=10)

    return integrate, (np.array([1.0, 0.0], np.float32), np.float32(0.05))


@program("adaptive steps", terms=1024)
def _() -> Made:
    """An embedded pair of orders 1 and 2: the step grows and shrinks with the error."""

    def integrate(y: Any, end: Any) -> Any:
        def slope(y: Any) -> Any:
            return jnp.stack([y[1], -y[0]])

        def going(state: Any) -> Any:
            return (state[0] < end) & (state[3] < 200)

        def advance(state: Any) -> Any:
            t, y, step, count = state
            step = jnp.minimum(step, end - t)
            first = y + step * slope(y)
            second = y + 0.5 * step * (slope(y) + slope(first))
            error = jnp.max(jnp.abs(second - first)) / 1e-2
            taken = error <= 1
            factor = jnp.clip(0.9 / jnp.sqrt(jnp.maximum(error, 1e-6)), 0.2, 5.0)
            return jnp.where(taken, t + step, t), jnp.where(taken, second, y), step * factor, count + 1

        t, y, _, count = jax.lax.while_loop(going, advance, (jnp.float32(0), y, jnp.float32(0.1), 0))
        return t, y, count

    return integrate, (np.array([1.0, 0.0], np.float32), np.float32(1.0))


@program("ODE solver of JAX", terms=4096)
def _() -> Made:
    def integrate(y: Any) -> Any:
        return odeint(lambda y, t: jnp.stack([y[1], -y[0]]), y, jnp.linspace(0.0, 1.0, 3))

    return integrate, (np.array([1.0, 0.0], np.float32),)


@program("particles", terms=512)
def _() -> Made:
    """Gravity between all pairs by nested vmap, leapfrog steps, forces as the gradient of an energy."""

    def simulate(positions: Any, velocities: Any) -> Any:
        def pair(a: Any, b: Any) -> Any:
            return -1.0 / jnp.sqrt(jnp.sum((a - b) ** 2) + 0.1)

        def energy(x: Any) -> Any:
            return 0.5 * jax.vmap(lambda a: jax.vmap(lambda b: pair(a, b))(x))(x).sum()

        def step(state: Any, _: Any) -> Any:
            x, v = state
            v = v - 0.005 * jax.grad(energy)(x)
            x = x + 0.01 * v
            return (x, v - 0.005 * jax.grad(energy)(x)), energy(x)

        return jax.lax.scan(step, (positions, velocities), None, length=3)

    return simulate, (normal(5, 3), normal(5, 3, seed=1))


@program("heat equation", terms=128)
def _() -> Made:
    """Finite differences with fixed ends, in space by slices and by rolling."""

    def diffuse(u: Any) -> Any:
        def step(u: Any, _: Any) -> Any:
            inner = u[1:-1] + 0.2 * (u[2:] - 2 * u[1:-1] + u[:-2])
            u = u.at[1:-1].set(inner)
            return u, jnp.roll(u, 1).sum() - u.mean()

        return jax.lax.scan(step, u, None, length=8)

    return diffuse, (normal(12),)


@program("game of life", terms=1)
def _() -> Made:
    def live(cells: Any) -> Any:
        def step(_: Any, cells: Any) -> Any:
            around = jax.lax.conv_general_dilated(
                jnp.pad(cells, 1, mode="wrap")[None, None].astype(jnp.int32),
                jnp.ones((1, 1, 3, 3), jnp.int32),
                (1, 1),
                "VALID",
            )[0, 0]
            count = around - cells
            return ((count == 3) | ((cells == 1) & (count == 2))).astype(cells.dtype)

        return jax.lax.fori_loop(0, 4, step, cells)

    return live, ((normal(8, 9) > 0).astype(np.uint8),)


# -- signals and complex numbers ---------------------------------------------------------------------------------------


@program("convolution by Fourier transforms", terms=128)
def _() -> Made:
    def convolve(x: Any, kernel: Any) -> Any:
        n = x.shape[-1] + kernel.shape[-1] - 1
        fast = jnp.fft.irfft(jnp.fft.rfft(x, n) * jnp.fft.rfft(kernel, n), n)
        return fast, jnp.convolve(x, kernel), jnp.fft.ifft2(jnp.fft.fft2(jnp.outer(x, kernel))).real

    return convolve, (normal(10), normal(5, seed=1))


@program("spectrogram", terms=256)
def _() -> Made:
    """Windows, their spectra, the analytic signal and its phase."""

    def analyse(x: Any) -> Any:
        frames = x[jnp.arange(0, 24, 8)[:, None] + jnp.arange(16)[None]]
        spectrum = jnp.fft.rfft(frames * jnp.hanning(16), axis=-1)
        gains = jnp.zeros(len(x)).at[0].set(1.0).at[1 : len(x) // 2].set(2.0).at[len(x) // 2].set(1.0)
        analytic = jnp.fft.ifft(jnp.fft.fft(x) * gains)
        return jnp.abs(spectrum), jnp.log1p(jnp.abs(spectrum) ** 2), analytic * jnp.exp(0.3j), jnp.abs(analytic)

    return analyse, (normal(40),)


@program("complex arithmetic", terms=64)
def _() -> Made:
    def compute(z: Any, w: Any) -> Any:
        rotated = z * jnp.exp(1j * jnp.angle(w)) / (1 + jnp.conj(z) * w)
        gradient = jax.grad(lambda z: jnp.abs(jnp.sum(z * w)) ** 2)(z)
        return rotated, gradient, z @ w, jnp.where(z.real > 0, z, w), jnp.cumprod(z[0]), jnp.sum(z, 0), jnp.sqrt(z)

    return compute, (normal(3, 3) + 1j * normal(3, 3, seed=1), normal(3, 3, seed=2) + 1j * normal(3, 3, seed=3))


@program("Mandelbrot set", terms=16)
def _() -> Made:
    def escape(c: Any) -> Any:
        def step(_: Any, state: Any) -> Any:
            z, count = state
            inside = jnp.abs(z) < 2
            return jnp.where(inside, z * z + c, z), count + inside

        return jax.lax.fori_loop(0, 12, step, (jnp.zeros_like(c), jnp.zeros(c.shape, jnp.int32)))[1]

    x, y = np.meshgrid(np.linspace(-2, 1, 9), np.linspace(-1, 1, 7))
    return escape, ((x + 1j * y).astype(np.complex64),)


# -- random numbers ----------------------------------------------------------------------------------------------------


@program("random sampling", terms=32)
def _() -> Made:
    def sample(key: Any) -> Any:
        a, b, c, d, e, f, g = jax.random.split(key, 7)
        return {
            "bits": jax.random.bits(a, (5,), "uint32"),
            "narrow": jax.random.bits(a, (5,), "uint8"),
            "integers": jax.random.randint(b, (3, 2), -5, 20),
            "permutation": jax.random.permutation(c, 7),
            "coins": jax.random.bernoulli(d, 0.3, (9,)),
            "folded": jax.random.key_data(jax.random.fold_in(e, 42)),
            "category": jax.random.categorical(f, jnp.arange(4.0), shape=(6,)),
            "keys": jax.vmap(lambda k: jax.random.bits(k, (2,)))(jax.random.split(g, 3)),
            "dropped": jax.random.choice(a, jnp.arange(10), (4,), replace=False),
            "normal": jax.random.normal(b, (6,)),
            "exponential": jax.random.exponential(c, (6,)),
            "truncated": jax.random.truncated_normal(d, -1.0, 2.0, (4,)),
            "gumbel": jax.random.gumbel(e, (4,)),
            "rows": jax.random.uniform(f, (2, 3), minval=-1.0),
        }

    return sample, (KEY,)


@program("random keys from numbers", terms=1)
def _() -> Made:
    def made(seed: Any) -> Any:
        return jax.random.bits(jax.random.key(7), (3,)), jax.random.uniform(jax.random.PRNGKey(seed), (3,))

    return made, (5,)


@program("random walk", terms=16)
def _() -> Made:
    """Keys pass loops and branches."""

    def walk(key: Any) -> Any:
        def step(state: Any, _: Any) -> Any:
            key, x = state
            key, part = jax.random.split(key)
            return (key, x + jax.random.normal(part)), part

        (_, x), parts = jax.lax.scan(step, (key, 0.0), None, length=3)
        other = jax.lax.cond(x > 0, lambda: parts[0], lambda: parts[1])
        return x, jax.random.bits(other), parts

    return walk, (KEY,)


@program("Metropolis steps", terms=64)
def _() -> Made:
    def chain(key: Any, start: Any) -> Any:
        def density(x: Any) -> Any:
            return -0.5 * jnp.sum(x**2) + jnp.log1p(jnp.sum(x) ** 2)

        def step(x: Any, key: Any) -> Any:
            move, accept = jax.random.split(key)
            new = x + 0.5 * jax.random.normal(move, x.shape)
            taken = jnp.log(jax.random.uniform(accept)) < density(new) - density(x)
            return jnp.where(taken, new, x), taken

        return jax.vmap(lambda x, key: jax.lax.scan(step, x, jax.random.split(key, 6)))(start, jax.random.split(key, 3))

    return chain, (KEY, normal(3, 2))


# -- sorting, scans, integers ------------------------------------------------------------------------------------------


@program("sorting", terms=1)
def _() -> Made:
    def order(x: Any, labels: Any) -> Any:
        unique = jnp.unique(labels, return_inverse=True, return_counts=True, size=6, fill_value=-1)
        merged = jax.lax.sort((labels, x), num_keys=2)
        return (
            jnp.sort(x)[::-1],
            jnp.argsort(x),
            unique,
            merged,
            jnp.lexsort((x, labels)),
            jax.lax.top_k(x, 3),
            jnp.median(x),
            jnp.searchsorted(jnp.sort(x), jnp.array([0.0, 1.0])),
            jnp.argmax(x),
            jnp.partition(labels, 3),
        )

    return order, (normal(9), np.array([2, 0, 3, 2, 2, 1, 0, 3, 0], np.int32))


@program("scans", terms=64)
def _() -> Made:
    def scan(x: Any, gates: Any) -> Any:
        def combine(left: Any, right: Any) -> Any:
            return left[0] * right[0], left[1] * right[0] + right[1]

        linear = jax.lax.associative_scan(combine, (gates, x))[1]
        return (
            jnp.cumsum(x, 0),
            jnp.cumprod(gates, 1),
            jax.lax.cummax(x, 0, reverse=True),
            jax.lax.cumlogsumexp(x, 1),
            linear,
            jnp.diff(x, axis=0),
        )

    return scan, (normal(5, 4), np.abs(normal(5, 4, seed=1)) / 2)


@program("int8 arithmetic", terms=1)
def _() -> Made:
    """Everything wraps, divisions round to zero, sums are wider."""

    def compute(a: Any, b: Any) -> Any:
        return (
            a + b,
            a * b,
            a - 100,
            jax.lax.div(a, b),
            a // b,
            a % b,
            jnp.abs(a),
            a << 2,
            jax.lax.shift_right_logical(a, jnp.int8(3)),
            a.astype(jnp.uint8) >> 1,
            jnp.sum(a),
            jnp.sum(a, dtype=jnp.int8),
            jax.lax.dot(a, b, preferred_element_type=jnp.int32),
            jnp.clip(a.astype(jnp.int32) + b, -128, 127).astype(jnp.int8),
            jax.lax.population_count(a),
            jnp.dot(a, b),
        )

    values = np.array([-128, -127, -100, -1, 0, 1, 3, 77, 126, 127], np.int8)
    return compute, (values, np.array([-1, 2, -3, 4, 5, -6, 7, -128, 127, 100], np.int8))


@program("hashes of bits", terms=1)
def _() -> Made:
    """Xorshift and Fowler-Noll-Vo, on unsigned integers that wrap; the bits of floats."""

    def compute(x: Any, values: Any) -> Any:
        def shifted(x: Any, _: Any) -> Any:
            x = x ^ (x << 13)
            x = x ^ (x >> 17)
            return x ^ (x << 5), None

        hashed = jax.lax.fori_loop(0, 8, lambda i, h: (h ^ x[i % 4]) * jnp.uint32(16777619), jnp.uint32(2166136261))
        bits = jax.lax.bitcast_convert_type(values, jnp.int32)
        return jax.lax.scan(shifted, x, None, length=5)[0], hashed, bits, jax.lax.clz(x), jnp.bitwise_count(x)

    return compute, (np.array([1, 2, 3, 2**32 - 1], np.uint32), normal(4))


@program("edit distance", terms=1)
def _() -> Made:
    """Dynamic programming: a scan over rows of a scan over columns."""

    def distance(a: Any, b: Any) -> Any:
        def row(above: Any, letter: Any) -> Any:
            def cell(left: Any, inputs: Any) -> Any:
                other, diagonal, up = inputs
                best = jnp.minimum(jnp.minimum(left, up) + 1, diagonal + (letter != other))
                return best, best

            first = above[0] + 1
            _, rest = jax.lax.scan(cell, first, (b, above[:-1], above[1:]))
            return jnp.concatenate([first[None], rest]), None

        return jax.lax.scan(row, jnp.arange(len(b) + 1), a)[0][-1]

    return distance, (np.array([1, 2, 3, 4, 5, 1], np.int32), np.array([2, 3, 5, 1, 1], np.int32))


@program("tables and pictures", terms=64)
def _() -> Made:
    """Histograms, interpolation, resizing, padding modes, windows."""

    def compute(x: Any, picture: Any) -> Any:
        return (
            jnp.histogram(x, bins=4, range=(-2.0, 2.0))[0],
            jnp.bincount(jnp.digitize(x, jnp.array([-1.0, 0.0, 1.0])), length=4),
            jnp.interp(jnp.linspace(-1.0, 4.0, 7), jnp.arange(4.0), x[:4]),
            jax.image.resize(picture, (5, 7, 2), "bilinear"),
            jnp.pad(picture, ((1, 1), (2, 0), (0, 0)), mode="reflect"),
            jax.lax.reduce_window(picture, 0.0, jax.lax.add, (2, 2, 1), (1, 2, 1), "SAME"),
            jnp.flip(jnp.rot90(picture), 1),
            picture[..., None, 0] * jnp.array([1.0, 0.5]),
            jnp.take(picture, jnp.array([3, 0, -1]), axis=1, mode="clip"),
        )

    return compute, (normal(12), normal(4, 5, 2, seed=1))


@program("indexing and updates", terms=16)
def _() -> Made:
    def compute(x: Any, at: Any, values: Any) -> Any:
        return (
            x[at],
            x[at, ::2],
            x[:, at % 4],
            x.at[at].add(values),
            x.at[at[0], 1:3].multiply(2.0),
            x.at[at, at % 4].set(7.0, mode="drop"),
            x.at[at].max(values),
            x.at[at + 3].get(mode="fill", fill_value=-1.0),
            jax.lax.dynamic_slice(x, (at[1], 9), (2, 3)),
            jnp.where(x > 0, x, 0.1 * x),
            jnp.nonzero(x[0] > 0, size=3, fill_value=-1),
            jnp.select([x < -1, x > 1], [x - 1, x + 1], 0.0),
            jnp.tril(x) + jnp.triu(x, 1),
        )

    return compute, (normal(5, 4), np.array([4, 0, 4], np.int32), normal(3, 4, seed=1))


@program("special functions", terms=256)
def _() -> Made:
    def compute(x: Any) -> Any:
        special = jax.scipy.special
        return (
            special.erf(x),
            special.erfinv(x / 4),
            special.gammaln(x),
            special.digamma(x),
            special.i1e(x),
            special.ndtri(x / 4),
            special.logsumexp(x),
            special.gammainc(2.0, x),
            special.betainc(2.0, 3.0, x / 4),
            jax.scipy.stats.norm.logpdf(x),
            jnp.sinc(x),
            jnp.cbrt(x),
            jnp.nextafter(x, jnp.inf),
        )

    return compute, (np.array([0.3, 0.9, 1.7, 2.5, 3.6], np.float32),)


@program("Sinkhorn iterations", terms=256)
def _() -> Made:
    """Optimal transport with dual variables in the logarithm; the derivative goes through the loop."""

    def cost(x: Any, y: Any) -> Any:
        c = jnp.sum((x[:, None] - y[None]) ** 2, -1)

        def step(state: Any, _: Any) -> Any:
            f, g = state
            f = -jax.nn.logsumexp(g[None] - c, 1)
            g = -jax.nn.logsumexp(f[:, None] - c, 0)
            return (f, g), None

        (f, g), _ = jax.lax.scan(step, (jnp.zeros(len(x)), jnp.zeros(len(y))), None, length=5)
        return jnp.sum(jnp.exp(f[:, None] + g[None] - c) * c)

    return jax.value_and_grad(cost), (normal(4, 2), normal(5, 2, seed=1))
