"""The stacks of deploy/aws, as the CDK synthesises them: what they promise, cfn-lint and checkov."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.deploy.aws import AWS, INSTALLED, TOOLS, Template, only, resources, run_app, synthesised
from support.deploy.chart import HELM, rendered
from support.deploy.policies import unreasoned
from supportcarr.bootstrap.commands import container_without_servers

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="the AWS CDK is not installed (scripts/setup cloud)"),
    pytest.mark.skipif(shutil.which("node") is None, reason="the AWS CDK needs Node"),
    pytest.mark.xdist_group("aws"),
]

NEVER_CACHED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # AWS's policy CachingDisabled
GITHUB = "token.actions.githubusercontent.com"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"  # everything that the browser sent goes on to the edge


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stacks")


@pytest.fixture(scope="module")
def stacks(folder: Path) -> dict[str, Template]:
    return synthesised(folder)


@pytest.fixture(scope="module", params=["staging", "production"])
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stack(stacks: Mapping[str, Template], environment: str, name: str) -> Template:
    return stacks[f"SupportCarr-{environment}-{name}"]


def behaviors(template: Template) -> Iterator[tuple[str, Template]]:
    config = only(template, "AWS::CloudFront::Distribution")["DistributionConfig"]
    yield "*", config["DefaultCacheBehavior"]
    for each in config["CacheBehaviors"]:
        yield each["PathPattern"], each


def matches(pattern: str, path: str) -> bool:
    """As CloudFront compares: * is any number of characters, / too."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), path) is not None


def test_people_get_tls_1_3_only_through_the_firewall(stacks: dict[str, Template], environment: str) -> None:
    entrance = stack(stacks, environment, "Entrance")
    config = only(entrance, "AWS::CloudFront::Distribution")["DistributionConfig"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.3_2025"
    assert config["HttpVersion"] == "http2and3"
    assert config["WebACLId"]
    for pattern, behavior in behaviors(entrance):
        assert behavior["ViewerProtocolPolicy"] == "redirect-to-https", pattern
        assert behavior["OriginRequestPolicyId"] == ALL_VIEWER, pattern
        assert behavior["FunctionAssociations"][0]["EventType"] == "viewer-request", pattern
    [origin] = config["Origins"]
    assert origin["VpcOriginConfig"], "the load balancer is reachable from nowhere else"
    balancer = only(entrance, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == "internal"
    listener = only(entrance, "AWS::ElasticLoadBalancingV2::Listener")
    assert (listener["Protocol"], listener["SslPolicy"][:23]) == ("HTTPS", "ELBSecurityPolicy-TLS13")
    rules = only(stack(stacks, environment, "Global"), "AWS::WAFv2::WebACL")["Rules"]
    assert [rule["Name"] for rule in rules] == [
        "one-address", "AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesCommonRuleSet",
    ]  # fmt: skip


def test_it_keeps_what_the_routes_declare_as_shared_and_assets_alone(
    stacks: dict[str, Template], environment: str
) -> None:
    entrance = stack(stacks, environment, "Entrance")
    kept = {
        pattern: behavior["CachePolicyId"]["Ref"]
        for pattern, behavior in behaviors(entrance)
        if behavior["CachePolicyId"] != NEVER_CACHED
    }
    for route in container_without_servers().routes():
        path = f"/api/v1{route.path}"
        assert any(matches(pattern, path) for pattern in kept) == bool(route.shared_seconds), path
    for path in ("/", "/driver/", "/sw.js", "/socket.io/", "/config.json", "/api/v1/uploads"):
        assert not any(matches(pattern, path) for pattern in kept), path
    policies = dict(resources(entrance, "AWS::CloudFront::CachePolicy"))
    longest = {pattern: policies[name]["CachePolicyConfig"] for pattern, name in kept.items()}
    assert {pattern: policy["MaxTTL"] for pattern, policy in longest.items()} == {
        "/api/v1/coverage": 60, "/api/v1/legal-documents/*": 60, "*/assets/*": 365 * 86400,
    }  # fmt: skip
    for policy in longest.values():  # what says nothing about caches is not kept
        assert (policy["MinTTL"], policy["DefaultTTL"]) == (0, 0)
        parameters = policy["ParametersInCacheKeyAndForwardedToOrigin"]
        assert parameters["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
        assert parameters["CookiesConfig"] == {"CookieBehavior": "none"}


def test_the_client_is_named_by_cloudfront(stacks: dict[str, Template]) -> None:
    code = only(stack(stacks, "production", "Entrance"), "AWS::CloudFront::Function")["FunctionCode"]
    event = {
        "viewer": {"ip": "2001:db8::7"},
        "request": {"headers": {"x-viewer-address": {"value": "6.6.6.6"}}},
    }
    done = subprocess.run(
        ["node", "-e", f"{code}; console.log(JSON.stringify(handler({json.dumps(event)})))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["headers"] == {"x-viewer-address": {"value": "2001:db8::7"}}


def test_stores_are_encrypted_isolated_and_evict_nothing(
    stacks: dict[str, Template], environment: str
) -> None:
    stores = stack(stacks, environment, "Stores")
    redis = only(stores, "AWS::ElastiCache::ReplicationGroup")
    assert redis["TransitEncryptionEnabled"] is True
    assert redis["TransitEncryptionMode"] == "required"
    assert (
        redis["AtRestEncryptionEnabled"]
        is redis["AutomaticFailoverEnabled"]
        is redis["MultiAZEnabled"]
        is True
    )
    assert redis["NumCacheClusters"] >= 2
    assert "{{resolve:secretsmanager:" in json.dumps(redis["AuthToken"])
    parameters = only(stores, "AWS::ElastiCache::ParameterGroup")["Properties"]
    assert parameters == {"maxmemory-policy": "noeviction"}
    for name, bucket in resources(stores, "AWS::S3::Bucket"):
        assert all(bucket["PublicAccessBlockConfiguration"].values()), name
        [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        kind = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        assert kind == ("AES256" if name.startswith("Logs") else "aws:kms"), name
    [anchors] = [found for name, found in resources(stores, "AWS::S3::Bucket") if name.startswith("Anchors")]
    assert anchors["ObjectLockEnabled"] is True
    for _, policy in resources(stores, "AWS::S3::BucketPolicy"):
        denied = [rule for rule in policy["PolicyDocument"]["Statement"] if rule["Effect"] == "Deny"]
        assert {"aws:SecureTransport"} <= {
            key for rule in denied for key in rule["Condition"].get("Bool", {})
        }


def test_backups_can_be_added_and_nothing_else(stacks: dict[str, Template]) -> None:
    assert not [
        name
        for name, _ in resources(stack(stacks, "production", "Stores"), "AWS::S3::Bucket")
        if name.startswith("Backups")
    ], "Atlas has backups of its own"
    stores = stack(stacks, "staging", "Stores")
    [bucket] = [found for name, found in resources(stores, "AWS::S3::Bucket") if name.startswith("Backups")]
    locked = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert locked == {"Mode": "COMPLIANCE", "Days": 14}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert [rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule] == [15]
    [noncurrent] = [rule for rule in rules if "NoncurrentVersionExpiration" in rule]
    assert noncurrent["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    allowed = [rule for name, rule in statements(stores) if name.startswith("BackupPolicy")]
    assert [sorted(rule["Action"]) for rule in allowed] == [
        ["s3:AbortMultipartUpload", "s3:PutObject"], ["kms:Decrypt", "kms:GenerateDataKey"],
    ]  # fmt: skip
    [uploads, _] = [json.dumps(rule["Resource"]) for rule in allowed]
    assert "Backups" in uploads
    assert '"/*"' in uploads
    names = {
        found["Name"] for _, found in resources(stores, "AWS::SecretsManager::Secret") if "Name" in found
    }
    assert {"supportcarr/staging/backup", "supportcarr/staging/backup/connection"} <= names


def test_nothing_is_reachable_from_the_internet(stacks: dict[str, Template], environment: str) -> None:
    for name, template in stacks.items():
        if environment not in name:
            continue
        for kind in ("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"):
            for group, found in resources(template, kind):
                text = json.dumps(
                    found.get("SecurityGroupIngress", found if kind.endswith("Ingress") else [])
                )
                assert "0.0.0.0/0" not in text, (name, group)
                assert "::/0" not in text, (name, group)
    network = stack(stacks, environment, "Network")
    entries = [
        found
        for name, found in resources(network, "AWS::EC2::SecurityGroupIngress")
        if name.startswith("Balancer")
    ]
    assert [(each["FromPort"], each["ToPort"]) for each in entries] == [(443, 443)]
    assert entries[0]["SourcePrefixListId"].startswith("pl-")
    assert not {"CidrIp", "CidrIpv6"} & set(entries[0])
    for name, subnet in resources(network, "AWS::EC2::Subnet"):
        assert subnet["MapPublicIpOnLaunch"] is False, name


def statements(template: Template) -> Iterator[tuple[str, Template]]:
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for name, policy in resources(template, kind):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def test_no_policy_allows_everything(stacks: dict[str, Template]) -> None:
    seen = 0
    for name, template in stacks.items():
        for policy, statement in statements(template):
            seen += 1
            assert "*" not in listed(statement["Resource"]), (name, policy)
            for action in listed(statement["Action"]):
                assert re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action), (name, policy, action)
    assert seen >= 8


def test_only_an_approved_job_becomes_the_role_that_deploys(
    stacks: dict[str, Template], environment: str
) -> None:
    cluster = stack(stacks, environment, "Cluster")
    [role] = [found for name, found in resources(cluster, "AWS::IAM::Role") if name.startswith("Deployer")]
    workflow = (AWS.parents[1] / ".github" / "workflows" / "deploy.yml").read_text()
    asked = re.findall(r"role-duration-seconds: (\d+)", workflow)
    assert [int(seconds) for seconds in asked] == [role.get("MaxSessionDuration", 3600)]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {
        "StringEquals": {
            f"{GITHUB}:aud": "sts.amazonaws.com",
            f"{GITHUB}:sub": f"repo:supportcarr/supportcarr:environment:{environment}",
        }
    }
    [actions] = [rule["Action"] for name, rule in statements(cluster) if name.startswith("Deployer")]
    assert actions == "eks:DescribeCluster"
    entry = [found for name, found in resources(cluster, "AWS::EKS::AccessEntry") if "Release" in name]
    [scopes] = [[policy["AccessScope"] for policy in each["AccessPolicies"]] for each in entry]
    assert scopes == [
        {"Namespaces": [namespace], "Type": "namespace"} for namespace in ("supportcarr", "monitoring")
    ]


def test_no_template_has_a_secret(stacks: dict[str, Template]) -> None:
    for name, template in stacks.items():
        for secret, found in resources(template, "AWS::SecretsManager::Secret"):
            literal = found.get("SecretString", "")
            if isinstance(literal, str):
                assert literal in ("", '{"FILL": "see docs/deploying.md"}'), (name, secret)
            else:
                text = json.dumps(literal)
                references = (
                    '"SecretAccessKey"' in text if secret == "BackupConnection" else "{{resolve:" in text
                )
                assert references, (name, secret)


def test_documentdb_instead_of_atlas_and_somebody_elses_cluster(tmp_path: Path) -> None:
    changed = (AWS / "environments.toml").read_text()
    changed = changed.replace('mongodb = "chart" ', 'mongodb = "documentdb"').replace(
        "kubernetes = true ", "kubernetes = false "
    )
    file = tmp_path / "environments.toml"
    file.write_text(changed[: changed.index("[production]")])
    made = synthesised(tmp_path / "out", file)
    assert {name.rpartition("-")[2] for name in made} == {
        "Global",
        "Network",
        "Stores",
        "Entrance",
        "AccessLog",
    }
    stores = stack(made, "staging", "Stores")
    cluster = only(stores, "AWS::DocDB::DBCluster")
    assert cluster["StorageEncrypted"] is cluster["DeletionProtection"] is True
    assert cluster["BackupRetentionPeriod"] == 35
    assert only(stores, "AWS::DocDB::DBClusterParameterGroup")["Parameters"]["tls"] == "enabled"
    assert not [*resources(stores, "AWS::EC2::VPCEndpoint")]
    [connections] = [
        found for name, found in resources(stores, "AWS::SecretsManager::Secret") if name == "Connections"
    ]
    assert "retryWrites=false" in json.dumps(connections["SecretString"])


def test_examples_are_refused_by_name_before_anything_is_made(tmp_path: Path) -> None:
    done = run_app(tmp_path / "out")
    assert done.returncode == 1
    for name in ("staging.account", "staging.hosted_zone.id", "production.host", "production.atlas_service"):
        assert name in done.stderr
    assert "these are examples" in done.stderr
    assert not [*tmp_path.rglob("*.template.json")]
    text = (AWS / "environments.toml").read_text()
    own = (
        text[: text.index("[production]")]
        .replace("111111111111", "123456789012")
        .replace("supportcarr.example", "rescue.ca")
    )
    file = tmp_path / "own.toml"
    file.write_text(own)
    said = run_app(tmp_path / "out", file).stderr
    assert "own.toml: staging.hosted_zone.id: these are examples" in said
    file.write_text(own.replace('mongodb = "chart"', 'mongodb = "mysql"'))
    assert "own.toml: staging.mongodb is not valid: 'mysql'." in run_app(tmp_path / "out", file).stderr
    file.write_text(own.replace("Z0000000000000000000", "Z0123456789ABCDEFGHIJ"))
    done = run_app(tmp_path / "out", file)
    assert done.returncode == 0, done.stderr[-2000:]
    assert [*tmp_path.rglob("SupportCarr-staging-Stores.template.json")]


def test_cfn_lint_finds_nothing_new(folder: Path, stacks: dict[str, Template]) -> None:
    files = [folder / f"{name}.template.json" for name in stacks]
    done = subprocess.run(
        [TOOLS / "cfn-lint", "--format", "json", *files], capture_output=True, text=True, check=False
    )
    found = json.loads(done.stdout)
    assert found or done.returncode == 0, done.stderr
    findings = [(each["Rule"]["Id"], each["Location"]["Path"][1], each["Message"]) for each in found]
    assert unreasoned(AWS / "exceptions.toml", "cfn-lint", findings) == []


def test_checkov_finds_nothing_new(folder: Path, stacks: dict[str, Template]) -> None:
    for each in folder.iterdir():
        if not each.name.endswith(".template.json"):
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    done = subprocess.run(
        [TOOLS / "checkov", "--directory", folder, "--framework", "cloudformation", "--skip-download",
         "--output", "json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 250, done.stderr[-2000:]
    assert report["summary"]["parsing_errors"] == 0
    failed = report["results"]["failed_checks"]
    findings = [(each["check_id"], each["resource"].split(".")[1], each["check_name"]) for each in failed]
    assert unreasoned(AWS / "exceptions.toml", "checkov", findings) == []


@pytest.mark.skipif(HELM is None, reason="helm is not built (scripts/setup chart)")
def test_the_chart_has_values_for_these_stacks() -> None:
    objects = rendered("production", "-f", str(AWS / "values.yaml"))
    [binding] = [found for found in objects if found["kind"] == "TargetGroupBinding"]
    assert binding["spec"]["serviceRef"] == {"name": "supportcarr-edge", "port": 443}
    [secret] = [found for found in objects if found["kind"] == "ExternalSecret"]
    assert [each["extract"]["key"] for each in secret["spec"]["dataFrom"]] == [
        "supportcarr/production", "supportcarr/production/connections",
    ]  # fmt: skip
    [edge] = [
        found
        for found in objects
        if found["kind"] == "Deployment" and found["metadata"]["name"].endswith("-edge")
    ]
    [container] = edge["spec"]["template"]["spec"]["containers"]
    environment = {each["name"]: each["value"] for each in container["env"]}
    assert environment["EDGE_REAL_IP"].startswith(
        "set_real_ip_from 10.30.0.0/16; real_ip_header X-Viewer-Address;"
    )
    assert "EDGE_LISTEN" not in environment
