import pytest

pytest.register_assert_rewrite("infra.testing.store_suite")
