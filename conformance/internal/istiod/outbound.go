package istiod

import (
	"strings"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"

	"istio.io/istio/pilot/pkg/model"
	networkingcore "istio.io/istio/pilot/pkg/networking/core"
	"istio.io/istio/pilot/pkg/xds/endpoints"

	"meshproof.dev/conformance/internal/testcase"
)

// Outbound is what istiod sends to a client's sidecar for calls to the workload's Service.
type Outbound struct {
	Listeners []*listener.Listener
	Routes    map[string]*route.RouteConfiguration
	// Clusters of the Service, with their endpoints in place of the endpoint discovery service.
	Clusters []*cluster.Cluster
}

// clientIP is the address of every client. Nothing listens there.
const clientIP = "127.255.0.2"

func buildOutbound(generator *networkingcore.ConfigGenTest, c testcase.Case) *Outbound {
	proxy := generator.SetupProxy(proxyOf(testcase.Workload{
		Namespace: c.Client.Namespace, Labels: c.Client.Labels, ServiceAccount: c.Client.ServiceAccount,
	}, clientIP))
	out := &Outbound{Routes: map[string]*route.RouteConfiguration{}}
	for _, l := range generator.Listeners(proxy) {
		if l.TrafficDirection == core.TrafficDirection_OUTBOUND && l.Name != model.VirtualOutboundListenerName {
			out.Listeners = append(out.Listeners, l)
		}
	}
	for _, r := range generator.RoutesFromListeners(proxy, out.Listeners) {
		out.Routes[r.Name] = r
	}
	host := "|" + ServiceName + "." + c.Workload.Namespace + ".svc.cluster.local"
	for _, one := range generator.Clusters(proxy) {
		if !strings.HasPrefix(one.Name, "outbound|") || !strings.HasSuffix(one.Name, host) {
			continue
		}
		builder := endpoints.NewEndpointBuilder(one.Name, proxy, generator.PushContext())
		one.LoadAssignment = builder.BuildClusterLoadAssignment(generator.Env().EndpointIndex)
		one.ClusterDiscoveryType = &cluster.Cluster_Type{Type: cluster.Cluster_STATIC}
		one.EdsClusterConfig = nil
		out.Clusters = append(out.Clusters, one)
	}
	return out
}
