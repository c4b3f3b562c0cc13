package generate

import (
	"fmt"
	"math/rand/v2"

	"meshproof.dev/conformance/internal/testcase"
	"meshproof.dev/conformance/internal/way"
)

const waypointScenes, waypointRequests = 36, 16

// waypoints makes policies for a waypoint, its Services and its class, some that do not reach it, and routes to its Services.
func waypoints(seed uint64) []way.Scene {
	var scenes []way.Scene
	for i := range waypointScenes {
		d := &dice{rand.New(rand.NewPCG(seed+3, uint64(i)))}
		s := way.Scene{Name: fmt.Sprintf("waypoint-random-%03d", i+1), Area: "waypoint-random", World: "waypoint", Random: true}
		for n := range 1 + d.IntN(3) {
			s.Objects = append(s.Objects, d.waypointPolicy(n))
		}
		if d.chance(30) {
			jwt := requestAuthentication("jwt", "shop", map[string]any{"issuer": "https://a.example.com"})
			jwt["spec"].(map[string]any)["targetRefs"] = []any{d.target()}
			s.Objects = append(s.Objects, jwt)
		}
		for range waypointRequests {
			s.Requests = append(s.Requests, d.passing())
		}
		scenes = append(scenes, s)
	}
	return scenes
}

func (d *dice) target() map[string]any {
	return pick(d, []map[string]any{
		{"group": "", "kind": "Service", "name": "api"}, {"group": "", "kind": "Service", "name": "api"}, {"group": "", "kind": "Service", "name": "web"},
		{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "waypoint"}, {"group": "networking.istio.io", "kind": "ServiceEntry", "name": "ext"},
	})
}

func (d *dice) waypointPolicy(n int) testcase.Object {
	var rules []any
	for range 1 + d.IntN(2) {
		rule := map[string]any{}
		for len(rule) == 0 {
			if d.chance(55) {
				rule["from"] = []any{map[string]any{"source": pick(d, []map[string]any{
					{"principals": []any{"cluster.local/ns/bar/sa/client"}}, {"principals": []any{"*/sa/client"}}, {"namespaces": []any{"bar"}}, {"namespaces": []any{"b*"}}, {"notPrincipals": []any{"cluster.local/ns/bar/*"}},
					{"serviceAccounts": []any{"bar/client"}}, {"requestPrincipals": []any{"*"}}, {"notNamespaces": []any{"shop"}}, {"trustDomains": []any{"cluster.local"}}, {"ipBlocks": []any{"127.0.0.0/8"}},
				})}}
			}
			if d.chance(60) {
				rule["to"] = []any{map[string]any{"operation": pick(d, []map[string]any{
					{"paths": []any{"/v1*"}}, {"paths": []any{"/v1", "/v2"}}, {"notPaths": []any{"/v1"}}, {"methods": []any{"GET"}}, {"ports": []any{"80"}}, {"ports": []any{"8080"}}, {"ports": []any{"9000", "8000"}}, {"hosts": []any{"api*"}}, {"notPorts": []any{"80"}},
					{"methods": []any{"POST"}, "ports": []any{"80", "8000"}},
				})}}
			}
			if d.chance(20) {
				rule["when"] = []any{pick(d, []map[string]any{
					{"key": "request.headers[x-team]", "values": []any{"red"}}, {"key": "source.namespace", "values": []any{"bar"}}, {"key": "destination.port", "values": []any{"80"}}, {"key": "source.principal", "notValues": []any{"*/sa/other"}},
				})}
			}
		}
		rules = append(rules, rule)
	}
	made := authorization(fmt.Sprintf("p%d", n), "shop", pick(d, []string{"ALLOW", "ALLOW", "DENY"}), rules...)
	spec := made["spec"].(map[string]any)
	switch {
	case d.chance(8):
		made["metadata"].(map[string]any)["namespace"] = "istio-system"
		spec["targetRefs"] = []any{map[string]any{"group": "gateway.networking.k8s.io", "kind": "GatewayClass", "name": "istio-waypoint"}}
	case d.chance(6):
		spec["selector"] = map[string]any{"matchLabels": map[string]any{"app": "api"}}
	case d.chance(6):
		// For the whole namespace, which is not the waypoint's business.
	default:
		spec["targetRefs"] = []any{d.target()}
		if d.chance(20) {
			spec["targetRefs"] = append(spec["targetRefs"].([]any), d.target())
		}
	}
	return made
}

// passing is what ztunnel sends for a caller.
func (d *dice) passing() way.Request {
	request := pick(d, []way.Request{
		{IP: "10.96.0.1", Port: 80}, {IP: "10.96.0.1", Port: 80}, {IP: "10.96.0.1", Port: 80}, {IP: "10.96.0.1", Port: 8000}, {IP: "10.96.0.1", Port: 8000, Protocol: "tcp"}, {IP: "10.96.0.1", Port: 9000, Protocol: "tcp"},
		{IP: "10.96.0.2", Port: 80}, {IP: "240.0.0.1", Port: 80}, {IP: "10.1.0.1", Port: 8080}, {IP: "10.1.0.1", Port: 9000, Protocol: "tcp"},
	})
	if d.chance(55) {
		request.Principal = pick(d, []string{"cluster.local/ns/bar/sa/other", "cluster.local/ns/shop/sa/client", "cluster.local/ns/shop/sa/web"})
	}
	if request.Protocol == "tcp" {
		return request
	}
	d.httpPart(&request, pick(d, []string{"api", "api.shop", "web", "ext.example.com"}))
	if d.chance(25) {
		request.JWT = claims("iss", pick(d, []string{"https://a.example.com", "https://b.example.com"}), "sub", "alice")
	}
	return request
}
