from __future__ import annotations

import numpy as np
import pytest

from samiam.metrics.calibration import calibration_errors, expected_calibration_error


def test_by_hand() -> None:
    probability, is_right = np.array([0.95, 0.91, 0.55, 1.0]), np.array([True, False, True, True])
    # three in the last bin, of which two are right; one in another
    expected = 3 / 4 * abs((0.95 + 0.91 + 1.0) / 3 - 2 / 3) + 1 / 4 * abs(0.55 - 1)
    assert expected_calibration_error(probability, is_right) == pytest.approx(expected)


def test_rows_of_weights() -> None:
    probability, is_right = np.array([0.95, 0.55]), np.array([True, False])
    found = calibration_errors(probability, is_right, np.array([[1.0, 0.0], [1.0, 3.0], [0.0, 0.0]]))
    assert found == pytest.approx([0.05, (0.05 + 3 * 0.55) / 4, np.nan], nan_ok=True)
