"""Public subnets for NAT alone, private ones for pods and the load balancer, isolated ones for the stores."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from supportcarr_aws.config import Environment


class Network(Stack):
    def __init__(self, scope: Construct, name: str, *, of: Environment, **more: object) -> None:
        super().__init__(scope, name, **more)
        self.key = kms.Key(
            self,
            "Key",
            description=f"SupportCarr, {of.name}: files, stores, secrets, logs",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
            alias=f"alias/supportcarr-{of.name}",
        )
        # Logs are encrypted by CloudWatch itself, for groups of this account alone.
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                actions=[
                    "kms:Encrypt*",
                    "kms:Decrypt*",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:Describe*",
                ],
                principals=[iam.ServicePrincipal(f"logs.{of.region}.amazonaws.com")],
                resources=["*"],  # in a key's policy: this key
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{of.region}:{of.account}:*"
                    }
                },
            )
        )
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(of.network),
            availability_zones=[f"{of.region}{zone}" for zone in of.zones],
            nat_gateways=of.nat_gateways,
            restrict_default_security_group=False,  # nothing uses it, and emptying it needs a function
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=24,
                    map_public_ip_on_launch=False,
                ),
                ec2.SubnetConfiguration(
                    name="private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=19
                ),
                ec2.SubnetConfiguration(
                    name="stores", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
                ),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        flows = logs.LogGroup(
            self, "Flows", retention=logs.RetentionDays.ONE_YEAR, encryption_key=self.key,
            removal_policy=RemovalPolicy.RETAIN,
        )  # fmt: skip
        self.vpc.add_flow_log(
            "Refused",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows),
            traffic_type=ec2.FlowLogTrafficType.ALL,
        )
        # From where requests reach the pods: the load balancer alone.
        self.balancer_group = ec2.SecurityGroup(
            self,
            "Balancer",
            vpc=self.vpc,
            allow_all_outbound=False,
            description="Load balancer of SupportCarr",
        )
        self.balancer_group.add_ingress_rule(
            ec2.Peer.prefix_list(of.cloudfront_prefix_list),
            ec2.Port.tcp(443),
            "CloudFront, by its VPC origin",
        )
        inside = ec2.Peer.ipv4(of.network)
        self.balancer_group.add_egress_rule(inside, ec2.Port.tcp(8443), "the edge")
        self.balancer_group.add_egress_rule(inside, ec2.Port.tcp(8081), "its health")
        self.stores_group = ec2.SecurityGroup(
            self, "Stores", vpc=self.vpc, allow_all_outbound=False, description="Stores of SupportCarr"
        )
        for number, what in ((6379, "Redis"), (27017, "MongoDB")):
            for subnet in self.vpc.private_subnets:
                self.stores_group.add_ingress_rule(
                    ec2.Peer.ipv4(subnet.ipv4_cidr_block), ec2.Port.tcp(number), f"{what}, from pods"
                )
        if of.mongodb == "atlas":  # its ports begin at 1024: one for each member
            for subnet in self.vpc.private_subnets:
                self.stores_group.add_ingress_rule(
                    ec2.Peer.ipv4(subnet.ipv4_cidr_block), ec2.Port.tcp_range(1024, 1074), "Atlas, from pods"
                )
