"""What the platform does not export itself: disks, certificates, backups.

The series come from the kubelet, node_exporter and cert-manager; where those are not asked, nothing fires.
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
        "time() - max(backup_last_success_timestamp_seconds) > 26 * 3600",
        "10m",
        "The latest backup is {{ $value | humanizeDuration }} old",
        RUNBOOK,
        Case(
            {"backup_last_success_timestamp_seconds": "0x400"},
            {"backup_last_success_timestamp_seconds": f"0x100 {20 * 3600}x300"},
            at="28h",
            every="5m",
        ),
    ),
)
