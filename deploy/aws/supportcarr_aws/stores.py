"""What holds data: S3, Redis (ElastiCache), MongoDB (Atlas by PrivateLink, DocumentDB, or backups of the
chart's), the secrets."""

from __future__ import annotations

import json

from aws_cdk import CfnOutput, Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_docdb as docdb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from supportcarr_aws.config import Environment
from supportcarr_aws.network import Network

# How long a backup can be neither changed nor deleted, by anybody; it is gone a few days later. People whom
# the platform has deleted are in backups until then: the privacy policy says so.
BACKUP_DAYS = 14
NOT_IN_URLS = "\"@/:?#[]%&'<>\\{}|^`+=,;$! ()*~"


class Stores(Stack):
    def __init__(
        self, scope: Construct, name: str, *, of: Environment, network: Network, **more: object
    ) -> None:
        super().__init__(scope, name, **more)
        self._of, self._network, self._key = of, network, network.key
        self._urls: dict[str, str] = {}
        self.logs = self._bucket(
            "Logs", lifecycle=[s3.LifecycleRule(expiration=Duration.days(90))], kms_key=None
        )
        self.files = self._files()
        self.anchors = self._bucket(
            "Anchors", lifecycle=[], kms_key=self._key, access_logs=self.logs, object_lock_enabled=True
        )
        self._redis()
        if of.mongodb == "documentdb":
            self._documentdb()
        elif of.mongodb == "atlas":
            self._atlas()
        else:
            self._backups()
        self.user = self._user_of_files()
        self._secrets()

    def _bucket(
        self,
        name: str,
        *,
        lifecycle: list[s3.LifecycleRule],
        kms_key: kms.IKey | None,
        access_logs: s3.IBucket | None = None,
        # an erased person's files must be gone soon; a mistake can be undone for a week
        noncurrent_days: int = 7,
        **more: object,
    ) -> s3.Bucket:
        return s3.Bucket(
            self,
            name,
            # S3 cannot write its access logs with a key of ours
            encryption=s3.BucketEncryption.KMS if kms_key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=kms_key,
            bucket_key_enabled=True if kms_key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[
                *lifecycle,
                s3.LifecycleRule(
                    noncurrent_version_expiration=Duration.days(noncurrent_days),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                ),
            ],
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{name.lower()}/" if access_logs else None,
            **more,
        )

    def _files(self) -> s3.Bucket:
        site = f"https://{self._of.host}"
        return self._bucket(
            "Files",
            lifecycle=[],
            kms_key=self._key,
            access_logs=self.logs,
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.POST],
                    allowed_origins=[site],
                    allowed_headers=["*"],
                    max_age=3600,
                )
            ],
        )

    def _redis(self) -> None:
        """One primary and replicas in other zones, with TLS.  Jobs and events must never be evicted."""
        isolated = self._network.vpc.isolated_subnets
        subnets = elasticache.CfnSubnetGroup(
            self,
            "RedisSubnets",
            description="SupportCarr",
            subnet_ids=[subnet.subnet_id for subnet in isolated],
        )
        parameters = elasticache.CfnParameterGroup(
            self,
            "RedisParameters",
            cache_parameter_group_family="valkey8",
            description="SupportCarr: nothing is evicted",
            properties={"maxmemory-policy": "noeviction"},
        )
        self.redis_password = secrets.Secret(
            self,
            "RedisPassword",
            encryption_key=self._key,
            generate_secret_string=secrets.SecretStringGenerator(
                password_length=48, exclude_punctuation=True
            ),
        )
        slow = logs.LogGroup(
            self, "RedisSlow", retention=logs.RetentionDays.ONE_YEAR, encryption_key=self._key,
            removal_policy=RemovalPolicy.RETAIN,
        )  # fmt: skip
        redis = elasticache.CfnReplicationGroup(
            self,
            "Redis",
            replication_group_description=f"SupportCarr, {self._of.name}",
            engine="valkey",
            engine_version="8.1",
            cache_node_type=self._of.redis["node"],
            num_cache_clusters=1 + int(self._of.redis["replicas"]),
            automatic_failover_enabled=True,
            multi_az_enabled=True,
            at_rest_encryption_enabled=True,
            kms_key_id=self._key.key_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auth_token=self.redis_password.secret_value.unsafe_unwrap(),  # a reference, which AWS resolves
            cache_parameter_group_name=parameters.ref,
            cache_subnet_group_name=subnets.ref,
            security_group_ids=[self._network.stores_group.security_group_id],
            snapshot_retention_limit=1,
            auto_minor_version_upgrade=True,
            log_delivery_configurations=[
                elasticache.CfnReplicationGroup.LogDeliveryConfigurationRequestProperty(
                    destination_type="cloudwatch-logs",
                    log_format="json",
                    log_type="slow-log",
                    destination_details=elasticache.CfnReplicationGroup.DestinationDetailsProperty(
                        cloud_watch_logs_details=elasticache.CfnReplicationGroup.CloudWatchLogsDestinationDetailsProperty(
                            log_group=slow.log_group_name
                        )
                    ),
                )
            ],
        )
        self._urls["SUPPORTCARR_REDIS_URL"] = Fn.join(
            "",
            ["rediss://:", self.redis_password.secret_value.unsafe_unwrap(), "@",
             redis.attr_primary_end_point_address, ":6379/0"],
        )  # fmt: skip

    def _documentdb(self) -> None:
        parameters = docdb.ClusterParameterGroup(
            self, "MongoParameters", family="docdb5.0",
            parameters={"tls": "enabled", "audit_logs": "enabled"},
        )  # fmt: skip
        cluster = docdb.DatabaseCluster(
            self,
            "Mongo",
            # letters and digits alone: it becomes a part of a URL
            master_user=docdb.Login(
                username="supportcarr", kms_key=self._key, exclude_characters=NOT_IN_URLS
            ),
            vpc=self._network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_group=self._network.stores_group,
            engine_version="5.0.0",
            instance_type=ec2.InstanceType("r6g.large"),
            instances=3 if self._of.is_production else 2,
            parameter_group=parameters,
            storage_encrypted=True,
            kms_key=self._key,
            backup=docdb.BackupProps(retention=Duration.days(35), preferred_window="05:00-05:30"),
            copy_tags_to_snapshot=True,
            deletion_protection=True,
            export_audit_logs_to_cloud_watch=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        assert cluster.secret is not None
        password = cluster.secret.secret_value_from_json("password").unsafe_unwrap()
        self._urls["SUPPORTCARR_STORE_URL"] = Fn.join(
            "",
            # retryable writes do not exist there
            ["mongodb://supportcarr:", password, "@", cluster.cluster_endpoint.socket_address,
             "/supportcarr?tls=true&replicaSet=rs0&authSource=admin&retryWrites=false"],
        )  # fmt: skip

    def _atlas(self) -> None:
        """The way to a cluster in Atlas's account.  Its URL and password are put into the secret by hand."""
        ec2.InterfaceVpcEndpoint(
            self,
            "Atlas",
            vpc=self._network.vpc,
            service=ec2.InterfaceVpcEndpointService(self._of.atlas_service, 27017),
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[self._network.stores_group],
            open=False,
            private_dns_enabled=False,  # Atlas has names of its own
        )

    def _backups(self) -> None:
        """The bucket of the chart's backups of MongoDB, and a user who can add to it and do nothing else."""
        bucket = self._bucket(
            "Backups",
            lifecycle=[
                s3.LifecycleRule(expiration=Duration.days(BACKUP_DAYS + 1)),
                s3.LifecycleRule(expired_object_delete_marker=True),
            ],
            noncurrent_days=1,
            kms_key=self._key,
            access_logs=self.logs,
            object_lock_enabled=True,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(Duration.days(BACKUP_DAYS)),
        )
        user = iam.User(self, "BackupUser")
        iam.Policy(
            self,
            "BackupPolicy",
            users=[user],
            statements=[
                iam.PolicyStatement(
                    actions=["s3:PutObject", "s3:AbortMultipartUpload"],
                    resources=[bucket.arn_for_objects("*")],
                ),
                iam.PolicyStatement(
                    # S3 decrypts the parts of an upload to put them together
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=[self._key.key_arn],
                    conditions={"StringEquals": {"kms:ViaService": f"s3.{self._of.region}.amazonaws.com"}},
                ),
            ],
        )
        key = iam.AccessKey(self, "BackupKey", user=user)
        secrets.CfnSecret(
            self,
            "BackupConnection",
            name=f"supportcarr/{self._of.name}/backup/connection",
            description="The key of the user who adds backups",
            kms_key_id=self._key.key_arn,
            secret_string=self.to_json_string(
                {
                    "SUPPORTCARR_BACKUP_S3_ACCESS_KEY_ID": key.access_key_id,
                    "SUPPORTCARR_BACKUP_S3_SECRET_ACCESS_KEY": key.secret_access_key.unsafe_unwrap(),
                }
            ),
        )
        secrets.CfnSecret(
            self,
            "Backup",
            name=f"supportcarr/{self._of.name}/backup",
            description="MONGODB_BACKUP_PASSWORD and SUPPORTCARR_BACKUP_PUBLIC_KEY: filled by hand",
            kms_key_id=self._key.key_arn,
            secret_string=json.dumps({"FILL": "see docs/deploying.md"}),
        )
        CfnOutput(self, "BackupBucket", value=bucket.bucket_name)

    def _user_of_files(self) -> iam.User:
        """The platform signs forms and links with an access key: it cannot take a role yet."""
        user = iam.User(self, "FilesUser")
        iam.Policy(
            self,
            "FilesPolicy",
            users=[user],
            statements=[
                iam.PolicyStatement(
                    actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                    resources=[self.files.arn_for_objects("*")],
                ),
                iam.PolicyStatement(
                    actions=["s3:GetObject", "s3:PutObject", "s3:PutObjectRetention"],
                    resources=[self.anchors.arn_for_objects("*")],
                ),
                iam.PolicyStatement(
                    actions=["s3:ListBucket"], resources=[self.files.bucket_arn, self.anchors.bucket_arn]
                ),
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=[self._key.key_arn],
                    conditions={"StringEquals": {"kms:ViaService": f"s3.{self._of.region}.amazonaws.com"}},
                ),
            ],
        )
        return user

    def _secrets(self) -> None:
        key = iam.AccessKey(self, "FilesKey", user=self.user)
        known = {
            **self._urls,
            "SUPPORTCARR_S3_ACCESS_KEY_ID": key.access_key_id,
            "SUPPORTCARR_S3_SECRET_ACCESS_KEY": key.secret_access_key.unsafe_unwrap(),
        }
        # The chart's External Secret reads both; AWS puts the values in, so that no template has one.
        secrets.CfnSecret(
            self,
            "Connections",
            name=f"supportcarr/{self._of.name}/connections",
            description="URLs and keys that this stack made",
            kms_key_id=self._key.key_arn,
            secret_string=self.to_json_string(known),
        )
        secrets.CfnSecret(
            self,
            "Secrets",
            name=f"supportcarr/{self._of.name}",
            description="Keys of the platform, Stripe and Twilio: filled by hand (deploy/helm/make-secrets)",
            kms_key_id=self._key.key_arn,
            secret_string=json.dumps({"FILL": "see docs/deploying.md"}),
        )
