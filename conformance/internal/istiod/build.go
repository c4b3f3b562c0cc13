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

// Config is what istiod sends for the workload's inbound side, and for the client's outbound side, and what the validating webhook says to the
// policies.
type Config struct {
	Inbound   *listener.Listener
	Outbound  *Outbound
	Admission string
}

// Addresses are where a case lives. ServiceIP is empty where there is no client.
type Addresses struct{ PodIP, ServiceIP string }

// istioVersion is what the proxy says of itself: as new as istiod.
const istioVersion = "1.31.0"

// Build runs istiod's generators for the workload's sidecar.
func Build(c testcase.Case, at Addresses, jwks string) (Config, error) {
	configs, admission, err := convert(c.Policies, jwks)
	if err != nil {
		return Config{}, err
	}
	meshText, err := json.Marshal(c.Mesh)
	if err != nil {
		return Config{}, err
	}
	meshConfig, err := mesh.ApplyMeshConfig(string(meshText), mesh.DefaultMeshConfig())
	if err != nil {
		return Config{}, fmt.Errorf("mesh config: %w", err)
	}
	configs = append(configs, serviceOf(*c.Workload, at.PodIP, at.ServiceIP), authorizers())
	built := Config{Admission: admission}
	err = test.Wrap(func(t test.Failer) {
		generator := core.NewConfigGenTest(t, core.TestOptions{Configs: configs, MeshConfig: meshConfig})
		proxy := generator.SetupProxy(proxyOf(*c.Workload, at.PodIP))
		for _, one := range generator.Listeners(proxy) {
			if one.Name == model.VirtualInboundListenerName {
				built.Inbound = one
			}
		}
		if c.Client != nil {
			built.Outbound = buildOutbound(generator, c)
		}
	})
	if err == nil && built.Inbound == nil {
		err = fmt.Errorf("istiod built no listener %s", model.VirtualInboundListenerName)
	}
	return built, err
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
