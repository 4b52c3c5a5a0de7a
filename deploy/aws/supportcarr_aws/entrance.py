"""The way in: CloudFront and its firewall, a load balancer that nobody else reaches, the edge's pods.

The certificate of CloudFront and its firewall must be in us-east-1: they are a stack of their own.
"""

from __future__ import annotations

from aws_cdk import ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from supportcarr_aws.config import Environment
from supportcarr_aws.network import Network

# As deploy/nginx keeps them, and as the routes declare (shared_seconds): a test compares.
PUBLIC_ANSWERS = ("/api/v1/coverage", "/api/v1/legal-documents/*")
# Sets who the client is, and replaces what the client wrote there. The edge believes it.
VIEWER = """function handler(event) {
  var request = event.request;
  request.headers['x-viewer-address'] = { value: event.viewer.ip };
  return request;
}
"""
REQUESTS_OF_ONE_ADDRESS = (
    6000  # in five minutes: many people may share one; the API limits each account and address itself
)


LOGGED_FIELDS = [
    "date", "time", "x-edge-location", "sc-bytes", "cs-method", "cs-uri-stem", "sc-status", "time-taken",
    "x-edge-result-type", "x-edge-request-id", "ssl-protocol", "ssl-cipher", "cs-protocol-version",
]  # fmt: skip


def zone_of(scope: Construct, of: Environment) -> route53.IHostedZone:
    return route53.HostedZone.from_hosted_zone_attributes(
        scope, "Zone", hosted_zone_id=of.hosted_zone["id"], zone_name=of.hosted_zone["name"]
    )


class Global(Stack):
    """In us-east-1: what CloudFront takes from nowhere else."""

    def __init__(self, scope: Construct, name: str, *, of: Environment, **more: object) -> None:
        super().__init__(scope, name, **more)
        self.certificate = acm.Certificate(
            self, "Certificate", domain_name=of.host, key_algorithm=acm.KeyAlgorithm.EC_PRIME256_V1,
            validation=acm.CertificateValidation.from_dns(zone_of(self, of)),
        )  # fmt: skip
        self.firewall = self._firewall(of)

    def _firewall(self, of: Environment) -> waf.CfnWebACL:
        def visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
            return waf.CfnWebACL.VisibilityConfigProperty(
                cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
            )

        def managed(order: int, name: str, *counted: str) -> waf.CfnWebACL.RuleProperty:
            count = waf.CfnWebACL.RuleActionProperty(count={})
            return waf.CfnWebACL.RuleProperty(
                name=name,
                priority=order,
                override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
                statement=waf.CfnWebACL.StatementProperty(
                    managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                        vendor_name="AWS",
                        name=name,
                        rule_action_overrides=[
                            waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count)
                            for rule in counted
                        ],
                    )
                ),
                visibility_config=visible(name),
            )

        acl = waf.CfnWebACL(
            self,
            "Firewall",
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=visible("all"),
            rules=[
                waf.CfnWebACL.RuleProperty(
                    name="one-address",
                    priority=0,
                    action=waf.CfnWebACL.RuleActionProperty(
                        block=waf.CfnWebACL.BlockActionProperty(
                            custom_response=waf.CfnWebACL.CustomResponseProperty(response_code=429)
                        )
                    ),
                    statement=waf.CfnWebACL.StatementProperty(
                        rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                            limit=REQUESTS_OF_ONE_ADDRESS, aggregate_key_type="IP"
                        )
                    ),
                    visibility_config=visible("one-address"),
                ),
                managed(1, "AWSManagedRulesAmazonIpReputationList"),
                managed(2, "AWSManagedRulesKnownBadInputsRuleSet"),
                # Uploads are larger than 8 kB, and programs of partners need not say who they are.
                managed(3, "AWSManagedRulesCommonRuleSet", "SizeRestrictions_BODY", "NoUserAgent_HEADER"),
            ],
        )
        group = logs.LogGroup(
            self,
            "FirewallLog",
            log_group_name=f"aws-waf-logs-supportcarr-{of.name}",  # WAF demands this prefix
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        secret = [
            waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
            for name in ("authorization", "cookie")
        ]
        waf.CfnLoggingConfiguration(
            self,
            "FirewallLogging",
            resource_arn=acl.attr_arn,
            log_destination_configs=[
                self.format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=group.log_group_name,
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                )
            ],
            redacted_fields=[*secret, waf.CfnLoggingConfiguration.FieldToMatchProperty(query_string={})],
        )
        acl.node.add_dependency(group)
        return acl


class Entrance(Stack):
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        of: Environment,
        network: Network,
        logs_bucket: s3.IBucket,
        everywhere: Global,
        **more: object,
    ) -> None:
        super().__init__(scope, name, **more)
        zone = zone_of(self, of)
        balancer = self._balancer(of, network, zone, logs_bucket)
        self.distribution = self._distribution(of, balancer, everywhere)
        alias = route53.RecordTarget.from_alias(targets.CloudFrontTarget(self.distribution))
        route53.ARecord(self, "V4", zone=zone, record_name=of.host, target=alias)
        route53.AaaaRecord(self, "V6", zone=zone, record_name=of.host, target=alias)

    def _balancer(
        self, of: Environment, network: Network, zone: route53.IHostedZone, logs_bucket: s3.IBucket
    ) -> balancing.ApplicationLoadBalancer:
        balancer = balancing.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=network.vpc,
            internet_facing=False,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_group=network.balancer_group,
            deletion_protection=True,
            drop_invalid_header_fields=True,
            idle_timeout=Duration.seconds(120),  # longer than the edge's 90 s for sockets
        )
        balancer.log_access_logs(logs_bucket, "balancer")
        certificate = acm.Certificate(
            self, "Certificate", domain_name=of.host, validation=acm.CertificateValidation.from_dns(zone)
        )
        edge = balancing.ApplicationTargetGroup(
            self,
            "Edge",
            vpc=network.vpc,
            target_type=balancing.TargetType.IP,  # pods, which a TargetGroupBinding of the chart registers
            protocol=balancing.ApplicationProtocol.HTTPS,
            port=8443,
            deregistration_delay=Duration.seconds(30),
            health_check=balancing.HealthCheck(
                protocol=balancing.Protocol.HTTP, port="8081", path="/healthz", interval=Duration.seconds(5),
                timeout=Duration.seconds(3), healthy_threshold_count=2, unhealthy_threshold_count=2,
            ),
        )  # fmt: skip
        balancer.add_listener(
            "Tls",
            port=443,
            protocol=balancing.ApplicationProtocol.HTTPS,
            certificates=[certificate],
            # Only CloudFront comes here. It speaks 1.3 with people; what it offers an origin is its choice.
            ssl_policy=balancing.SslPolicy.TLS13_RES,
            default_target_groups=[edge],
            open=False,
        )
        CfnOutput(self, "EdgeTargetGroup", value=edge.target_group_arn)  # edge.targetGroup.arn of the chart
        return balancer

    def _distribution(
        self, of: Environment, balancer: balancing.ApplicationLoadBalancer, everywhere: Global
    ) -> cloudfront.Distribution:
        origin = origins.VpcOrigin.with_application_load_balancer(
            balancer,
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            https_port=443,
            read_timeout=Duration.seconds(60),
            keepalive_timeout=Duration.seconds(60),
        )
        viewer = cloudfront.Function(
            self,
            "Viewer",
            code=cloudfront.FunctionCode.from_inline(VIEWER),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )

        def behavior(
            cache: cloudfront.ICachePolicy, *, reads_only: bool = False
        ) -> cloudfront.BehaviorOptions:
            return cloudfront.BehaviorOptions(
                origin=origin,
                cache_policy=cache,
                origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER,
                allowed_methods=(
                    cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS
                    if reads_only
                    else cloudfront.AllowedMethods.ALLOW_ALL
                ),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                compress=reads_only,
                function_associations=[
                    cloudfront.FunctionAssociation(
                        function=viewer, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
                    )
                ],
            )

        def kept(name: str, longest: Duration) -> cloudfront.CachePolicy:
            """As long as the answer itself says (s-maxage, max-age), and not at all if it says nothing."""
            return cloudfront.CachePolicy(
                self, name, min_ttl=Duration.seconds(0), default_ttl=Duration.seconds(0), max_ttl=longest,
                query_string_behavior=cloudfront.CacheQueryStringBehavior.all(),
                enable_accept_encoding_gzip=True, enable_accept_encoding_brotli=True,
            )  # fmt: skip

        never = cloudfront.CachePolicy.CACHING_DISABLED
        minute, year = kept("Minute", Duration.seconds(60)), kept("Year", Duration.days(365))
        return cloudfront.Distribution(
            self,
            "Distribution",
            domain_names=[of.host],
            certificate=everywhere.certificate,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_3_2025,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            web_acl_id=everywhere.firewall.attr_arn,
            default_behavior=behavior(never),
            additional_behaviors={
                **{path: behavior(minute, reads_only=True) for path in PUBLIC_ANSWERS},
                "*/assets/*": behavior(year, reads_only=True),
            },
        )


class AccessLog(Stack):
    """In us-east-1, from where CloudFront delivers logs: chosen fields, without query, cookie, referrer."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        of: Environment,
        distribution: cloudfront.IDistribution,
        **more: object,
    ) -> None:
        super().__init__(scope, name, **more)
        group = logs.LogGroup(
            self, "Requests", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        source = logs.CfnDeliverySource(
            self,
            "Source",
            name=f"supportcarr-{of.name}",
            log_type="ACCESS_LOGS",
            resource_arn=distribution.distribution_arn,
        )
        destination = logs.CfnDeliveryDestination(
            self, "Destination", name=f"supportcarr-{of.name}", output_format="json",
            destination_resource_arn=group.log_group_arn,
        )  # fmt: skip
        delivery = logs.CfnDelivery(
            self,
            "Delivery",
            delivery_source_name=source.name,
            delivery_destination_arn=destination.attr_arn,
            record_fields=LOGGED_FIELDS,
        )
        delivery.add_resource_dependency(source)
