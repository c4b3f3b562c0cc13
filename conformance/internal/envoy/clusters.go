package envoy

import (
	"net"
	"sort"
	"strconv"
	"strings"

	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	extauthz "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	tcpauthz "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/ext_authz/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
)

// PlainApp leads to an application that speaks no TLS: what completes a handshake is the proxy. TLSApp leads to one that does: a client's sidecar
// may be told to use TLS that the application itself ends.
const (
	PlainApp = "app"
	TLSApp   = "app-with-tls"
)

// Upstreams are the servers of the recorder itself.
type Upstreams struct {
	PlainApp, TLSApp, HTTPAuthorizer, GRPCAuthorizer string
}

// Where nobody listens: the discard port of an address that nothing uses.
const nowhere = "127.255.255.254:9"

// clustersOf names the servers that listeners lead to: the application, and every external authorizer by the name that istiod gave it.
func clustersOf(listeners []*listener.Listener, upstreams Upstreams) []any {
	names := map[string]bool{}
	for _, l := range listeners {
		for _, chain := range l.FilterChains {
			for _, filter := range chain.Filters {
				collectAuthorizers(filter, names)
			}
		}
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	clusters := []any{staticCluster(PlainApp, upstreams.PlainApp, false), staticCluster(TLSApp, upstreams.TLSApp, false)}
	for _, name := range sorted {
		switch {
		case strings.Contains(name, "||dead."):
			clusters = append(clusters, staticCluster(name, nowhere, strings.Contains(name, "|9000|")))
		case strings.Contains(name, "|9000|"):
			clusters = append(clusters, staticCluster(name, upstreams.GRPCAuthorizer, true))
		default:
			clusters = append(clusters, staticCluster(name, upstreams.HTTPAuthorizer, false))
		}
	}
	return clusters
}

func collectAuthorizers(filter *listener.Filter, names map[string]bool) {
	config := filter.GetTypedConfig()
	onTCP := &tcpauthz.ExtAuthz{}
	if config.MessageIs(onTCP) && config.UnmarshalTo(onTCP) == nil {
		names[onTCP.GetGrpcService().GetEnvoyGrpc().GetClusterName()] = true
	}
	manager := &hcm.HttpConnectionManager{}
	if !config.MessageIs(manager) || config.UnmarshalTo(manager) != nil {
		return
	}
	for _, inner := range manager.HttpFilters {
		onHTTP := &extauthz.ExtAuthz{}
		if !inner.GetTypedConfig().MessageIs(onHTTP) || inner.GetTypedConfig().UnmarshalTo(onHTTP) != nil {
			continue
		}
		for _, name := range []string{
			onHTTP.GetGrpcService().GetEnvoyGrpc().GetClusterName(),
			onHTTP.GetHttpService().GetServerUri().GetCluster(),
		} {
			if name != "" {
				names[name] = true
			}
		}
	}
}

func staticCluster(name, endpoint string, http2 bool) any {
	host, port := splitAddress(endpoint)
	made := map[string]any{
		"name":            name,
		"connect_timeout": "2s",
		"type":            "STATIC",
		"load_assignment": map[string]any{
			"cluster_name": name,
			"endpoints": []any{map[string]any{"lb_endpoints": []any{map[string]any{"endpoint": map[string]any{
				"address": map[string]any{"socket_address": map[string]any{"address": host, "port_value": port}},
			}}}}},
		},
	}
	if http2 {
		made["typed_extension_protocol_options"] = map[string]any{
			"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": map[string]any{
				"@type":                "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
				"explicit_http_config": map[string]any{"http2_protocol_options": map[string]any{}},
			},
		}
	}
	return made
}

func splitAddress(text string) (host string, port int) {
	host, portText, _ := net.SplitHostPort(text)
	port, _ = strconv.Atoi(portText)
	return host, port
}
