package generate

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"meshproof.dev/conformance/internal/testcase"
	"meshproof.dev/conformance/internal/way"
)

const gatewayScenes, gatewayRequests = 36, 16

// gateways makes meshes around an ingress gateway, two of three with Istio's own objects, the others with those of the Gateway API.
func gateways(seed uint64) []way.Scene {
	var scenes []way.Scene
	for i := range gatewayScenes {
		d := &dice{rand.New(rand.NewPCG(seed+2, uint64(i)))}
		s := way.Scene{Name: fmt.Sprintf("gateway-random-%03d", i+1), Area: "gateway-random", World: "gateway", Random: true}
		if i%3 == 2 {
			s.Objects = d.kubernetesGateway()
		} else {
			for n := range 1 + d.IntN(2) {
				s.Objects = append(s.Objects, d.gateway(n))
			}
			bound := s.Objects
			for n := range 1 + d.IntN(3) {
				s.Objects = append(s.Objects, d.gatewayRoute(n, bound)...)
			}
		}
		if d.chance(40) {
			s.Objects = append(s.Objects, destinationRule("subsets", "istio-system", "api.shop.svc.cluster.local", nil,
				with("subsets", []any{map[string]any{"name": "v1", "labels": map[string]any{"version": "v1"}}})))
		}
		if d.chance(35) {
			for n := range 1 + d.IntN(2) {
				s.Objects = append(s.Objects, d.gatewayPolicy(n))
			}
		}
		if d.chance(30) {
			s.Objects = append(s.Objects, requestAuthentication("jwt", "istio-system", map[string]any{"issuer": "https://a.example.com"}))
		}
		ports := portsOf(s.Objects)
		for range gatewayRequests {
			s.Requests = append(s.Requests, d.visit(pick(d, ports), s.Objects))
		}
		scenes = append(scenes, s)
	}
	return scenes
}

var serverHosts = []string{"*", "*", "*", "*", "*.example.com", "*.example.com", "a.example.com", "*.example.com", "b.example.com", "shop/*", "./*", "shop/a.example.com", "*/x.b.example.com", "*.b.example.com", "c.example.org", "bar/*.example.com"}

func (d *dice) gateway(n int) testcase.Object {
	var servers []any
	for range 1 + d.IntN(3) {
		server := map[string]any{"hosts": anyOf(some(d, serverHosts))}
		switch d.IntN(10) {
		case 0, 1, 2, 3, 4:
			server["port"] = servicePort(80, "HTTP")
			if d.chance(12) {
				server["tls"] = map[string]any{"httpsRedirect": true}
			}
		case 5, 6, 7, 8:
			server["port"] = servicePort(443, "HTTPS")
			mode := pick(d, []string{"SIMPLE", "SIMPLE", "SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL", "ISTIO_MUTUAL", "PASSTHROUGH"})
			tls := map[string]any{"mode": mode}
			if mode != "ISTIO_MUTUAL" && mode != "PASSTHROUGH" {
				tls["credentialName"] = "credential"
			}
			server["tls"] = tls
		default:
			server["port"] = servicePort(9000, "TCP")
		}
		server["port"].(map[string]any)["name"] = fmt.Sprintf("s%d-%d", n, len(servers))
		servers = append(servers, server)
	}
	made := object("Gateway", fmt.Sprintf("g%d", n), pick(d, []string{"istio-system", "istio-system", "shop"}), map[string]any{
		"selector": map[string]any{"istio": "ingressgateway"}, "servers": servers,
	})
	made["metadata"].(map[string]any)["creationTimestamp"] = fmt.Sprintf("2026-01-0%dT00:00:00Z", 1+n)
	return made
}

func anyOf(values []string) []any {
	made := make([]any, len(values))
	for i, value := range values {
		made[i] = value
	}
	return made
}

// gatewayRoute is a VirtualService bound to the Gateways, and now and then another one that it delegates to.
func (d *dice) gatewayRoute(n int, bound []testcase.Object) []testcase.Object {
	hosts := []any{pick(d, []string{"*", "*", "*.example.com", "a.example.com", "b.example.com", "*.b.example.com", "x.b.example.com"})}
	if d.chance(50) {
		host := pick(d, hostsOf(bound))
		hosts = []any{host[strings.Index(host, "/")+1:]}
	}
	gateways := pick(d, [][]any{{"g0"}, {"mesh"}, {"istio-system/g0", "mesh"}})
	if d.chance(88) {
		gateways = nil
		for _, gateway := range bound {
			metadata := gateway["metadata"].(map[string]any)
			if len(gateways) == 0 || d.chance(60) {
				gateways = append(gateways, metadata["namespace"].(string)+"/"+metadata["name"].(string))
			}
		}
	}
	spec := map[string]any{"hosts": hosts, "gateways": gateways}
	if d.chance(15) {
		spec["exportTo"] = pick(d, [][]any{{"."}, {"istio-system"}, {"*"}})
	}
	namespace := pick(d, []string{"shop", "shop", "istio-system", "bar", "other"})
	var made []testcase.Object
	if d.chance(85) {
		var rules []any
		for range 1 + d.IntN(3) {
			rules = append(rules, d.httpRoute())
		}
		if d.chance(80) {
			rules = append(rules, map[string]any{"route": []any{map[string]any{"destination": map[string]any{"host": "api.shop.svc.cluster.local", "port": map[string]any{"number": 80}}}}})
		}
		if d.chance(25) {
			name := fmt.Sprintf("d%d", n)
			rules = append([]any{map[string]any{"match": []any{map[string]any{"uri": map[string]any{"prefix": pick(d, []string{"/v1", "/"})}}}, "delegate": map[string]any{"name": name, "namespace": "bar"}}}, rules...)
			inner := map[string]any{"http": []any{d.httpRoute(), d.httpRoute()}}
			made = append(made, object("VirtualService", name, "bar", inner))
		}
		spec["http"] = rules
	}
	if hosts[0] != "*" && d.chance(30) {
		match := map[string]any{"sniHosts": []any{hosts[0]}}
		if d.chance(50) {
			match["port"] = 443
		}
		spec["tls"] = []any{map[string]any{"match": []any{match}, "route": []any{map[string]any{"destination": d.destination()}}}}
	}
	if d.chance(30) || spec["http"] == nil && spec["tls"] == nil {
		rule := map[string]any{"route": []any{map[string]any{"destination": d.destination()}}}
		if d.chance(50) {
			rule["match"] = []any{map[string]any{"port": pick(d, []int{9000, 80})}}
		}
		spec["tcp"] = []any{rule}
	}
	route := object("VirtualService", fmt.Sprintf("vs%d", n), namespace, spec)
	route["metadata"].(map[string]any)["creationTimestamp"] = fmt.Sprintf("2026-01-0%dT00:00:00Z", 1+d.IntN(9))
	return append([]testcase.Object{route}, made...)
}

func (d *dice) gatewayPolicy(n int) testcase.Object {
	rule := map[string]any{}
	for len(rule) == 0 {
		if d.chance(75) {
			rule["to"] = []any{map[string]any{"operation": pick(d, []map[string]any{
				{"paths": []any{"/v1*"}}, {"paths": []any{"/v1"}}, {"notPaths": []any{"/v1/*"}}, {"hosts": []any{"a.example.com", "*.b.example.com"}}, {"hosts": []any{"*.example.com:*"}},
				{"methods": []any{"GET"}}, {"methods": []any{"POST"}, "paths": []any{"/v1/*"}}, {"ports": []any{"8080"}}, {"ports": []any{"8443", "9000"}}, {"ports": []any{"443"}}, {"paths": []any{"/new"}},
			})}}
		}
		if d.chance(20) {
			rule["from"] = []any{map[string]any{"source": pick(d, []map[string]any{
				{"requestPrincipals": []any{"*"}}, {"principals": []any{"cluster.local/ns/bar/sa/client"}}, {"notPrincipals": []any{"*"}}, {"namespaces": []any{"bar"}}, {"notRequestPrincipals": []any{"*"}},
			})}}
		}
		if d.chance(20) {
			rule["when"] = []any{pick(d, []map[string]any{
				{"key": "request.headers[x-team]", "values": []any{"red"}}, {"key": "connection.sni", "values": []any{"a.example.com"}}, {"key": "request.headers[x-team]", "notValues": []any{"b*"}},
			})}
		}
	}
	made := authorization(fmt.Sprintf("p%d", n), pick(d, []string{"istio-system", "istio-system", "shop"}), pick(d, []string{"ALLOW", "ALLOW", "DENY"}), rule)
	if d.chance(50) {
		made["spec"].(map[string]any)["selector"] = map[string]any{"matchLabels": map[string]any{"istio": "ingressgateway"}}
	}
	return made
}

// portsOf are those of the pod that some server listens on, and now and then another.
func portsOf(objects []testcase.Object) []int {
	var found []int
	for _, one := range objects {
		spec, _ := one["spec"].(map[string]any)
		for _, key := range []string{"servers", "listeners"} {
			entries, _ := spec[key].([]any)
			for _, entry := range entries {
				port := entry.(map[string]any)["port"]
				if inner, isMap := port.(map[string]any); isMap {
					port = inner["number"]
				}
				own := map[int]int{80: 8080, 443: 8443, 9000: 9000}[port.(int)]
				found = append(found, own, own)
			}
		}
	}
	return append(found, 8080)
}

// visit is a request from outside.
func (d *dice) visit(port int, objects []testcase.Object) way.Request {
	host := pick(d, append(append([]string{}, foreignHosts...), "unknown.example.net", "y.x.b.example.com", "example.com"))
	if d.chance(85) {
		host = pick(d, routeHostsOf(objects))
		host = instance(host[strings.Index(host, "/")+1:])
		if host == "x" {
			host = pick(d, foreignHosts)
		}
	}
	request := way.Request{Port: port}
	switch {
	case port == 9000 || port == 8443 && d.chance(15):
		request.Protocol = "tcp"
	default:
		d.httpPart(&request, host)
	}
	if port == 8443 && d.chance(95) || port == 9000 && d.chance(15) {
		request.TLS, request.SNI = true, host
		if d.chance(8) {
			request.SNI = pick(d, foreignHosts)
		}
		if d.chance(55) {
			request.Principal = pick(d, []string{"cluster.local/ns/bar/sa/client", "cluster.local/ns/bar/sa/client", "cluster.local/ns/shop/sa/web", "td.other/ns/bar/sa/client"})
		}
	}
	if request.Protocol == "" && d.chance(25) {
		request.JWT = claims("iss", pick(d, []string{"https://a.example.com", "https://a.example.com", "https://b.example.com"}), "sub", "alice")
	}
	return request
}

// routeHostsOf are those of routes alone.
func routeHostsOf(objects []testcase.Object) []string {
	var routes []testcase.Object
	for _, one := range objects {
		if kind := one["kind"]; kind == "VirtualService" || kind == "HTTPRoute" {
			routes = append(routes, one)
		}
	}
	return hostsOf(routes)
}

// hostsOf are all that routes speak of.
func hostsOf(objects []testcase.Object) []string {
	var found []string
	for _, one := range objects {
		spec, _ := one["spec"].(map[string]any)
		servers, _ := spec["servers"].([]any)
		for _, server := range servers {
			for _, host := range server.(map[string]any)["hosts"].([]any) {
				found = append(found, host.(string))
			}
		}
		for _, key := range []string{"hosts", "hostnames"} {
			hosts, _ := spec[key].([]any)
			for _, host := range hosts {
				found = append(found, host.(string))
			}
		}
	}
	if len(found) == 0 {
		found = append(found, "a.example.com")
	}
	return found
}

// kubernetesGateway is a Gateway of the Gateway API with HTTPRoutes.
func (d *dice) kubernetesGateway() []testcase.Object {
	var listeners []any
	for n := range 1 + d.IntN(3) {
		listener := map[string]any{"name": fmt.Sprintf("l%d", n), "port": 80, "protocol": "HTTP"}
		if d.chance(35) {
			listener = map[string]any{"name": fmt.Sprintf("l%d", n), "port": 443, "protocol": "HTTPS", "tls": map[string]any{
				"mode": "Terminate", "certificateRefs": []any{map[string]any{"name": "credential"}},
			}}
		}
		if d.chance(60) {
			listener["hostname"] = pick(d, []string{"a.example.com", "*.example.com", "*.example.com", "*.b.example.com"})
		}
		listener["allowedRoutes"] = map[string]any{"namespaces": pick(d, []map[string]any{
			{"from": "All"}, {"from": "All"}, {"from": "All"}, {"from": "Same"}, {"from": "Selector", "selector": map[string]any{"matchLabels": map[string]any{"team": "red"}}},
		})}
		listeners = append(listeners, listener)
	}
	made := []testcase.Object{
		{
			"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": map[string]any{"name": "gw", "namespace": "istio-system"},
			"spec": map[string]any{
				"gatewayClassName": "istio", "listeners": listeners,
				"addresses": []any{map[string]any{"type": "Hostname", "value": "gateway.istio-system.svc.cluster.local"}},
			},
		},
		{
			"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "credential", "namespace": "istio-system"}, "type": "kubernetes.io/tls",
		},
	}
	for n := range 1 + d.IntN(3) {
		made = append(made, d.kubernetesRoute(n))
	}
	if d.chance(50) {
		made = append(made, object("ReferenceGrant", "grant", "other", map[string]any{
			"from": []any{map[string]any{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": pick(d, []string{"shop", "bar"})}},
			"to":   []any{map[string]any{"group": "", "kind": "Service"}},
		}))
	}
	return made
}

func (d *dice) kubernetesRoute(n int) testcase.Object {
	parent := map[string]any{"name": "gw", "namespace": "istio-system", "group": "gateway.networking.k8s.io", "kind": "Gateway"}
	if d.chance(25) {
		parent["sectionName"] = pick(d, []string{"l0", "l1"})
	}
	if d.chance(10) {
		parent["port"] = pick(d, []int{80, 443})
	}
	spec := map[string]any{"parentRefs": []any{parent}}
	if d.chance(70) {
		spec["hostnames"] = anyOf(some(d, []string{"a.example.com", "*.example.com", "b.example.com", "x.b.example.com", "c.example.org"}))
	}
	var rules []any
	for range 1 + d.IntN(3) {
		rule := map[string]any{}
		var matches []any
		for range 1 + d.IntN(2) {
			matches = append(matches, d.kubernetesMatch())
		}
		rule["matches"] = matches
		switch {
		case d.chance(12):
			rule["filters"] = []any{map[string]any{"type": "RequestRedirect", "requestRedirect": map[string]any{"hostname": "elsewhere.example.com", "statusCode": 302}}}
		default:
			if d.chance(30) {
				rule["filters"] = []any{map[string]any{"type": "URLRewrite", "urlRewrite": pick(d, []map[string]any{
					{"hostname": "new.example.com"}, {"path": map[string]any{"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}}, {"path": map[string]any{"type": "ReplaceFullPath", "replaceFullPath": "/full"}},
					{"path": map[string]any{"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
				})}}
			}
			rule["backendRefs"] = []any{pick(d, []map[string]any{
				{"name": "api", "namespace": "shop", "port": 80, "kind": "Service", "group": "", "weight": 1}, {"name": "api", "namespace": "other", "port": 8080, "kind": "Service", "group": "", "weight": 1},
				{"name": "local", "namespace": "bar", "port": 80, "kind": "Service", "group": "", "weight": 1}, {"name": "api", "port": 80, "kind": "Service", "group": "", "weight": 1}, {"name": "none", "port": 80, "kind": "Service", "group": "", "weight": 1},
			})}
		}
		rules = append(rules, rule)
	}
	spec["rules"] = rules
	made := object("HTTPRoute", fmt.Sprintf("r%d", n), pick(d, []string{"shop", "shop", "bar", "istio-system", "other"}), spec)
	made["metadata"].(map[string]any)["creationTimestamp"] = fmt.Sprintf("2026-01-0%dT00:00:00Z", 1+d.IntN(9))
	return made
}

func (d *dice) kubernetesMatch() map[string]any {
	made := map[string]any{"path": pick(d, []map[string]any{
		{"type": "PathPrefix", "value": "/"}, {"type": "PathPrefix", "value": "/v1"}, {"type": "Exact", "value": "/v1"}, {"type": "RegularExpression", "value": "/v[0-9]"}, {"type": "PathPrefix", "value": "/v1/"},
		{"type": "RegularExpression", "value": "/v1/.*"},
	})}
	if d.chance(25) {
		made["headers"] = []any{pick(d, []map[string]any{{"type": "Exact", "name": "x-team", "value": "red"}, {"type": "RegularExpression", "name": "X-Team", "value": "r.d"}})}
	}
	if d.chance(12) {
		made["queryParams"] = []any{map[string]any{"type": "Exact", "name": "q", "value": "1"}}
	}
	if d.chance(15) {
		made["method"] = pick(d, []string{"GET", "POST"})
	}
	return made
}
