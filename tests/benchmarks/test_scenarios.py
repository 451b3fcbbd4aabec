"""The scenarios."""

from __future__ import annotations

from benchmarks.capacity import is_load
from benchmarks.estimates import deepest_percent
from benchmarks.scenarios import SCENARIOS


def test_every_scenario_changes_one_field() -> None:
    """Each scenario states what it expects, and its points differ in its axis only."""
    for name, scenario in SCENARIOS.items():
        assert scenario.name == name
        assert len(scenario.expects) > 40
        assert scenario.points
        assert (len(scenario.points) > 1) == bool(scenario.axis)
        values = [scenario.value(point) for point in scenario.points]
        assert len(set(values)) == len(values)
        differing = {
            field
            for point in scenario.points
            for field in point.__dataclass_fields__
            if getattr(point, field) != getattr(scenario.points[0], field)
        }
        assert differing <= {scenario.axis, "messages", "warmup_messages"}


def test_points_are_written_with_their_unit() -> None:
    """A point of an axis is written as a number with its unit, or as a word."""
    sizes, policies = SCENARIOS["sizes"], SCENARIOS["policies"]

    assert [sizes.point_text(point) for point in sizes.points[:2]] == ["16 bytes", "1,024 bytes"]
    assert policies.point_text(policies.points[0]) == "disconnect"
    assert (sizes.heading, policies.heading) == ("bytes", "policy")


def test_rows_of_the_grid_are_plain_loads() -> None:
    """`capacity` counts every point of the load scenarios, and no row offers a rate twice."""
    rows = [scenario for scenario in SCENARIOS.values() if scenario.until_it_breaks]

    assert {point.clients for row in rows for point in row.points} == {10, 100, 1000, 5000}
    for row in rows:
        assert all(is_load(point) for point in row.points)
        assert all(is_load(step) for step in row.between)
        low_high = [row.around(step) for step in row.between]
        assert all(low in row.points and high in row.points for low, high in low_high)


def test_every_load_has_enough_deliveries_for_a_p99() -> None:
    """At each point of the grid at least five deliveries lie beyond the p99."""
    for scenario in SCENARIOS.values():
        for point in scenario.steps if scenario.until_it_breaks else ():
            assert deepest_percent(point.messages * point.clients) >= 99
