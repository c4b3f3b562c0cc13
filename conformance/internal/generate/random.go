package generate

import (
	"fmt"
	"math/rand/v2"

	"meshproof.dev/conformance/internal/testcase"
)

// The provider that random CUSTOM policies name.
const provider = "ext"

// requestsPerSet keeps a set readable.
const requestsPerSet = 14

// Random makes cases of several policies each. The same seed makes the same cases.
func Random(seed uint64, count int) ([]testcase.Case, error) {
	var cases []testcase.Case
	for i := range count {
		// Every case has a source of its own, so that changing one leaves the others alone.
		r := &dice{rand.New(rand.NewPCG(seed, uint64(i)))}
		c := r.scene(fmt.Sprintf("random-%03d", i+1))
		if err := c.Complete(); err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	return apart(cases, 31), nil
}

type dice struct{ *rand.Rand }

func (d *dice) chance(percent int) bool { return d.IntN(100) < percent }

func pick[T any](d *dice, values []T) T { return values[d.IntN(len(values))] }

// some picks one or two different values.
func some(d *dice, values []string) []string {
	first := pick(d, values)
	if second := pick(d, values); d.chance(30) && second != first {
		return []string{first, second}
	}
	return []string{first}
}

func (d *dice) scene(name string) testcase.Case {
	c := testcase.Case{Name: name, Area: "random", Mesh: d.mesh()}
	usesCustom := d.chance(15)
	if usesCustom {
		if c.Mesh == nil {
			c.Mesh = map[string]any{}
		}
		kind, port := "envoyExtAuthzHttp", 8000
		if d.chance(50) {
			kind, port = "envoyExtAuthzGrpc", 9000
		}
		c.Mesh["extensionProviders"] = []any{map[string]any{"name": provider, kind: map[string]any{"service": "approve.authz.svc.cluster.local", "port": port}}}
		c.Policies = append(c.Policies, d.authorization(len(c.Policies), "CUSTOM"))
	}
	for range 1 + d.IntN(3) {
		c.Policies = append(c.Policies, d.authorization(len(c.Policies), pick(d, []string{"ALLOW", "ALLOW", "ALLOW", "DENY", "DENY", "AUDIT"})))
	}
	if d.chance(45) {
		c.Policies = append(c.Policies, d.requestAuthentication(len(c.Policies)))
	}
	for range d.IntN(3) {
		if d.chance(50) {
			c.Policies = append(c.Policies, d.peerAuthentication(len(c.Policies)))
		}
	}
	if mentions(c.Policies, "destination.ip") {
		workload := testcase.DefaultWorkload()
		workload.PodIP = podIP
		c.Workload = &workload
	}
	for range requestsPerSet {
		c.Requests = append(c.Requests, d.request(c))
	}
	return c
}

func mentions(policies []testcase.Object, key string) bool {
	found := false
	eachRule(policies, func(_ testcase.Object, made map[string]any) {
		conditions, _ := made["when"].([]any)
		for _, condition := range conditions {
			if condition.(map[string]any)["key"] == key {
				found = true
			}
		}
	})
	return found
}

func (d *dice) mesh() map[string]any {
	switch {
	case d.chance(30):
		return map[string]any{"trustDomain": "td.one", "trustDomainAliases": []any{"td.two"}}
	case d.chance(15):
		return map[string]any{"pathNormalization": map[string]any{"normalization": pick(d, []string{"MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES", "NONE"})}}
	}
	return nil
}

func (d *dice) place() string {
	return pick(d, []string{"foo", "foo", "foo", "foo", "istio-system", "istio-system", "bar"})
}

func (d *dice) selector() map[string]any {
	labels := map[string]any{"app": "httpbin"}
	if d.chance(25) {
		labels["version"] = "v2"
	}
	return map[string]any{"matchLabels": labels}
}

func (d *dice) authorization(index int, action string) testcase.Object {
	var rules []any
	for range 1 + d.IntN(3) {
		rules = append(rules, d.rule(action == "CUSTOM"))
	}
	made := authorization(fmt.Sprintf("p%d", index), d.place(), action, rules...)
	spec := made["spec"].(map[string]any)
	if d.chance(20) {
		spec["selector"] = d.selector()
	}
	if action == "CUSTOM" {
		spec["provider"] = map[string]any{"name": provider}
		return made
	}
	if d.chance(6) {
		made["metadata"].(map[string]any)["annotations"] = map[string]any{"istio.io/dry-run": "true"}
	}
	return made
}

// rule has up to two sources, up to two operations and up to two conditions, and at least one of them; now and then none.
func (d *dice) rule(custom bool) map[string]any {
	made := map[string]any{}
	if d.chance(3) {
		return made
	}
	for len(made) == 0 {
		if d.chance(55) {
			made["from"] = d.entries("from", "source", custom)
		}
		if d.chance(60) {
			made["to"] = d.entries("to", "operation", custom)
		}
		if d.chance(40) {
			var conditions []any
			for range 1 + d.IntN(2) {
				f := d.field("when", custom)
				_, condition := f.condition(some(d, f.values), d.chance(25))
				if d.chance(15) {
					condition.(map[string]any)["notValues"] = []any{pick(d, f.values)}
				}
				conditions = append(conditions, condition)
			}
			made["when"] = conditions
		}
	}
	return made
}

func (d *dice) entries(part, inner string, custom bool) []any {
	var entries []any
	for range 1 + d.IntN(2) {
		content := map[string]any{}
		for range 1 + d.IntN(2) {
			f := d.field(part, custom)
			// The webhook refuses serviceAccounts beside other names of the caller.
			if f.name == "serviceAccounts" && len(content) > 0 || content["serviceAccounts"] != nil || content["notServiceAccounts"] != nil {
				continue
			}
			_, condition := f.condition(some(d, f.values), d.chance(25))
			for name, values := range condition.(map[string]any) {
				content[name] = values
			}
		}
		entries = append(entries, map[string]any{inner: content})
	}
	return entries
}

func (d *dice) field(part string, custom bool) field {
	for {
		f := pick(d, fields)
		if f.part == part && !(custom && (f.token || f.identity)) {
			return f
		}
	}
}

func (d *dice) requestAuthentication(index int) testcase.Object {
	rules := []any{map[string]any{"issuer": "https://a.example.com"}}
	if d.chance(50) {
		second := map[string]any{"issuer": "https://b.example.com"}
		if d.chance(40) {
			second["audiences"] = []any{"shop"}
		}
		if d.chance(30) {
			second["forwardOriginalToken"] = true
		}
		rules = append(rules, second)
	}
	made := requestAuthentication(fmt.Sprintf("p%d", index), d.place(), rules...)
	if d.chance(20) {
		made["spec"].(map[string]any)["selector"] = d.selector()
	}
	return made
}

func (d *dice) peerAuthentication(index int) testcase.Object {
	modes := []string{"STRICT", "PERMISSIVE", "DISABLE", "UNSET", "STRICT", "PERMISSIVE"}
	spec := map[string]any{"mtls": map[string]any{"mode": pick(d, modes)}}
	namespace := d.place()
	if namespace != "istio-system" && d.chance(50) {
		spec["selector"] = d.selector()
		if d.chance(50) {
			spec["portLevelMtls"] = map[string]any{pick(d, []string{"8080", "9000", "7777", "80"}): map[string]any{"mode": pick(d, modes)}}
		}
	}
	return testcase.Object{
		"apiVersion": "security.istio.io/v1",
		"kind":       "PeerAuthentication",
		"metadata": map[string]any{
			"name": fmt.Sprintf("p%d", index), "namespace": namespace,
			"creationTimestamp": fmt.Sprintf("2026-01-0%dT00:00:00Z", 1+d.IntN(9)),
		},
		"spec": spec,
	}
}
