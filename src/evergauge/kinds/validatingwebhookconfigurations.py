"""ValidatingWebhookConfigurations: webhooks that admit or reject requests, and where they are."""

from evergauge.declare import (
    ALPHA,
    Kind,
    created,
    gauge,
    resource_version,
)
from evergauge.kinds.admission import GROUP, WebhookConfiguration, webhook_services

KIND = Kind(
    resource="validatingwebhookconfigurations",
    kind="ValidatingWebhookConfiguration",
    group=GROUP,
    version="v1",
    namespaced=False,
    model=WebhookConfiguration,
    identity={"namespace": "metadata.namespace", "validatingwebhookconfiguration": "metadata.name"},
    families=(
        gauge("kube_validatingwebhookconfiguration_info", ALPHA, "That the ValidatingWebhookConfiguration exists."),
        created("kube_validatingwebhookconfiguration_created", ALPHA),
        resource_version("kube_validatingwebhookconfiguration_metadata_resource_version"),
        webhook_services("kube_validatingwebhookconfiguration_webhook_clientconfig_service"),
    ),
)
