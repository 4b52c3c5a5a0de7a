"""The script that makes the chart's replica set, run by Node.js against a set that does as told."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.deploy.chart import HELM, rendered

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(HELM is None or NODE is None, reason="helm or Node.js is not there")

# What the script finds in mongosh. It is connected to the member `db`; a `Mongo` leads to the primary.
MONGOSH = """
const fs = require("fs"), vm = require("vm");
const { config, primaryIsHere, users } = JSON.parse(process.argv[3]);
const did = [];
function command(asked, here) {
  const [name] = Object.keys(asked);
  if (name === "replSetGetConfig") {
    if (!config.members) throw Object.assign(new Error("none"), { codeName: "NotYetInitialized" });
    return { ok: 1, config: JSON.parse(JSON.stringify(config)) };
  }
  if (name !== "replSetReconfig") throw new Error(name);
  if (here && !primaryIsHere) throw new Error("not the primary");
  const given = asked.replSetReconfig;
  if (given.version !== config.version + 1) throw new Error("version");
  if (given.members.length !== config.members.length + 1) throw new Error("one member at a time");
  Object.assign(config, given);
  did.push(["added", given.members.at(-1)]);
  return { ok: 1 };
}
const admin = {
  adminCommand: (asked) => command(asked, false),
  getUser: (user) => users.includes(user),
  updateUser: (user) => did.push(["updated", user]),
  createUser: ({ user }) => did.push(["created", user]),
};
const world = {
  process: { env: { MEMBERS: "a:1,b:1,c:1", REPLICA_SET: "set", TLS: "true" } },
  db: {
    adminCommand: (asked) => command(asked, true),
    hello: () => ({ primary: "b:1", isWritablePrimary: primaryIsHere }),
  },
  rs: {
    initiate(given) {
      Object.assign(config, given, { version: 1 });
      did.push(["initiated", given.members.length]);
    },
    add(member) {
      const { version, members } = config;
      command({ replSetReconfig: { ...config, version: version + 1, members: [...members, member] } }, true);
    },
  },
  Mongo: class { getDB() { return admin; } },
  cat: () => "key\\n", print: () => {}, sleep: () => {}, JSON, Math, Object, Error, encodeURIComponent,
};
vm.runInNewContext(fs.readFileSync(process.argv[2], "utf8"), world);
console.log(JSON.stringify(did));
"""


def run(folder: Path, **given: Any) -> list[Any]:
    [script] = [
        each["data"]["setup.js"] for each in rendered("staging") if "setup.js" in each.get("data", {})
    ]
    (folder / "setup.js").write_text(script)
    (folder / "mongosh.js").write_text(MONGOSH)
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(folder / "mongosh.js"), str(folder / "setup.js"), json.dumps({"users": [], **given})],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def members(*hosts: str) -> dict[str, Any]:
    named = [{"_id": number, "host": host} for number, host in enumerate(hosts)]
    return {"_id": "set", "version": 4, "members": named}


def test_a_new_set_is_initiated_with_its_users(tmp_path: Path) -> None:
    assert run(tmp_path, config={}, primaryIsHere=True) == [
        ["initiated", 3], ["created", "root"], ["created", "supportcarr"],
    ]  # fmt: skip


@pytest.mark.parametrize("here", [True, False])
def test_members_are_added_one_by_one_wherever_the_primary_is(tmp_path: Path, here: bool) -> None:
    did = run(tmp_path, config=members("a:1"), primaryIsHere=here, users=["root", "supportcarr"])
    assert did == [
        ["added", {"_id": 1, "host": "b:1"}], ["added", {"_id": 2, "host": "c:1"}],
        ["updated", "root"], ["updated", "supportcarr"],
    ]  # fmt: skip


def test_a_set_that_is_complete_stays_as_it_is(tmp_path: Path) -> None:
    complete = members("a:1", "b:1", "c:1")
    did = run(tmp_path, config=complete, primaryIsHere=False, users=["root", "supportcarr"])
    assert did == [["updated", "root"], ["updated", "supportcarr"]]
