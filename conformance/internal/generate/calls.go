package generate

import (
	"fmt"

	"meshproof.dev/conformance/internal/testcase"
)

// Calls makes cases of a client whose sidecar chooses how to connect: every DestinationRule with every PeerAuthentication of the server.
func Calls() ([]testcase.Case, error) {
	var cases []testcase.Case
	for _, rules := range destinationRules {
		for _, modes := range serverModes {
			c := testcase.Case{
				Name:     fmt.Sprintf("call-%s-%s", rules.name, modes.name),
				Area:     "calls",
				Client:   &testcase.Client{},
				Requests: calls(),
			}
			for _, made := range [][]testcase.Object{rules.objects(), modes.objects()} {
				c.Policies = append(c.Policies, made...)
			}
			if err := c.Complete(); err != nil {
				return nil, err
			}
			cases = append(cases, c)
		}
		bare := testcase.Case{
			Name: fmt.Sprintf("call-%s-no-sidecar", rules.name), Area: "calls", Client: &testcase.Client{},
			Workload: &testcase.Workload{NoSidecar: true}, Policies: rules.objects(), Requests: calls(),
		}
		if err := bare.Complete(); err != nil {
			return nil, err
		}
		cases = append(cases, bare)
	}
	return cases, nil
}

// calls are one per kind of port: HTTP, TCP, the second HTTP port, and HTTP and TCP over the port without a protocol.
func calls() []testcase.Request {
	return []testcase.Request{{Port: 80}, {Port: 9000, Protocol: "tcp"}, {Port: 90}, {Port: 8000}, {Port: 8000, Protocol: "tcp"}}
}

// variant makes its objects anew each time: cases do not share them.
type variant struct {
	name    string
	objects func() []testcase.Object
}

const appHost = "app.foo.svc.cluster.local"

func tls(mode string) map[string]any { return map[string]any{"tls": map[string]any{"mode": mode}} }

// simple is TLS to the application itself, whose certificate nobody verifies. Without that, TLS fails wherever it ends: the recorder's
// certificates are of no authority that the system knows.
var simple = map[string]any{"tls": map[string]any{"mode": "SIMPLE", "insecureSkipVerify": true}}

func onPort(number int, policy map[string]any) map[string]any {
	made := map[string]any{"port": map[string]any{"number": number}}
	for key, value := range policy {
		made[key] = value
	}
	return made
}

func destinationRule(name, namespace, host string, policy map[string]any, more ...func(spec map[string]any)) testcase.Object {
	spec := map[string]any{"host": host}
	if policy != nil {
		spec["trafficPolicy"] = policy
	}
	for _, change := range more {
		change(spec)
	}
	return testcase.Object{
		"kind": "DestinationRule", "metadata": map[string]any{"name": name, "namespace": namespace}, "spec": spec,
	}
}

func objects(made ...func() testcase.Object) func() []testcase.Object {
	return func() []testcase.Object {
		var list []testcase.Object
		for _, one := range made {
			list = append(list, one())
		}
		return list
	}
}

func dr(name, namespace, host string, policy map[string]any, more ...func(map[string]any)) func() testcase.Object {
	return func() testcase.Object { return destinationRule(name, namespace, host, policy, more...) }
}

var balanced = map[string]any{"loadBalancer": map[string]any{"simple": "RANDOM"}}

func with(key string, value any) func(map[string]any) {
	return func(spec map[string]any) { spec[key] = value }
}

var destinationRules = []variant{
	{"none", objects()},
	{"disable", objects(dr("d", "bar", appHost, tls("DISABLE")))},
	{"istio-mutual", objects(dr("d", "bar", appHost, tls("ISTIO_MUTUAL")))},
	{"simple", objects(dr("d", "bar", appHost, simple))},
	{"no-tls", objects(dr("d", "bar", appHost, balanced))},
	{"server-namespace-disable", objects(dr("d", "foo", appHost, tls("DISABLE")))},
	{"root-disable", objects(dr("d", "istio-system", appHost, tls("DISABLE")))},
	{"other-namespace-disable", objects(dr("d", "baz", appHost, tls("DISABLE")))},
	{"server-namespace-not-exported", objects(dr("d", "foo", appHost, tls("DISABLE"), with("exportTo", []any{"."})))},
	{"client-over-server", objects(dr("d", "bar", appHost, tls("ISTIO_MUTUAL")), dr("e", "foo", appHost, tls("DISABLE")))},
	{"client-without-tls-over-server", objects(dr("d", "bar", appHost, balanced), dr("e", "foo", appHost, tls("DISABLE")))},
	{"server-over-root", objects(dr("d", "foo", appHost, tls("ISTIO_MUTUAL")), dr("e", "istio-system", appHost, tls("DISABLE")))},
	{"wildcard-disable", objects(dr("d", "bar", "*.local", tls("DISABLE")))},
	{"exact-over-wildcard", objects(dr("d", "bar", "*.local", tls("DISABLE")), dr("e", "bar", appHost, tls("ISTIO_MUTUAL")))},
	{"exact-without-tls-over-wildcard", objects(dr("d", "bar", "*.local", tls("DISABLE")), dr("e", "bar", appHost, balanced))},
	{"narrow-over-wide-wildcard", objects(dr("d", "bar", "*.local", tls("DISABLE")), dr("e", "bar", "*.foo.svc.cluster.local", tls("ISTIO_MUTUAL")))},
	{"short-name", objects(dr("d", "foo", "app", tls("DISABLE")))},
	{"short-name-in-client-namespace", objects(dr("d", "bar", "app", tls("DISABLE")))},
	{"name-and-namespace", objects(dr("d", "bar", "app.foo", tls("DISABLE")))},
	{"other-host", objects(dr("d", "bar", "other.foo.svc.cluster.local", tls("DISABLE")))},
	{"port-disable", objects(dr("d", "bar", appHost, map[string]any{"portLevelSettings": []any{onPort(80, tls("DISABLE")), onPort(9000, tls("DISABLE"))}}))},
	{"port-over-top", objects(dr("d", "bar", appHost, map[string]any{"tls": map[string]any{"mode": "DISABLE"}, "portLevelSettings": []any{onPort(80, tls("ISTIO_MUTUAL"))}}))},
	{"port-without-tls-under-top", objects(dr("d", "bar", appHost, map[string]any{"tls": map[string]any{"mode": "DISABLE"}, "portLevelSettings": []any{onPort(80, balanced)}}))},
	{"target-port-means-nothing", objects(dr("d", "bar", appHost, map[string]any{"portLevelSettings": []any{onPort(8080, tls("DISABLE"))}}))},
	{"selector-that-fits", objects(dr("d", "bar", appHost, tls("DISABLE"), with("workloadSelector", map[string]any{"matchLabels": map[string]any{"app": "sleep"}})))},
	{"selector-that-misses", objects(dr("d", "bar", appHost, tls("DISABLE"), with("workloadSelector", map[string]any{"matchLabels": map[string]any{"app": "other"}})))},
	{"subset-only", objects(dr("d", "bar", appHost, nil, with("subsets", []any{map[string]any{"name": "v1", "labels": map[string]any{"version": "v1"}, "trafficPolicy": tls("DISABLE")}})))},
	{"two-of-one-host", func() []testcase.Object {
		older := destinationRule("z", "bar", appHost, tls("DISABLE"))
		older["metadata"].(map[string]any)["creationTimestamp"] = "2026-01-01T00:00:00Z"
		younger := destinationRule("a", "bar", appHost, tls("ISTIO_MUTUAL"))
		younger["metadata"].(map[string]any)["creationTimestamp"] = "2026-01-02T00:00:00Z"
		return []testcase.Object{younger, older}
	}},
	{"routed-to-a-subset", objects(
		dr("d", "bar", appHost, tls("ISTIO_MUTUAL"), with("subsets", []any{map[string]any{"name": "v1", "labels": map[string]any{"version": "v1"}, "trafficPolicy": tls("DISABLE")}})),
		func() testcase.Object {
			return testcase.Object{"kind": "VirtualService", "metadata": map[string]any{"name": "v", "namespace": "bar"}, "spec": map[string]any{
				"hosts": []any{appHost},
				"http":  []any{map[string]any{"route": []any{map[string]any{"destination": map[string]any{"host": appHost, "subset": "v1"}}}}},
				"tcp":   []any{map[string]any{"match": []any{map[string]any{"port": 9000}}, "route": []any{map[string]any{"destination": map[string]any{"host": appHost, "subset": "v1"}}}}},
			}}
		})},
}

func peer(name, namespace string, spec map[string]any) func() testcase.Object {
	return func() testcase.Object {
		return testcase.Object{
			"kind": "PeerAuthentication", "metadata": map[string]any{"name": name, "namespace": namespace}, "spec": spec,
		}
	}
}

func mode(name string) map[string]any {
	return map[string]any{"mtls": map[string]any{"mode": name}}
}

func ofWorkload(spec map[string]any, ports map[string]any) map[string]any {
	made := map[string]any{"selector": map[string]any{"matchLabels": map[string]any{"app": "httpbin"}}}
	for key, value := range spec {
		made[key] = value
	}
	if ports != nil {
		made["portLevelMtls"] = ports
	}
	return made
}

var serverModes = []variant{
	{"permissive", objects()},
	{"strict", objects(peer("p", "foo", mode("STRICT")))},
	{"disable", objects(peer("p", "foo", mode("DISABLE")))},
	{"mesh-disable", objects(peer("p", "istio-system", mode("DISABLE")))},
	{"workload-disable", objects(peer("p", "foo", ofWorkload(mode("DISABLE"), nil)))},
	{"workload-strict-under-disable", objects(peer("p", "foo", mode("DISABLE")), peer("q", "foo", ofWorkload(mode("STRICT"), nil)))},
	{"port-disable-under-strict", objects(peer("p", "foo", ofWorkload(mode("STRICT"), map[string]any{"8080": map[string]any{"mode": "DISABLE"}, "9000": map[string]any{"mode": "DISABLE"}})))},
	{"permissive-for-identities", objects(func() testcase.Object {
		made := authorization("p", "foo", "ALLOW", map[string]any{"from": []any{map[string]any{"source": map[string]any{"principals": []any{"cluster.local/ns/bar/sa/sleep"}}}}})
		return made
	})},
}
