"""What the kinds of `admissionregistration.k8s.io` share: policies, their bindings, webhooks.

All are cluster-scoped, and still KSM gives their samples a namespace, which is empty.
"""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import (
    ALPHA,
    Family,
    Items,
    Metadata,
    Model,
    Str,
    gauge,
    numbered,
)

GROUP = "admissionregistration.k8s.io"


@numbered(apiVersion=1, kind=2)
class ParamKind(Model):
    apiVersion: Str = ""
    kind: Str = ""


@numbered(paramKind=1, failurePolicy=4)
class PolicySpec(Model):
    paramKind: ParamKind | None = None
    failurePolicy: Str = None


POLICY = {"param_api_version": "spec.paramKind.apiVersion", "param_kind": "spec.paramKind.kind", "failure_policy": "spec.failurePolicy"}
"""Labels of a policy."""


@numbered(name=1, namespace=2, parameterNotFoundAction=4)
class ParamRef(Model):
    name: Str = ""
    namespace: Str = ""
    parameterNotFoundAction: Str = None


@numbered(policyName=1, paramRef=2)
class BindingSpec(Model):
    policyName: Str = ""
    paramRef: ParamRef | None = None


BINDING = {
    "policy_name": "spec.policyName",
    "param_name": "spec.paramRef.name",
    "param_namespace": "spec.paramRef.namespace",
    "param_not_found_action": "spec.paramRef.parameterNotFoundAction",
}
"""Labels of a policy's binding."""


class ServiceReference(Model):
    name: Str = ""
    namespace: Str = ""


class ClientConfig(Model):
    service: ServiceReference | None = None


class Webhook(Model):
    name: Str = ""
    clientConfig: ClientConfig | None = ClientConfig()


class WebhookConfiguration(Model):
    metadata: Metadata | None = Metadata()
    webhooks: Items[Webhook] = ()


def webhook_services(name: str) -> Family:
    """One sample for each webhook, with the Service through which it is reached, empty where that is a URL."""
    return gauge(
        name, ALPHA, "A webhook and the Service through which the API server reaches it.",
        each="w in webhooks",
        labels={
            "webhook_name": "w.name",
            "service_name": "w.clientConfig.service.name",
            "service_namespace": "w.clientConfig.service.namespace",
        },
    )
