"""All stacks of the environments in ``environments.toml``.  See README.md.

    app.py [--examples] [FILE]

FILE is read instead.  What is still an example in it is refused, unless ``--examples`` says: only checking.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import aws_cdk as cdk
from supportcarr_aws.cluster import Cluster
from supportcarr_aws.config import ConfigError, Environment, environments, examples
from supportcarr_aws.entrance import AccessLog, Entrance, Global
from supportcarr_aws.network import Network
from supportcarr_aws.stores import Stores


def add(app: cdk.App, of: Environment) -> None:
    here = cdk.Environment(account=of.account, region=of.region)
    everywhere_in = cdk.Environment(account=of.account, region="us-east-1")
    prefix = f"SupportCarr-{of.name}"
    everywhere = Global(app, f"{prefix}-Global", of=of, env=everywhere_in, cross_region_references=True)
    network = Network(app, f"{prefix}-Network", of=of, env=here)
    stores = Stores(app, f"{prefix}-Stores", of=of, network=network, env=here)
    if of.kubernetes:
        Cluster(app, f"{prefix}-Cluster", of=of, network=network, env=here)
    entrance = Entrance(
        app, f"{prefix}-Entrance", of=of, network=network, logs_bucket=stores.logs, everywhere=everywhere,
        env=here, cross_region_references=True,
    )  # fmt: skip
    AccessLog(
        app, f"{prefix}-AccessLog", of=of, distribution=entrance.distribution, env=everywhere_in,
        cross_region_references=True,
    )  # fmt: skip


def main() -> None:
    # The flags of cdk.json hold without the CDK's command too.
    app = cdk.App(context=json.loads(Path(__file__).with_name("cdk.json").read_text())["context"])
    given = [argument for argument in sys.argv[1:] if argument != "--examples"]
    file = Path(given[0]) if given else Path(__file__).with_name("environments.toml")
    try:
        found = environments(file)
    except ConfigError as error:
        sys.exit(f"{file.name}: {error}")
    left = [name for of in found.values() for name in examples(of)]
    if left and "--examples" not in sys.argv:
        sys.exit(
            f"{file.name}: {', '.join(left)}: these are examples. Put your own values there, or remove the "
            "environment that you do not have."
        )
    for of in found.values():
        add(app, of)
    cdk.Tags.of(app).add("service", "supportcarr")
    app.synth()


if __name__ == "__main__":
    main()
