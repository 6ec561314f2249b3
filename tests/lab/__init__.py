import pytest

pytest.register_assert_rewrite("tests.lab.verdicts")  # so that a failure shows both sides
