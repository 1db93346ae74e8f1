"""What the API says of a Pod, as far as families read it."""

# ruff: noqa: N815 (the API's names)

from evergauge.declare import Bool, Condition, Int, Items, Map, Metadata, Model, Quantity, Str, Time, numbered


@numbered(requests=2, limits=1)
class Resources(Model):
    requests: Map[Quantity] = None
    limits: Map[Quantity] = None


@numbered(name=1, image=2, restartPolicy=24, resources=8)
class Container(Model):
    name: Str = ""
    image: Str = ""
    restartPolicy: Str = None
    resources: Resources | None = Resources()


@numbered(startedAt=1)
class Running(Model):
    startedAt: Time = ""


@numbered(reason=1)
class Waiting(Model):
    reason: Str = ""


@numbered(exitCode=1, reason=3, startedAt=5, finishedAt=6)
class Terminated(Model):
    exitCode: Int = 0
    reason: Str = ""
    startedAt: Time = ""
    finishedAt: Time = ""


@numbered(running=2, waiting=1, terminated=3)
class State(Model):
    running: Running | None = None
    waiting: Waiting | None = None
    terminated: Terminated | None = None


@numbered(name=1, image=6, imageID=7, containerID=8, ready=4, restartCount=5, state=2, lastState=3)
class ContainerStatus(Model):
    name: Str = ""
    image: Str = ""
    imageID: Str = ""
    containerID: Str = ""
    ready: Bool = False
    restartCount: Int = 0
    state: State | None = State()
    lastState: State | None = State()


@numbered(claimName=1, readOnly=2)
class ClaimSource(Model):
    claimName: Str = ""
    readOnly: Bool = False


@numbered()
class EphemeralSource(Model):
    pass


@numbered(name=1, persistentVolumeClaim=(2, 10), ephemeral=(2, 29))
class Volume(Model):
    name: Str = ""
    persistentVolumeClaim: ClaimSource | None = None
    ephemeral: EphemeralSource | None = None


@numbered(key=1, operator=2, value=3, effect=4, tolerationSeconds=5)
class Toleration(Model):
    key: Str = ""
    operator: Str = ""
    value: Str = ""
    effect: Str = ""
    tolerationSeconds: Int = None


@numbered(name=1, resourceClaimName=3, resourceClaimTemplateName=4)
class ResourceClaim(Model):
    name: Str = ""
    resourceClaimName: Str = None
    resourceClaimTemplateName: Str = None


@numbered(name=1, resourceClaimName=2)
class ResourceClaimStatus(Model):
    name: Str = ""
    resourceClaimName: Str = None


@numbered(ip=1)
class PodIP(Model):
    ip: Str = ""


@numbered(
    nodeName=10,
    nodeSelector=7,
    priorityClassName=24,
    hostNetwork=11,
    restartPolicy=3,
    runtimeClassName=29,
    schedulerName=19,
    serviceAccountName=8,
    containers=2,
    initContainers=20,
    overhead=32,
    resourceClaims=39,
    tolerations=22,
    volumes=1,
)
class Spec(Model):
    nodeName: Str = ""
    nodeSelector: Map[str] = None
    priorityClassName: Str = ""
    hostNetwork: Bool = False
    restartPolicy: Str = ""
    runtimeClassName: Str = None
    schedulerName: Str = ""
    serviceAccountName: Str = ""
    containers: Items[Container] = ()
    initContainers: Items[Container] = ()
    overhead: Map[Quantity] = None
    resourceClaims: Items[ResourceClaim] = ()
    tolerations: Items[Toleration] = ()
    volumes: Items[Volume] = ()


@numbered(
    phase=1,
    reason=4,
    hostIP=5,
    podIP=6,
    podIPs=12,
    qosClass=9,
    startTime=7,
    conditions=2,
    containerStatuses=8,
    initContainerStatuses=10,
    resourceClaimStatuses=15,
)
class Status(Model):
    phase: Str = ""
    reason: Str = ""
    hostIP: Str = ""
    podIP: Str = ""
    podIPs: Items[PodIP] = ()
    qosClass: Str = ""
    startTime: Time = None
    conditions: Items[Condition] = ()
    containerStatuses: Items[ContainerStatus] = ()
    initContainerStatuses: Items[ContainerStatus] = ()
    resourceClaimStatuses: Items[ResourceClaimStatus] = ()


@numbered(metadata=1, spec=2, status=3)
class Pod(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()
    status: Status | None = Status()
