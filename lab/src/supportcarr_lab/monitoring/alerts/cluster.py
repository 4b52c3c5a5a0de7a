"""What the platform does not export itself: disks, certificates, backups.

The series come from the kubelet, node_exporter, cert-manager and kube-state-metrics; where those are not
asked, nothing fires, but for ``BackupUnknown``: that there is no backup must not be silent.
"""

from __future__ import annotations

from supportcarr_lab.monitoring.model import Alert, Case, Series

RUNBOOK = "cluster.md"
DAY_S = 86_400
_VOLUME = 'persistentvolumeclaim="data"'


def _volume(available: int) -> Series:
    return {
        f"kubelet_volume_stats_available_bytes{{@cluster,{_VOLUME}}}": f"{available}x60",
        f"kubelet_volume_stats_capacity_bytes{{@cluster,{_VOLUME}}}": "100x60",
    }


def _certificate(days: int) -> Series:
    name = 'certmanager_certificate_expiration_timestamp_seconds{@cluster,name="public"}'
    return {name: f"{days * DAY_S}x180"}


def _disk(available: int) -> Series:
    return {
        'node_filesystem_avail_bytes{instance="host",fstype="ext4",mountpoint="/"}': f"{available}x60",
        'node_filesystem_size_bytes{instance="host",fstype="ext4",mountpoint="/"}': "100x60",
    }


_FOLDER = "backup_last_success_timestamp_seconds{@platform}"
_FOLDER_OF = 'backup_last_success_timestamp_seconds{@platform,instance="a"}'
_CRON_JOB = 'kube_cronjob_status_last_successful_time{@cluster,cronjob=~".+-mongodb-backup"}'
_OF_MONGODB = 'kube_cronjob_status_last_successful_time{@cluster,cronjob="supportcarr-mongodb-backup"}'
_OPLOG_JOB = 'kube_cronjob_status_last_successful_time{@cluster,cronjob=~".+-mongodb-oplog"}'
_OPLOG_OF_MONGODB = 'kube_cronjob_status_last_successful_time{@cluster,cronjob="supportcarr-mongodb-oplog"}'

ALERTS = (
    Alert(
        "VolumeFull",
        "page",
        "kubelet_volume_stats_available_bytes{@cluster}\n"
        "/ kubelet_volume_stats_capacity_bytes{@cluster} < 0.1",
        "10m",
        "The volume {{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left",
        RUNBOOK,
        Case(_volume(5), _volume(40)),
    ),
    Alert(
        "DiskFull",
        "page",
        'node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"}\n'
        '/ node_filesystem_size_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"} < 0.1',
        "10m",
        "The disk {{ $labels.mountpoint }} of {{ $labels.instance }} "
        "has {{ $value | humanizePercentage }} left",
        RUNBOOK,
        Case(_disk(5), _disk(40)),
    ),
    Alert(
        "CertificateExpires",
        "ticket",
        f"certmanager_certificate_expiration_timestamp_seconds{{@cluster}} - time() < 14 * {DAY_S}",
        "1h",
        "The certificate {{ $labels.name }} ends in {{ $value | humanizeDuration }}",
        RUNBOOK,
        Case(
            _certificate(5),
            _certificate(60),
            at="120m",
        ),
    ),
    Alert(
        "BackupTooOld",
        "ticket",
        f"time() - max({_FOLDER}) > 26 * 3600",
        "10m",
        "The latest backup is {{ $value | humanizeDuration }} old",
        RUNBOOK,
        Case(
            {_FOLDER: "0x400"},
            {_FOLDER: f"0x100 {20 * 3600}x300"},
            at="28h",
            every="5m",
        ),
    ),
    Alert(
        "MongodbBackupTooOld",
        "ticket",
        f"time() - max by (cronjob) ({_CRON_JOB}) > 26 * 3600",
        "10m",
        "The CronJob {{ $labels.cronjob }} succeeded {{ $value | humanizeDuration }} ago",
        RUNBOOK,
        Case(
            {_OF_MONGODB: "0x400"},
            {_OF_MONGODB: f"0x100 {20 * 3600}x300"},
            at="28h",
            every="5m",
        ),
    ),
    Alert(
        "MongodbOplogTooOld",
        "ticket",
        # half of what the next one looks back (mongodb.backup.oplog.lookBackSeconds)
        f"time() - max by (cronjob) ({_OPLOG_JOB}) > 3600",
        "5m",
        "The CronJob {{ $labels.cronjob }} succeeded {{ $value | humanizeDuration }} ago: that would be lost",
        RUNBOOK,
        Case(
            {_OPLOG_OF_MONGODB: "0x120"},
            {_OPLOG_OF_MONGODB: "0x20 1800x100"},
            at="75m",
        ),
    ),
    Alert(
        "BackupUnknown",
        "ticket",
        f"max(backup_expected{{@platform}}) == 1\nunless on () max({_FOLDER})\nunless on () max({_CRON_JOB})",
        "1h",
        "Backups are expected, and nothing says that one was ever made",
        RUNBOOK,
        Case(
            {'backup_expected{@platform,instance="a"}': "1x120"},
            {'backup_expected{@platform,instance="a"}': "1x120", _OF_MONGODB: "0x120"},
            at="90m",
            over={'backup_expected{@platform,instance="a"}': "1x120", _FOLDER_OF: "0x120"},
            over_at="90m",
        ),
    ),
)
