"""The matrix is complete: what is written down is run, is in the table, and can be installed."""

import importlib
import inspect
import os
import pkgutil

from harness.fairlead import REPOSITORY
from products.matrix import MATRIX
from rig import table
from rig.product import Product


def _groups():
    groups = {}
    with open(os.path.join(REPOSITORY, "deploy", "packages.txt"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                group, package = line.split()
                groups.setdefault(group, set()).add(package)
    return groups


def test_every_product_that_is_described_is_in_the_matrix():
    import products
    described = set()
    for module in pkgutil.iter_modules(products.__path__):
        if module.name.startswith(("test_", "conftest", "matrix")):
            continue
        members = vars(importlib.import_module(f"products.{module.name}")).values()
        described |= {one for one in members if inspect.isclass(one) and issubclass(one, Product) and one is not Product}
    assert {type(product) for product in MATRIX} == described
    names = [product.name for product in MATRIX]
    assert all(names) and len(set(names)) == len(names), names


def test_every_product_says_what_is_expected_and_why():
    for product in MATRIX:
        expected = product.expected
        assert expected.because, product.name
        better = ["websocket", "sse", "poll"][:["websocket", "sse", "poll"].index(expected.transport)]
        if product.client.get("webSocket") is False:
            better.remove("websocket")
        assert list(expected.given_up) == better, product.name


def test_the_table_of_the_page_names_exactly_the_products_of_the_matrix():
    assert table.products_of_page() == [product.name for product in MATRIX]


def test_every_package_is_in_the_group_that_installs_it():
    groups = _groups()
    always = groups["run"] | groups["test"]
    for product in MATRIX:
        installed = always | groups["networks"] | (set() if product.quick else groups["networks-all"])
        installed |= groups["networks-12"] if product.only_debian == "12" else set()
        assert set(product.packages) <= installed, f"{product.name}: add {set(product.packages) - installed} to packages.txt"
