package envoy

import (
	"slices"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	tcp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	tls "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"meshproof.dev/conformance/internal/istiod"
)

// Of a Service's cluster there are two copies: Istio's own alpn filter, which upstream Envoy does not have, offers other names for HTTP.
const forHTTP = "#http"

var httpALPN = []string{"istio-http/1.1", "istio", "http/1.1"}

// PatchOutbound lets a client's outbound listeners run outside a pod. They listen on the Service's own address; routes and endpoints are put in
// place of discovery; retries go, which only cost time. Which cluster a request takes and how that connects stay as istiod made them, but
// for the ALPN names above.
func PatchOutbound(out *istiod.Outbound, name, serviceIP string, ports []int, secrets Secrets) ([]*listener.Listener, []*cluster.Cluster, error) {
	var listeners []*listener.Listener
	for _, port := range ports {
		l := listenerOf(out.Listeners, serviceIP, port)
		if l == nil {
			continue
		}
		patched := proto.Clone(l).(*listener.Listener)
		patched.Name = name + forHTTP + l.Name
		patched.AccessLog = nil
		patched.Address = address(serviceIP, port)
		patched.AdditionalAddresses = nil
		patched.BindToPort = nil
		patched.ListenerFilters = without(patched.ListenerFilters, func(f *listener.ListenerFilter) bool { return f.Name == originalDst })
		chains := patched.FilterChains
		if patched.DefaultFilterChain != nil {
			chains = append(chains, patched.DefaultFilterChain)
		}
		for _, chain := range chains {
			if err := patchOutboundChain(chain, name, out.Routes); err != nil {
				return nil, nil, err
			}
		}
		listeners = append(listeners, patched)
	}
	var clusters []*cluster.Cluster
	for _, one := range out.Clusters {
		for _, suffix := range []string{"", forHTTP} {
			copied := proto.Clone(one).(*cluster.Cluster)
			copied.Name = name + "/" + one.Name + suffix
			if err := patchCluster(copied, suffix == forHTTP, secrets); err != nil {
				return nil, nil, err
			}
			clusters = append(clusters, copied)
		}
	}
	return listeners, clusters, nil
}

// listenerOf is the listener that takes calls to an address: its own, or the one for all addresses.
func listenerOf(listeners []*listener.Listener, ip string, port int) *listener.Listener {
	var forAll *listener.Listener
	for _, l := range listeners {
		socket := l.GetAddress().GetSocketAddress()
		if int(socket.GetPortValue()) != port {
			continue
		}
		switch socket.Address {
		case ip:
			return l
		case "0.0.0.0":
			forAll = l
		}
	}
	return forAll
}

func patchOutboundChain(chain *listener.FilterChain, name string, routes map[string]*route.RouteConfiguration) error {
	chain.Filters = without(chain.Filters, func(f *listener.Filter) bool { return isIstios(f.Name, f.GetTypedConfig()) })
	for _, filter := range chain.Filters {
		switch config := filter.GetTypedConfig(); {
		case config.MessageIs(&hcm.HttpConnectionManager{}):
			manager := &hcm.HttpConnectionManager{}
			if err := change(config, manager, func() {
				manager.AccessLog = nil
				manager.Tracing = nil
				manager.HttpFilters = without(manager.HttpFilters, func(f *hcm.HttpFilter) bool { return isIstios(f.Name, f.GetTypedConfig()) })
				manager.RouteSpecifier = &hcm.HttpConnectionManager_RouteConfig{
					RouteConfig: prefixRoutes(routes[manager.GetRds().GetRouteConfigName()], name),
				}
			}); err != nil {
				return err
			}
		case config.MessageIs(&tcp.TcpProxy{}):
			proxy := &tcp.TcpProxy{}
			if err := change(config, proxy, func() {
				proxy.AccessLog = nil
				if one := proxy.GetCluster(); one != "" {
					proxy.ClusterSpecifier = &tcp.TcpProxy_Cluster{Cluster: name + "/" + one}
				}
				for _, weighted := range proxy.GetWeightedClusters().GetClusters() {
					weighted.Name = name + "/" + weighted.Name
				}
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

func prefixRoutes(config *route.RouteConfiguration, name string) *route.RouteConfiguration {
	if config == nil {
		return &route.RouteConfiguration{}
	}
	patched := proto.Clone(config).(*route.RouteConfiguration)
	patched.ValidateClusters = wrapperspb.Bool(false)
	for _, host := range patched.VirtualHosts {
		host.RetryPolicy = nil
		for _, r := range host.Routes {
			r.Decorator = nil
			action := r.GetRoute()
			if action == nil {
				continue
			}
			action.RetryPolicy = nil
			if one := action.GetCluster(); one != "" {
				action.ClusterSpecifier = &route.RouteAction_Cluster{Cluster: name + "/" + one + forHTTP}
			}
			for _, weighted := range action.GetWeightedClusters().GetClusters() {
				weighted.Name = name + "/" + weighted.Name + forHTTP
			}
		}
	}
	return patched
}

func patchCluster(c *cluster.Cluster, http bool, secrets Secrets) error {
	c.OutlierDetection = nil
	c.Filters = without(c.Filters, func(f *cluster.Filter) bool { return isIstios(f.Name, f.GetTypedConfig()) })
	c.LoadAssignment.ClusterName = c.Name
	sockets := []*core.TransportSocket{c.TransportSocket}
	for _, match := range c.TransportSocketMatches {
		sockets = append(sockets, match.TransportSocket)
	}
	for _, socket := range sockets {
		context := &tls.UpstreamTlsContext{}
		if socket == nil || !socket.GetTypedConfig().MessageIs(context) {
			continue
		}
		if err := change(socket.GetTypedConfig(), context, func() {
			secrets.serve(context.CommonTlsContext)
			if http && slices.Contains(context.CommonTlsContext.AlpnProtocols, "istio") {
				context.CommonTlsContext.AlpnProtocols = httpALPN
			}
		}); err != nil {
			return err
		}
	}
	return nil
}
