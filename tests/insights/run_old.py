"""Runs a script with Captum 0.8.0: `python run_old.py CAPTUM NEEDS SCRIPT [ARGUMENT…]`, two folders of pip's."""

import runpy
import sys
import warnings
from pathlib import Path

captum, needs, script, *arguments = sys.argv[1:]
# Before the oracle's Captum 0.9.0; what Insights needs besides comes last, so that torch keeps its own numpy.
sys.path[:1] = [captum, str(Path(__file__).parents[2])]
sys.path.append(needs)
sys.argv = [script, *arguments]
warnings.filterwarnings("ignore", module="captum")
runpy.run_path(script, run_name="__main__")
