package envoy

import (
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	tcp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	"google.golang.org/protobuf/types/known/anypb"
)

// Bare makes the listener of a pod without a sidecar: every byte reaches the application.
func Bare(name, podIP, app string, ports []int) (*listener.Listener, error) {
	config, err := anypb.New(&tcp.TcpProxy{
		StatPrefix:       app,
		ClusterSpecifier: &tcp.TcpProxy_Cluster{Cluster: app},
	})
	made := &listener.Listener{
		Name:    name,
		Address: address(podIP, ports[0]),
		FilterChains: []*listener.FilterChain{{Filters: []*listener.Filter{{
			Name:       "envoy.filters.network.tcp_proxy",
			ConfigType: &listener.Filter_TypedConfig{TypedConfig: config},
		}}}},
	}
	for _, port := range ports[1:] {
		made.AdditionalAddresses = append(made.AdditionalAddresses, &listener.AdditionalAddress{Address: address(podIP, port)})
	}
	return made, err
}
