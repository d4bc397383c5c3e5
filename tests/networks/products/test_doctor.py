"""`fairlead doctor` through each network product: it names what that breaks, and nothing else."""

import json
import subprocess

from harness.fairlead import BINARY
from harness.timing import patience

_TRIES_S = 120  # a way that holds everything back is tried in a dozen ways, for some seconds each


def test_the_doctor_names_what_it_breaks(product, stage):
    stage.require(product.packages)
    way = product.start(stage)
    stage.wait_until_open(way)
    done = subprocess.run([BINARY, "doctor", way.url, "--guest", "--json", "--idle", "5", *way.doctor()],
                          capture_output=True, text=True, timeout=patience(_TRIES_S), check=False)
    said = json.loads(done.stdout)
    named = {cause["symptom"] for cause in said["causes"] if cause["severity"] == "bad"}
    assert named == product.named, f"{product.expected.because}\n{json.dumps(said, indent=1)}"
    assert done.returncode == (1 if product.named else 0), done
    assert product.shown_as is None or product.shown_as in said["products"], said["products"]
