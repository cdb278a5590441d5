from __future__ import annotations

import numpy as np
import pytest

from simulate.particles.visibility import fault_d_prime, fringe_d_prime

N, PIXEL_A, DOSE = 160, 0.2, 1000.0
AT = (np.arange(N) - N / 2) * PIXEL_A
INSIDE = np.hypot(AT, AT[:, None]) < 10.0


def image(shift_A: float = 0.0, angle: float = 0.0, amplitude: float = 0.1, period_A: float = 2.355) -> np.ndarray:
    along = np.cos(angle) * (AT - shift_A) + np.sin(angle) * AT[:, None]
    return (1 + amplitude * np.cos(2 * np.pi * along / period_A)).astype(np.float32)


def test_a_difference_by_hand() -> None:
    """Fringes along x against fringes along y, which no shift makes alike: d′² = dose · area · (A²/2 + A²/2)."""
    found = fault_d_prime(image(), image(angle=np.pi / 2), INSIDE, PIXEL_A, DOSE)
    area_A2 = INSIDE.sum() * PIXEL_A**2
    assert found == pytest.approx(0.1 * np.sqrt(DOSE * area_A2), rel=0.03)


@pytest.mark.parametrize("shift_A", [0.0, 0.1, 0.37, -1.05])
def test_a_mere_shift_is_no_fault(shift_A: float) -> None:
    """Between pixels too: less than 2 % of what the fringes themselves amount to."""
    fringes = 0.1 * np.sqrt(DOSE * INSIDE.sum() * PIXEL_A**2 / 2)
    assert fault_d_prime(image(), image(shift_A), INSIDE, PIXEL_A, DOSE) < 0.02 * fringes


def test_dose_counts_by_its_root() -> None:
    faint, bright = (fault_d_prime(image(), image(angle=1.0), INSIDE, PIXEL_A, dose) for dose in (100.0, 400.0))
    assert bright == pytest.approx(2 * faint, rel=1e-4)


K = np.array([[0.0, 1 / 2.355]])


def test_fringes_by_hand() -> None:
    """d′² = dose · area · A²/2, of which the spot holds all but its rings."""
    found = fringe_d_prime(image(), INSIDE, K, 20.0, PIXEL_A, DOSE)
    assert found == pytest.approx(0.1 * np.sqrt(DOSE * INSIDE.sum() * PIXEL_A**2 / 2), rel=0.12)


def test_speckle_is_no_fringe() -> None:
    """A random image with as much power in the band: what stands out of it at one place is little."""
    rng = np.random.default_rng(0)
    white = np.fft.fft2(rng.normal(size=(N, N)))
    k = np.fft.fftfreq(N, PIXEL_A)
    radius = np.hypot(k[:, None], k)
    speckle = np.fft.ifft2(white * ((radius > 0.3) & (radius < 0.5))).real
    speckle = (1 + 0.1 / np.sqrt(2) * speckle / speckle.std()).astype(np.float32)
    of_fringes = fringe_d_prime(image(), INSIDE, K, 20.0, PIXEL_A, DOSE)
    assert fringe_d_prime(speckle, INSIDE, K, 20.0, PIXEL_A, DOSE) < 0.35 * of_fringes


def test_no_reflection_no_fringe() -> None:
    assert fringe_d_prime(image(), INSIDE, np.empty((0, 2)), 20.0, PIXEL_A, DOSE) == 0.0
