"""docs/NETWORKS.md names exactly what was tested. This runs last (by its name), when all has been measured."""

from lab import faults, table


def test_the_page_has_a_row_for_each_fault_on_each_transport(lab):
    wanted = [(fault.name, transport) for fault in faults.ALL for transport in faults.TRANSPORTS]
    if lab.options.write_fault_table:
        missing = [pair for pair in wanted if pair not in lab.accounts]
        assert not missing, "only a whole run that has passed may write the table"
        rows = [table.row(*pair, lab.accounts[pair], lab.heartbeat_s) for pair in wanted]
        table.write(rows, lab.steadiness, lab.heartbeat_s)
    assert table.rows_of_page() == wanted
