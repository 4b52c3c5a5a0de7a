"""A Kubernetes cluster (EKS, Auto Mode), and the role with which GitHub Actions rolls out to it."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from supportcarr_aws.config import Environment
from supportcarr_aws.network import Network

GITHUB = "token.actions.githubusercontent.com"
DEPLOYING = 5400  # seconds, as deploy.yml asks: the usual hour may end before a release has gone back


class Cluster(Stack):
    def __init__(
        self, scope: Construct, name: str, *, of: Environment, network: Network, **more: object
    ) -> None:
        super().__init__(scope, name, **more)
        private = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        cluster = eks.Cluster(
            self,
            "Cluster",
            cluster_name=f"supportcarr-{of.name}",
            version=eks.KubernetesVersion.V1_33,
            vpc=network.vpc,
            vpc_subnets=[private],
            default_capacity_type=eks.DefaultCapacityType.AUTOMODE,  # AWS runs the nodes
            # GitHub's runners have no fixed address: who they are is what counts
            endpoint_access=eks.EndpointAccess.PUBLIC_AND_PRIVATE,
            secrets_encryption_key=network.key,
            bootstrap_cluster_creator_admin_permissions=False,
            cluster_logging=[
                eks.ClusterLoggingTypes.API,
                eks.ClusterLoggingTypes.AUDIT,
                eks.ClusterLoggingTypes.AUTHENTICATOR,
                eks.ClusterLoggingTypes.CONTROLLER_MANAGER,
                eks.ClusterLoggingTypes.SCHEDULER,
            ],
        )
        github = iam.OidcProviderNative(
            self, "GitHub", url=f"https://{GITHUB}", client_ids=["sts.amazonaws.com"]
        )
        repository, environment = of.github["repository"], of.github["environment"]
        deployer = iam.Role(
            self,
            "Deployer",
            role_name=f"supportcarr-deploy-{of.name}",
            description="Of the workflow deploy.yml",
            max_session_duration=Duration.seconds(DEPLOYING),
            assumed_by=iam.FederatedPrincipal(
                github.oidc_provider_arn,
                {
                    "StringEquals": {
                        f"{GITHUB}:aud": "sts.amazonaws.com",
                        # only jobs of this environment, so only after its approval
                        f"{GITHUB}:sub": f"repo:{repository}:environment:{environment}",
                    }
                },
                "sts:AssumeRoleWithWebIdentity",
            ),
        )
        deployer.add_to_policy(
            iam.PolicyStatement(actions=["eks:DescribeCluster"], resources=[cluster.cluster_arn])
        )
        # Everything in its own namespace, because the lesser policies do not know the kinds of operators;
        # and a tunnel to Prometheus.
        eks.AccessEntry(
            self,
            "Release",
            cluster=cluster,
            principal=deployer.role_arn,
            access_policies=[
                eks.AccessPolicy.from_access_policy_name(
                    policy, access_scope_type=eks.AccessScopeType.NAMESPACE, namespaces=[namespace]
                )
                for policy, namespace in (
                    ("AmazonEKSClusterAdminPolicy", "supportcarr"),
                    ("AmazonEKSEditPolicy", "monitoring"),
                )
            ],
        )
        CfnOutput(self, "DeployRole", value=deployer.role_arn)
