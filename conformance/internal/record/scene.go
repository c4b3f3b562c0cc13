package record

import (
	"fmt"
	"sort"
	"strings"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"

	"meshproof.dev/conformance/internal/envoy"
	"meshproof.dev/conformance/internal/istiod"
	"meshproof.dev/conformance/internal/probe"
	"meshproof.dev/conformance/internal/testcase"
)

// scene is a case on its way through.
type scene struct {
	testcase.Case
	// address is where requests go: the pod's, or its Service's where a client sends them.
	address   string
	admission string
	listeners []*listener.Listener
	clusters  []*cluster.Cluster
	outcomes  []probe.Outcome
	refusals  []probe.Outcome
}

// The port that no Service of any case declares.
const undeclaredPort = 7777

func (r *Recorder) build(c testcase.Case, index int, secrets envoy.Secrets) (*scene, error) {
	at := istiod.Addresses{PodIP: c.Workload.PodIP}
	if at.PodIP == "" {
		at.PodIP = fmt.Sprintf("127.10.%d.%d", index/250, 1+index%250)
	}
	if c.Client != nil {
		at.ServiceIP = fmt.Sprintf("127.50.%d.%d", index/250, 1+index%250)
	}
	built, err := istiod.Build(c, at, r.prober.Signer.JWKS())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	s := &scene{Case: c, address: at.PodIP, admission: built.Admission}
	if c.Workload.NoSidecar {
		err = s.addApplication(at)
	} else {
		err = s.addInbound(built.Inbound, at, secrets)
	}
	if err == nil && c.Client != nil {
		err = r.addClient(s, built.Outbound, at, secrets)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return s, nil
}

func (s *scene) addInbound(l *listener.Listener, at istiod.Addresses, secrets envoy.Secrets) error {
	patched, err := envoy.Patch(l, s.Name, at.PodIP, s.app(), s.podPorts(), secrets)
	s.listeners = append(s.listeners, patched)
	return err
}

func (s *scene) app() string {
	if s.Client != nil {
		return envoy.TLSApp
	}
	return envoy.PlainApp
}

// addApplication puts an application without a sidecar in place.
func (s *scene) addApplication(at istiod.Addresses) error {
	made, err := envoy.Bare(s.Name, at.PodIP, s.app(), s.podPorts())
	s.listeners = append(s.listeners, made)
	return err
}

func (r *Recorder) addClient(s *scene, out *istiod.Outbound, at istiod.Addresses, secrets envoy.Secrets) error {
	principal := fmt.Sprintf("%s/ns/%s/sa/%s", s.TrustDomain(), s.Client.Namespace, s.Client.ServiceAccount)
	certificate, key, err := r.prober.Authority.IssuePEM(principal)
	if err != nil {
		return err
	}
	// One file per principal: Envoy watches each file, and may not watch many.
	own, err := secrets.WithCertificate(strings.ReplaceAll(principal, "/", "_"), certificate, key)
	if err != nil {
		return err
	}
	var ports []int
	for _, port := range s.Workload.Ports {
		ports = append(ports, port.Number)
	}
	listeners, clusters, err := envoy.PatchOutbound(out, s.Name, at.ServiceIP, ports, own)
	s.listeners = append(s.listeners, listeners...)
	s.clusters = clusters
	s.address = at.ServiceIP
	return err
}

// podPorts are those that the pod listens on: declared ones, those that requests go to, and one that nobody declares.
func (s *scene) podPorts() []int {
	wanted := map[int]bool{undeclaredPort: true}
	for _, port := range s.Workload.Ports {
		wanted[port.Target()] = true
	}
	if s.Client == nil {
		for _, request := range s.Requests {
			wanted[request.Port] = true
		}
	}
	ports := make([]int, 0, len(wanted))
	for port := range wanted {
		ports = append(ports, port)
	}
	sort.Ints(ports)
	return ports
}

func (s *scene) whyRefused(refused map[string]string) string {
	for _, l := range s.listeners {
		if why, isRefused := refused[l.Name]; isRefused {
			return why
		}
	}
	return ""
}
