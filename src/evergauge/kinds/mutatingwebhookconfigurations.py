"""MutatingWebhookConfigurations: webhooks that may change requests, and where they are."""

from evergauge.declare import (
    ALPHA,
    Kind,
    created,
    gauge,
    resource_version,
)
from evergauge.kinds.admission import GROUP, WebhookConfiguration, webhook_services

KIND = Kind(
    resource="mutatingwebhookconfigurations",
    kind="MutatingWebhookConfiguration",
    group=GROUP,
    version="v1",
    namespaced=False,
    model=WebhookConfiguration,
    identity={"namespace": "metadata.namespace", "mutatingwebhookconfiguration": "metadata.name"},
    families=(
        gauge("kube_mutatingwebhookconfiguration_info", ALPHA, "That the MutatingWebhookConfiguration exists."),
        created("kube_mutatingwebhookconfiguration_created", ALPHA),
        resource_version("kube_mutatingwebhookconfiguration_metadata_resource_version"),
        webhook_services("kube_mutatingwebhookconfiguration_webhook_clientconfig_service"),
    ),
)
