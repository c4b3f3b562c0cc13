//go:build tools

// Package istio pins the versions of the control plane and of the sidecar's agent that `npm run build:mesh` builds for `npm run test:mesh`.
package istio

import (
	_ "istio.io/istio/pilot/cmd/pilot-agent"
	_ "istio.io/istio/pilot/cmd/pilot-discovery"
)
