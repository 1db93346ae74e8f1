// Command apiserver runs the released kube-apiserver. It is built from the Go module proxy because the tests and the
// bench need a real API server on machines that have Go, but neither containers nor a cluster.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // /metrics shows the server's own client
	_ "k8s.io/component-base/metrics/prometheus/version"  // /metrics shows the version
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
