// Command etcd runs the released etcd server, the storage behind the API server of the tests and the bench.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
