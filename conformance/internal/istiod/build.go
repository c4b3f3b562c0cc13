package istiod

import (
	"encoding/json"
	"fmt"

	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking/core"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/test"

	"meshproof.dev/conformance/internal/testcase"
)

// Inbound is what istiod sends for the workload's inbound side, and what the validating webhook says to the policies.
type Inbound struct {
	Listener  *listener.Listener
	Admission string
}

// istioVersion is what the proxy says of itself: as new as istiod.
const istioVersion = "1.31.0"

// Build runs istiod's generators for the workload's sidecar.
func Build(c testcase.Case, podIP, jwks string) (Inbound, error) {
	configs, admission, err := convert(c.Policies, jwks)
	if err != nil {
		return Inbound{}, err
	}
	meshText, err := json.Marshal(c.Mesh)
	if err != nil {
		return Inbound{}, err
	}
	meshConfig, err := mesh.ApplyMeshConfig(string(meshText), mesh.DefaultMeshConfig())
	if err != nil {
		return Inbound{}, fmt.Errorf("mesh config: %w", err)
	}
	configs = append(configs, serviceOf(*c.Workload, podIP), authorizers())
	inbound := Inbound{Admission: admission}
	err = test.Wrap(func(t test.Failer) {
		generator := core.NewConfigGenTest(t, core.TestOptions{Configs: configs, MeshConfig: meshConfig})
		proxy := generator.SetupProxy(proxyOf(*c.Workload, podIP))
		for _, built := range generator.Listeners(proxy) {
			if built.Name == model.VirtualInboundListenerName {
				inbound.Listener = built
			}
		}
	})
	if err == nil && inbound.Listener == nil {
		err = fmt.Errorf("istiod built no listener %s", model.VirtualInboundListenerName)
	}
	return inbound, err
}

func proxyOf(workload testcase.Workload, podIP string) *model.Proxy {
	return &model.Proxy{
		Type:            model.SidecarProxy,
		ID:              "app." + workload.Namespace,
		ConfigNamespace: workload.Namespace,
		IPAddresses:     []string{podIP},
		Labels:          workload.Labels,
		Metadata: &model.NodeMetadata{
			Namespace:      workload.Namespace,
			Labels:         workload.Labels,
			ServiceAccount: workload.ServiceAccount,
			IstioVersion:   istioVersion,
		},
	}
}
