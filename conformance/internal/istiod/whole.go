package istiod

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"

	"istio.io/istio/pilot/pkg/features"
	"istio.io/istio/pilot/pkg/model"
	xds "istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/test"

	"meshproof.dev/conformance/internal/testcase"
)

// Proxy is a pod with a proxy of any kind. Its pod, and the Services in front of it, are among the objects.
type Proxy struct {
	Kind           model.NodeType    `json:"kind"`
	Name           string            `json:"name"`
	Namespace      string            `json:"namespace"`
	IP             string            `json:"ip"`
	Labels         map[string]string `json:"labels"`
	ServiceAccount string            `json:"serviceAccount"`
}

// Whole is all that istiod sends to a proxy and that decides where a request goes.
type Whole struct {
	Listeners []*listener.Listener
	Routes    map[string]*route.RouteConfiguration
	Clusters  []*cluster.Cluster
	Admission string
}

// Keys are the recorder's own, for objects that are recorded without theirs.
type Keys struct {
	JWKS             string
	Certificate, Key []byte
}

// fill gives a Secret its content.
func (k Keys) fill(object testcase.Object) testcase.Object {
	if object["kind"] != "Secret" {
		return object
	}
	return with(object, "data", map[string]any{"tls.crt": k.Certificate, "tls.key": k.Key})
}

// BuildWhole runs a whole istiod over objects of Kubernetes and Istio, as from an API server, and asks it as the proxy would.
func BuildWhole(meshText string, objects []testcase.Object, proxy Proxy, keys Keys) (Whole, error) {
	// Without it istiod makes no chains for Services at waypoints.
	features.EnableAmbient = true
	// In istiod it follows from the other when the process starts: without it a waypoint has no clusters of Services that are not its own.
	features.EnableAmbientWaypoints = true
	meshConfig, err := mesh.ApplyMeshConfig(meshText, mesh.DefaultMeshConfig())
	if err != nil {
		return Whole{}, fmt.Errorf("mesh config: %w", err)
	}
	var ofKubernetes bytes.Buffer
	var ofIstio []testcase.Object
	for _, object := range objects {
		version, _ := object["apiVersion"].(string)
		kind, _ := object["kind"].(string)
		isIstios := strings.Contains(version, ".istio.io/")
		if isIstios {
			ofIstio = append(ofIstio, object)
		}
		// The index of ambient reads its kinds from the API server itself.
		if isIstios && !(proxy.Kind == model.Waypoint && ofAmbient[kind]) {
			continue
		}
		text, err := json.Marshal(keys.fill(object))
		if err != nil {
			return Whole{}, err
		}
		ofKubernetes.WriteString("---\n")
		ofKubernetes.Write(text)
		ofKubernetes.WriteString("\n")
	}
	configs, admission, err := convert(ofIstio, keys.JWKS)
	if err != nil {
		return Whole{}, err
	}
	built := Whole{Routes: map[string]*route.RouteConfiguration{}, Admission: admission}
	err = test.Wrap(func(t test.Failer) {
		server := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
			Configs: configs, KubernetesObjectString: ofKubernetes.String(), MeshConfig: meshConfig,
		})
		node := server.SetupProxy(&model.Proxy{
			Type:            proxy.Kind,
			ID:              proxy.Name + "." + proxy.Namespace,
			ConfigNamespace: proxy.Namespace,
			IPAddresses:     []string{proxy.IP},
			Labels:          proxy.Labels,
			Metadata: &model.NodeMetadata{
				Namespace: proxy.Namespace, Labels: proxy.Labels, ServiceAccount: proxy.ServiceAccount, IstioVersion: istioVersion, ClusterID: "Kubernetes",
			},
		})
		built.Listeners = server.Listeners(node)
		for _, r := range server.RoutesFromListeners(node, built.Listeners) {
			built.Routes[r.Name] = r
		}
		built.Clusters = server.Clusters(node)
	})
	return built, err
}

var ofAmbient = map[string]bool{"AuthorizationPolicy": true, "PeerAuthentication": true, "ServiceEntry": true, "WorkloadEntry": true}
