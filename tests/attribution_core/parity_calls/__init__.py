"""How every method is called in the comparison with Captum: one file for each family, each with its ``CALLS``."""

from importlib import import_module
from pkgutil import iter_modules

CALLS = {
    name: calls
    for module in iter_modules(__path__)
    for name, calls in import_module(f"{__name__}.{module.name}").CALLS.items()
}
