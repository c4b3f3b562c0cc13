package loaded

import (
	"encoding/json"
	"fmt"

	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"meshproof.dev/conformance/internal/istiod"
)

// Served is what a gateway or a waypoint of one scene is sent: its listeners, and the routes that these name.
type Served struct {
	Set       string            `json:"set"`
	Filters   []json.RawMessage `json:"filters"`
	Listeners []map[string]any  `json:"listeners"`
	Routes    []map[string]any  `json:"routes,omitempty"`
}

// Keep reduces all that istiod sends to what decides, as a dump of the proxy shows it.
func Keep(name string, whole istiod.Whole) (Served, error) {
	set := Set{Set: name}
	known := map[string]int{}
	served := Served{Set: name, Listeners: []map[string]any{}}
	for _, each := range whole.Listeners {
		kept, err := set.keepListener(each, known)
		if err != nil {
			return Served{}, fmt.Errorf("%s: %w", name, err)
		}
		served.Listeners = append(served.Listeners, kept)
	}
	served.Filters = set.Filters
	for _, routeName := range sortedNames(whole.Routes) {
		kept, err := keepRoutes(whole.Routes[routeName])
		if err != nil {
			return Served{}, fmt.Errorf("%s: %w", name, err)
		}
		served.Routes = append(served.Routes, kept)
	}
	return served, nil
}

func (s *Set) keepListener(each *listener.Listener, known map[string]int) (map[string]any, error) {
	whole, err := object(each)
	if err != nil {
		return nil, err
	}
	kept := pick(whole, "name", "address", "filter_chain_matcher")
	chains := []any{}
	for _, chain := range each.FilterChains {
		reduced, err := s.reduceServing(chain, known)
		if err != nil {
			return nil, err
		}
		chains = append(chains, reduced)
	}
	kept["filter_chains"] = chains
	if each.DefaultFilterChain != nil {
		reduced, err := s.reduceServing(each.DefaultFilterChain, known)
		if err != nil {
			return nil, err
		}
		kept["default_filter_chain"] = reduced
	}
	return kept, nil
}

// reduceServing keeps, beside what a sidecar's chains show, all of the TLS settings, the routes by name or whole, and the cluster of TCP.
func (s *Set) reduceServing(chain *listener.FilterChain, known map[string]int) (map[string]any, error) {
	kept, err := s.reduce(chain, known)
	if err != nil {
		return nil, err
	}
	whole, err := object(chain)
	if err != nil {
		return nil, err
	}
	if socket, has := whole["transport_socket"]; has {
		kept["transport_socket"] = socket
	}
	network, _ := whole["filters"].([]any)
	numbers, _ := kept["filters"].([]any)
	for i, entry := range network {
		filter, _ := entry.(map[string]any)
		config, _ := filter["typed_config"].(map[string]any)
		if filter["name"] == manager {
			part, _ := numbers[i].(map[string]any)
			if rds, has := config["rds"].(map[string]any); has {
				part["rds"] = pick(rds, "route_config_name")
			}
			if inline, has := config["route_config"].(map[string]any); has {
				part["route_config"] = reduceRoutes(inline)
			}
		}
		if filter["name"] == "envoy.filters.network.tcp_proxy" {
			numbers[i] = map[string]any{"tcp": pick(config, "cluster", "weighted_clusters")}
		}
	}
	return kept, nil
}

func keepRoutes(config *route.RouteConfiguration) (map[string]any, error) {
	whole, err := object(config)
	if err != nil {
		return nil, err
	}
	return reduceRoutes(whole), nil
}

func reduceRoutes(config map[string]any) map[string]any {
	kept := pick(config, "name")
	hosts := []any{}
	list, _ := config["virtual_hosts"].([]any)
	for _, entry := range list {
		host, _ := entry.(map[string]any)
		reduced := pick(host, "name", "domains", "require_tls")
		routes := []any{}
		inner, _ := host["routes"].([]any)
		for _, entry := range inner {
			one, _ := entry.(map[string]any)
			leads := pick(one, "match", "redirect", "direct_response", "non_forwarding_action")
			if action, has := one["route"].(map[string]any); has {
				leads["route"] = pick(action, "cluster", "weighted_clusters", "cluster_header")
			}
			routes = append(routes, leads)
		}
		reduced["routes"] = routes
		hosts = append(hosts, reduced)
	}
	kept["virtual_hosts"] = hosts
	return kept
}

func object(message proto.Message) (map[string]any, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	if err != nil {
		return nil, err
	}
	var whole map[string]any
	return whole, json.Unmarshal(text, &whole)
}

func pick(from map[string]any, fields ...string) map[string]any {
	kept := map[string]any{}
	for _, field := range fields {
		if value, has := from[field]; has {
			kept[field] = value
		}
	}
	return kept
}
