//go:build tools

// Package kube pins the real API server and etcd that the tests of live clusters run against. Nothing in it is imported.
package kube

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
