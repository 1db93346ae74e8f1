"""VolumeAttachments: which volume is attached to which node."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    Bool,
    Kind,
    Map,
    MapLabels,
    Metadata,
    Model,
    Str,
    created,
    gauge,
    numbered,
)


@numbered(persistentVolumeName=1)
class Source(Model):
    persistentVolumeName: Str = None


@numbered(attacher=1, nodeName=3, source=2)
class Spec(Model):
    attacher: Str = ""
    nodeName: Str = ""
    source: Source | None = Source()


@numbered(attached=1, attachmentMetadata=2)
class Status(Model):
    attached: Bool = False
    attachmentMetadata: Map[str] = None


@numbered(metadata=1, spec=2, status=3)
class VolumeAttachment(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()


KIND = Kind(
    resource="volumeattachments",
    kind="VolumeAttachment",
    group="storage.k8s.io",
    version="v1",
    namespaced=False,
    model=VolumeAttachment,
    identity={"volumeattachment": "metadata.name"},
    families=(
        gauge(
            "kube_volumeattachment_labels", ALPHA, "The object's labels, all of them: there is no allowlist.",
            map_labels=MapLabels("label", "metadata.labels"),
        ),
        gauge(
            "kube_volumeattachment_info", ALPHA, "What attaches the volume, and to which node.",
            labels={"attacher": "spec.attacher", "node": "spec.nodeName"},
        ),
        created("kube_volumeattachment_created", ALPHA),
        gauge(
            "kube_volumeattachment_spec_source_persistentvolume", ALPHA, "The PersistentVolume that is attached.",
            when="spec.source.persistentVolumeName", labels={"volumename": "spec.source.persistentVolumeName"},
        ),
        gauge("kube_volumeattachment_status_attached", ALPHA, "Whether the volume is attached.", value="status.attached"),
        gauge(
            "kube_volumeattachment_status_attachment_metadata", ALPHA, "What the attacher says of the attachment.",
            map_labels=MapLabels("metadata", "status.attachmentMetadata"),
        ),
    ),
)
