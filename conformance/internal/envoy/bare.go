package envoy

import (
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	router "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	tcp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Bare makes the listener of an application that has no sidecar: it answers plain HTTP on some ports and echoes on the others.
func Bare(name, podIP string, ports []int, speaksHTTP func(port int) bool) (*listener.Listener, error) {
	made := &listener.Listener{Name: name, Address: address(podIP, ports[0])}
	for _, port := range ports[1:] {
		made.AdditionalAddresses = append(made.AdditionalAddresses, &listener.AdditionalAddress{Address: address(podIP, port)})
	}
	for _, port := range ports {
		filter, err := application(speaksHTTP(port))
		if err != nil {
			return nil, err
		}
		made.FilterChains = append(made.FilterChains, &listener.FilterChain{
			FilterChainMatch: &listener.FilterChainMatch{DestinationPort: wrapperspb.UInt32(uint32(port))},
			Filters:          []*listener.Filter{filter},
		})
	}
	return made, nil
}

func application(http bool) (*listener.Filter, error) {
	if !http {
		return pack("envoy.filters.network.tcp_proxy", &tcp.TcpProxy{
			StatPrefix:       AppCluster,
			ClusterSpecifier: &tcp.TcpProxy_Cluster{Cluster: AppCluster},
		})
	}
	routing, err := anypb.New(&router.Router{})
	if err != nil {
		return nil, err
	}
	manager := &hcm.HttpConnectionManager{
		StatPrefix: AppCluster,
		RouteSpecifier: &hcm.HttpConnectionManager_RouteConfig{RouteConfig: &route.RouteConfiguration{
			VirtualHosts: []*route.VirtualHost{{
				Name: "all", Domains: []string{"*"},
				Routes: []*route.Route{{Match: &route.RouteMatch{PathSpecifier: &route.RouteMatch_Prefix{Prefix: "/"}}}},
			}},
		}},
		HttpFilters: []*hcm.HttpFilter{{Name: "envoy.filters.http.router", ConfigType: &hcm.HttpFilter_TypedConfig{TypedConfig: routing}}},
	}
	patchManager(manager)
	return pack("envoy.filters.network.http_connection_manager", manager)
}

func pack(name string, message proto.Message) (*listener.Filter, error) {
	config, err := anypb.New(message)
	return &listener.Filter{Name: name, ConfigType: &listener.Filter_TypedConfig{TypedConfig: config}}, err
}
