package generate

import (
	"fmt"
	"math/rand/v2"

	"meshproof.dev/conformance/internal/testcase"
	"meshproof.dev/conformance/internal/way"
)

const egressScenes, egressRequests = 75, 14

// egress makes meshes around a client's sidecar: ServiceEntries, VirtualServices, Sidecars, outbound policies; and what the client sends.
func egress(seed uint64) []way.Scene {
	var scenes []way.Scene
	for i := range egressScenes {
		d := &dice{rand.New(rand.NewPCG(seed+1, uint64(i)))}
		s := way.Scene{Name: fmt.Sprintf("egress-random-%03d", i+1), Area: "egress-random", World: "egress", Random: true, Objects: []testcase.Object{}}
		if d.chance(50) {
			s.Mesh = map[string]any{"outboundTrafficPolicy": map[string]any{"mode": "REGISTRY_ONLY"}}
		}
		for n := range 1 + d.IntN(3) {
			s.Objects = append(s.Objects, d.serviceEntry(n))
		}
		for n := range d.IntN(3) {
			s.Objects = append(s.Objects, d.meshRoute(n))
		}
		if d.chance(50) {
			s.Objects = append(s.Objects, destinationRule("subsets", "bar", "api.shop.svc.cluster.local", nil,
				with("subsets", []any{map[string]any{"name": "v1", "labels": map[string]any{"version": "v1"}}})))
		}
		if d.chance(45) {
			s.Objects = append(s.Objects, d.sidecar())
		}
		for range egressRequests {
			s.Requests = append(s.Requests, d.call(s.Objects))
		}
		scenes = append(scenes, s)
	}
	return scenes
}

var (
	foreignHosts = []string{"a.example.com", "b.example.com", "x.b.example.com", "c.example.org"}
	wideHosts    = []string{"*.example.com", "*.b.example.com", "*.org"}
	meshHosts    = []string{"api.shop.svc.cluster.local", "local.bar.svc.cluster.local", "api.other.svc.cluster.local", "egress.istio-system.svc.cluster.local"}
	vips         = []string{"240.0.0.1", "240.0.0.2", "198.18.0.0/24", "93.184.0.1"}
	namespaces   = []string{"bar", "shop", "other", "istio-system"}
)

func object(kind, name, namespace string, spec map[string]any) testcase.Object {
	return testcase.Object{"kind": kind, "metadata": map[string]any{"name": name, "namespace": namespace}, "spec": spec}
}

func servicePort(number int, protocol string) map[string]any {
	return map[string]any{"number": number, "name": fmt.Sprintf("p%d", number), "protocol": protocol}
}

func (d *dice) serviceEntry(n int) testcase.Object {
	wide := d.chance(35)
	hosts := []any{pick(d, foreignHosts)}
	if wide {
		hosts = []any{pick(d, wideHosts)}
	}
	if d.chance(25) {
		if second := pick(d, foreignHosts); second != hosts[0] {
			hosts = append(hosts, second)
		}
	}
	if d.chance(8) {
		hosts = []any{"api.shop.svc.cluster.local"}
	}
	var ports []any
	taken := map[int]bool{}
	for range 1 + d.IntN(3) {
		one := pick(d, []map[string]any{
			servicePort(80, "HTTP"), servicePort(80, "HTTP"), servicePort(443, "TLS"), servicePort(443, "HTTPS"), servicePort(9000, "TCP"),
			servicePort(8080, "HTTP"), servicePort(80, "TCP"), servicePort(443, "TCP"), servicePort(8443, "HTTP"), servicePort(80, "GRPC"),
		})
		if number := one["number"].(int); !taken[number] {
			taken[number] = true
			ports = append(ports, one)
		}
	}
	spec := map[string]any{"hosts": hosts, "ports": ports}
	if d.chance(40) {
		spec["addresses"] = []any{pick(d, vips)}
	}
	switch {
	case wide || d.chance(35):
		spec["resolution"] = "NONE"
	case d.chance(50):
		spec["resolution"] = "DNS"
	default:
		spec["resolution"] = "STATIC"
		spec["endpoints"] = []any{map[string]any{"address": "203.0.113.9"}}
	}
	if d.chance(30) {
		spec["location"] = "MESH_INTERNAL"
	}
	if d.chance(35) {
		spec["exportTo"] = pick(d, [][]any{{"."}, {"*"}, {"bar"}, {"other"}, {"shop", "bar"}})
	}
	return object("ServiceEntry", fmt.Sprintf("se%d", n), pick(d, namespaces), spec)
}

func (d *dice) routeHost() string {
	switch {
	case d.chance(45):
		return pick(d, meshHosts)
	case d.chance(75):
		return pick(d, foreignHosts)
	}
	return pick(d, wideHosts)
}

func (d *dice) destination() map[string]any {
	host := pick(d, append(append([]string{}, meshHosts...), "a.example.com", "c.example.org"))
	made := map[string]any{"host": host}
	if host == meshHosts[0] && d.chance(30) {
		made["subset"] = "v1"
	}
	if d.chance(60) {
		made["port"] = map[string]any{"number": pick(d, []int{80, 80, 443, 8080, 9000})}
	}
	return made
}

func (d *dice) meshRoute(n int) testcase.Object {
	hosts := []any{d.routeHost()}
	if d.chance(20) {
		if second := d.routeHost(); second != hosts[0] {
			hosts = append(hosts, second)
		}
	}
	spec := map[string]any{"hosts": hosts}
	if d.chance(25) {
		spec["gateways"] = pick(d, [][]any{{"mesh"}, {"mesh", "istio-system/egress"}, {"istio-system/egress"}})
	}
	if d.chance(30) {
		spec["exportTo"] = pick(d, [][]any{{"."}, {"*"}, {"bar"}, {"shop"}})
	}
	if d.chance(75) {
		var rules []any
		for range 1 + d.IntN(3) {
			rules = append(rules, d.httpRoute())
		}
		spec["http"] = rules
	}
	if d.chance(35) {
		sni := hosts[0]
		match := map[string]any{"sniHosts": []any{sni}}
		if d.chance(60) {
			match["port"] = 443
		}
		spec["tls"] = []any{map[string]any{"match": []any{match}, "route": []any{map[string]any{"destination": d.destination()}}}}
	}
	if spec["http"] == nil && spec["tls"] == nil || d.chance(25) {
		rule := map[string]any{"route": []any{map[string]any{"destination": d.destination()}}}
		if d.chance(50) {
			rule["match"] = []any{map[string]any{"port": pick(d, []int{9000, 443, 80})}}
		}
		spec["tcp"] = []any{rule}
	}
	made := object("VirtualService", fmt.Sprintf("vs%d", n), pick(d, namespaces), spec)
	made["metadata"].(map[string]any)["creationTimestamp"] = fmt.Sprintf("2026-01-0%dT00:00:00Z", 1+n)
	return made
}

// httpRoute has conditions on what a request is and on who sends it, and leads somewhere or answers.
func (d *dice) httpRoute() map[string]any {
	made := map[string]any{}
	if d.chance(75) {
		var matches []any
		for range 1 + d.IntN(2) {
			matches = append(matches, d.httpMatch())
		}
		made["match"] = matches
	}
	switch {
	case d.chance(8):
		made["redirect"] = map[string]any{"uri": "/elsewhere"}
		return made
	case d.chance(6):
		made["directResponse"] = map[string]any{"status": 418}
		return made
	case d.chance(30):
		made["rewrite"] = pick(d, []map[string]any{{"uri": "/new"}, {"authority": "new.example.com"}, {"uri": "/"}, {"uri": "/n/", "authority": "n.example.com"}})
	}
	made["route"] = []any{map[string]any{"destination": d.destination()}}
	return made
}

func (d *dice) httpMatch() map[string]any {
	made := map[string]any{}
	for len(made) == 0 {
		if d.chance(60) {
			made["uri"] = pick(d, []map[string]any{{"prefix": "/v1"}, {"exact": "/v1"}, {"prefix": "/v1/"}, {"regex": "/v[0-9]+(/.*)?"}, {"prefix": "/"}, {"exact": "/V1"}})
			if d.chance(12) {
				made["ignoreUriCase"] = true
			}
		}
		if d.chance(25) {
			made["headers"] = map[string]any{"x-team": pick(d, []map[string]any{{"exact": "red"}, {"prefix": "re"}, {"regex": "r.d"}, {}})}
		}
		if d.chance(10) {
			made["withoutHeaders"] = map[string]any{"x-team": pick(d, []map[string]any{{"exact": "red"}, {"prefix": "b"}})}
		}
		if d.chance(15) {
			made["method"] = map[string]any{"exact": pick(d, []string{"GET", "POST"})}
		}
		if d.chance(10) {
			made["authority"] = pick(d, []map[string]any{{"exact": "a.example.com"}, {"prefix": "a."}, {"exact": "api.shop"}})
		}
		if d.chance(10) {
			made["queryParams"] = map[string]any{"q": pick(d, []map[string]any{{"exact": "1"}, {"regex": "[0-9]+"}})}
		}
		if d.chance(15) {
			made["port"] = pick(d, []int{80, 80, 8080})
		}
		if d.chance(8) {
			made["sourceLabels"] = map[string]any{"app": pick(d, []string{"client", "other"})}
		}
		if d.chance(8) {
			made["sourceNamespace"] = pick(d, []string{"bar", "shop"})
		}
	}
	return made
}

func (d *dice) sidecar() testcase.Object {
	spec := map[string]any{}
	if d.chance(85) {
		var hosts []any
		for range 1 + d.IntN(3) {
			hosts = append(hosts, pick(d, []string{"./*", "*/*", "shop/*", "other/*", "istio-system/*", "*/*.example.com", "*/a.example.com", "shop/api.shop.svc.cluster.local", "bar/*", "*/*.org"}))
		}
		egress := []any{map[string]any{"hosts": hosts}}
		if d.chance(25) {
			egress = append([]any{map[string]any{
				"port":  map[string]any{"number": pick(d, []int{80, 9000, 8080}), "protocol": pick(d, []string{"HTTP", "TCP"}), "name": "own"},
				"hosts": []any{pick(d, []string{"shop/*", "*/*", "./*"})},
			}}, egress...)
		}
		spec["egress"] = egress
	}
	if d.chance(50) {
		spec["outboundTrafficPolicy"] = map[string]any{"mode": pick(d, []string{"REGISTRY_ONLY", "ALLOW_ANY"})}
	}
	namespace := "bar"
	if d.chance(25) {
		namespace = "istio-system"
	} else if d.chance(40) {
		spec["workloadSelector"] = map[string]any{"labels": map[string]any{"app": pick(d, []string{"client", "client", "other"})}}
	}
	return object("Sidecar", "sidecar", namespace, spec)
}

// call is a request to what the scene speaks of, or to something else.
func (d *dice) call(objects []testcase.Object) way.Request {
	host := pick(d, append(append([]string{}, foreignHosts...), "unknown.example.net", "y.x.b.example.com", "api.shop", "api.shop.svc.cluster.local", "local", "local.bar", "api.other.svc.cluster.local", "api"))
	request := way.Request{IP: pick(d, []string{"93.184.0.1", "93.184.0.1", "240.0.0.1", "240.0.0.2", "198.18.0.7", "10.96.0.1", "10.96.0.2", "10.96.0.3", "10.1.0.1"})}
	if d.chance(45) {
		spec := pick(d, objects)["spec"].(map[string]any)
		if hosts, named := spec["hosts"].([]any); named {
			host = instance(pick(d, hosts).(string))
		}
		if addresses, stated := spec["addresses"].([]any); stated && d.chance(70) {
			request.IP = map[string]string{"198.18.0.0/24": "198.18.0.7"}[addresses[0].(string)]
			if request.IP == "" {
				request.IP = addresses[0].(string)
			}
		}
	}
	if known := map[string]string{"api.shop": "10.96.0.1", "api.shop.svc.cluster.local": "10.96.0.1", "local": "10.96.0.2", "local.bar.svc.cluster.local": "10.96.0.2", "api.other.svc.cluster.local": "10.96.0.3"}[host]; known != "" && d.chance(80) {
		request.IP = known
	}
	switch {
	case d.chance(60):
		request.Port = pick(d, []int{80, 80, 80, 80, 8080, 8000, 8443})
		d.httpPart(&request, host)
	case d.chance(60):
		request.Port = pick(d, []int{443, 443, 443, 8443, 9000})
		request.TLS, request.SNI, request.Protocol = true, host, "tcp"
	default:
		request.Port = pick(d, []int{9000, 9000, 8000, 443, 4444})
		request.Protocol = "tcp"
	}
	return request
}

func (d *dice) httpPart(request *way.Request, host string) {
	request.Host = host
	if d.chance(12) {
		request.Host = fmt.Sprintf("%s:%d", host, request.Port)
	}
	if d.chance(65) {
		request.Path = pick(d, []string{"/v1", "/v1/", "/v1/x", "/v2", "/V1", "/v1x", "/other", "/v1?q=1", "/v1/../x", "/?q=2"})
	}
	if d.chance(20) {
		request.Method = pick(d, []string{"POST", "GET", "DELETE"})
	}
	if d.chance(30) {
		request.Headers = []testcase.Header{{"x-team", pick(d, []string{"red", "blue", "read"})}}
	}
}
