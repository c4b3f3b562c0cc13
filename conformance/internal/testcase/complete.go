package testcase

import (
	"fmt"
	"strings"
)

// DefaultWorkload is the pod of all cases that name none: one HTTP port, one TCP port, a second HTTP port and one that is left to
// detection. Port 7777 belongs to no Service.
func DefaultWorkload() Workload {
	return Workload{
		Namespace:      "foo",
		Labels:         map[string]string{"app": "httpbin", "version": "v1"},
		ServiceAccount: "httpbin",
		Ports: []Port{
			{Number: 80, TargetPort: 8080, Name: "http"},
			{Number: 9000, Name: "tcp"},
			{Number: 90, TargetPort: 9090, Name: "http-admin"},
			{Number: 8000, Name: "any"},
		},
	}
}

var apiVersions = map[string]string{
	"AuthorizationPolicy":   "security.istio.io/v1",
	"PeerAuthentication":    "security.istio.io/v1",
	"RequestAuthentication": "security.istio.io/v1",
	"Sidecar":               "networking.istio.io/v1",
	"DestinationRule":       "networking.istio.io/v1",
	"VirtualService":        "networking.istio.io/v1",
	"ServiceEntry":          "networking.istio.io/v1",
	"Telemetry":             "telemetry.istio.io/v1",
	"EnvoyFilter":           "networking.istio.io/v1alpha3",
	"Gateway":               "networking.istio.io/v1",
	"WorkloadEntry":         "networking.istio.io/v1",
	"Service":               "v1",
	"Pod":                   "v1",
	"Namespace":             "v1",
	"EndpointSlice":         "discovery.k8s.io/v1",
	"HTTPRoute":             "gateway.networking.k8s.io/v1",
	"GatewayClass":          "gateway.networking.k8s.io/v1",
	"ReferenceGrant":        "gateway.networking.k8s.io/v1beta1",
	"Secret":                "v1",
}

// Complete fills in the short forms: the default workload, apiVersion, names and namespaces of policies, principals without a trust domain.
func (c *Case) Complete() error {
	defaults := DefaultWorkload()
	if c.Workload == nil {
		c.Workload = &defaults
	}
	w := c.Workload
	if w.Namespace == "" {
		w.Namespace = defaults.Namespace
	}
	if w.Labels == nil {
		w.Labels = defaults.Labels
	}
	if w.ServiceAccount == "" {
		w.ServiceAccount = defaults.ServiceAccount
	}
	if w.Ports == nil {
		w.Ports = defaults.Ports
	}
	if c.Client != nil {
		c.Client.complete()
	}
	if c.Policies == nil {
		c.Policies = []Object{}
	}
	for i, object := range c.Policies {
		if err := CompleteObject(object, fmt.Sprintf("p%d", i+1), w.Namespace); err != nil {
			return fmt.Errorf("%s: policy %d: %w", c.Name, i+1, err)
		}
	}
	for i := range c.Requests {
		if err := c.completeRequest(&c.Requests[i]); err != nil {
			return fmt.Errorf("%s: request %d: %w", c.Name, i+1, err)
		}
	}
	return nil
}

func (c *Client) complete() {
	if c.Namespace == "" {
		c.Namespace = "bar"
	}
	if c.Labels == nil {
		c.Labels = map[string]string{"app": "sleep"}
	}
	if c.ServiceAccount == "" {
		c.ServiceAccount = "sleep"
	}
}

// CompleteObject fills in apiVersion, name and namespace.
func CompleteObject(object Object, name, namespace string) error {
	kind, _ := object["kind"].(string)
	if object["apiVersion"] == nil {
		version, known := apiVersions[kind]
		if !known {
			return fmt.Errorf("kind %q needs an apiVersion", kind)
		}
		object["apiVersion"] = version
	}
	metadata, _ := object["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
		object["metadata"] = metadata
	}
	if metadata["name"] == nil {
		metadata["name"] = name
	}
	if metadata["namespace"] == nil {
		metadata["namespace"] = namespace
	}
	return nil
}

func (c *Case) completeRequest(r *Request) error {
	switch r.Protocol {
	case "", "http2", "tcp":
	case "http":
		r.Protocol = ""
	default:
		return fmt.Errorf("protocol %q is none of http, http2, tcp", r.Protocol)
	}
	switch r.Expect {
	case "", "allow", "deny":
	default:
		return fmt.Errorf("expect %q is neither allow nor deny", r.Expect)
	}
	if c.Client != nil {
		return c.completeCall(r)
	}
	if r.Port == 0 {
		r.Port = 8080
		if r.Protocol == "tcp" {
			r.Port = 9000
		}
	}
	// foo/client is that service account in the mesh's own trust domain.
	if parts := strings.Split(r.Principal, "/"); len(parts) == 2 {
		r.Principal = fmt.Sprintf("%s/ns/%s/sa/%s", c.TrustDomain(), parts[0], parts[1])
	}
	return nil
}

// completeCall is for requests that a client's sidecar sends.
func (c *Case) completeCall(r *Request) error {
	if r.Principal != "" || r.SNI != "" {
		return fmt.Errorf("the client's sidecar chooses identity and SNI")
	}
	if r.Port == 0 {
		return fmt.Errorf("the Service's port is missing")
	}
	if r.Host == "" && r.IsHTTP() {
		r.Host = "app." + c.Workload.Namespace + ".svc.cluster.local"
	}
	return nil
}

// TrustDomain is the mesh's own.
func (c *Case) TrustDomain() string {
	if own, ok := c.Mesh["trustDomain"].(string); ok && own != "" {
		return own
	}
	return "cluster.local"
}

// AsksAuthorizer tells whether some policy hands the decision to an external authorizer.
func (c *Case) AsksAuthorizer() bool {
	for _, object := range c.Policies {
		spec, _ := object["spec"].(map[string]any)
		if spec["action"] == "CUSTOM" {
			return true
		}
	}
	return false
}
