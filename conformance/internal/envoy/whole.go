package envoy

import (
	"strings"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	setstate "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/set_filter_state/v3"
	proxyprotocol "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/listener/proxy_protocol/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	tcp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	tls "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"istio.io/istio/pilot/pkg/model"

	"meshproof.dev/conformance/internal/istiod"
)

// PatchWhole lets all listeners of a proxy run outside a pod, with an Envoy of their own. Filter chains, matches, filters and routes stay as istiod
// made them, and so does which listener takes a connection: the original destination, which iptables would keep, is told by the PROXY protocol.
// Changed are the address to listen on, certificates (files in place of the agent), retries and logs (gone), and filters that only Istio's build
// of Envoy has (gone; none decides).
func PatchWhole(whole istiod.Whole, ip string, secrets Secrets) ([]*listener.Listener, error) {
	var kept []*listener.Listener
	for _, original := range whole.Listeners {
		if original.Name == model.VirtualInboundListenerName || original.Name == connectOriginate || original.GetUdpListenerConfig() != nil || isProbe(original) {
			continue
		}
		l := proto.Clone(original).(*listener.Listener)
		l.AccessLog = nil
		if l.GetBindToPort() == nil || l.GetBindToPort().Value {
			if socket := l.GetAddress().GetSocketAddress(); socket != nil {
				socket.Address = ip
				l.AdditionalAddresses = nil
			}
		}
		if l.Name == model.VirtualOutboundListenerName {
			config, err := anypb.New(&proxyprotocol.ProxyProtocol{})
			if err != nil {
				return nil, err
			}
			told := &listener.ListenerFilter{
				Name: "envoy.filters.listener.proxy_protocol", ConfigType: &listener.ListenerFilter_TypedConfig{TypedConfig: config},
			}
			l.ListenerFilters = append([]*listener.ListenerFilter{told}, l.ListenerFilters...)
		}
		chains := l.FilterChains
		if l.DefaultFilterChain != nil {
			chains = append(chains, l.DefaultFilterChain)
		}
		for _, chain := range chains {
			if err := patchWholeChain(chain, whole.Routes, secrets); err != nil {
				return nil, err
			}
		}
		kept = append(kept, l)
	}
	return kept, nil
}

// isProbe is for the listeners of the agent's own health checks and metrics.
func isProbe(l *listener.Listener) bool {
	port := l.GetAddress().GetSocketAddress().GetPortValue()
	return port == 15021 || port == 15090
}

func patchWholeChain(chain *listener.FilterChain, routes map[string]*route.RouteConfiguration, secrets Secrets) error {
	if socket := chain.TransportSocket; socket != nil {
		context := &tls.DownstreamTlsContext{}
		if socket.GetTypedConfig().MessageIs(context) {
			if err := change(socket.GetTypedConfig(), context, func() { secrets.serve(context.CommonTlsContext) }); err != nil {
				return err
			}
		}
	}
	chain.Filters = without(chain.Filters, func(f *listener.Filter) bool { return isIstios(f.Name, f.GetTypedConfig()) })
	for _, filter := range chain.Filters {
		switch config := filter.GetTypedConfig(); {
		case config.MessageIs(&hcm.HttpConnectionManager{}):
			manager := &hcm.HttpConnectionManager{}
			var failed error
			if err := change(config, manager, func() { failed = patchWholeManager(manager, routes) }); err != nil {
				return err
			}
			if failed != nil {
				return failed
			}
		case config.MessageIs(&tcp.TcpProxy{}):
			proxy := &tcp.TcpProxy{}
			if err := change(config, proxy, func() { proxy.AccessLog = nil }); err != nil {
				return err
			}
		}
	}
	return nil
}

func patchWholeManager(manager *hcm.HttpConnectionManager, routes map[string]*route.RouteConfiguration) error {
	manager.AccessLog = nil
	manager.Tracing = nil
	manager.HttpFilters = without(manager.HttpFilters, func(f *hcm.HttpFilter) bool { return isIstios(f.Name, f.GetTypedConfig()) })
	for _, f := range manager.HttpFilters {
		state := &setstate.Config{}
		if !f.GetTypedConfig().MessageIs(state) {
			continue
		}
		if err := change(f.GetTypedConfig(), state, func() {
			for _, value := range state.OnRequestHeaders {
				// The same text in a type that upstream Envoy has too.
				if strings.HasPrefix(value.FactoryKey, "istio.") {
					value.FactoryKey = "envoy.string"
				}
			}
		}); err != nil {
			return err
		}
	}
	if name := manager.GetRds().GetRouteConfigName(); name != "" {
		found := routes[name]
		if found == nil {
			found = &route.RouteConfiguration{Name: name}
		}
		manager.RouteSpecifier = &hcm.HttpConnectionManager_RouteConfig{RouteConfig: proto.Clone(found).(*route.RouteConfiguration)}
	}
	config := manager.GetRouteConfig()
	if config == nil {
		return nil
	}
	config.ValidateClusters = wrapperspb.Bool(false)
	for _, host := range config.VirtualHosts {
		host.RetryPolicy = nil
		for _, r := range host.Routes {
			r.Decorator = nil
			if action := r.GetRoute(); action != nil {
				action.RetryPolicy = nil
			}
		}
	}
	return nil
}

// ClustersTold leads every cluster that istiod sent to a server that stands for it. One that istiod did not send does not exist.
func ClustersTold(sent []*cluster.Cluster, addressOf func(string) (string, error)) ([]*cluster.Cluster, error) {
	made := make([]*cluster.Cluster, 0, len(sent))
	for _, one := range sent {
		switch one.Name {
		case blackHole:
			made = append(made, &cluster.Cluster{Name: one.Name, ClusterDiscoveryType: &cluster.Cluster_Type{Type: cluster.Cluster_STATIC}})
			continue
		case mainInternal:
			inside := proto.Clone(one).(*cluster.Cluster)
			inside.Filters = without(inside.Filters, func(f *cluster.Filter) bool { return isIstios(f.Name, f.GetTypedConfig()) })
			made = append(made, inside)
			continue
		}
		text, err := addressOf(one.Name)
		if err != nil {
			return nil, err
		}
		made = append(made, &cluster.Cluster{
			Name:                 one.Name,
			ConnectTimeout:       durationpb.New(patience),
			ClusterDiscoveryType: &cluster.Cluster_Type{Type: cluster.Cluster_STATIC},
			LoadAssignment: &endpoint.ClusterLoadAssignment{ClusterName: one.Name, Endpoints: []*endpoint.LocalityLbEndpoints{{
				LbEndpoints: []*endpoint.LbEndpoint{{HostIdentifier: &endpoint.LbEndpoint_Endpoint{
					Endpoint: &endpoint.Endpoint{Address: address(splitAddress(text))},
				}}},
			}}},
		})
	}
	return made, nil
}

// Istiod's own names: the cluster that refuses, and those between the listeners of a waypoint.
const (
	blackHole        = "BlackHoleCluster"
	mainInternal     = "main_internal"
	connectOriginate = "connect_originate"
)
