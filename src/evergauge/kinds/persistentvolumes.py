"""PersistentVolumes: what stands behind them, how much they hold, and which claim they are bound to."""

# ruff: noqa: N815 (the API's names)

from collections.abc import Mapping, Sequence
from itertools import dropwhile

from evergauge.declare import (
    ALPHA,
    STABLE,
    Int,
    Items,
    Kind,
    Map,
    Metadata,
    Model,
    Quantity,
    Str,
    annotations,
    created,
    deletion_timestamp,
    gauge,
    labels,
    numbered,
    otherwise,
    rows,
    states,
    via,
)
from evergauge.kinds.resources import storage


@numbered(pdName=1)
class GCEPersistentDisk(Model):
    pdName: Str = ""


@numbered(volumeID=1)
class AWSElasticBlockStore(Model):
    volumeID: Str = ""


@numbered(diskName=1)
class AzureDisk(Model):
    diskName: Str = ""


@numbered(targetWWNs=1, lun=2, wwids=5)
class FibreChannel(Model):
    targetWWNs: Items[str] = ()
    lun: Int = None
    wwids: Items[str] = ()


@numbered(targetPortal=1, iqn=2, lun=3, initiatorName=12)
class ISCSI(Model):
    targetPortal: Str = ""
    iqn: Str = ""
    lun: Int = 0
    initiatorName: Str = None


@numbered(server=1, path=2)
class NFS(Model):
    server: Str = ""
    path: Str = ""


@numbered(driver=1, volumeHandle=2, volumeAttributes=5)
class CSI(Model):
    driver: Str = ""
    volumeHandle: Str = ""
    volumeAttributes: Map[str] = None


@numbered(path=1, fsType=2)
class Local(Model):
    path: Str = ""
    fsType: Str = None


@numbered(path=1, type=2)
class HostPath(Model):
    path: Str = ""
    type: Str = None


class Sources(Model):
    """What may stand behind a volume, in the order in which KSM looks; the API server admits one of them."""

    gcePersistentDisk: GCEPersistentDisk | None = None
    awsElasticBlockStore: AWSElasticBlockStore | None = None
    azureDisk: AzureDisk | None = None
    fc: FibreChannel | None = None
    iscsi: ISCSI | None = None
    nfs: NFS | None = None
    csi: CSI | None = None
    local: Local | None = None
    hostPath: HostPath | None = None


@numbered(name=3, namespace=2)
class ClaimRef(Model):
    name: Str = ""
    namespace: Str = ""


@numbered(
    gcePersistentDisk=(2, 1),
    awsElasticBlockStore=(2, 2),
    azureDisk=(2, 16),
    fc=(2, 10),
    iscsi=(2, 7),
    nfs=(2, 5),
    csi=(2, 22),
    local=(2, 20),
    hostPath=(2, 3),
    accessModes=3,
    capacity=1,
    claimRef=4,
    persistentVolumeReclaimPolicy=5,
    storageClassName=6,
    volumeMode=8,
)
class Spec(Sources):
    accessModes: Items[str] = ()
    capacity: Map[Quantity] = None
    claimRef: ClaimRef | None = None
    persistentVolumeReclaimPolicy: Str = ""
    storageClassName: Str = ""
    volumeMode: Str = None


@numbered(phase=1)
class Status(Model):
    phase: Str = ""


@numbered(metadata=1, spec=2, status=3)
class PersistentVolume(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


def source(spec: Spec) -> list[Sources]:
    """The first of the volume's sources alone: one row in any case."""
    for name in Sources.__struct_fields__:
        if found := getattr(spec, name):
            return [Sources(**{name: found})]
    return [Sources()]


def joined(texts: Sequence[str] | None) -> str:
    """The texts with commas between them; empty ones at the start are passed over (KSM behaviour)."""
    return ",".join(dropwhile(lambda text: not text, texts or ()))


def capacity(resources: Mapping[str, Quantity] | None) -> float:
    """Bytes of `storage`, 0 where it isn't said."""
    return storage(resources) or 0.0


def mounter(attributes: Mapping[str, str] | None) -> str:
    """What the CSI driver of Ceph mounts the volume with."""
    return (attributes or {}).get("mounter", "")


def map_options(attributes: Mapping[str, str] | None) -> str:
    """The options with which the CSI driver of Ceph maps the volume."""
    return (attributes or {}).get("mapOptions", "")


KIND = Kind(
    resource="persistentvolumes",
    kind="PersistentVolume",
    group="",
    version="v1",
    namespaced=False,
    model=PersistentVolume,
    identity={"persistentvolume": "metadata.name"},
    families=(
        gauge(
            "kube_persistentvolume_claim_ref", STABLE, "The claim that the volume is bound to.",
            when="spec.claimRef", labels={"name": "spec.claimRef.name", "claim_namespace": "spec.claimRef.namespace"},
        ),
        annotations("kube_persistentvolume_annotations"),
        labels("kube_persistentvolume_labels", STABLE),
        gauge(
            "kube_persistentvolume_status_phase", STABLE, "The volume's phase.", when="status.phase",
            states=states("phase", "status.phase", ("Pending", "Available", "Bound", "Released", "Failed")),
        ),
        gauge(
            "kube_persistentvolume_info", STABLE, "The volume's storage class and what stands behind it.",
            each=rows("s", source, "spec"),
            labels={
                "storageclass": "spec.storageClassName",
                "gce_persistent_disk_name": "s.gcePersistentDisk.pdName",
                "ebs_volume_id": "s.awsElasticBlockStore.volumeID",
                "azure_disk_name": "s.azureDisk.diskName",
                "fc_wwids": via(joined, "s.fc.wwids"),
                "fc_lun": "s.fc.lun",
                "fc_target_wwns": via(joined, "s.fc.targetWWNs"),
                "iscsi_target_portal": "s.iscsi.targetPortal",
                "iscsi_iqn": "s.iscsi.iqn",
                "iscsi_lun": "s.iscsi.lun",
                "iscsi_initiator_name": "s.iscsi.initiatorName",
                "nfs_server": "s.nfs.server",
                "nfs_path": "s.nfs.path",
                "csi_driver": "s.csi.driver",
                "csi_volume_handle": "s.csi.volumeHandle",
                "local_path": "s.local.path",
                "local_fs": "s.local.fsType",
                "host_path": "s.hostPath.path",
                "host_path_type": "s.hostPath.type",
                "reclaim_policy": "spec.persistentVolumeReclaimPolicy",
            },
        ),
        gauge("kube_persistentvolume_capacity_bytes", STABLE, "Bytes that the volume holds.", value=via(capacity, "spec.capacity")),
        created("kube_persistentvolume_created", ALPHA),
        deletion_timestamp("kube_persistentvolume_deletion_timestamp"),
        gauge(
            "kube_persistentvolume_csi_attributes", ALPHA, "How the CSI driver of Ceph mounts and maps the volume.",
            when="spec.csi",
            labels={
                "csi_mounter": via(mounter, "spec.csi.volumeAttributes"),
                "csi_map_options": via(map_options, "spec.csi.volumeAttributes"),
            },
            opt_in=True,
        ),
        gauge(
            "kube_persistentvolume_volume_mode", ALPHA, "Whether the volume is a file system or a block device.",
            labels={"volumemode": otherwise("spec.volumeMode", "Filesystem")},
        ),
        gauge(
            "kube_persistentvolume_access_mode", ALPHA, "A way in which the volume can be mounted.",
            each="mode in spec.accessModes", labels={"access_mode": "mode"},
        ),
    ),
)
