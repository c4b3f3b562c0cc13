// Package envoy runs a real Envoy with the listeners that istiod built.
package envoy

import (
	"bytes"
	"fmt"
	"strings"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	tcp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	tls "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"meshproof.dev/conformance/internal/stub"
)

const originalDst = "envoy.filters.listener.original_dst"

// Patch lets a listener run outside a pod. Everything that decides stays as istiod made it: filter chain matches, RBAC, JWT and external
// authorization filters, their order, the TLS context with its SAN matchers and ALPN. Changed are, and only are:
//
//  1. the address: the pod's own, one socket per port, in place of iptables and the original destination;
//  2. where certificates come from: files in place of the agent;
//  3. the application: HTTP routes answer by themselves, TCP goes to the cluster app;
//  4. what upstream Envoy does not have or what writes logs: Istio's own filters, access logs, tracing.
func Patch(l *listener.Listener, name, podIP, app string, ports []int, secrets Secrets) (*listener.Listener, error) {
	patched := proto.Clone(l).(*listener.Listener)
	patched.Name = name
	patched.AccessLog = nil
	patched.Address = address(podIP, ports[0])
	patched.AdditionalAddresses = nil
	for _, port := range ports[1:] {
		patched.AdditionalAddresses = append(patched.AdditionalAddresses, &listener.AdditionalAddress{Address: address(podIP, port)})
	}
	patched.UseOriginalDst = nil
	patched.ListenerFilters = without(patched.ListenerFilters, func(f *listener.ListenerFilter) bool { return f.Name == originalDst })
	chains := patched.FilterChains
	if patched.DefaultFilterChain != nil {
		chains = append(chains, patched.DefaultFilterChain)
	}
	for _, chain := range chains {
		if err := patchChain(chain, app, secrets); err != nil {
			return nil, fmt.Errorf("filter chain %s: %w", chain.Name, err)
		}
	}
	return patched, nil
}

func address(ip string, port int) *core.Address {
	return &core.Address{Address: &core.Address_SocketAddress{SocketAddress: &core.SocketAddress{
		Address:       ip,
		PortSpecifier: &core.SocketAddress_PortValue{PortValue: uint32(port)},
	}}}
}

func patchChain(chain *listener.FilterChain, app string, secrets Secrets) error {
	if socket := chain.TransportSocket; socket.GetTypedConfig().MessageIs(&tls.DownstreamTlsContext{}) {
		context := &tls.DownstreamTlsContext{}
		if err := change(socket.GetTypedConfig(), context, func() { secrets.serve(context.CommonTlsContext) }); err != nil {
			return err
		}
	}
	chain.Filters = without(chain.Filters, func(f *listener.Filter) bool { return isIstios(f.Name, f.GetTypedConfig()) })
	for _, filter := range chain.Filters {
		switch config := filter.GetTypedConfig(); {
		case config.MessageIs(&hcm.HttpConnectionManager{}):
			manager := &hcm.HttpConnectionManager{}
			if err := change(config, manager, func() { patchManager(manager) }); err != nil {
				return err
			}
		case config.MessageIs(&tcp.TcpProxy{}):
			proxy := &tcp.TcpProxy{}
			if err := change(config, proxy, func() {
				proxy.AccessLog = nil
				proxy.ClusterSpecifier = &tcp.TcpProxy_Cluster{Cluster: app}
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

func patchManager(manager *hcm.HttpConnectionManager) {
	manager.AccessLog = nil
	manager.Tracing = nil
	manager.HttpFilters = without(manager.HttpFilters, func(f *hcm.HttpFilter) bool { return isIstios(f.Name, f.GetTypedConfig()) })
	for _, host := range manager.GetRouteConfig().GetVirtualHosts() {
		for _, r := range host.Routes {
			r.Action = &route.Route_DirectResponse{DirectResponse: &route.DirectResponseAction{Status: 200}}
			r.ResponseHeadersToAdd = []*core.HeaderValueOption{{Header: &core.HeaderValue{Key: stub.ReachedHeader, Value: "app"}}}
			r.Decorator = nil
		}
	}
}

// isIstios tells whether a filter exists in Istio's build of Envoy only. None of them decides. Their configuration is often packed as a
// TypedStruct, so that its content or the name is what tells.
func isIstios(name string, config *anypb.Any) bool {
	packed := strings.HasSuffix(config.GetTypeUrl(), ".TypedStruct") && bytes.Contains(config.GetValue(), []byte("type.googleapis.com/io.istio."))
	return packed || strings.HasPrefix(name, "istio.") || strings.HasPrefix(config.GetTypeUrl(), "type.googleapis.com/io.istio.")
}

// change unpacks, lets edit, and packs again.
func change(config *anypb.Any, message proto.Message, edit func()) error {
	if err := config.UnmarshalTo(message); err != nil {
		return err
	}
	edit()
	return config.MarshalFrom(message)
}

func without[T any](list []T, unwanted func(T) bool) []T {
	kept := make([]T, 0, len(list))
	for _, entry := range list {
		if !unwanted(entry) {
			kept = append(kept, entry)
		}
	}
	return kept
}
