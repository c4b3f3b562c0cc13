package generate

import (
	"fmt"
	"math/rand/v2"

	"meshproof.dev/conformance/internal/testcase"
	"meshproof.dev/conformance/internal/way"
)

const arrivingScenes, arrivingRequests = 34, 14

// gatewaysThatServe makes gateways that most requests get through: wide hosts, TLS that asks for no certificate mostly, routes that end in one
// that takes everything, and requests that are made of what the routes ask for.
func gatewaysThatServe(seed uint64) []way.Scene {
	var scenes []way.Scene
	for i := range arrivingScenes {
		d := &dice{rand.New(rand.NewPCG(seed+7, uint64(i)))}
		s := way.Scene{Name: fmt.Sprintf("gateway-serving-%03d", i+1), Area: "gateway-serving", World: "gateway", Random: true}
		if i%4 == 3 {
			s.Objects = d.kubernetesGateway()
		} else {
			s.Objects = []testcase.Object{d.servingGateway()}
			for n := range 1 + d.IntN(3) {
				s.Objects = append(s.Objects, d.servingRoute(n))
			}
		}
		if d.chance(25) {
			s.Objects = append(s.Objects, d.gatewayPolicy(0))
		}
		if d.chance(25) {
			s.Objects = append(s.Objects, requestAuthentication("jwt", "istio-system", map[string]any{"issuer": "https://a.example.com"}))
		}
		ports := portsOf(s.Objects)
		for range arrivingRequests {
			s.Requests = append(s.Requests, d.servedVisit(pick(d, ports), s.Objects))
		}
		scenes = append(scenes, s)
	}
	return scenes
}

func (d *dice) servingGateway() testcase.Object {
	mode := pick(d, []string{"SIMPLE", "SIMPLE", "SIMPLE", "OPTIONAL_MUTUAL", "MUTUAL"})
	servers := []any{
		map[string]any{"port": named(servicePort(80, "HTTP"), "plain"), "hosts": anyOf([]string{pick(d, []string{"*", "*", "*.example.com"})})},
		map[string]any{
			"port": named(servicePort(443, "HTTPS"), "secure"), "hosts": anyOf([]string{pick(d, []string{"*", "*.example.com", "*.b.example.com"})}),
			"tls": map[string]any{"mode": mode, "credentialName": "credential"},
		},
	}
	return object("Gateway", "g0", "istio-system", map[string]any{"selector": map[string]any{"istio": "ingressgateway"}, "servers": servers})
}

func named(port map[string]any, name string) map[string]any {
	port["name"] = name
	return port
}

func (d *dice) servingRoute(n int) testcase.Object {
	var rules []any
	for range 1 + d.IntN(3) {
		rules = append(rules, d.servingRule())
	}
	if d.chance(85) {
		rules = append(rules, map[string]any{"route": []any{map[string]any{"destination": map[string]any{"host": "api.shop.svc.cluster.local", "port": map[string]any{"number": 80}}}}})
	}
	route := object("VirtualService", fmt.Sprintf("vs%d", n), pick(d, []string{"shop", "istio-system"}), map[string]any{
		"hosts":    []any{pick(d, []string{"*", "*.example.com", "a.example.com", "b.example.com", "*.b.example.com", "x.b.example.com"})},
		"gateways": []any{"istio-system/g0"}, "http": rules,
	})
	route["metadata"].(map[string]any)["creationTimestamp"] = fmt.Sprintf("2026-01-0%dT00:00:00Z", 1+d.IntN(9))
	return route
}

// servingRule changes what arrives more often than others.
func (d *dice) servingRule() map[string]any {
	made := map[string]any{"match": []any{d.httpMatch()}}
	switch {
	case d.chance(5):
		made["redirect"] = map[string]any{"uri": "/elsewhere"}
		return made
	case d.chance(55):
		made["rewrite"] = pick(d, []map[string]any{
			{"uri": "/new"}, {"authority": "new.example.com"}, {"uri": "/"}, {"uri": "/n/", "authority": "n.example.com"},
			{"uriRegexRewrite": map[string]any{"match": "^/v([0-9]+)(.*)$", "rewrite": `/api/\1\2`}},
			{"uriRegexRewrite": map[string]any{"match": "/v1", "rewrite": "/one"}},
			{"uriRegexRewrite": map[string]any{"match": "/([^/]+)/([^/]+)", "rewrite": `/\2/\1`}},
			{"uriRegexRewrite": map[string]any{"match": "[a-z]+", "rewrite": "w"}},
		})
	}
	if d.chance(20) {
		made["headers"] = map[string]any{"request": pick(d, []map[string]any{{"set": map[string]any{"x-team": "blue"}}, {"remove": []any{"x-team"}}, {"set": map[string]any{"host": "set.example.com"}}})}
	}
	made["route"] = []any{map[string]any{"destination": map[string]any{
		"host": pick(d, []string{"api.shop.svc.cluster.local", "api.shop.svc.cluster.local", "local.bar.svc.cluster.local"}), "port": map[string]any{"number": 80},
	}}}
	return made
}

// servedVisit asks for a host that routes serve.
func (d *dice) servedVisit(port int, objects []testcase.Object) way.Request {
	host := instance(pick(d, routeHostsOf(objects)))
	if host == "x" {
		host = pick(d, []string{"a.example.com", "b.example.com", "x.b.example.com"})
	}
	request := way.Request{Port: port}
	d.httpPart(&request, host)
	if port == 8443 {
		request.TLS, request.SNI = true, host
		if d.chance(40) {
			request.Principal = "cluster.local/ns/bar/sa/client"
		}
	}
	if d.chance(15) {
		request.JWT = claims("iss", "https://a.example.com", "sub", "alice")
	}
	return request
}
